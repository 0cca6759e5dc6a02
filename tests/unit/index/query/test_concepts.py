"""Golden cases of concepts: names of one thing, what cancels them, and where they may stand."""

from __future__ import annotations

import pytest

from index.errors import QueryError
from index.evaluation.explain import why_not
from index.evaluation.spans import MemoryDocument, evaluate, in_order, matches
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
        Definition(
            "Jean Martin",
            ("Jean Martin", "Martin"),
            ("Aston Martin", "Saint Martin"),
            ("maire~", "Gand", '"conseil communal"~3', "mayor"),
        ),
        Definition("Orange", ("Orange",), (), ("fibre", "telecom*", "opérateur~", "concept:Free")),
        Definition("Free", ("=Free", "Iliad")),
        Definition("Télécoms", ("concept:Orange", "concept:Free")),
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


FAR = "et puis encore " * 20
"""Sixty words."""
SURE, UNSURE = False, True
# Query, text, the names that match in the order of the text, each with whether it is ambiguous.
MARKED = [
    # --- no `with:`, no mark
    ("concept:Alibaba", "Taobao à Gand", [("Taobao (Alibaba)", SURE)]),
    ("Martin", "Martin est parti", [("Martin", SURE)]),
    # --- kept by what stands near it
    ("notion:'Jean Martin'", "Martin, maire depuis dix ans", [("Martin (Jean Martin)", SURE)]),
    ("notion:'Jean Martin'", "Le maire Jean Martin démissionne", [("Jean Martin", SURE)]),
    ("notion:'Jean Martin'", "Les maires et M. Martin", [("Martin (Jean Martin)", SURE)]),
    ("notion:'Jean Martin'", "À Gand, Martin hésite", [("Martin (Jean Martin)", SURE)]),
    ("notion:'Jean Martin'", "Martin quitte le conseil communal", [("Martin (Jean Martin)", SURE)]),
    ("notion:'Jean Martin'", "Martin au conseil très communal", [("Martin (Jean Martin)", SURE)]),
    ("concept:'Jean Martin'", "Mayor Martin steps down", [("Martin (Jean Martin)", SURE)]),
    ("concept:'Jean Martin'", "Martin, the MAYOR, denies it", [("Martin (Jean Martin)", SURE)]),
    ("concept:Orange", "Orange déploie la fibre", [("Orange", SURE)]),
    ("concept:Orange", "Orange, a telecommunications group", [("Orange", SURE)]),
    ("concept:Orange", "Les opérateurs attaquent Orange", [("Orange", SURE)]),
    # --- ambiguous: marked, and not dropped
    ("notion:'Jean Martin'", "Martin gagne le marathon", [("Martin (Jean Martin)", UNSURE)]),
    ("notion:'Jean Martin'", "Jean Martin gagne le marathon", [("Jean Martin", UNSURE)]),
    ("concept:'Jean Martin'", "Martin wins the race", [("Martin (Jean Martin)", UNSURE)]),
    ("concept:'Jean Martin'", "Martin wins in Ghent", [("Martin (Jean Martin)", UNSURE)]),
    ("concept:Orange", "Orange est une ville du Vaucluse", [("Orange", UNSURE)]),
    ("concept:Orange", "orange juice gets dearer", [("Orange", UNSURE)]),
    ("concept:Orange", "le gouvernement a choisi free jazz et orange", [("Orange", UNSURE)]),
    # --- each occurrence for itself
    ("notion:'Jean Martin'", f"Rien | Martin, maire. {FAR} Martin court.",
     [("Martin (Jean Martin)", SURE), ("Martin (Jean Martin)", UNSURE)]),
    ("notion:'Jean Martin'", f"Rien | Martin court. {FAR} Le maire, Martin.",
     [("Martin (Jean Martin)", UNSURE), ("Martin (Jean Martin)", SURE)]),
    ("notion:'Jean Martin'", f"Rien | Martin court. {FAR} Le maire Jean Martin.",
     [("Martin (Jean Martin)", UNSURE), ("Jean Martin", SURE)]),
    ("concept:'Jean Martin'", f"News | Martin ran. {FAR} The mayor slept.",
     [("Martin (Jean Martin)", UNSURE)]),
    ("concept:'Jean Martin'", f"News | The mayor slept. {FAR} Martin ran.",
     [("Martin (Jean Martin)", UNSURE)]),
    # --- the title stands near all of the article
    ("notion:'Jean Martin'", f"Le maire parle | {FAR} Martin le dit.",
     [("Martin (Jean Martin)", SURE)]),
    ("notion:'Jean Martin'", f"Martin parle | {FAR} Le maire le dit.",
     [("Martin (Jean Martin)", SURE)]),
    ("concept:'Jean Martin'", f"Mayor in court | {FAR} Martin denies it.",
     [("Martin (Jean Martin)", SURE)]),
    ("concept:Orange", f"Orange gagne | {FAR} la fibre", [("Orange", SURE)]),
    # --- what cancels, cancels first
    ("notion:'Jean Martin'", "Le maire vend son Aston Martin", []),
    ("notion:'Jean Martin'", "Le maire Martin vend son Aston Martin",
     [("Martin (Jean Martin)", SURE)]),
    ("notion:'Jean Martin'", "Aston Martin engage Martin", [("Martin (Jean Martin)", UNSURE)]),
    ("concept:'Jean Martin'", "Saint Martin, seen by a mayor", []),
    # --- a concept around a name, and among the names
    ("concept:Orange", "Orange attaque Free", [("Orange", SURE)]),
    ("concept:Orange", "Iliad and Orange merge", [("Orange", SURE)]),
    ("concept:Télécoms", "Orange est une ville", [("Orange", UNSURE)]),
    ("concept:Télécoms", "Orange et sa fibre", [("Orange", SURE)]),
    ("concept:Télécoms", "Iliad grandit", [("Iliad (Free)", SURE)]),
    ("concept:Chine", "Taobao à Pékin", [("Taobao (Alibaba)", SURE), ("Pékin (Chine)", SURE)]),
    ("concept:Chine", "Ali Baba à Pékin", [("Pékin (Chine)", SURE)]),
    # --- wherever a concept stands
    ("concept:Orange AND ville", "Orange est une ville", [("Orange", UNSURE), ("ville", SURE)]),
    ("concept:Orange OR ville", "Orange est une ville", [("Orange", UNSURE), ("ville", SURE)]),
    ("2 OF (concept:Orange, ville, mer)", "Orange est une ville",
     [("Orange", UNSURE), ("ville", SURE)]),
    ("title:concept:Orange", "Orange | la fibre", [("Orange", SURE)]),
    ("title:concept:Orange", "Orange | la mer", [("Orange", UNSURE)]),
    ("body:concept:Orange", "Orange | Orange en mer", [("Orange", UNSURE)]),
    ("body:concept:Orange", "La fibre | Orange en mer", [("Orange", SURE)]),
    ("ville NOT concept:Orange", "Orange est une ville", []),
    ("ville NOT concept:Orange", "Une ville et la fibre", [("ville", SURE)]),
    # --- near something, its name is said too
    ("concept:Alibaba NEAR/3 Liège", "Taobao à Liège",
     [("Taobao (Alibaba)", SURE), ("concept:Alibaba NEAR/3 Liège", SURE)]),
    ("concept:Orange W/3 ville", "Orange est une ville",
     [("Orange", UNSURE), ("concept:Orange W/3 ville", SURE)]),
    ("(concept:Orange OR mer) NEAR/3 ville", "Orange, ville du sud ; plus loin, la mer",
     [("Orange", UNSURE), ("(concept:Orange OR mer) NEAR/3 ville", SURE)]),
    ("concept:Chine NEAR/3 Liège", "Taobao à Liège",
     [("Taobao (Alibaba)", SURE), ("concept:Chine NEAR/3 Liège", SURE)]),
    # --- the words around it alone are no occurrence
    ("concept:Orange", "la fibre avance", []),
    ("notion:'Jean Martin'", "Le maire de Gand", []),
]  # fmt: skip


