"""What documents and segments bring of a term, gathered into posting lists."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import count
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index import open_archive, open_archive_writer
from index.article import Article
from index.engine import inverted_batch
from index.engine.inverted_batch import TermPool
from index.engine.postings_file import (
    MAX_DOCUMENTS,
    MAX_OCCURRENCES,
    PostingsFile,
    PostingsFileWriter,
)
from index.errors import ArchiveDamaged
from index.query.parser import parse_query

Document = dict[str, list[int]]

DOCUMENT = st.dictionaries(
    st.text("aéz\U0001f514", min_size=1, max_size=3),
    st.lists(st.integers(0, 2**24 - 1), min_size=1, max_size=4).map(sorted)
    | st.just(list(range(256)))
    | st.just(list(range(255))),
    max_size=6,
)
DOCUMENTS = st.lists(DOCUMENT, max_size=8)
_names = count()


def gathered(documents: Iterable[Document]) -> TermPool:
    pool = TermPool()
    for number, document in enumerate(documents):
        pool.add_terms("words", number, document)
    return pool


def written(folder: Path, pool: TermPool) -> PostingsFile:
    path = folder / str(next(_names))
    with path.open("wb") as file:
        writer = PostingsFileWriter(file)
        for field, lists in pool.iter_postings():
            writer.add_field(field, lists)
        writer.close()
    with path.open("rb") as file:
        return PostingsFile(file, path.name)


def check(lists: PostingsFile, documents: list[Document]) -> None:
    """The lists say of every document what it had, and nothing else."""
    terms = sorted({term.encode() for document in documents for term in document})
    assert lists.terms("words") == terms
    for term in terms:
        found = lists.find("words", term)
        assert found is not None
        said = {n: d[term.decode()] for n, d in enumerate(documents) if term.decode() in d}
        assert list(found.docs) == list(said)
        assert {doc: list(found.at(doc)) for doc in found.docs} == said
        assert (found.counts is None) == (max(map(len, said.values())) == 1)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("segments")


@given(documents=DOCUMENTS)
def test_each_document_keeps_its_places_and_terms_come_in_the_order_of_their_bytes(
    folder: Path, documents: list[Document]
) -> None:
    check(written(folder, gathered(documents)), documents)


@given(segments=st.lists(DOCUMENTS, min_size=1, max_size=4), new=DOCUMENTS, data=st.data())
def test_segments_become_one_without_what_was_deleted(
    folder: Path, segments: list[list[Document]], new: list[Document], data: st.DataObject
) -> None:
    pool, expected = gathered(new), list(new)
    for documents in segments:
        gone = data.draw(st.sets(st.sampled_from(range(len(documents))))) if documents else set()
        live = [number for number in range(len(documents)) if number not in gone]
        numbers = {number: len(expected) + at for at, number in enumerate(live)} if gone else None
        pool.add_lists(written(folder, gathered(documents)), len(expected), numbers)
        expected += [documents[number] for number in live]
    check(written(folder, pool), expected)


def test_many_terms_are_written_block_by_block(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    documents = [
        {f"w{number * 7 % 100:02}": [number] * (number % 5 + 1), "every": [number]}
        for number in range(300)
    ]
    whole = written(folder, gathered(documents))
    monkeypatch.setattr(inverted_batch, "BLOCK", 16)
    ((_, blocks),) = gathered(documents).iter_postings()
    assert sum(bool(block.terms) for block in blocks) > 30
    check(written(folder, gathered(documents)), documents)
    pool = TermPool()
    pool.add_lists(whole, 0, None)
    pool.add_lists(whole, len(documents), None)
    check(written(folder, pool), documents * 2)


def test_labels_have_no_places(folder: Path) -> None:
    labels: list[Document] = [{"fr": []}, {"": [], "en": []}, {"fr": []}]
    lists = written(folder, gathered(labels))
    pool = TermPool()
    pool.add_lists(lists, 0, None)
    pool.add_lists(lists, 3, None)
    found = written(folder, pool).find("words", b"fr")
    assert found is not None
    assert (list(found.docs), found.counts, len(found.codes)) == ([0, 2, 3, 5], None, 0)


def test_a_document_too_many_is_refused() -> None:
    with pytest.raises(OverflowError):
        TermPool().add_terms("words", MAX_DOCUMENTS, {"one": [1]})


def test_lists_that_make_no_sense_are_not_merged(folder: Path) -> None:
    lists = written(folder, gathered([{"often": [1, 2, 3]}, {"often": [4]}]))
    at = folder / "senseless"
    content = bytearray(lists.file.content)
    start = content.index(bytes([0, 0, 1, 0, 3, 1]))  # documents 0 and 1, counts 3 and 1
    content[start + 4] = 9
    at.write_bytes(content)
    pool = TermPool()
    with at.open("rb") as file:
        pool.add_lists(PostingsFile(file, at.name), 0, None)
    with pytest.raises(ArchiveDamaged):
        written(folder, pool)


def test_of_very_many_places_the_first_are_kept(folder: Path) -> None:
    places = list(range(MAX_OCCURRENCES + 2))
    lists = written(folder, gathered([{"tocsin": places, "one": [1]}, {"tocsin": [1, 2]}]))
    found = lists.find("words", b"tocsin")
    assert found is not None
    assert list(found.at(0)) == places[:MAX_OCCURRENCES]
    assert list(found.at(1)) == [1, 2]


def test_a_word_said_a_hundred_thousand_times_is_indexed(tmp_path: Path) -> None:
    chant = Article(id=1, feeds=(1,), url="", title="Chant", summary="tocsin " * 100_000, seen=0.0)
    writer = open_archive_writer(tmp_path / "index")
    writer.add([chant, Article(id=2, feeds=(1,), url="", title="Tocsin", summary="", seen=0.0)])
    found = open_archive(tmp_path / "index").search(parse_query("tocsin"))
    assert {hit.id for hit in found.hits} == {1, 2}
    assert len(chant.summary.split()) > MAX_OCCURRENCES


def test_an_article_without_a_word_is_kept(tmp_path: Path) -> None:
    writer = open_archive_writer(tmp_path / "index")
    writer.add([Article(id=1, feeds=(1,), url="", title="", summary="", seen=0.0)])
    assert writer.article_count == 1
    writer.verify()
