"""What documents and segments bring of a term, gathered into posting lists."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import count
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support import postings_files

from index import open_archive, open_archive_writer
from index.engine import inverted_batch
from index.engine.checksummed_file import ChecksummedFileWriter
from index.engine.packed_numbers import Numbers
from index.engine.postings_file import MAX_OCCURRENCES, PostingsFile
from index.engine.term_pool import TermPool
from index.errors import ArchiveDamaged
from index.query.parser import parse_query
from monitor.base.article import Article

Document = dict[str, list[int]]

DOCUMENT = st.dictionaries(
    st.text("aéz\U0001f514", min_size=1, max_size=3),
    st.lists(st.integers(0, 2**24 - 1), min_size=1, max_size=4).map(sorted)
    | st.just(list(range(256)))
    | st.just(list(range(255)))
    | st.just(list(range(1_000, 4_000, 44))),  # places of 12 bits
    max_size=6,
)
DOCUMENTS = st.lists(DOCUMENT, max_size=8)
_names = count()


def gathered(documents: Iterable[Document], first: int = 0) -> TermPool:
    terms: dict[str, dict[int, list[int]]] = {}
    for number, document in enumerate(documents, first):
        for term, codes in document.items():
            terms.setdefault(term, {})[number] = codes
    pool = TermPool()
    if terms:
        postings_files.add_terms(pool, "words", terms)
    return pool


def written(folder: Path, pool: TermPool, documents: int) -> PostingsFile:
    return postings_files.written(folder / str(next(_names)), pool, documents)


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


def consecutive(count: int, first: int = 0) -> Numbers:
    return np.arange(first, first + count)


@given(documents=DOCUMENTS)
def test_each_document_keeps_its_places_and_terms_come_in_the_order_of_their_bytes(
    folder: Path, documents: list[Document]
) -> None:
    check(written(folder, gathered(documents), len(documents)), documents)


@given(documents=DOCUMENTS, more=st.integers(0, 500))
def test_few_documents_of_many_are_kept_as_numbers(
    folder: Path, documents: list[Document], more: int
) -> None:
    check(written(folder, gathered(documents), len(documents) + more), documents)


@given(segments=st.lists(DOCUMENTS, min_size=1, max_size=4), new=DOCUMENTS, data=st.data())
def test_segments_become_one_without_what_was_deleted_and_in_another_order(
    folder: Path, segments: list[list[Document]], new: list[Document], data: st.DataObject
) -> None:
    pool, expected = gathered(new), list(new)
    for documents in segments:
        gone = data.draw(st.sets(st.sampled_from(range(len(documents))))) if documents else set()
        live = [number for number in range(len(documents)) if number not in gone]
        numbers = np.full(len(documents), -1)
        numbers[live] = consecutive(len(live), len(expected))
        lists = written(folder, gathered(documents), len(documents))
        pool.add_lists(lists, numbers)
        expected += [documents[number] for number in live]
    order = data.draw(st.permutations(range(len(expected))))
    numbers = np.empty(len(order), dtype=np.int64)
    numbers[order] = consecutive(len(order))
    pool.renumber(numbers)
    check(written(folder, pool, len(expected)), [expected[number] for number in order])


def test_many_terms_are_written_block_by_block(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    documents = [
        {f"w{number * 7 % 100:02}": [number] * (number % 5 + 1), "every": [number]}
        for number in range(300)
    ]
    whole = written(folder, gathered(documents), len(documents))
    monkeypatch.setattr(inverted_batch, "BLOCK", 16)
    pool = gathered(documents)
    ((_, blocks),) = pool.postings(len(documents), pool.layout())
    assert sum(bool(block.terms) for block in blocks) > 30
    check(written(folder, gathered(documents), len(documents)), documents)
    pool = TermPool()
    pool.add_lists(whole, consecutive(300))
    pool.add_lists(whole, consecutive(300, 300))
    check(written(folder, pool, 600), documents * 2)


@given(segments=st.lists(DOCUMENTS, min_size=1, max_size=4), terms=st.integers(1, 5))
def test_segments_of_other_terms_are_merged_some_terms_at_a_time(
    folder: Path, segments: list[list[Document]], terms: int
) -> None:
    pool, documents = TermPool(), list[Document]()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(inverted_batch, "_TERMS", terms)
        for some in segments:
            lists = written(folder, gathered(some), len(some))
            pool.add_lists(lists, consecutive(len(some), len(documents)))
            documents += some
        check(written(folder, pool, len(documents)), documents)


def test_places_of_long_parts_and_of_compounds(folder: Path) -> None:
    def code(part: int, position: int, length: int = 1) -> int:
        return (part << 20 | position) << 2 | (length - 1)

    short: list[Document] = [{"a": [code(0, 3), code(2, 0)], "b": [code(1, 5, 4), code(3, 1)]}]
    long: list[Document] = [
        {"a": [code(0, 70_000), code(1, 0), code(3, 2)], "b": [code(1, 300)]},
        {"a": [code(2, 9, 2)], "c": [code(3, 66_000, 3)]},
    ]
    pool = TermPool()
    for first, documents in ((0, short), (1, long)):
        lists = written(folder, gathered(documents), len(documents))
        check(lists, documents)
        pool.add_lists(lists, consecutive(len(documents), first))
    check(written(folder, pool, 3), [*short, *long])


def test_labels_have_no_places(folder: Path) -> None:
    pool = TermPool()
    pool.add_labels("words", [["fr"], ["", "en"], ["fr"]])
    lists = written(folder, pool, 3)
    pool = TermPool()
    pool.add_lists(lists, consecutive(3))
    pool.add_lists(lists, consecutive(3, 3))
    found = written(folder, pool, 6).find("words", b"fr")
    assert found is not None
    assert (list(found.docs), found.counts, len(found.places)) == ([0, 2, 3, 5], None, 0)


@pytest.mark.parametrize("firsts", [0b1010, 0b0001, 0b1011, 0b1_0001])
@pytest.mark.parametrize("written_as", ["bits", "numbers"])
def test_lists_that_make_no_sense_are_not_merged(
    folder: Path, written_as: str, firsts: int
) -> None:
    often: list[Document] = [{"often": [4, 8, 12]}, {"often": [16]}]
    documents = 2 if written_as == "bits" else 500
    lists = written(folder, gathered(often), documents)
    at = folder / "senseless"
    content = bytearray(lists.file.content)
    docs = [0b11] if written_as == "bits" else [0, 0, 1, 0]
    start = content.index(bytes([*docs, 0b1001, 1, 2, 3, 4]))  # documents, firsts, places
    content[start + len(docs)] = firsts
    with at.open("wb") as written_anew:  # with the checksums of what it says now
        out = ChecksummedFileWriter(written_anew)
        out.write(bytes(content[out.offset : lists.file._end]))
        out.seal(lists.file.directory)
    pool = TermPool()
    with at.open("rb") as file:
        pool.add_lists(PostingsFile(file, at.name), consecutive(documents))
    with pytest.raises(ArchiveDamaged):
        written(folder, pool, documents)


def test_of_very_many_places_the_first_are_kept(folder: Path) -> None:
    places = list(range(MAX_OCCURRENCES + 2))
    lists = written(folder, gathered([{"tocsin": places, "one": [1]}, {"tocsin": [1, 2]}]), 2)
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
