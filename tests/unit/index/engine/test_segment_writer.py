"""Tests of the posting lists that are built from documents and from segments."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import count
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, strategies as st
from support import postings_files

from index.archive import open_archive, open_archive_writer
from index.engine import segment_writer
from index.engine.checksummed_file import ChecksummedFileWriter
from index.engine.list_encoder import Numbers
from index.engine.postings_file import MAX_OCCURRENCES, PlaceLayout, PostingsFile
from index.engine.segment_writer import SegmentPostings, labels, merged_records, new_records
from index.errors import ArchiveDamaged
from index.query.parser import parse_query
from monitor.base.article import Article

Document = dict[str, list[int]]
Source = tuple[PostingsFile, Numbers]

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


def write_lists(folder: Path, documents: Iterable[Document], count: int) -> PostingsFile:
    terms: postings_files.Terms = {}
    for number, document in enumerate(documents):
        for term, codes in document.items():
            terms.setdefault(term, {})[number] = codes
    return postings_files.of_terms(folder / str(next(_names)), terms, count)


def merged(folder: Path, sources: list[Source], count: int) -> PostingsFile:
    return postings_files.merged(folder / str(next(_names)), sources, count)


def check(lists: PostingsFile, documents: list[Document]) -> None:
    """Assert that the lists hold exactly the codes of the documents."""
    terms = sorted({term.encode() for document in documents for term in document})
    assert lists.field("words").terms() == terms
    for term in terms:
        postings = lists.field("words").find(term)
        assert postings is not None
        expected = {n: d[term.decode()] for n, d in enumerate(documents) if term.decode() in d}
        assert list(postings.docs) == list(expected)
        assert {doc: list(postings.at(doc)) for doc in postings.docs} == expected
        assert (postings.counts is None) == (max(map(len, expected.values())) == 1)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("segments")


def consecutive(count: int, first: int = 0) -> Numbers:
    return np.arange(first, first + count)


@given(documents=DOCUMENTS)
def test_each_document_keeps_its_places_and_terms_come_in_the_order_of_their_bytes(
    folder: Path, documents: list[Document]
) -> None:
    check(write_lists(folder, documents, len(documents)), documents)


@given(documents=DOCUMENTS, empty_count=st.integers(0, 500))
def test_few_documents_of_many_are_kept_as_numbers(
    folder: Path, documents: list[Document], empty_count: int
) -> None:
    check(write_lists(folder, documents, len(documents) + empty_count), documents)


@given(segments=st.lists(DOCUMENTS, min_size=1, max_size=4), data=st.data())
def test_segments_become_one_without_what_was_deleted_and_in_another_order(
    folder: Path, segments: list[list[Document]], data: st.DataObject
) -> None:
    live, expected = [], list[Document]()
    for documents in segments:
        deleted = data.draw(st.sets(st.sampled_from(range(len(documents))))) if documents else set()
        live.append([number for number in range(len(documents)) if number not in deleted])
        expected += [documents[number] for number in live[-1]]
    order = data.draw(st.permutations(range(len(expected))))
    ranks = np.empty(len(order), dtype=np.int64)
    ranks[order] = consecutive(len(order))
    sources, first = list[Source](), 0
    for documents, live_numbers in zip(segments, live, strict=True):
        numbers = np.full(len(documents), -1)
        numbers[live_numbers] = ranks[first : first + len(live_numbers)]
        first += len(live_numbers)
        sources.append((write_lists(folder, documents, len(documents)), numbers))
    lists = merged(folder, sources, len(expected))
    check(lists, [expected[number] for number in order])


def test_many_terms_are_written_block_by_block(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    documents = [
        {f"w{number * 7 % 100:02}": [number] * (number % 5 + 1), "every": [number]}
        for number in range(300)
    ]
    lists = write_lists(folder, documents, len(documents))
    monkeypatch.setattr(segment_writer, "BLOCK", 16)
    check(write_lists(folder, documents, len(documents)), documents)
    sources = [(lists, consecutive(300)), (lists, consecutive(300, 300))]
    check(merged(folder, sources, 600), documents * 2)


@given(segments=st.lists(DOCUMENTS, min_size=1, max_size=4), terms=st.integers(1, 5))
def test_segments_of_other_terms_are_merged_some_terms_at_a_time(
    folder: Path, segments: list[list[Document]], terms: int
) -> None:
    sources, documents = list[Source](), list[Document]()
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setattr(segment_writer, "_TERMS", terms)
        for segment_documents in segments:
            lists = write_lists(folder, segment_documents, len(segment_documents))
            sources.append((lists, consecutive(len(segment_documents), len(documents))))
            documents += segment_documents
        check(merged(folder, sources, len(documents)), documents)


def test_places_of_long_parts_and_of_compounds(folder: Path) -> None:
    def code(part: int, position: int, length: int = 1) -> int:
        return (part << 20 | position) << 2 | (length - 1)

    short_docs: list[Document] = [{"a": [code(0, 3), code(2, 0)], "b": [code(1, 5, 4), code(3, 1)]}]
    long_docs: list[Document] = [
        {"a": [code(0, 70_000), code(1, 0), code(3, 2)], "b": [code(1, 300)]},
        {"a": [code(2, 9, 2)], "c": [code(3, 66_000, 3)]},
    ]
    sources = list[Source]()
    for first, documents in ((0, short_docs), (1, long_docs)):
        lists = write_lists(folder, documents, len(documents))
        check(lists, documents)
        sources.append((lists, consecutive(len(documents), first)))
    check(merged(folder, sources, 3), [*short_docs, *long_docs])


def test_labels_have_no_places(folder: Path) -> None:
    layout = PlaceLayout([1, 1, 1, 1])
    terms, occurrences = labels([["fr"], ["", "en"], ["fr"]])
    lists = postings_files.written(
        folder / "labels", new_records(terms, occurrences, 3, None), 3, layout
    )
    sources = [SegmentPostings(lists, "words", consecutive(3, first)) for first in (0, 3)]
    postings = (
        postings_files.written(folder / "merged", merged_records(sources, 6, None), 6, layout)
        .field("words")
        .find(b"fr")
    )
    assert postings is not None
    assert (list(postings.docs), postings.counts, len(postings.places)) == ([0, 2, 3, 5], None, 0)


@pytest.mark.parametrize("firsts", [0b1010, 0b0001, 0b1011, 0b1_0001])
@pytest.mark.parametrize("written_as", ["bits", "numbers"])
def test_lists_that_make_no_sense_are_not_merged(
    folder: Path, written_as: str, firsts: int
) -> None:
    frequent_documents: list[Document] = [{"often": [4, 8, 12]}, {"often": [16]}]
    documents = 2 if written_as == "bits" else 500
    lists = write_lists(folder, frequent_documents, documents)
    path = folder / "senseless"
    content = bytearray(lists.file.content)
    docs = [0b11] if written_as == "bits" else [0, 0, 1, 0]
    start = content.index(bytes([*docs, 0b1001, 1, 2, 3, 4]))  # documents, firsts, places
    content[start + len(docs)] = firsts
    with path.open("wb") as damaged_file:  # with the checksums of the damaged content
        file_writer = ChecksummedFileWriter(damaged_file)
        file_writer.write(bytes(content[file_writer.offset : lists.file._end]))
        file_writer.seal(lists.file.directory)
    with path.open("rb") as file:
        damaged_lists = PostingsFile(file, path.name)
    with pytest.raises(ArchiveDamaged):
        merged(folder, [(damaged_lists, consecutive(documents))], documents)


def test_of_very_many_places_the_first_are_kept(folder: Path) -> None:
    places = list(range(MAX_OCCURRENCES + 2))
    lists = write_lists(folder, [{"tocsin": places, "one": [1]}, {"tocsin": [1, 2]}], 2)
    postings = lists.field("words").find(b"tocsin")
    assert postings is not None
    assert list(postings.at(0)) == places[:MAX_OCCURRENCES]
    assert list(postings.at(1)) == [1, 2]


def test_a_word_said_a_hundred_thousand_times_is_indexed(tmp_path: Path) -> None:
    chant = Article(id=1, feeds=(1,), url="", title="Chant", summary="tocsin " * 100_000, seen=0.0)
    writer = open_archive_writer(tmp_path / "index")
    writer.add([chant, Article(id=2, feeds=(1,), url="", title="Tocsin", summary="", seen=0.0)])
    page = open_archive(tmp_path / "index").search(parse_query("tocsin"))
    assert {hit.id for hit in page.hits} == {1, 2}
    assert len(chant.summary.split()) > MAX_OCCURRENCES


def test_an_article_without_a_word_is_kept(tmp_path: Path) -> None:
    writer = open_archive_writer(tmp_path / "index")
    writer.add([Article(id=1, feeds=(1,), url="", title="", summary="", seen=0.0)])
    assert writer.article_count == 1
    writer.verify()
