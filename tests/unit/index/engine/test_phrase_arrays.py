"""Tests that arrays find the same phrases and pairs of words as reading each article."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, strategies as st
from support import postings_files

from index.archive import open_archive, open_archive_writer
from index.engine import bit_sets, phrase_arrays, query_executor
from index.engine.article_terms import ArticleTerms
from index.engine.phrase_arrays import Choice, Link
from index.engine.postings_file import PlaceLayout, PostingsFile
from index.evaluation.spans import MemoryDocument, evaluate
from index.query.ast import Near, Node, Or, Phrase, Word
from index.query.parser import parse_query
from monitor.base.article import Article

WORDS = ("de", "la", "plate-forme", "plateforme", "forme", "de", "la", "AT&T")
TEXT = st.lists(st.sampled_from(WORDS), max_size=8).map(" ".join)
TERMS = ("de", "la", "de", "la", "plate", "forme", "plateforme", "at")
ARTICLES = st.lists(st.tuples(TEXT, TEXT), min_size=1, max_size=12)
ROWS = (*TERMS, "plate forme", "de la", "de la de")
FORMS = st.lists(st.sampled_from(ROWS), min_size=1, max_size=3, unique=True)
"""The terms and rows of terms that match one word of a query, as spellings of it do."""
PART = st.sampled_from(["", "title", "summary"])
EMPTY_COUNTS = st.sampled_from([0, 2_000])
"""The number of empty documents. In a large segment, posting lists hold numbers instead of bits."""


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("segment") / "one"


def segment(path: Path, articles: list[Article], empty: int) -> PostingsFile:
    """Return the posting lists of a segment of these articles."""
    keys, occurrences, _ = ArticleTerms().occurrences(articles)
    return postings_files.of_occurrences(path, keys, occurrences, len(articles) + empty)


def by_arrays(lists: PostingsFile, node: Phrase | Near, docs: set[int]) -> set[int]:
    """Return the matches that arrays find among the documents that have all words."""
    words = [choice(lists, child) for child in node.children]
    for rows in words:
        docs = docs & set().union(*map(with_all, rows))
    candidate_bits = bit_sets.of_documents(sorted(docs))
    matching_bits = phrase_arrays.documents(node, words, candidate_bits, lists.documents)
    return set(bit_sets.documents(matching_bits))


def choice(lists: PostingsFile, node: Node) -> Choice:
    """Return the rows of the terms in the lists that match a word of a query."""
    if isinstance(node, Or):
        return [row for child in node.children for row in choice(lists, child)]
    words = node.children if isinstance(node, Phrase) else (node,)
    row = [link(lists, word) for word in words if isinstance(word, Word)]
    return [row] if all(word[0] for word in row) else []


def link(lists: PostingsFile, word: Word) -> Link:
    postings = lists.field("words").find(word.term.encode())
    return [postings] if postings else [], word.part


def with_all(row: Sequence[Link]) -> set[int]:
    return set.intersection(*(set(word[0][0].docs) for word in row))


def by_reading(articles: list[Article], node: Node, docs: set[int]) -> set[int]:
    return {doc for doc in docs if evaluate(node, MemoryDocument.of(articles[doc]))}


def query_nodes(words: list[list[str]], part: str) -> list[Node]:
    return [any_of([row_of(form, part) for form in forms]) for forms in words]


def any_of(nodes: list[Node]) -> Node:
    return Or(tuple(nodes)) if len(nodes) > 1 else nodes[0]


def row_of(form: str, part: str) -> Node:
    words = tuple(Word(term, part=part) for term in form.split())
    return Phrase(words) if len(words) > 1 else words[0]


def articles_of(texts: list[tuple[str, str]]) -> list[Article]:
    return [
        Article(id=id, feeds=(1,), url="", title=title, summary=summary, seen=float(id))
        for id, (title, summary) in enumerate(texts, 1)
    ]


@given(
    texts=ARTICLES,
    words=st.lists(FORMS, min_size=2, max_size=4),
    part=PART,
    empty=EMPTY_COUNTS,
    data=st.data(),
)
def test_phrases(
    path: Path,
    texts: list[tuple[str, str]],
    words: list[list[str]],
    part: str,
    empty: int,
    data: st.DataObject,
) -> None:
    articles = articles_of(texts)
    docs = data.draw(st.sets(st.sampled_from(range(len(articles)))))
    node = Phrase(tuple(query_nodes(words, part)))
    assert by_arrays(segment(path, articles, empty), node, docs) == by_reading(articles, node, docs)


@given(
    texts=ARTICLES,
    words=st.lists(FORMS, min_size=2, max_size=2),
    part=PART,
    distance=st.integers(1, 5) | st.just(10_000),
    ordered=st.booleans(),
    empty=EMPTY_COUNTS,
    data=st.data(),
)
def test_pairs(
    path: Path,
    texts: list[tuple[str, str]],
    words: list[list[str]],
    part: str,
    distance: int,
    ordered: bool,
    empty: int,
    data: st.DataObject,
) -> None:
    articles = articles_of(texts)
    docs = data.draw(st.sets(st.sampled_from(range(len(articles)))))
    node = Near(tuple(query_nodes(words, part)), distance, ordered)
    assert by_arrays(segment(path, articles, empty), node, docs) == by_reading(articles, node, docs)


def test_a_word_is_not_near_itself_and_hides_no_other_one(path: Path) -> None:
    articles = articles_of([("de", ""), ("la de", ""), ("de", "la"), ("la de", "la de")])
    node = Near((Or((Word("de"), Word("la"))), Word("de")), 1, False)
    assert by_arrays(segment(path, articles, 0), node, {0, 1, 2, 3}) == {1, 3}


def test_places_of_very_many_long_documents_fit_into_their_type() -> None:
    row = phrase_arrays._Row(PlaceLayout([400_000, 0, 0, 0]), 0, 65_536)
    places = np.array([65_535 * 400_000 + 7], dtype=np.uint64)
    assert row.documents(places) == 1 << 65_535
    assert row.documents_of_pairs(places, places + 1) == 1 << 65_535


@pytest.mark.parametrize(
    "query",
    [
        '"de la"',
        "de NEAR/2 la",
        "de W/2 la",
        'title:"de la"',
        '"de la" -port',
        '"de port la"~3',
        'x "de la"',
        '"de la" port',
        'x de NEAR/3 la "la la"',
        '"de cyberport"',
        '"cyberport de la"',
        "de NEAR/3 cyberport",
    ],
)
@pytest.mark.parametrize("threshold", [0, 1_000])
def test_phrases_are_found_in_many_documents_as_in_few(
    query: str, threshold: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = [
        ("de la", "de le la"), ("la de", "de la"), ("de", "la"), ("port de la", ""),
        ("", "la de x"), ("la", "de x y la"), ("de x port la", "la la de de la"), ("port", "x"),
        ("de cyber port de la", ""), ("la cyberport de la", "de x cyber-port"),
        ("cyber", "de port la"),
    ]  # fmt: skip
    articles = articles_of(texts)
    root = parse_query(query).root
    writer = open_archive_writer(tmp_path)
    writer.add(articles[:5])
    writer.add(articles[5:])
    monkeypatch.setattr(query_executor, "_FEW", threshold)
    monkeypatch.setattr(query_executor, "_MANY", threshold)
    hits = open_archive(tmp_path).search(parse_query(query)).hits
    expected = {article.id for article in articles if evaluate(root, MemoryDocument.of(article))}
    assert {hit.id for hit in hits} == expected != set()


def test_a_process_that_has_numpy_reads_no_document_of_many_by_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """To read each takes ten times as long as to compare their places together."""
    texts = [(f"x{number} de la", "de") if number % 2 else ("la de", "") for number in range(60)]
    writer = open_archive_writer(tmp_path)
    writer.add(articles_of(texts))
    monkeypatch.delattr(query_executor, "SegmentDocument")
    assert open_archive(tmp_path).search(parse_query('"de la"')).total == 30
