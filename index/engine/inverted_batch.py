"""Inverts documents: from the terms of each document to the documents of each term.

A new segment gets its postings from new documents, from other segments, or both. numpy sorts
them, in blocks that fit into the caches of the processor.
"""

from __future__ import annotations

from array import array
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain, compress, count, pairwise
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import DTypeLike, NDArray

from index.engine.postings_file import MAX_DOCUMENTS, MAX_OCCURRENCES, Field, PostingsFile, Records

BLOCK = 1 << 20
"""Bytes of posting lists made at once, roughly: more do not fit into the processor's caches."""
_INDEX = (1 << 32) - 1

Numbers = NDArray[np.int64]


class Block(NamedTuple):
    """Postings in the order of their terms, then of their documents."""

    terms: Numbers
    """The number of each posting's term."""
    docs: Numbers
    counts: Numbers
    """How often the term occurs in the document."""
    codes: NDArray[np.uint32]
    """Codes of all postings, one after the other."""


class PostingsSource(Protocol):
    """A source of the postings of a field."""

    @property
    def weights(self) -> Numbers:
        """Bytes of the list of each term, roughly."""

    def terms(self) -> list[bytes]:
        """Return the terms in order."""

    def block(self, first: int, last: int) -> Block:
        """Return the postings of the terms from `first` to below `last`, numbered from 0."""


def records(sources: Sequence[PostingsSource]) -> Iterator[Records]:
    """Yield the lists of a field, in the order of its terms."""
    if len(sources) == 1:
        every = sources[0].terms()
    else:
        every = sorted(set().union(*(source.terms() for source in sources)))
    numbers = {term: number for number, term in enumerate(every)}
    own = [_numbered(source.terms(), numbers) for source in sources]
    del numbers
    weights = np.zeros(len(every), dtype=np.int64)
    for source, terms in zip(sources, own, strict=True):
        weights[terms] += source.weights
    for first, last in pairwise(_cuts(weights)):
        blocks = []
        for source, terms in zip(sources, own, strict=True):
            low, high = np.searchsorted(terms, (first, last)).tolist()
            if low < high:
                block = source.block(low, high)
                blocks.append(block._replace(terms=terms[low:high][block.terms] - first))
        yield _to_records(every[first:last], _join(blocks))


def _numbered(terms: Sequence[bytes], numbers: Mapping[bytes, int]) -> Numbers:
    return np.fromiter(map(numbers.__getitem__, terms), dtype=np.int64, count=len(terms))


def _cuts(weights: Numbers) -> list[int]:
    """Return where blocks of terms begin, and the end of the last one."""
    of_block = np.cumsum(weights) // BLOCK
    ends = [*(1 + np.flatnonzero(np.diff(of_block))).tolist(), len(weights)]
    return [0, *ends] if len(weights) else []


# --- sources -----------------------------------------------------------------------------


class GatheredDocuments:
    """New documents, in the order in which they were added."""

    def __init__(
        self,
        docs: array[int],
        sizes: array[int],
        numbers: Mapping[str, int],
        terms: array[int],
        counts: array[int],
        codes: array[int],
    ) -> None:
        """Take documents with their numbers of terms, and the postings of all of them.

        `numbers` are those that the terms have in `terms`.
        """
        self._terms = sorted(numbers)  # the order of characters is that of their UTF-8
        ranks = np.empty(len(numbers), dtype=np.int64)
        ranks[[numbers[term] for term in self._terms]] = np.arange(len(numbers))
        self._keys = ranks[np.frombuffer(terms, dtype=np.uint32)]
        self.weights: Numbers = 8 * np.bincount(self._keys, minlength=len(numbers))
        """Bytes of the list of each term, roughly."""
        self._keys <<= 32
        self._keys |= np.arange(len(terms))
        self._keys.sort()
        self._docs = np.repeat(np.frombuffer(docs, np.uint32), np.frombuffer(sizes, np.uint32))
        self._counts = np.frombuffer(counts, dtype=np.uint32)
        self._starts = np.cumsum(self._counts, dtype=np.uint32) - self._counts
        self._codes = np.frombuffer(codes, dtype=np.uint32)

    def terms(self) -> list[bytes]:
        """Return the terms in order."""
        return [term.encode() for term in self._terms]

    def block(self, first: int, last: int) -> Block:
        """Return the postings of some terms."""
        low, high = np.searchsorted(self._keys, (first << 32, last << 32)).tolist()
        keys = self._keys[low:high]
        order = keys & _INDEX
        counts = np.minimum(self._counts[order].astype(np.int64), MAX_OCCURRENCES)
        places = _ranges(self._starts[order].astype(np.int64), counts)
        docs = self._docs[order].astype(np.int64)
        return Block((keys >> 32) - first, docs, counts, self._codes[places])


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

    @property
    def weights(self) -> Numbers:
        """Bytes of the list of each term."""
        return np.diff(self._starts)

    def terms(self) -> list[bytes]:
        """Return the terms in order."""
        with self._lists.file.damage_reported():
            return self._field.terms(b"")

    def block(self, first: int, last: int) -> Block:
        """Return the postings of some terms that documents kept have."""
        with self._lists.file.damage_reported():
            terms, docs, counts, codes = self._read(first, last)
        if self._numbers is None:
            return Block(terms, docs + self._first, counts, codes)
        docs = self._numbers[docs]
        kept = docs >= 0
        return Block(terms[kept], docs[kept], counts[kept], codes[np.repeat(kept, counts)])

    def _read(self, first: int, last: int) -> Block:
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
            raise ValueError("counts and codes differ")
        return Block(
            np.repeat(np.arange(last - first), sizes),
            _view_at_each_byte(self._content, "u2")[_ranges(docs, sizes, 2)].astype(np.int64),
            counts,
            _view_at_each_byte(self._content, "u4")[_ranges(ends, in_all, 4)],
        )


