"""Tests of the suggestions for a query that finds nothing: each of them finds something."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st
from support.memory_archive import MemoryArchive

from index.archive import Archive
from index.errors import QueryError
from index.query.ast import And, Mode, Word
from index.query.parser import Query, parse_query
from index.query.suggestions import SuggestionKind, node_text, query_suggestions
from monitor.base.article import Article

ALIKE = {"sancsion": ["sanction"], "espionage": ["espionnage"], "liegge": ["liege", "siege"]}


def suggested_texts(text: str) -> dict[SuggestionKind, list[str]]:
    """Return the texts of the alternatives to a query, by kind."""
    texts_by_kind: dict[SuggestionKind, list[str]] = {}
    for other in query_suggestions(parse_query(text), lambda word: ALIKE.get(word.term, [])):
        texts_by_kind.setdefault(other.kind, []).append(other.query.text)
    return texts_by_kind


@pytest.mark.parametrize(
    ("text", "kind", "expected"),
    [
        ("sancsion", SuggestionKind.SPELLING, ["sanction"]),
        ("sancsion~ belge", SuggestionKind.SPELLING, ["sanction~ belge"]),
        ("l’espionage", SuggestionKind.SPELLING, ["l’espionnage"]),
        ("author:espionage", SuggestionKind.SPELLING, ["author:espionnage"]),
        (
            'title:"hub liegge" x',
            SuggestionKind.SPELLING,
            ['title:"hub liege" x', 'title:"hub siege" x'],
        ),
        (
            "sancsion~ liegge sancsion",
            SuggestionKind.SPELLING,
            [
                "sanction~ liege sanction",
                "sanction~ liegge sancsion",
                "sancsion~ liege sancsion",
                "sancsion~ siege sancsion",
                "sancsion~ liegge sanction",
            ],
        ),
        ("port -sancsion", SuggestionKind.SPELLING, []),  # what is not wanted may be misspelt
        ("plate-forme-sancsion", SuggestionKind.SPELLING, []),
        ("sanction", SuggestionKind.INFLECTED, ["sanction~"]),
        (
            "les sanction port",
            SuggestionKind.INFLECTED,
            ["les sanction~ port", "les sanction port~"],
        ),
        ('"centre fermé"', SuggestionKind.INFLECTED, ['"centre~ fermé"', '"centre fermé~"']),
        ("sanction~ cyber* VSSE 5G", SuggestionKind.INFLECTED, []),
        ("port de la zeeb", SuggestionKind.ANY_ENDING, ["port de la zeeb*"]),
        ("(antw OR liège) lang:fr", SuggestionKind.ANY_ENDING, ["(antw OR liège*) lang:fr"]),
        ("title:antw", SuggestionKind.ANY_ENDING, ["title:antw*"]),
        ("antw* =Orange", SuggestionKind.ANY_ENDING, []),
        ("=Orange", SuggestionKind.ANY_FORM, ["Orange"]),
        ("VSSE liège", SuggestionKind.ANY_FORM, ["vsse liège"]),
        ('"hub liège"', SuggestionKind.APART, ['"hub liège"~5', "hub liège"]),
        ('title:"a b" c', SuggestionKind.APART, ['title:"a b"~5 c', "title:(a b) c"]),
        ('"hub liège"~3', SuggestionKind.APART, []),
        ("port lang:fr", SuggestionKind.ANY_LANGUAGE, ["port"]),
        ("lang:fr,en port", SuggestionKind.ANY_LANGUAGE, ["port"]),
        ("port since:7d until:2d quai", SuggestionKind.ANY_DATE, ["port quai"]),
        ("port quai", SuggestionKind.WITHOUT, ["quai", "port"]),
        ("port -quai", SuggestionKind.WITHOUT, ["port"]),  # `-quai` alone asks for nothing
        (
            'title:(a1 OR b2) plate-forme feed:"le soir"',
            SuggestionKind.WITHOUT,
            [
                'plate-forme feed:"le soir"',
                'title:(a1 OR b2) feed:"le soir"',
                "title:(a1 OR b2) plate-forme",
            ],
        ),
        ("port OR quai", SuggestionKind.WITHOUT, []),
    ],
)
def test_alternatives(text: str, kind: SuggestionKind, expected: list[str]) -> None:
    assert suggested_texts(text).get(kind, []) == expected


LEAF = st.sampled_from(
    ["port", "quai~", "=Liège", "VSSE", "cyb*", "plate-forme", '"a b"', '"a b"~3', '="Le Havre"',
     "title:port", 'body:"a b"', "title:(a OR b)", "summary:(a NEAR/2 b)", "a W/3 b", "(a b)",
     "(a OR b)", "2 OF (a, b, c)", "-cave", "-(x y)", "NOT title:x", "lang:fr,en", "lang:und",
     'feed:"le soir"', "feed:lesoir,lalibre", "since:7d", "until:2023-10-01", "watch:Alibaba",
     'watch:"a b","c d"', "has:alert", "story:7"]
)  # fmt: skip


def parse_valid(text: str) -> Query | None:
    try:
        return parse_query(text)
    except QueryError:
        return None


@given(st.lists(LEAF, min_size=2, max_size=5).map(" ".join).map(parse_valid))
def test_clauses_spelt_out_mean_what_they_meant(query: Query | None) -> None:
    if query is None or not isinstance(query.root, And):
        return
    again = parse_query(" ".join(map(node_text, query.root.children)))
    assert again.root == query.root


# --- spelling ---------------------------------------------------------------------------


@pytest.fixture(scope="module")
def archive() -> Archive:
    texts = ["Une sanction", "Des sanctions à Liège", "sanction", "La section", "Liège", "siège"]
    return MemoryArchive(
        Article(id=id, feeds=(1,), url="", title=text, summary="", author="Léa", seen=id)
        for id, text in enumerate(texts, 1)
    )


@pytest.mark.parametrize(
    ("term", "expected"),
    [
        ("sancsion", ["sanction", "sanctions"]),  # one letter, then two
        ("sacntion", ["sanction", "sanctions"]),  # two swapped
        ("sanctio", ["sanction", "sanctions"]),
        ("liege", []),  # is there, more often than what looks like it
        ("liegee", ["liege"]),  # siege starts with another letter
        ("sieg", ["siege"]),  # a short word may have one letter wrong
        ("iseges", ["siege"]),  # the second letter may be the first
        ("le", []),
        ("xyzzyx", []),
    ],
)
def test_similar_words(archive: Archive, term: str, expected: list[str]) -> None:
    assert archive.similar_terms(Word(term)) == expected


def test_similar_names_of_authors(archive: Archive) -> None:
    assert archive.similar_terms(Word("lae", Mode.FOLDED, part="author")) == ["lea"]
    assert "lea" not in archive.similar_terms(Word("lae"))


def test_no_archive_no_words() -> None:
    assert MemoryArchive().similar_terms(Word("sanction")) == []