@pytest.mark.parametrize(("text", "words", "expected"), MARKED)
def test_what_stands_near_a_name_tells_whether_it_is_the_concept(
    text: str, words: str, expected: list[tuple[str, bool]]
) -> None:
    root = query(text.replace("'", '"')).root
    spans = matches(root, MemoryDocument.of(article(words)))
    ordered = [(match.term, match.ambiguous) for _, match in in_order(spans)]
    assert ordered == expected
    assert holds(query(text.replace("'", '"')), words) is bool(expected)


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
    assert not holds(defined(parse_query("Gand NOT concept:Alibaba"), CONCEPTS), "Taobao à Gand")
    weighted = defined(score({"concept:Alibaba": 2, "Gand": 1}, 3), CONCEPTS)
    assert holds(weighted, "Taobao à Gand")
    assert not holds(weighted, "Taobao et AliExpress")


def test_the_match_says_which_name_of_which_concept() -> None:
    text = "Alibaba Clouds, puis Taobao, Alibaba et AliExpress à Liège"
    found = matches(query("concept:Alibaba AND Liège").root, MemoryDocument.of(article(text)))
    assert {match.term: len(match.places) for match in found} == {
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
    excluded = by_name([Definition("Alibaba", ("Taobao", "Tmall"), ("Taobao Live",))])
    taobao = defined(parse_query("concept:Alibaba"), excluded).root
    reason = why_not(taobao, MemoryDocument.of(article("Taobao Live à Gand")))
    assert reason == '"Taobao (Alibaba)" only within "Taobao Live"'


def test_two_definitions_make_two_trees() -> None:
    other = by_name([Definition("Alibaba", ("Alibaba",))])
    parsed = parse_query("concept:Alibaba")
    assert defined(parsed, other).root != defined(parsed, CONCEPTS).root
    assert defined(parsed, CONCEPTS).root == defined(parsed, CONCEPTS).root
