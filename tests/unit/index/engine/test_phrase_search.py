"""Phrases and pairs of words: in turn, as arrays, and by reading each article, the same."""

from __future__ import annotations

from array import array
from collections import defaultdict
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index import open_archive, open_archive_writer
from index.analysis.term_positions import postings
from index.article import Article
from index.engine import phrase_arrays, phrase_search
from index.engine.phrase_search import Link
from index.engine.postings_file import Postings
from index.evaluation.spans import MemoryDocument, evaluate
from index.query.ast import Near, Node, Phrase, Word
from index.query.parser import parse_query

WORDS = ("de", "la", "plate-forme", "plateforme", "forme", "de", "la", "AT&T")
TEXT = st.lists(st.sampled_from(WORDS), max_size=8).map(" ".join)
TERMS = ("de", "la", "de", "la", "plate", "forme", "plateforme", "at")
ARTICLES = st.lists(st.tuples(TEXT, TEXT), min_size=1, max_size=12)
FORMS = st.lists(st.sampled_from(TERMS), min_size=1, max_size=2, unique=True)
"""Terms that stand for one word of a query, as inflections do."""
PART = st.sampled_from(["", "title", "summary"])


def lists(articles: list[Article]) -> dict[str, Postings]:
    """Return what a segment keeps of some articles."""
    found: defaultdict[str, list[tuple[int, list[int]]]] = defaultdict(list)
    for doc, article in enumerate(articles):
        for key, codes in postings(article).items():
            found[key].append((doc, codes))
    return {
        key: Postings(
            array("H", [doc for doc, _ in docs]),
            array("B", [len(codes) for _, codes in docs]),
            array("I", [code for _, codes in docs for code in codes]),
        )
        for key, docs in found.items()
    }


NONE = Postings(array("H"), None, array("I"))


@pytest.fixture(autouse=True, params=["whole", "split"])
def _grouping(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(phrase_arrays, "_MANY", 0 if request.param == "split" else 10**9)


def links(articles: list[Article], words: list[list[str]], part: str) -> list[Link]:
    known = lists(articles)
    return [Link([known.get(term, NONE) for term in forms], part) for forms in words]


def by_reading(articles: list[Article], node: Node, docs: set[int]) -> set[int]:
    return {doc for doc in docs if evaluate(node, MemoryDocument.of(articles[doc]))}


def meant(words: list[list[str]], part: str) -> list[Node]:
    from index.query.ast import Or

    return [
        Or(tuple(Word(term, part=part) for term in forms))
        if len(forms) > 1
        else Word(forms[0], part=part)
        for forms in words
    ]


def written(texts: list[tuple[str, str]]) -> list[Article]:
    return [
        Article(id=id, feeds=(1,), url="", title=title, summary=summary, seen=1.0)
        for id, (title, summary) in enumerate(texts, 1)
    ]


@pytest.mark.costly
@given(texts=ARTICLES, words=st.lists(FORMS, min_size=2, max_size=4), part=PART, data=st.data())
def test_phrases(
    texts: list[tuple[str, str]], words: list[list[str]], part: str, data: st.DataObject
) -> None:
    articles = written(texts)
    docs = data.draw(st.sets(st.sampled_from(range(len(articles)))))
    expected = by_reading(articles, Phrase(tuple(meant(words, part))), docs)
    asked = links(articles, words, part)
    assert phrase_search.phrase_docs(asked, docs) == expected
    assert phrase_arrays.phrase_docs(asked, docs) == expected
    everywhere = by_reading(articles, Phrase(tuple(meant(words, part))), set(range(len(articles))))
    assert phrase_arrays.phrase_docs(asked, None) == everywhere


@given(
    texts=ARTICLES,
    words=st.lists(FORMS, min_size=2, max_size=2),
    part=PART,
    distance=st.integers(1, 5),
    ordered=st.booleans(),
    data=st.data(),
)
def test_pairs(
    texts: list[tuple[str, str]],
    words: list[list[str]],
    part: str,
    distance: int,
    ordered: bool,
    data: st.DataObject,
) -> None:
    articles = written(texts)
    docs = data.draw(st.sets(st.sampled_from(range(len(articles)))))
    node = Near(tuple(meant(words, part)), distance, ordered)
    expected = by_reading(articles, node, docs)
    asked = links(articles, words, part)
    assert phrase_search.near_docs(asked, distance, docs, ordered=ordered) == expected
    assert phrase_arrays.near_docs(asked, distance, docs, ordered=ordered) == expected
    everywhere = by_reading(articles, node, set(range(len(articles))))
    assert phrase_arrays.near_docs(asked, distance, None, ordered=ordered) == everywhere


def test_much_work_is_done_by_vectors() -> None:
    docs = range(50_000)
    often = Postings(array("H", docs), None, array("I", [4 * (doc % 7) for doc in docs]))
    after = Postings(array("H", docs), None, array("I", [4 * (doc % 5) + 4 for doc in docs]))
    asked = [Link([often], ""), Link([after], "")]
    found = phrase_search.phrase_docs(asked, set(docs))
    assert found == {doc for doc in docs if doc % 7 == doc % 5}
    near = phrase_search.near_docs(asked, 2, set(docs), ordered=True)
    assert near == {doc for doc in docs if 0 <= doc % 5 - doc % 7 < 2}


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
    ],
)
def test_phrases_of_the_commonest_words_are_asked_of_all_documents(
    query: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = [
        ("de la", "de le la"), ("la de", "de la"), ("de", "la"), ("port de la", ""),
        ("", "la de x"), ("la", "de x y la"), ("de x port la", "la la de de la"), ("port", "x"),
    ]  # fmt: skip
    articles = written(texts)
    root = parse_query(query).root
    writer = open_archive_writer(tmp_path)
    writer.add(articles[:5])
    writer.add(articles[5:])
    monkeypatch.setattr(phrase_search, "MAX_OCCURRENCES", 0)
    found = open_archive(tmp_path).search(parse_query(query)).hits
    expected = {one.id for one in articles if evaluate(root, MemoryDocument.of(one))}
    assert {hit.id for hit in found} == expected != set()
