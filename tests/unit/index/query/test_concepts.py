"""Golden cases of concepts: names of one thing, what cancels them, and where they may stand."""

from __future__ import annotations

import pytest

from index.errors import QueryError
from index.evaluation.explain import why_not
from index.evaluation.spans import MemoryDocument, evaluate, matches
from index.query.concepts import Definition, by_name, defined
from index.query.parser import Query, any_of, parse_query, score
from monitor.base.article import Article

CONCEPTS = by_name(
    [
        Definition(
            "Alibaba",
            ("Alibaba", "阿里巴巴", "Taobao", "AliExpress", "Alibaba Group Holding"),
            ("Ali Baba", "Alibaba Clouds"),
        ),
        Definition("Sûreté de l’État", ("Sûreté de l’État", "VSSE", "service~ de renseignement~")),
        Definition("Chine", ("Chine", "Pékin", "concept:Alibaba")),
        Definition("Apple", ("=Apple", "iPhone*"), ("Big Apple", "Apple Daily")),
        Definition("grève", ("grève~", '"arrêt travail"~3')),
        Definition("a", ("concept:b",)),
        Definition("b", ("concept:a",)),
        Definition("lost", ("concept:nowhere",)),
        *(Definition(f"deep {n}", (f"concept:deep {n + 1}",) * 2) for n in range(30)),
        Definition("deep 30", ("Liège",)),
    ]
)


def query(text: str) -> Query:
    return defined(parse_query(text), CONCEPTS)


def article(text: str) -> Article:
    title, _bar, body = text.partition(" | ")
    return Article(
        id=1, feeds=(1,), url="", title=title, summary="", body=body, lang="fr", seen=0.0
    )


def holds(root: Query, text: str) -> bool:
    return evaluate(root.root, MemoryDocument.of(article(text)))


# Query, text, whether it holds.
CASES = [
    # --- any name
    ("concept:Alibaba", "Alibaba ouvre un entrepôt", True),
    ("concept:Alibaba", "阿里巴巴 à Liège", True),
    ("concept:Alibaba", "Taobao baisse ses prix", True),
    ("concept:Alibaba", "ALIEXPRESS livre en deux jours", True),
    ("concept:Alibaba", "L’empire d’Alibaba", True),
    ("concept:Alibaba", "Amazon ouvre un entrepôt", False),
    ("concept:alibaba", "Taobao baisse ses prix", True),
    ("notion:Alibaba", "Taobao baisse ses prix", True),
    ("Concept:Alibaba", "Taobao baisse ses prix", True),
    ('concept:"Sûreté de l’État"', "La VSSE met en garde", True),
    ('concept:"Sûreté de l\'Etat"', "La VSSE met en garde", True),
    ('concept:"surete de l’etat"', "La Surete de l'Etat met en garde", True),
    ('concept:"Sûreté de l’État"', "des services de renseignement étrangers", True),
    ('concept:"Sûreté de l’État"', "la sûreté de l’aéroport", False),
    ("concept:grève", "les grèves reprennent", True),
    ("concept:grève", "un arrêt de travail lundi", True),
    ("concept:grève", "l’arrêt du bus, puis loin de là le travail", False),
    # --- what cancels an occurrence, not the article
    ("concept:Alibaba", "Ali Baba et les quarante voleurs", False),
    ("concept:Alibaba", "Ali Baba et les quarante voleurs, avec le soutien d’Alibaba", True),
    ("concept:Alibaba", "Alibaba Clouds, le groupe de rock, à Spa", False),
    ("concept:Alibaba", "Alibaba Clouds chante ; Alibaba paie", True),
    ("concept:Alibaba", "Alibaba Clouds chante pour Taobao", True),
    ("concept:Apple", "Apple lance un iPhone", True),
    ("concept:Apple", "deux iPhones volés", True),
    ("concept:Apple", "apple pie", False),
    ("concept:Apple", "Back in the Big Apple", False),
    ("concept:Apple", "Apple Daily closes in the Big Apple", False),
    ("concept:Apple", "Apple Daily writes about Apple", True),
    # --- wherever a word can stand
    ("concept:Alibaba AND Liège", "Taobao à Liège", True),
    ("concept:Alibaba AND Liège", "Taobao à Gand", False),
    ("concept:Alibaba OR Temu", "Temu à Gand", True),
    ("Liège NOT concept:Alibaba", "Liège en fête", True),
    ("Liège NOT concept:Alibaba", "Liège et AliExpress", False),
    ("Liège NOT concept:Alibaba", "Liège joue Ali Baba", True),
    ("Liège -concept:Alibaba", "Liège et AliExpress", False),
    ("(concept:Alibaba OR Temu) Liège", "AliExpress s’installe à Liège", True),
    ("concept:Alibaba NEAR/3 Liège", "Taobao quitte enfin Liège", True),
    ("concept:Alibaba NEAR/2 Liège", "Taobao quitte enfin toute la province de Liège", False),
    ("concept:Alibaba NEAR/3 Liège", "Alibaba Clouds à Liège ; plus loin, bien plus loin, Alibaba",
     False),
    ("Liège W/4 concept:Alibaba", "Liège, siège européen de Taobao", True),
    ("Liège W/4 concept:Alibaba", "Taobao et son siège à Liège", False),
    ("concept:Alibaba NEAR/5 concept:grève", "les grévistes, en grève contre AliExpress", True),
    ("2 OF (concept:Alibaba, Liège, Cainiao)", "Taobao et Cainiao", True),
    ("2 OF (concept:Alibaba, Liège, Cainiao)", "Taobao et AliExpress", False),
    ("title:concept:Alibaba", "Taobao à Gand | rien", True),
    ("title:concept:Alibaba", "Rien à Gand | Taobao", False),
    ("body:concept:Alibaba", "Rien à Gand | Taobao", True),
    ("titre:notion:Alibaba", "Alibaba Clouds | Alibaba", False),
    ("lang:fr concept:Alibaba", "Taobao", True),
    # --- a concept among the names of another
    ("concept:Chine", "Taobao à Gand", True),
    ("concept:Chine", "Pékin répond", True),
    ("concept:Chine", "Ali Baba au théâtre", False),
    ("concept:Chine NEAR/2 Gand", "Taobao à Gand", True),
    ('concept:"deep 26"', "Liège en fête", True),
    # --- a handle and a colon are what they were
    ("@Alibaba", "selon @Alibaba", True),
    ('"concept: Alibaba"', "le concept : Alibaba", True),
]  # fmt: skip


