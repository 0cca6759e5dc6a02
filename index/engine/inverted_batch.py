"""Inverts documents: from the terms of each document to the documents of each term.

A new segment gets its postings from new documents, from other segments, or both. An occurrence of
a term is one number, so numpy inverts by sorting, in blocks that fit into the processor's caches.
"""

from __future__ import annotations

from array import array
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain, count, pairwise
from typing import Any, Protocol

import numpy as np
from numpy.typing import DTypeLike, NDArray

from index.engine.postings_file import MAX_DOCUMENTS, MAX_OCCURRENCES, Field, PostingsFile, Records

BLOCK = 1 << 18
"""Occurrences that are sorted at once, roughly: more do not fit into the processor's caches."""

Numbers = NDArray[np.int64]
Occurrences = NDArray[np.uint64]
"""In each number: that of a term, of a document and a code, from the highest digits on."""
DOC, TERM = 24, 40
"""Binary digits behind the number of a document, and behind that of a term."""
_CODE = (1 << DOC) - 1


class PostingsSource(Protocol):
    """A source of the postings of a field."""

    has_codes: bool
    """Whether it is known where the terms are; of a label, only the documents are known."""

    @property
    def weights(self) -> Numbers:
        """Occurrences of each term, roughly."""

    def terms(self) -> list[bytes]:
        """Return the terms in order."""

    def block(self, first: int, last: int) -> Occurrences:
        """Return the occurrences of the terms from `first` to below `last`, numbered from 0."""


def records(sources: Sequence[PostingsSource]) -> Iterator[Records]:
    """Yield the lists of a field, in the order of its terms."""
    lists = [source.terms() for source in sources]
    every = lists[0] if len(lists) == 1 else list(dict.fromkeys(sorted(chain.from_iterable(lists))))
    numbers = dict(zip(every, count()))
    own = [_numbered(terms, numbers) for terms in lists]
    del numbers, lists
    weights = np.zeros(len(every), dtype=np.int64)
    for source, terms in zip(sources, own, strict=True):
        weights[terms] += source.weights
    has_codes = any(source.has_codes for source in sources)
    for first, last in pairwise(_cuts(weights)):
        blocks = []
        for source, terms in zip(sources, own, strict=True):
            low, high = np.searchsorted(terms, (first, last)).tolist()
            if low < high:
                block = source.block(low, high)
                shifts = (terms[low:high] - first - np.arange(high - low)).astype(np.uint64)
                block += (shifts << np.uint64(TERM))[block >> np.uint64(TERM)]
                blocks.append(block)
        yield _to_records(every[first:last], _joined(blocks), has_codes=has_codes)


def _joined(blocks: Sequence[Occurrences]) -> Occurrences:
    if len(blocks) == 1:
        return blocks[0]
    every = np.concatenate(blocks)
    every.sort()
    return every


def _numbered(terms: Sequence[bytes], numbers: Mapping[bytes, int]) -> Numbers:
    return np.fromiter(map(numbers.__getitem__, terms), dtype=np.int64, count=len(terms))


def _cuts(weights: Numbers) -> list[int]:
    """Return where blocks of terms begin, and the end of the last one."""
    of_block = np.cumsum(weights) // BLOCK
    ends = [*(1 + np.flatnonzero(np.diff(of_block))).tolist(), len(weights)]
    return [0, *ends] if len(weights) else []


# --- sources -----------------------------------------------------------------------------


class NewPostings:
    """The postings of new documents."""

    def __init__(
        self, terms: Sequence[str], occurrences: Occurrences, *, has_codes: bool = True
    ) -> None:
        """Take the terms in order, and all occurrences of them in order."""
        self._terms = terms
        self._occurrences = occurrences
        self.has_codes = has_codes
        self._starts = np.searchsorted(occurrences >> np.uint64(TERM), np.arange(len(terms) + 1))

    @property
    def weights(self) -> Numbers:
        """Occurrences of each term."""
        return np.diff(self._starts)

    def terms(self) -> list[bytes]:
        """Return the terms in order."""
        return [term.encode() for term in self._terms]

    def block(self, first: int, last: int) -> Occurrences:
        """Return the occurrences of some terms."""
        found = self._occurrences[self._starts[first] : self._starts[last]]
        return found - np.uint64(first << TERM)


