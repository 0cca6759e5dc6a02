"""Tests that distances match as trying all combinations does, in bounded steps."""

from __future__ import annotations

from itertools import pairwise, product
from math import prod

import pytest
from hypothesis import assume, given, strategies as st
from support.distance_queries import DISTANCES, QUERIES, TEXTS

from index.analysis.term_positions import PART_WIDTH
from index.errors import QueryError
from index.evaluation.proximity import MAX_COMBINATIONS, MAX_PLACES
from index.evaluation.spans import Document, MemoryDocument, evaluate, extents, matches
from index.query.ast import Near, Node, Or, Phrase, Word
from index.query.parser import parse_query
from monitor.base.article import Article

Extent = tuple[int, int]
Combination = tuple[Extent, tuple[Extent, ...]]
"""A stretch of positions, and the extents of its words."""


def combinations(node: Node, document: Document) -> set[Combination]:
    """Return every combination that satisfies a node, by trying all."""
    if isinstance(node, Or):
        return set().union(*(combinations(child, document) for child in node.children))
    if isinstance(node, Phrase):
        candidates = product(*(extents(child, document) for child in node.children))
        rows = [row for row in candidates if all(a[1] + 1 == b[0] for a, b in pairwise(row))]
        return {((row[0][0], row[-1][1]), ((row[0][0], row[-1][1]),)) for row in rows}
    if not isinstance(node, Near):
        return {(place, (place,)) for place in extents(node, document)}
    results = set()
    for parts in product(*(combinations(child, document) for child in node.children)):
        taken_places = sorted(place for _, places in parts for place in places)
        if any(a[1] >= b[0] for a, b in pairwise(taken_places)):
            continue
        stretches = [stretch for stretch, _ in parts]
        if node.ordered and any(a[1] >= b[0] for a, b in pairwise(stretches)):
            continue
        start, end = min(s for s, _ in stretches), max(e for _, e in stretches)
        positions = {at for s, e in stretches for at in range(s, e + 1)}
        if end - start < PART_WIDTH // 2 and end + 1 - start - len(positions) < node.distance:
            results.add(((start, end), tuple(taken_places)))
    return results


def marked_extents(node: Node, document: Document) -> set[Extent]:
    """Return the words of a NEAR that are inside a stretch that satisfies it."""
    stretches = [stretch for stretch, _ in combinations(node, document)]
    leaves = leaves_of(node)
    places = {place for leaf in leaves for place, _ in combinations(leaf, document)}
    return {(s, e) for s, e in places if any(a <= s and e <= b for a, b in stretches)}


def leaves_of(node: Node) -> list[Node]:
    """Return the words and phrases below a NEAR."""
    if isinstance(node, Word | Phrase):
        return [node]
    return [leaf for child in node.children for leaf in leaves_of(child)]


def number_of_combinations(node: Node, document: Document) -> int:
    """Return the number of combinations of places."""
    return prod(len(list(extents(leaf, document))) for leaf in leaves_of(node))


def outermost(places: set[Extent]) -> set[Extent]:
    return {
        (s, e)
        for s, e in places
        if not any(a <= s and e <= b and (a, b) != (s, e) for a, b in places)
    }


def document_of(title: str, body: str = "") -> MemoryDocument:
    return MemoryDocument.of(
        Article(id=1, feeds=(1,), url="", title=title, summary="", body=body, seen=0.0)
    )


@given(TEXTS, TEXTS, QUERIES)
def test_a_distance_holds_where_some_combination_does(title: str, body: str, query: str) -> None:
    try:
        node = parse_query(query).root
    except QueryError:
        return
    document = document_of(title, body)
    assume(number_of_combinations(node, document) <= MAX_COMBINATIONS)  # no more are tried
    assert evaluate(node, document) == bool(combinations(node, document))
    places = {place for match in matches(node, document) for place in match.places}
    assert places == outermost(marked_extents(node, document))


