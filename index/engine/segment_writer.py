"""Writes a segment: new articles, or the documents of the segments that it replaces."""

from __future__ import annotations

from array import array
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain, count, pairwise
from operator import attrgetter
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from whoosh.util import random_name

from index.analysis.term_positions import PART_WIDTH
from index.analysis.tokenizer import MAX_COMPOUND
from index.engine import columns, postings_file
from index.engine.article_terms import ArticleTerms
from index.engine.checksummed_file import durable_file
from index.engine.columns import COLUMN_TYPES, DATE, FEED, ID, LANG, LENGTH, STORY, WORDS
from index.engine.list_encoder import (
    BITS_BY_KIND,
    CODE,
    DOC,
    HALF,
    PART,
    TERM,
    Codes,
    Numbers,
    Occurrences,
    bytes_of_bits,
    encode,
    read_counts,
    read_half_bytes,
    read_numbers,
    runs,
)
from index.engine.postings_file import (
    AS_BITS,
    PLACE_KIND,
    WITH_FIRSTS,
    WITH_LENGTHS,
    PlaceLayout,
    PostingsFile,
    PostingsFileWriter,
    Records,
)
from index.engine.segment import Segment
from index.engine.table_of_contents import SegmentEntry
from monitor.base.article import PARTS, Article

_ID_LENGTH = 16


def write_articles(articles: Iterable[Article], terms: ArticleTerms, folder: Path) -> SegmentEntry:
    """Write a segment of articles, whose words `terms` reads.

    Raises:
        OverflowError: A number of an article does not fit; nothing is written.
    """
    ordered = sorted(articles, key=attrgetter("date", "id"))
    count = len(ordered)
    keys, occurrences, lengths = terms.occurrences(ordered)
    values: dict[str, Iterable[float]] = {
        ID: (article.id for article in ordered),
        DATE: (article.date for article in ordered),
        STORY: (article.story for article in ordered),
        LENGTH: lengths,
    }
    feeds = labels(map(str, dict.fromkeys(article.feeds)) for article in ordered)
    langs = labels([article.lang] for article in ordered)
    layout = PlaceLayout(part_widths(occurrences))
    return _write(
        folder,
        {name: array(typecode, values[name]) for name, typecode in COLUMN_TYPES.items()},
        layout,
        {
            FEED: new_records(*feeds, count, None),
            LANG: new_records(*langs, count, None),
            WORDS: new_records(keys, occurrences, count, layout),
        },
    )


def labels(doc_labels: Iterable[Iterable[str]]) -> tuple[list[bytes], Occurrences]:
    """Return the labels of documents in order, and their occurrences in documents."""
    docs_by_label: defaultdict[bytes, list[int]] = defaultdict(list)
    for doc, names in enumerate(doc_labels):
        for label in names:
            docs_by_label[label.encode()].append(doc)
    terms = sorted(docs_by_label)
    occurrences = [
        (number << TERM) + (doc << DOC)
        for number, label in enumerate(terms)
        for doc in docs_by_label[label]
    ]
    return terms, np.array(occurrences, dtype=np.uint64)