class SegmentPostings:
    """The posting lists of a segment, its documents renumbered."""

    def __init__(
        self, lists: PostingsFile, field: Field, first: int, numbers: Mapping[int, int] | None
    ) -> None:
        """Take the lists of a field; documents count from `first`, or get `numbers` (those kept).

        The file is verified by the caller. Raises ArchiveDamaged, here and in its methods, where
        numbers in it are wrong.
        """
        self._lists, self._field = lists, field
        self._first, self._numbers = first, None if numbers is None else _mapping_array(numbers)
        with lists.file.damage_reported():
            content = lists.file.content
            self._content = np.frombuffer(content, dtype=np.uint8)
            self._starts = np.frombuffer(content, np.int64, field.count + 1, field.starts)
            self._sizes = np.frombuffer(content, np.uint16, field.count, field.sizes)
            self._widths = np.frombuffer(content, np.uint8, field.count, field.widths)
            self.has_codes = bool(
                field.count and (self._starts[1] - self._starts[0]) > 2 * (int(self._sizes[0]) + 1)
            )

    @property
    def weights(self) -> Numbers:
        """Occurrences of each term, roughly."""
        return np.diff(self._starts) // 6 + 1

    def terms(self) -> list[bytes]:
        """Return the terms in order."""
        with self._lists.file.damage_reported():
            return self._field.terms(b"")

    def block(self, first: int, last: int) -> Occurrences:
        """Return the occurrences of some terms in documents that are kept."""
        with self._lists.file.damage_reported():
            terms, docs, counts, codes = self._read(first, last)
        docs = docs + self._first if self._numbers is None else self._numbers[docs]
        found = (terms << TERM) + (docs << DOC)
        if self.has_codes:
            found = np.repeat(found, counts) + codes
        if self._numbers is not None:
            kept = docs >= 0
            found = found[np.repeat(kept, counts) if self.has_codes else kept]
        return found.view(np.uint64)

    def _read(self, first: int, last: int) -> tuple[Numbers, Numbers, Numbers, NDArray[np.uint32]]:
        """Return terms, documents, counts and codes of some lists."""
        sizes = self._sizes[first:last].astype(np.int64) + 1
        widths = self._widths[first:last].astype(np.int64)
        docs = self._starts[first:last]
        middles = docs + 2 * sizes
        ends = middles + widths * sizes
        in_all = (self._starts[first + 1 : last + 1] - ends) // 4
        counts = np.repeat(in_all // sizes, sizes)  # where none are written: one each, or none
        for width in (1, 2):
            chosen = widths == width
            at = _ranges(middles[chosen], sizes[chosen], width)
            counts[np.repeat(chosen, sizes)] = _view_at_each_byte(self._content, f"u{width}")[at]
        if (np.add.reduceat(counts, np.cumsum(sizes) - sizes) != in_all).any():
            raise ValueError("counts and codes differ")  # not a message
        codes = _view_at_each_byte(self._content, "u4")[_ranges(ends, in_all, 4)]
        if len(codes) and codes.max() > _CODE:
            raise ValueError("a code is too large")  # not a message
        return (
            np.repeat(np.arange(last - first), sizes),
            _view_at_each_byte(self._content, "u2")[_ranges(docs, sizes, 2)].astype(np.int64),
            counts,
            codes,
        )


# --- lists -------------------------------------------------------------------------------


def _mapping_array(numbers: Mapping[int, int]) -> Numbers:
    """Return the new number of each document, -1 where there is none."""
    mapped = np.full(MAX_DOCUMENTS, -1)
    mapped[list(numbers)] = list(numbers.values())
    return mapped


def _to_records(terms: Sequence[bytes], found: Occurrences, *, has_codes: bool) -> Records:
    """Return the lists of the terms that have any postings."""
    if not len(found):
        return Records([], b"", b"", b"", b"")
    postings = (found >> np.uint64(DOC)).astype(np.int64)
    codes = (found & np.uint64(_CODE)).astype(np.uint32) if has_codes else np.empty(0, np.uint32)
    firsts = np.flatnonzero(np.diff(postings, prepend=-1))
    counts = np.diff(firsts, append=len(postings))
    if counts.max() > MAX_OCCURRENCES:
        rank = np.arange(len(found)) - np.repeat(firsts, counts)
        return _to_records(terms, found[rank < MAX_OCCURRENCES], has_codes=has_codes)
    postings = postings[firsts]
    docs = (postings & (MAX_DOCUMENTS - 1)).astype(np.uint16)
    numbers = postings >> (TERM - DOC)
    firsts = np.flatnonzero(np.diff(numbers, prepend=-1))
    sizes = np.diff(firsts, append=len(numbers))
    most = np.maximum.reduceat(counts, firsts)
    in_all = np.add.reduceat(counts, firsts) if has_codes else np.zeros_like(sizes)
    widths = (most > 1) + (most > 255).astype(np.int64)
    lengths = (2 + widths) * sizes + 4 * in_all
    starts = np.cumsum(lengths) - lengths
    middles = starts + 2 * sizes
    content = np.empty(lengths.sum(), dtype=np.uint8)
    _view_at_each_byte(content, "u2")[_ranges(starts, sizes, 2)] = docs
    for width in (1, 2):
        chosen = widths == width
        at = _ranges(middles[chosen], sizes[chosen], width)
        _view_at_each_byte(content, f"u{width}")[at] = counts[np.repeat(chosen, sizes)]
    _view_at_each_byte(content, "u4")[_ranges(middles + widths * sizes, in_all, 4)] = codes
    return Records(
        [terms[number] for number in numbers[firsts].tolist()],
        (sizes - 1).astype(np.uint16).tobytes(),
        widths.astype(np.uint8).tobytes(),
        lengths.astype(np.uint64).tobytes(),
        content.tobytes(),
    )


def _ranges(starts: Numbers, counts: Numbers, step: int = 1) -> Numbers:
    """Return `counts` numbers from each start, so far apart, one run after the other."""
    ends = np.cumsum(counts)
    numbers = np.repeat(starts - step * (ends - counts), counts)
    numbers += np.arange(0, step * len(numbers), step)
    return numbers


def _view_at_each_byte(content: NDArray[np.uint8], kind: DTypeLike) -> NDArray[Any]:
    """Return the numbers of a kind that begin at each byte."""
    width = np.dtype(kind).itemsize
    return np.ndarray(max(0, len(content) - width + 1), kind, content, strides=(1,))


class TermPool:
    """Gathers the postings of a new segment, from documents and from other segments."""

    def __init__(self) -> None:
        self._new: dict[str, PostingsSource] = {}
        self._labels: defaultdict[str, _Documents] = defaultdict(_Documents)
        self._old: list[tuple[PostingsFile, int, Mapping[int, int] | None]] = []

    def add(self, item: tuple[str, bytes, int, float, bytes]) -> None:
        """Add one posting as Whoosh hands it over: field, term, document, weight, codes."""
        field, term, doc, _, codes = item
        self.add_terms(field, doc, {term.decode(): array("I", codes)})

    def add_terms(self, field: str, doc: int, terms: Mapping[str, Sequence[int]]) -> None:
        """Add a document: the codes of each term, or none of any. Of very many the first are kept.

        Raises:
            OverflowError: A segment has no such document.
        """
        if doc >= MAX_DOCUMENTS:
            raise OverflowError("more documents than a segment can have")  # not a message
        self._labels[field].add(doc, terms)

    def add_new(self, field: str, terms: Sequence[str], occurrences: Occurrences) -> None:
        """Set all postings of a field of new documents: its terms and occurrences, in order."""
        self._new[field] = NewPostings(terms, occurrences)

    def add_lists(self, lists: PostingsFile, first: int, numbers: Mapping[int, int] | None) -> None:
        """Add the postings of a segment.

        Args:
            lists: Its posting lists.
            first: The new number of its first document.
            numbers: The new number of each document that is kept, None if all are.
        """
        self._old.append((lists, first, numbers))

    def iter_postings(self) -> Iterator[tuple[str, Iterable[Records]]]:
        """Yield every field with its lists in the order of their terms."""
        fields = {*self._new, *self._labels}.union(*(lists.fields() for lists, _, _ in self._old))
        for name in sorted(fields):
            sources: list[PostingsSource] = []
            if name in self._new:
                sources.append(self._new.pop(name))
            if name in self._labels:
                sources.append(self._labels.pop(name).inverted())
            for lists, first, numbers in self._old:
                if field := lists.field(name):
                    sources.append(SegmentPostings(lists, field, first, numbers))
            yield name, records(sources)

    def cleanup(self) -> None:
        """Forget everything."""
        self._new.clear()
        self._labels.clear()
        self._old.clear()


class _Documents:
    """Collects the terms of a field, document by document."""

    def __init__(self) -> None:
        self._numbers: defaultdict[str, int] = defaultdict(count().__next__)
        self._found = array("Q")
        self._has_codes = False

    def add(self, doc: int, terms: Mapping[str, Sequence[int]]) -> None:
        """Add a document."""
        for term, codes in terms.items():
            base = (self._numbers[term] << TERM) + (doc << DOC)
            self._found.extend([base + code for code in codes] or (base,))
            self._has_codes |= len(codes) > 0

    def inverted(self) -> PostingsSource:
        """Return a source of posting lists."""
        found = np.array(self._found, dtype=np.uint64)
        terms, occurrences = in_order(list(self._numbers), found)
        return NewPostings(terms, occurrences, has_codes=self._has_codes)


def in_order(terms: Sequence[str], found: Occurrences) -> tuple[list[str], Occurrences]:
    """Return those terms that occur, in order, and the occurrences with their numbers, in order.

    Args:
        terms: Terms by the numbers that they have in `found`.
        found: Occurrences in any order. The array is changed.
    """
    numbers = (found >> np.uint64(TERM)).astype(np.int64)
    used = np.flatnonzero(np.bincount(numbers))
    written = [terms[number] for number in used.tolist()]
    order = sorted(range(len(written)), key=written.__getitem__)  # as that of their UTF-8
    ranks = np.empty(len(terms), dtype=np.uint64)
    ranks[used[order]] = np.arange(len(order))
    found &= np.uint64((1 << TERM) - 1)
    found |= ranks[numbers] << np.uint64(TERM)
    found.sort()
    return [written[number] for number in order], found