@pytest.mark.parametrize(("text", "words", "expected"), CASES)
def test_where_a_concept_holds(text: str, words: str, expected: bool) -> None:
    assert holds(query(text), words) is expected


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("concept:Alibabba", "there is no concept `Alibabba`"),
        ("concept:Alibabba", "Alibaba"),
        ("concept:", "has no value"),
        ("concept:a", "is a name of itself"),
        ("concept:lost", "there is no concept `nowhere`"),
        ("notion:Temu", "there is no concept `Temu`"),
        ('concept:"deep 0"', "too many concepts inside each other; at most 5"),
    ],
)
def test_a_concept_that_is_wrong(text: str, message: str) -> None:
    with pytest.raises(QueryError) as error:
        query(text)
    assert message in f"{error.value.message}; {error.value.hint}"


def test_terms_and_weights_may_be_concepts() -> None:
    assert holds(defined(any_of(["Temu", "concept:Alibaba"]), CONCEPTS), "Taobao à Gand")
    assert not holds(
        defined(any_of(["Gand"], excluding=["concept:Alibaba"]), CONCEPTS), "Taobao à Gand"
    )
    weighted = defined(score({"concept:Alibaba": 2, "Gand": 1}, 3), CONCEPTS)
    assert holds(weighted, "Taobao à Gand")
    assert not holds(weighted, "Taobao et AliExpress")


def test_the_match_says_which_name_of_which_concept() -> None:
    text = "Alibaba Clouds, puis Taobao, Alibaba et AliExpress à Liège"
    found = matches(query("concept:Alibaba AND Liège").root, MemoryDocument.of(article(text)))
    assert {match.clause.text: len(match.places) for match in found} == {
        "Alibaba": 1,
        "Taobao (Alibaba)": 1,
        "AliExpress (Alibaba)": 1,
        "Liège": 1,
    }


def test_why_a_concept_does_not_hold() -> None:
    root = query("concept:Alibaba").root
    assert why_not(root, MemoryDocument.of(article("Gand"))) == "no name of concept:Alibaba"
    reason = why_not(root, MemoryDocument.of(article("Alibaba Clouds à Gand")))
    assert reason == '"Alibaba" only within "Ali Baba", "Alibaba Clouds"'


def test_two_definitions_make_two_trees() -> None:
    other = by_name([Definition("Alibaba", ("Alibaba",))])
    parsed = parse_query("concept:Alibaba")
    assert defined(parsed, other).root != defined(parsed, CONCEPTS).root
    assert defined(parsed, CONCEPTS).root == defined(parsed, CONCEPTS).root