def merge(segments: Iterable[SegmentEntry], source: Path, folder: Path) -> SegmentEntry:
    """Write one segment with the documents of several segments that are not deleted.

    Args:
        segments: The segments to merge; at least one document is not deleted.
        source: The folder of the files of these segments.
        folder: The folder of the new segment.

    Raises:
        ArchiveDamaged: A byte of a file is not as it was written.
    """
    opened = [Segment.open(source, segment) for segment in segments]
    masked = []
    for old in opened:
        old.verify()  # damage must not be copied under a new checksum
        is_kept = np.ones(old.columns.documents, dtype=np.bool_)
        is_kept[list(old.deleted)] = False
        masked.append((old, is_kept))
    values = {
        name: np.concatenate(
            [np.array(old.columns.values(name))[is_kept] for old, is_kept in masked]
        )
        for name in COLUMN_TYPES
    }
    # Documents are in the order of dates, then ids: searches read the newest ones at a list's end.
    order = np.lexsort((values[ID], values[DATE]))
    ranks = np.empty_like(order)
    ranks[order] = np.arange(len(order))
    numbers, first = [], 0
    for _, is_kept in masked:
        numbers.append(np.full(len(is_kept), -1))
        count = int(np.count_nonzero(is_kept))
        numbers[-1][is_kept] = ranks[first : first + count]
        first += count
    layout = PlaceLayout(np.max([old.lists.layout.widths for old in opened], axis=0).tolist())
    return _write(
        folder,
        {
            name: array(typecode, values[name][order].tobytes())
            for name, typecode in COLUMN_TYPES.items()
        },
        layout,
        {
            field: merged_records(
                [
                    SegmentPostings(old.lists, field, docs)
                    for old, docs in zip(opened, numbers, strict=True)
                ],
                len(order),
                layout if field == WORDS else None,
            )
            for field in (FEED, LANG, WORDS)
        },
    )


def _write(
    folder: Path,
    columns_by_name: Mapping[str, array[Any]],
    layout: PlaceLayout,
    fields: Mapping[str, Iterable[Records]],
) -> SegmentEntry:
    documents = len(columns_by_name[ID])
    segment = SegmentEntry(random_name(_ID_LENGTH), documents, frozenset())
    name = segment.segment_id()
    with durable_file(folder / f"{name}{columns.EXTENSION}") as file:
        columns.write_columns(file, columns_by_name)
    with durable_file(folder / f"{name}{postings_file.EXTENSION}") as file:
        lists = PostingsFileWriter(file)
        for field, records in fields.items():
            lists.add_field(field, records)
        lists.close(documents, layout)
    return segment


BLOCK = 1 << 17
"""Occurrences that are sorted at once, roughly: with fewer, numpy is called more often; more do not
fit into the caches of the processor, and need memory."""
_TERMS = 1 << 12
"""Number of terms of each source in memory at once, roughly."""


