"""Inversion: what documents and segments bring, turned into the posting lists of a new segment.

By vectors: a loop over postings takes ten times as long. Lists are made in blocks of some
neighbouring terms, so that memory does not grow with the segment.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import compress, pairwise
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import DTypeLike, NDArray

from index.lists import MAX_DOCUMENTS, MAX_OCCURRENCES, Field, Lists, Records

BLOCK = 1 << 20
"""Bytes of records made at once, roughly: more do not stay in the processor's caches."""
_INDEX = (1 << 32) - 1

Numbers = NDArray[np.int64]


class Block(NamedTuple):
    """Postings in the order of their terms, then of their documents."""

    terms: Numbers
    """The number of each posting's term."""
    docs: Numbers
    counts: Numbers
    """How often the term stands in the document."""
    codes: NDArray[np.uint32]
    """Of all postings, one after the other."""


class Source(Protocol):
    """What brings postings to a field."""

    terms: list[bytes]
    """In order."""
    weights: Numbers
    """Bytes of the list of each term, roughly."""

    def block(self, first: int, last: int) -> Block:
        """Return the postings of the terms from `first` to below `last`, numbered from 0."""


def records(sources: Sequence[Source]) -> Iterator[Records]:
    """Yield the lists of a field, in the order of its terms."""
    every = sources[0].terms
    if len(sources) > 1:
        every = sorted(set().union(*(source.terms for source in sources)))
    numbers = {term: number for number, term in enumerate(every)}
    own = [_numbered(source.terms, numbers) for source in sources]
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
        yield _recorded(every[first:last], _joined(blocks))


def _numbered(terms: Sequence[bytes], numbers: Mapping[bytes, int]) -> Numbers:
    return np.fromiter(map(numbers.__getitem__, terms), dtype=np.int64, count=len(terms))


def _cuts(weights: Numbers) -> list[int]:
    """Return where blocks of terms begin, and the end of the last one."""
    of_block = np.cumsum(weights) // BLOCK
    ends = [*(1 + np.flatnonzero(np.diff(of_block))).tolist(), len(weights)]
    return [0, *ends] if len(weights) else []


# --- sources -----------------------------------------------------------------------------


class Gathered:
    """Documents, as they came."""

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
        in_order = sorted(numbers)  # the order of characters is that of their UTF-8
        ranks = np.empty(len(in_order), dtype=np.int64)
        ranks[[numbers[term] for term in in_order]] = np.arange(len(in_order))
        keys = ranks[np.frombuffer(terms, dtype=np.uint32)] << 32
        keys |= np.arange(len(keys))
        keys.sort()
        order = keys & _INDEX
        often = np.frombuffer(counts, dtype=np.uint32).astype(np.int64)
        kept = np.minimum(often, MAX_OCCURRENCES)[order]
        places = _runs((np.cumsum(often) - often)[order], kept)
        owners = np.repeat(np.frombuffer(docs, dtype=np.uint32), np.frombuffer(sizes, np.uint32))
        self.terms = [term.encode() for term in in_order]
        self._block = Block(
            keys >> 32,
            owners[order].astype(np.int64),
            kept,
            np.frombuffer(codes, dtype=np.uint32)[places],
        )
        self._ends = np.concatenate(([0], np.cumsum(kept)))
        self.weights = np.bincount(self._block.terms, 4 * kept, len(in_order)).astype(np.int64)

    def block(self, first: int, last: int) -> Block:
        """Return the postings of some terms."""
        terms, docs, counts, codes = self._block
        low, high = np.searchsorted(terms, (first, last)).tolist()
        return Block(
            terms[low:high] - first,
            docs[low:high],
            counts[low:high],
            codes[self._ends[low] : self._ends[high]],
        )


