"""Tests of what `tocsin watch lint` and `watch forms` say of the terms of a watchlist."""

from __future__ import annotations

import pytest
from support.memory_archive import MemoryArchive

from index.query.concepts import Definition, by_name, defined
from index.query.parser import Query, any_of, parse_query, score
from monitor.base.article import Article
from monitor.judgement.match.matcher import WatchlistMatcher
from monitor.model.watchlist import Watchlist
from monitor.watchlists.lint import FEW, count, forms, lint

TEXTS = [
    "Une cyberattaque a visé le port",
    "Deux cyber attaques en un mois",
    "La cyber-attaque de mardi",
    "A semiconductor plant for Liège",
    "La Covid-19 recule, la covid-19 aussi",
    "#COVID19",
    "La COVID 19 est là",
    "the US army left; let us go",
    "join us",
    "Plateforme et plate-forme, cyber sécurité",
]


@pytest.fixture(scope="module")
def articles() -> list[Article]:
    texts = [*TEXTS, *["rien"] * FEW]
    return [
        Article(id=id, feeds=(1,), url="", title="", summary="", body=text, seen=float(id))
        for id, text in enumerate(texts, 1)
    ]


@pytest.fixture(scope="module")
def archive(articles: list[Article]) -> MemoryArchive:
    return MemoryArchive(articles)


def remarks(archive: MemoryArchive, query: Query) -> list[tuple[str, str, str]]:
    watchlist = Watchlist(name="W", query=query)
    found = lint(watchlist, lambda node: count(archive, node), archive.article_count)
    return [remark[1:] for remark in found]


@pytest.mark.parametrize(
    ("query", "never"),
    [
        (parse_query("cyberattaque~ OR semiconductor~"), []),
        (parse_query("(cyberattaque~ OR semiconductor~) AND (port OR COVID-19)"), []),
        (parse_query("plate-forme OR cyberattaque OR COVID19"), []),
        (parse_query("title:semiconductors~ OR semiconductors~"), ["semiconductors~"]),
        (parse_query("2 OF (cyberattaque~, semiconductor~ OR zèbre, COVID-19)"), ["zèbre"]),
        (parse_query("cyberattaques~ NEAR/5 mois OR semiconductor~"), []),
        (parse_query("zebra~ OR cyberdragon~ OR CAC40"), ["zebra~", "cyberdragon~", "CAC40"]),
        (any_of(["cyberattaque~", "semiconductor~", "COVID-19"]), []),
        (any_of(["une cyberattaque~", "JD Vance"]), ["JD Vance"]),
        (score({"cyberattaque~": 3, "zèbre": 1, "semiconductor~": 2}, 3), ["zèbre"]),
    ],
)
def test_lint_says_never_where_the_matcher_finds_nothing(
    archive: MemoryArchive, query: Query, never: list[str]
) -> None:
    assert [term for term, kind, _ in remarks(archive, query) if kind == "never"] == never


def test_lint_says_a_name_with_its_concept(archive: MemoryArchive) -> None:
    concepts = by_name([Definition("Covid", ("COVID-19", "coronavirus"))])
    found = remarks(archive, defined(any_of(["concept:Covid"]), concepts))
    assert [remark[:2] for remark in found] == [("coronavirus (Covid)", "never")]


@pytest.mark.parametrize(
    "term", ["cyberattaque~", "semiconductor~", "COVID-19", "COP28", "US army", "=Covid-19", "us"]
)
def test_lint_counts_as_the_matcher_does(
    archive: MemoryArchive, articles: list[Article], term: str
) -> None:
    query = any_of([term])
    rules = WatchlistMatcher([Watchlist(name="T", query=query)])
    assert count(archive, query.root) == len([a for a in articles if rules.match(a)])


@pytest.mark.parametrize(
    ("query", "term", "words"),
    [
        ("COVID-19 OR port", "COVID-19", None),
        ('"US army"', '"US army"', None),
        ("US OR port", "US", "leaves out 1 of 2 articles with us"),
        ("=Covid-19 OR port", "=Covid-19", "leaves out 2 of 3 articles with covid-19"),
        ("=Cyberattaque", "=Cyberattaque", "leaves out 2 of 2 articles with cyberattaque"),
    ],
)
def test_lint_tells_what_case_leaves_out_of_the_whole_term(
    archive: MemoryArchive, query: str, term: str, words: str | None
) -> None:
    expected = [(term, "case", words)] if words else []
    assert [r for r in remarks(archive, parse_query(query)) if r[1] == "case"] == expected


def test_a_spelling_adds_nothing_to_its_inflections(archive: MemoryArchive) -> None:
    query = parse_query("cyberattaque OR cyberattaque~ OR COVID-19 OR COVID19")
    assert [r for r in remarks(archive, query) if r[1] == "subsumed"] == [
        ("cyberattaque", "subsumed", "adds nothing to `cyberattaque~`"),
        ("COVID19", "subsumed", "adds nothing to `COVID-19`"),
    ]


@pytest.mark.parametrize(
    ("term", "shown"),
    [
        ("cyberattaque~", {"cyberattaque": 2, "cyber attaque": 1, "cyber attaques": 1}),
        ("semiconductors~", {"semiconductor": 1}),
        ("COVID-19", {"covid19": 2, "COVID 19": 1, "Covid 19": 1}),
        ("plate-forme", {"plateforme": 1, "plate forme": 1}),
        ("US army", {"US army": 1}),
        ("cyber*", {"cyber": 3, "cyberattaque": 2}),
        ("la covid*", {"la covid": 2, "la covid19": 1}),
        ("le cyber*", {}),
    ],
)
def test_forms_shows_the_words_of_a_term_side_by_side(
    archive: MemoryArchive, term: str, shown: dict[str, int]
) -> None:
    assert {form.form: form.articles for form in forms(archive, term)} == shown