# --- blocks ------------------------------------------------------------------------------


def _mapping_array(numbers: Mapping[int, int]) -> Numbers:
    """Return the new number of each document, -1 where there is none."""
    mapped = np.full(MAX_DOCUMENTS, -1)
    mapped[list(numbers)] = list(numbers.values())
    return mapped


def _join(blocks: Sequence[Block]) -> Block:
    """Return the postings of several blocks as those of one."""
    if len(blocks) == 1:
        return blocks[0]
    terms, docs, counts, codes = (np.concatenate(column) for column in zip(*blocks, strict=True))
    order = np.argsort(terms * MAX_DOCUMENTS + docs, kind="stable")
    starts = np.cumsum(counts) - counts
    counts = counts[order]
    return Block(terms[order], docs[order], counts, codes[_ranges(starts[order], counts)])


def _to_records(terms: Iterable[bytes], block: Block) -> Records:
    """Return the lists of the terms that have any postings."""
    named = list(terms)
    sizes = np.bincount(block.terms, minlength=len(named))
    kept = sizes > 0
    sizes = sizes[kept]
    if not len(sizes):
        return Records([], b"", b"", b"", b"")
    if block.docs.max() >= MAX_DOCUMENTS:
        raise OverflowError("more documents than a segment can have")
    firsts = np.cumsum(sizes) - sizes
    most = np.maximum.reduceat(block.counts, firsts)
    in_all = np.add.reduceat(block.counts, firsts)
    widths = (most > 1) + (most > 255).astype(np.int64)
    lengths = (2 + widths) * sizes + 4 * in_all
    starts = np.cumsum(lengths) - lengths
    middles = starts + 2 * sizes
    content = np.empty(lengths.sum(), dtype=np.uint8)
    _view_at_each_byte(content, "u2")[_ranges(starts, sizes, 2)] = block.docs
    for width in (1, 2):
        chosen = widths == width
        at = _ranges(middles[chosen], sizes[chosen], width)
        _view_at_each_byte(content, f"u{width}")[at] = block.counts[np.repeat(chosen, sizes)]
    _view_at_each_byte(content, "u4")[_ranges(middles + widths * sizes, in_all, 4)] = block.codes
    return Records(
        list(compress(named, kept)),
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
        self._new: defaultdict[str, _Documents] = defaultdict(_Documents)
        self._old: list[tuple[PostingsFile, int, Mapping[int, int] | None]] = []

    def add(self, item: tuple[str, bytes, int, float, bytes]) -> None:
        """Add one posting as Whoosh hands it over: field, term, document, weight, codes."""
        field, term, doc, _, codes = item
        self.add_terms(field, doc, {term.decode(): array("I", codes)})

    def add_terms(self, field: str, doc: int, terms: Mapping[str, Sequence[int]]) -> None:
        """Add a document: the codes of each term. Of very many codes the first are kept."""
        self._new[field].add(doc, terms)

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
        fields = set(self._new).union(*(lists.fields() for lists, _, _ in self._old))
        for name in sorted(fields):
            sources: list[PostingsSource] = []
            if name in self._new:
                sources.append(self._new.pop(name).inverted())
            for lists, first, numbers in self._old:
                if field := lists.field(name):
                    sources.append(SegmentPostings(lists, field, first, numbers))
            yield name, records(sources)

    def cleanup(self) -> None:
        """Forget everything."""
        self._new.clear()
        self._old.clear()


class _Documents:
    """Collects the terms of a field, document by document.

    It keeps numbers in arrays: a list for each term would take three times the memory, and time
    of the garbage collector.
    """

    def __init__(self) -> None:
        self._numbers: defaultdict[str, int] = defaultdict(count().__next__)
        self._docs, self._sizes = array("I"), array("I")
        self._terms, self._counts, self._codes = array("I"), array("I"), array("I")

    def add(self, doc: int, terms: Mapping[str, Sequence[int]]) -> None:
        """Add a document."""
        self._docs.append(doc)
        self._sizes.append(len(terms))
        self._terms.extend(map(self._numbers.__getitem__, terms))
        self._counts.extend(map(len, terms.values()))
        self._codes.extend(chain.from_iterable(terms.values()))

    def inverted(self) -> PostingsSource:
        """Return a source of posting lists."""
        return GatheredDocuments(
            self._docs, self._sizes, self._numbers, self._terms, self._counts, self._codes
        )