class Listed:
    """The lists of a segment, its documents under new numbers."""

    def __init__(
        self, lists: Lists, field: Field, first: int, numbers: Mapping[int, int] | None
    ) -> None:
        """Take the lists of a field; documents count from `first`, or get `numbers` (those kept).

        Raises ArchiveDamaged, here and later, where they make no sense.
        """
        self._lists = lists
        self._content = np.frombuffer(field.content, dtype=np.uint8)
        self._numbers = first + np.arange(MAX_DOCUMENTS)
        if numbers is not None:
            self._numbers[:] = -1
            self._numbers[list(numbers)] = list(numbers.values())
        with lists.file.trusted():
            self.terms = field.terms(b"")
            self._starts = np.frombuffer(field.starts, dtype=np.uint64).astype(np.int64)
            self._sizes = np.frombuffer(field.sizes, dtype=np.uint16).astype(np.int64) + 1
            self._widths = np.frombuffer(field.widths, dtype=np.uint8).astype(np.int64)
            self.weights = np.diff(self._starts)

    def block(self, first: int, last: int) -> Block:
        """Return the postings of some terms that documents kept have."""
        with self._lists.file.trusted():
            terms, docs, counts, codes = self._read(first, last)
        docs = self._numbers[docs]
        kept = docs >= 0
        if kept.all():
            return Block(terms, docs, counts, codes)
        return Block(terms[kept], docs[kept], counts[kept], codes[np.repeat(kept, counts)])

    def _read(self, first: int, last: int) -> Block:
        sizes, widths = self._sizes[first:last], self._widths[first:last]
        docs = self._starts[first:last]
        middles = docs + 2 * sizes
        ends = middles + widths * sizes
        in_all = (self._starts[first + 1 : last + 1] - ends) // 4
        counts = np.repeat(in_all // sizes, sizes)  # where none are written: one each, or none
        for width in (1, 2):
            chosen = widths == width
            at = _runs(middles[chosen], sizes[chosen], width)
            counts[np.repeat(chosen, sizes)] = _lying(self._content, f"u{width}")[at]
        if (np.add.reduceat(counts, np.cumsum(sizes) - sizes) != in_all).any():
            raise ValueError("counts and codes differ")
        return Block(
            np.repeat(np.arange(last - first), sizes),
            _lying(self._content, "u2")[_runs(docs, sizes, 2)].astype(np.int64),
            counts,
            _lying(self._content, "u4")[_runs(ends, in_all, 4)],
        )


# --- blocks ------------------------------------------------------------------------------


def _joined(blocks: Sequence[Block]) -> Block:
    """Return the postings of several blocks as those of one."""
    if len(blocks) == 1:
        return blocks[0]
    terms, docs, counts, codes = (np.concatenate(column) for column in zip(*blocks, strict=True))
    order = np.argsort(terms * MAX_DOCUMENTS + docs, kind="stable")
    starts = np.cumsum(counts) - counts
    counts = counts[order]
    return Block(terms[order], docs[order], counts, codes[_runs(starts[order], counts)])


def _recorded(terms: Iterable[bytes], block: Block) -> Records:
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
    _lying(content, "u2")[_runs(starts, sizes, 2)] = block.docs
    for width in (1, 2):
        chosen = widths == width
        at = _runs(middles[chosen], sizes[chosen], width)
        _lying(content, f"u{width}")[at] = block.counts[np.repeat(chosen, sizes)]
    _lying(content, "u4")[_runs(middles + widths * sizes, in_all, 4)] = block.codes
    return Records(
        list(compress(named, kept)),
        (sizes - 1).astype(np.uint16).tobytes(),
        widths.astype(np.uint8).tobytes(),
        lengths.astype(np.uint64).tobytes(),
        content.tobytes(),
    )


def _runs(starts: Numbers, counts: Numbers, step: int = 1) -> Numbers:
    """Return `counts` numbers from each start, so far apart, one run after the other."""
    ends = np.cumsum(counts)
    numbers = np.repeat(starts - step * (ends - counts), counts)
    numbers += np.arange(0, step * len(numbers), step)
    return numbers


def _lying(content: NDArray[np.uint8], kind: DTypeLike) -> NDArray[Any]:
    """Return the numbers of a kind that begin at each byte."""
    width = np.dtype(kind).itemsize
    return np.ndarray(max(0, len(content) - width + 1), kind, content, strides=(1,))
