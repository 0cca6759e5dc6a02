"""What documents bring of a term, gathered into posting lists."""

from __future__ import annotations

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from index.article import Article
from index.lists import MAX_OCCURRENCES
from index.pool import TermPool
from index.query import parse
from index.searcher import Archive
from index.writer import open_or_create

DOCUMENT = st.dictionaries(
    st.text("aéz\U0001f514", min_size=1, max_size=3),
    st.lists(st.integers(0, 2**32 - 1), min_size=1, max_size=4).map(sorted),
    max_size=6,
)


@given(st.lists(DOCUMENT, max_size=8))
def test_each_document_keeps_its_places_and_terms_come_in_the_order_of_their_bytes(
    documents: list[dict[str, list[int]]],
) -> None:
    pool = TermPool()
    for number, document in enumerate(documents):
        pool.add_terms("words", number, document)
    fields = {field: list(terms) for field, terms in pool.iter_postings()}
    found = fields.get("words", [])
    assert [term for term, _ in found] == sorted({t.encode() for d in documents for t in d})
    for term, postings in found:
        for number, document in enumerate(documents):
            assert list(postings.at(number)) == document.get(term.decode(), [])


def test_a_word_said_a_hundred_thousand_times_is_indexed(tmp_path: Path) -> None:
    chant = Article(id=1, feeds=(1,), url="", title="Chant", summary="tocsin " * 100_000, seen=0.0)
    writer = open_or_create(tmp_path / "index")
    writer.add([chant])
    found = Archive(tmp_path / "index").search(parse("tocsin"))
    assert [hit.id for hit in found.hits] == [1]
    assert len(chant.summary.split()) > MAX_OCCURRENCES