@given(
    TEXTS,
    st.lists(st.sampled_from("abcdefgh"), max_size=30).map(" ".join),
    st.lists(st.sampled_from("abcdefgh"), min_size=2, max_size=4),
    DISTANCES,
)
def test_several_single_words_are_highlighted_within_a_stretch(
    title: str, body: str, words: list[str], distance: int
) -> None:
    node = parse_query(f'"{" ".join(words)}"~{distance}').root
    document = document_of(title, body)
    places = {place for match in matches(node, document) for place in match.places}
    assert places == marked_extents(node, document)


@given(
    TEXTS,
    TEXTS,
    st.lists(st.sampled_from(["aa", "bb", "aa*", "bb*", "aa-bb", "cc"]), min_size=3, max_size=4),
)
def test_all_places_of_a_phrase_at_once(title: str, body: str, words: list[str]) -> None:
    node = parse_query(f'"{" ".join(words)}"').root
    document = document_of(f"aa bb aa-bb {title}", f"aa-bb-cc {body}")
    assert isinstance(node, Phrase)
    expected = [stretch for stretch, _ in sorted(combinations(node, document))]
    assert list(extents(node, document)) == expected


HOSTILE = [
    ('"a b c d e f g h"~30', "a b c d e f g " * 3_000 + "x " * 50 + "h", False),
    ('"a b c d e f g h"~30', "a b c d e f g " * 3_000 + "x " * 20 + "h", True),
    ('"a a a a a a a b"~9', "a " * 9_000 + "x " * 20 + "b", False),
    ('"a a a a a a a b"~9', "a " * 9_000 + "x " * 2 + "b", True),
    ('"aa* *aa a*a aaa* *aaa a*aa aa*a bb"~30', "aaaa " * 3_000, False),
    ('"aa* *aa a*a aaa* *aaa a*aa aa*a aaaa"~30', "aaaa " * 3_000, True),
    ("a NEAR/1000 b NEAR/1000 c NEAR/1000 d", "a b c " * 3_000 + "x " * 4_000 + "d", False),
    ("a NEAR/1000 b NEAR/1000 c NEAR/1000 d", "a b c d " * 3_000, True),
    ("(a W/9 b) W/9 (b W/9 a)", "a b " * 4_000, True),
    ("(a W/1000 b) W/1000 (c W/1000 a)", "a b " * 4_000, False),
    (
        " NEAR/5 ".join("abcdefghijklmnop"),
        "a b c d e f g h i j k l m n o x x x x x x " * 900,
        False,
    ),
    (f'"{"a " * 20}"', "a " * 9_000, True),
    (f'"{"a " * 20}b"', "a " * 9_000, False),
    (f'"{"aa* " * 20}bb"', "aa-aa aa " * 4_000, False),
]


@pytest.mark.parametrize(("query", "text", "expected"), HOSTILE)
def test_a_text_of_watched_words_takes_no_time(query: str, text: str, expected: bool) -> None:
    """Each of these takes minutes or more where combinations are tried."""
    document = document_of("", text)
    node = parse_query(query).root
    assert evaluate(node, document) is expected
    assert bool(matches(node, document)) is expected


def test_words_that_share_words_are_told_apart_from_the_beginning_so_far_as_steps_go() -> None:
    node = parse_query('"aa* *aa a*a aaa* *aaa a*aa aa*a bb"~30').root
    assert evaluate(node, document_of("", "aaaa " * 7 + "bb"))
    assert evaluate(node, document_of("", "x " * 9_000 + "aaaa " * 7 + "bb"))
    text = ("aaaa " * 6 + "bb " + "x " * 40) * 500 + "aaaa " * 7 + "bb"
    assert not evaluate(node, document_of("", text))


def test_of_words_near_each_other_too_many_combinations_hide_what_is_near_them() -> None:
    node = parse_query("a NEAR/1000 b NEAR/1000 c").root
    assert evaluate(node, document_of("", "a b " * 20 + "c"))
    assert not evaluate(node, document_of("", "a b " * 3_000 + "c"))


def test_nothing_is_near_in_a_word_that_stands_too_often() -> None:
    node = parse_query("aa W/1 bb").root
    assert evaluate(node, document_of("", "aa " * (MAX_PLACES - 1) + "aa bb"))
    assert not evaluate(node, document_of("", "aa " * MAX_PLACES + "aa bb"))