def new_records(
    terms: list[bytes], occurrences: Occurrences, documents: int, layout: PlaceLayout | None
) -> Iterator[Records]:
    """Yield the lists of a field of new documents, in the order of its terms.

    Args:
        terms: The terms, in order.
        occurrences: The occurrences of the terms, numbered from 0, in order.
        documents: Number of documents.
        layout: The layout of the places; None for labels, which have no places.
    """
    starts, _ = runs(occurrences >> np.uint64(TERM))
    blocks = 1 + np.flatnonzero(np.diff(starts // BLOCK))
    for first, last in pairwise([0, *starts[blocks].tolist(), len(occurrences)]):
        yield encode(terms, occurrences[first:last], documents, layout)


def merged_records(
    sources: Sequence[SegmentPostings], documents: int, layout: PlaceLayout | None
) -> Iterator[Records]:
    """Yield the lists of a field of several segments, in the order of its terms.

    Args:
        sources: The lists of the field in each segment.
        documents: Number of documents of the new segment.
        layout: The layout of the places; None for labels, which have no places.
    """
    largest = max(sources, key=lambda source: source.count)
    lows = [0] * len(sources)
    for first_term in range(_TERMS, largest.count + _TERMS, _TERMS):
        if first_term < largest.count:
            (term,) = largest.terms(first_term, first_term + 1)
            highs = [source.rank(term) for source in sources]
        else:
            highs = [source.count for source in sources]
        term_runs = list(map(_TermRun, sources, lows, highs))
        lows = highs
        terms, numbers = _united([run.source.terms(run.first, run.last) for run in term_runs])
        weights = np.zeros(len(terms), dtype=np.int64)
        for run, run_numbers in zip(term_runs, numbers, strict=True):
            weights[run_numbers] += run.source.weights(run.first, run.last)
        for first, last in pairwise(_cuts(weights)):
            yield encode(terms, _occurrences(term_runs, numbers, first, last), documents, layout)


class _TermRun(NamedTuple):
    """A run of consecutive terms of a segment."""

    source: SegmentPostings
    first: int
    last: int


def _occurrences(
    term_runs: Sequence[_TermRun], numbers: Sequence[Numbers], first: int, last: int
) -> Occurrences:
    """Return the occurrences of the terms from `first` to below `last`, in order.

    Args:
        term_runs: The runs of terms that hold them.
        numbers: The numbers of the terms of each run.
        first: The number of the first term.
        last: The number behind the last term.
    """
    blocks = []
    for run, run_numbers in zip(term_runs, numbers, strict=True):
        low, high = np.searchsorted(run_numbers, (first, last)).tolist()
        if low < high:
            blocks.append(run.source.block(run.first + low, run_numbers[low:high]))
    occurrences = np.concatenate(blocks)
    occurrences.sort(kind="stable")  # merges what is in order
    return occurrences


def _united(lists: Sequence[list[bytes]]) -> tuple[list[bytes], list[Numbers]]:
    """Return the terms of all lists in order, and for each list the numbers of its terms."""
    if len(lists) == 1:
        return lists[0], [np.arange(len(lists[0]))]
    all_terms = list(dict.fromkeys(sorted(chain.from_iterable(lists))))
    numbers = dict(zip(all_terms, count(), strict=False))
    return all_terms, [
        np.fromiter(map(numbers.__getitem__, terms), dtype=np.int64, count=len(terms))
        for terms in lists
    ]


def _cuts(weights: Numbers) -> list[int]:
    """Return the first term of each block, and the end of the last block."""
    block_numbers = np.cumsum(weights) // BLOCK
    ends = [*(1 + np.flatnonzero(np.diff(block_numbers))).tolist(), len(weights)]
    return [0, *ends] if len(weights) else []


# --- a segment -----------------------------------------------------------------------------


class SegmentPostings:
    """The posting lists of a segment, with renumbered documents.

    Pages of the file are released as soon as their terms or occurrences were read.
    """

    def __init__(self, lists: PostingsFile, name: str, numbers: Numbers) -> None:
        """Take the lists of a field, and the new number of each document, -1 for none.

        The file is verified by the caller. Raises ArchiveDamaged, here and in its methods, where
        numbers in it are wrong.
        """
        self._lists = lists
        self._field = field = lists.field(name)
        self._numbers = numbers
        with lists.file.damage_reported():
            content = lists.file.content
            self._content = np.frombuffer(content, dtype=np.uint8)
            self._starts = np.frombuffer(content, field.start_type, field.count + 1, field.starts)
            self._sizes = np.frombuffer(content, np.uint16, field.count, field.sizes)
            self._kinds = np.frombuffer(content, np.uint8, field.count, field.kinds)
            self._has_codes = bool((self._kinds & PLACE_KIND).any())

    @property
    def count(self) -> int:
        """Number of terms."""
        return self._field.count

    def terms(self, first: int, last: int) -> list[bytes]:
        """Return the terms from `first` to below `last`; they are in order."""
        terms = self._field.terms_at(first, last)
        self._lists.file.release()
        return terms

    def rank(self, term: bytes) -> int:
        """Count the terms before a term."""
        return self._field.rank(term)

    def weights(self, first: int, last: int) -> Numbers:
        """Return the approximate number of occurrences of each term."""
        starts = self._starts[first : last + 1].astype(np.int64)
        return (starts[1:] - starts[:-1]) // 2 + 1

    def block(self, first: int, numbers: Numbers) -> Occurrences:
        """Return the occurrences of the terms from `first` on, under their new numbers."""
        with self._lists.file.damage_reported():
            sizes, docs, counts, codes = self._read(first, first + len(numbers))
            docs = self._numbers[docs]
        self._lists.file.release()
        occurrences = np.repeat(numbers << TERM, sizes)
        occurrences += docs << DOC
        is_kept = docs >= 0
        if self._has_codes:
            occurrences = np.repeat(occurrences, counts)
            occurrences += codes
            is_kept = is_kept if is_kept.all() else np.repeat(is_kept, counts)
        return (occurrences if is_kept.all() else occurrences[is_kept]).view(np.uint64)

    def _read(self, first: int, last: int) -> tuple[Numbers, Numbers, Numbers, Codes]:
        """Return the numbers of documents of some lists, and the documents, counts and codes."""
        sizes = self._sizes[first:last].astype(np.int64) + 1
        kinds = self._kinds[first:last]
        bounds = self._starts[first : last + 1].astype(np.int64)
        starts, ends = bounds[:-1], bounds[1:]
        is_bits = (kinds & AS_BITS) > 0
        docs = self._documents(starts, sizes, is_bits)
        doc_ends = starts + np.where(is_bits, bytes_of_bits(self._lists.documents), 2 * sizes)
        bits, has_firsts = BITS_BY_KIND[kinds & PLACE_KIND], (kinds & WITH_FIRSTS) > 0
        totals = 8 * (ends - doc_ends) // np.maximum(bits + has_firsts, 1)
        place_starts = doc_ends + np.where(has_firsts, bytes_of_bits(totals), 0)
        counts = np.repeat(totals // sizes, sizes)  # without written counts: one each, or none
        counts[np.repeat(has_firsts, sizes)] = read_counts(
            self._content, doc_ends[has_firsts], totals[has_firsts], sizes[has_firsts]
        )
        if (np.add.reduceat(counts, np.cumsum(sizes) - sizes) != totals).any():
            raise ValueError("counts and places differ")  # not a message
        places = np.zeros(totals.sum(), dtype=np.int32)
        read_numbers(places, self._content, place_starts, totals, bits >> 3)
        is_shared = bits == 8 + HALF
        high = read_half_bytes(self._content, (place_starts + totals)[is_shared], totals[is_shared])
        places[np.repeat(is_shared, totals)] += high.astype(np.int32) << 8
        places <<= np.repeat(np.where(kinds & WITH_LENGTHS, 0, 2).astype(np.int32), totals)
        return sizes, docs, counts, _codes(places, self._lists.layout)

    def _documents(self, starts: Numbers, sizes: Numbers, is_bits: NDArray[np.bool_]) -> Numbers:
        """Return the documents of some lists."""
        docs = np.empty(sizes.sum(), dtype=np.int64)
        read_numbers(docs, self._content, starts, sizes, np.where(is_bits, 0, 2))
        if is_bits.any():
            rows = starts[is_bits][:, None] + np.arange(bytes_of_bits(self._lists.documents))
            flags = np.unpackbits(self._content[rows], axis=1, bitorder="little").view(np.bool_)
            if (np.count_nonzero(flags, axis=1) != sizes[is_bits]).any():
                raise ValueError("bits and sizes differ")  # not a message
            offsets = np.repeat(np.arange(0, flags.size, flags.shape[1]), sizes[is_bits])
            docs[np.repeat(is_bits, sizes)] = np.flatnonzero(flags) - offsets
        return docs


def part_widths(occurrences: Occurrences) -> list[int]:
    """Return the highest number of positions of each part of an article, plus one."""
    codes = occurrences.astype(np.uint32) & CODE
    widths = []
    for part in range(len(PARTS)):
        top = ((part + 1) << PART) - 1
        last = top - int((np.uint32(top) - codes).min(initial=top))  # larger codes wrap around
        occurs = last >> PART == part
        widths.append((last >> 2 & PART_WIDTH - 1) + MAX_COMPOUND + 1 if occurs else 1)
    return widths


def _codes(places: Codes, layout: PlaceLayout) -> Codes:
    """Return the codes of places that have lengths."""
    codes = places.copy()
    for width, start in zip(layout.widths, layout.starts[1:], strict=False):
        codes += (places >= start << 2) * np.int32((PART_WIDTH - width) << 2)
    if len(codes) and not 0 <= codes.min() <= codes.max() <= CODE:
        raise ValueError("a place is too large")  # not a message
    return codes
