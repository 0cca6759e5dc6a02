"""Tests of other names of a concept: what proves them, what they add, and what is left out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
from support.archive_with_alerts import NOW, service
from support.article_archive import article, fill

from index.query.concepts import Definition, by_name, defined
from index.query.parser import any_of
from monitor.watchlists.other_names import NameSuggestion, suggest_names

Texts = Sequence[str | tuple[str, str]]
"""Texts of articles; a pair has its language too."""
NOISE = ("Le port ferme ses quais", "The harbour opens again", "Une grève à la poste", "Rain again")
Vectors = dict[str, tuple[float, float]]


@pytest.fixture
def suggest(tmp_path: Path) -> Callable[..., dict[str, NameSuggestion]]:
    def suggest(
        names: Sequence[str],
        texts: Texts,
        vectors: Vectors | None = None,
        excluded: Sequence[str] = (),
        others: Sequence[str] = (),
    ) -> dict[str, NameSuggestion]:
        rows = [(text, "fr") if isinstance(text, str) else text for text in (*texts, *NOISE)]
        fill(
            tmp_path,
            [
                article(id, f"Dépêche {id}", date=NOW - 100 + id, body=body, lang=lang)
                for id, (body, lang) in enumerate(rows, 1)
            ],
        )
        room = service(tmp_path)
        own = Definition("c", tuple(names), tuple(excluded))
        concepts = by_name([own, Definition("d", ("Xanadu",), also=tuple(others))])
        query = defined(any_of(["concept:c"]), concepts)
        encode = None
        if vectors is not None:
            encode = lambda name: np.array(vectors.get(name, (0.0, 0.0)), np.float32)  # noqa: E731
        with room.archive.reading() as archive:
            views = room.views.articles
            found = suggest_names(query, archive, views.get, views.linked, encode, concepts)
        return {suggestion.name: suggestion for suggestion in found}

    return suggest


Suggest = Callable[..., dict[str, NameSuggestion]]

CASES: dict[str, tuple[Sequence[str], Texts, str, str]] = {
    "what an acronym stands for": (
        ["ACLB"],
        [
            "L’Agence contre la brume (ACLB) enquête à Liège",
            "L’Agence contre la brume a fermé hier",
        ],
        "Agence contre la brume",
        "acronym",
    ),
    "the acronym of a name": (
        ["Institut du vent et des marées"],
        [
            "L’Institut du vent et des marées (IVM) publie ses cartes",
            "Selon l’IVM, la mer monte",
        ],
        "IVM",
        "acronym",
    ),
    "an acronym in the same texts, not explained": (
        ["Northern Harbour Board"],
        [
            ("The Northern Harbour Board met. The NHB said no", "en"),
            ("NHB staff strike at the Northern Harbour Board", "en"),
            ("The NHB gives in", "en"),
        ],
        "NHB",
        "initials",
    ),
    "a former name": (
        ["Veltrio"],
        [
            "Veltrio (ex-Galmor Energie) vend ses barrages",
            "Le scandale Galmor Energie, dix ans après",
        ],
        "Galmor Energie",
        "formerly",
    ),
    "a later name, in English": (
        ["Galmor"],
        [
            ("Veltrio, formerly known as Galmor, sells its dams", "en"),
            ("Veltrio buys a port", "en"),
        ],
        "Veltrio",
        "formerly",
    ),
    "a surname that stands alone": (
        ["Anne Kestelot"],
        [
            "Anne Kestelot démissionne. Selon Kestelot, tout est dit",
            "Anne Kestelot reste. Mais Kestelot hésite",
            "La colère de Kestelot",
        ],
        "Kestelot",
        "part",
    ),
    "another spelling": (
        ["Oleg Vardansky"],
        [
            "Oleg Vardansky reçoit les ministres à Borgrad",
            "Oleg Vardansky quitte Borgrad",
            "Oleg Vardanski revient à Borgrad",
        ],
        "Oleg Vardanski",
        "spelling",
    ),
    "an exonym": (
        ["Londres"],
        ["Londres sous la pluie", ("London calls an election", "en")],
        "London",
        "language",
    ),
}


@pytest.mark.parametrize(("names", "texts", "name", "kind"), CASES.values(), ids=CASES)
def test_each_proof(
    suggest: Suggest, names: Sequence[str], texts: Texts, name: str, kind: str
) -> None:
    suggestions = suggest(names, texts)
    assert name in suggestions
    assert suggestions[name].kinds[0] == kind
    assert suggestions[name].added >= 1
    assert suggestions[name].examples


def test_counts_and_examples(suggest: Suggest) -> None:
    texts = ["L’Agence du thé (ADT) ferme", "L’ADT rouvre", "L’ADT déménage", "L’Agence du thé rit"]
    (found,) = suggest(["Agence du thé"], texts).values()
    assert found == NameSuggestion("ADT", ("acronym",), articles=3, added=2, examples=(1,))
    assert found.described() == "adds 2 of 3 articles (acronym)"


NOT_SUGGESTED: dict[str, tuple[Sequence[str], Texts, str]] = {
    "a name that adds nothing": (
        ["ACLB"],
        ["L’Agence contre la brume (ACLB) enquête", "L’ACLB, l’Agence contre la brume, part"],
        "Agence contre la brume",
    ),
    "initials by chance": (
        ["Grand Moulin"],
        [
            "Le Grand Moulin brûle. La GM ferme",
            *(f"La GM bâtit une usine à {place}" for place in ("Gand", "Ans", "Mons", "Huy")),
        ],
        "GM",
    ),
    "a part that is a word of its own": (
        ["Nations unies"],
        ["Les Nations unies votent", "Nations unies : un vote", "Le tournoi des Six Nations"],
        "Nations",
    ),
    "a part with a life of its own": (
        ["Mont Rigi"],
        [
            "Au Mont Rigi, Mont a gagné",
            *(f"Mont gagne la course de {place}" for place in ("Gand", "Ans", "Mons", "Huy")),
        ],
        "Mont",
    ),
    "an inflection": (
        ["tulipe"],
        ["La tulipe fleurit", "Tulipes rouges, Tulipes blanches"],
        "Tulipes",
    ),
    "another thing whose words are alike": (
        ["South Ossary"],
        [("South Ossary votes in Borgrad", "en"), ("North Ossary votes in Borgrad", "en")],
        "North Ossary",
    ),
    "a name that stands beside the known one": (
        ["Oleg Vardansky"],
        [
            *(f"Oleg Vardansky et Oleg Vardanski s’opposent à {place}" for place in ("Ans", "Huy")),
            "Oleg Vardanski perd à Gand",
        ],
        "Oleg Vardanski",
    ),
    "a name that is cut": (
        ["ONP", "Front ossarien"],
        ["L’ONP (ex-Front ossarien) vote", "Le Front est calme à Gand"],
        "Front",
    ),
    "what the concept excludes or has already": (["ACLB", "acLB"], ["L’ACLB (ACLB) part"], "ACLB"),
}


@pytest.mark.parametrize(("names", "texts", "name"), NOT_SUGGESTED.values(), ids=NOT_SUGGESTED)
def test_no_proof(suggest: Suggest, names: Sequence[str], texts: Texts, name: str) -> None:
    assert name not in suggest(names, texts)


BORDURIA: Texts = [
    *("Amaih et Szohod parlent de la Bordurie du Nord" for _ in range(4)),
    *(("Amaih meets Szohod in North Borduria", "en") for _ in range(10)),
    *(("Amaih leaves Szohod and South Borduria", "en") for _ in range(4)),
]
MEANINGS: Vectors = {
    "Bordurie du Nord": (1.0, 0.0),
    "North Borduria": (0.96, 0.28),
    "South Borduria": (0.92, 0.39),
    "Amaih": (0.0, 1.0),
}


def test_the_nearest_name_in_another_language(suggest: Suggest) -> None:
    suggestions = suggest(["Bordurie du Nord"], BORDURIA, MEANINGS)
    assert {name: found.kinds for name, found in suggestions.items()} == {
        "North Borduria": ("meaning",)
    }
    assert suggestions["North Borduria"].added == 10


def test_not_what_is_nearer_to_a_thing_beside_it(suggest: Suggest) -> None:
    near_amaih = {**MEANINGS, "Amaih": (0.95, 0.31), "South Borduria": (0.0, 0.0)}
    assert not suggest(["Bordurie du Nord"], BORDURIA, near_amaih)


UNION, UNION_SHORT = "Union of Borduria", "UOB"
APART: Texts = [
    *(("The UOB votes", "en"), ("The UOB sells", "en"), ("Szohod rules", "en")),
    *(("Szohod visits the Union of Borduria", "en"), ("The Union of Borduria buys", "en")),
]


@pytest.mark.parametrize(
    ("names", "name", "cosine", "is_suggested"),
    [
        ([UNION], UNION_SHORT, 0.95, True),
        ([UNION], UNION_SHORT, 0.8, False),
        ([UNION_SHORT, "Szohod"], UNION, 0.95, True),
        ([UNION_SHORT, "Szohod"], UNION, 0.8, False),
    ],
)
def test_initials_in_other_articles_whose_meaning_is_alike(
    suggest: Suggest, names: Sequence[str], name: str, cosine: float, is_suggested: bool
) -> None:
    vectors = {UNION: (1.0, 0.0), UNION_SHORT: (cosine, (1 - cosine**2) ** 0.5)}
    shown = suggest(names, APART, vectors)
    assert (name in shown) == is_suggested


def test_no_inhabitants(suggest: Suggest) -> None:
    vectors = {"Bordurie": (1.0, 0.0), "Bordurians": (0.98, 0.2), "Amaih": (0.0, 1.0)}
    texts = [
        *("Amaih et Szohod parlent de la Bordurie" for _ in range(4)),
        *(("Amaih meets Szohod and the Bordurians", "en") for _ in range(10)),
    ]
    assert "Bordurians" not in suggest(["Bordurie"], texts, vectors)


@pytest.mark.parametrize(
    ("excluded", "others", "shown"),
    [((), (), ["Ali Baba"]), (['"Ali Baba"'], (), []), ((), ["Ali Baba"], [])],
)
def test_no_name_that_it_excludes_or_another_concept_has(
    suggest: Suggest, excluded: Sequence[str], others: Sequence[str], shown: list[str]
) -> None:
    texts = [*["Alibaba reçoit Szohod"] * 3, *["Ali Baba reçoit Szohod"] * 3]
    assert list(suggest(["Alibaba"], texts, excluded=excluded, others=others)) == shown


def test_without_the_model(suggest: Suggest) -> None:
    assert not suggest(["Bordurie du Nord"], BORDURIA)


def test_a_concept_that_no_article_has(suggest: Suggest) -> None:
    assert suggest(["Xanadu"], ["Le port"], MEANINGS) == {}
