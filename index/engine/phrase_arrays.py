"""Phrases, and pairs of words near each other, in many documents at once.

`spans.evaluate` says what a phrase is, for one article and any query; this answers the same for
those that are asked most, by comparing numpy arrays of places. At each place of such a phrase
stands a word, or any of several words and rows of words (`cyberattaque` or `cyber attaque`). A test
compares the two.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from itertools import zip_longest
from typing import TYPE_CHECKING, Any

import numpy as np
from msgspec import Struct
from numpy.typing import DTypeLike, NDArray

from index.analysis.tokenizer import MAX_COMPOUND
from index.engine.bit_sets import Bits
from index.engine.places import PlaceLayout
from index.engine.postings_file import Postings
from index.interruption import checked
from index.query.ast import Near, Phrase

if TYPE_CHECKING:
    from index.engine.query_executor import Choice, Link

Numbers = NDArray[Any]
Places = NDArray[Any]
"""Places in order: the number of a document among those looked at, times `_Row.step`, plus a place
in it."""
Word = Sequence[Places]
"""Where a word, or what may stand for it, occurs: its places, by its length in words less one; in
order, none twice."""

_LISTS = 1_000
"""Lists that are read between two questions whether to go on."""


def documents(node: Phrase | Near, words: Sequence[Choice], docs: Bits) -> Bits:
    """Return those of some documents in which a phrase or a NEAR holds.

    Args:
        node: A phrase, or a NEAR of two operands.
        words: What may stand at each of its places; at least one row of words each.
        docs: Documents in which each of the words occurs.
    """
    if not docs:
        return 0
    if isinstance(node, Phrase):
        row = _Row.of(words, docs, apart=0)
        return row.documents(_in_a_row([row.choice(choice) for choice in words]))
    row = _Row.of(words, docs, apart=node.distance)
    left, right = map(row.choice, words)
    found = _soon_followed(left, right, node.distance)
    if not node.ordered:
        found = np.concatenate((found, _soon_followed(right, left, node.distance)))
    return row.documents(found)


def _in_a_row(words: Sequence[Word]) -> Places:
    """Return the ends of words that stand one right after the other."""
    reached = _ends(words[0])
    for word in words[1:]:
        reached = _ends([_common(starts, reached) for starts in word])
    return reached


def _joined(word: Word, other: Word) -> Word:
    """Return where a word occurs that another one follows at once, as one word."""
    found = [[word[0][:0]] for _ in range(len(word) + len(other))]
    for length, starts in enumerate(word, 1):
        step = starts.dtype.type(length)
        for more, following in enumerate(other, length):
            found[more].append(_common(starts + step, following) - step)
    return list(map(_merged, found))


def _either(words: Sequence[Word]) -> Word:
    """Return where any of several words occurs."""
    if len(words) == 1:
        return words[0]
    return list(map(_merged, zip_longest(*words, fillvalue=words[0][0][:0])))


def _soon_followed(word: Word, other: Word, distance: int) -> Places:
    """Return the ends of a word behind which another one starts, at most so far away."""
    ends, starts = _ends(word), _merged(other)
    if len(starts) < len(ends):  # look the fewer up among the more
        at = np.searchsorted(ends, starts, side="right") - 1
        starts, ends = starts[at >= 0], ends[at[at >= 0]]
        return ends[starts - ends < distance]
    at = np.searchsorted(starts, ends)
    ends = ends[at < len(starts)]
    return ends[starts[at[: len(ends)]] - ends < distance]


# --- places ------------------------------------------------------------------------------


class _Row(Struct, frozen=True):
    """All places of some documents, one document after the other."""

    docs: Numbers
    """The documents."""
    layout: PlaceLayout
    apart: int
    """Places that are between two parts at least."""
    step: int
    """Places of each document."""
    kind: DTypeLike
    """Type of the places."""

    @classmethod
    def of(cls, words: Sequence[Choice], docs: Bits, *, apart: int) -> _Row:
        """Return the row of some documents for the lists of a segment."""
        layout = words[0][0][0].lists[0].layout
        step = layout.starts[-1] + apart * len(layout.widths)
        numbers = np.flatnonzero(_flags(docs).view(np.bool_))
        kind = np.uint32 if len(numbers) * step < 1 << 32 else np.uint64
        return cls(numbers, layout, apart, step, kind)

    def choice(self, choice: Choice) -> Word:
        """Return where any of several rows of words occurs."""
        return _either([reduce(_joined, map(self.word, row)) for row in choice])

    def word(self, link: Link) -> Word:
        """Return where a word occurs."""
        terms = [self._term(postings, link.part) for postings in checked(link.lists, _LISTS)]
        if len(terms) == 1:
            return _by_length(*terms[0])
        places = np.concatenate([places for places, _ in terms])
        lengths = np.concatenate(
            [np.zeros(len(places), np.uint8) if own is None else own for places, own in terms]
        )
        order = np.argsort(places, kind="stable")
        return [_once(starts) for starts in _by_length(places[order], lengths[order])]

    def documents(self, places: Places) -> Bits:
        """Return the documents of some places."""
        if not len(places):
            return 0
        flags = np.zeros(int(self.docs[-1]) + 1, dtype=np.bool_)
        flags[self.docs[places // self.step]] = True
        return int.from_bytes(np.packbits(flags, bitorder="little").tobytes(), "little")

    def _term(self, postings: Postings, part: str) -> tuple[Places, Places | None]:
        """Return the places of a term, and lengths less one unless all are 0."""
        own, ranks = self._shared(postings)
        places = np.frombuffer(postings.places, f"u{postings.places.itemsize}")
        if postings.counts is not None:
            counts = np.frombuffer(postings.counts, f"u{postings.counts.itemsize}")
            own, at = _repeated(own, ranks, counts)
            places = places if at is None else places[at]
        elif len(ranks) < postings.size:
            places = places[ranks]
        lengths = None
        if postings.with_lengths:
            places, lengths = places >> 2, places & 3
        if part:
            first, last = self.layout.of_part(part)
            inside = (places >= first) & (places < last)
            own, places = own[inside], places[inside]
            lengths = None if lengths is None else lengths[inside]
        found = own.astype(self.kind)
        found *= found.dtype.type(self.step)
        found += places
        if self.apart:
            for start in self.layout.starts[1:-1]:
                found += (places >= start) * found.dtype.type(self.apart)
        return found, lengths

    def _shared(self, postings: Postings) -> tuple[Numbers, Numbers]:
        """Return which of the documents a term has, and the ranks of these in its list."""
        if postings.is_bits:
            flags = _flags(postings.bits, int(self.docs[-1]) + 1)
            own = np.flatnonzero(flags.view(np.bool_)[self.docs])
            return own, _summed(flags)[self.docs[own]] - 1
        docs = np.array(postings.docs, dtype=np.int64)
        at = np.searchsorted(docs, self.docs)
        own = np.flatnonzero(np.append(docs, -1)[at] == self.docs)
        return own, at[own]


def _flags(docs: Bits, least: int = 0) -> NDArray[np.uint8]:
    """Return 1 for each document of a set and 0 for others; at least so many numbers."""
    size = (max(docs.bit_length(), least) + 7) >> 3
    content = np.frombuffer(docs.to_bytes(size, "little"), dtype=np.uint8)
    return np.unpackbits(content, bitorder="little")


def _repeated(
    own: Numbers, ranks: Numbers, counts: NDArray[np.unsignedinteger[Any]]
) -> tuple[Numbers, Numbers | None]:
    """Return each document as often as the term occurs, and where its places are; None: all."""
    if len(ranks) == len(counts):
        return np.repeat(own, counts), None
    wanted = counts[ranks]
    at = np.repeat(_summed(counts)[ranks] - _summed(wanted), wanted)
    at += np.arange(len(at), dtype=at.dtype)
    return np.repeat(own, wanted), at


def _summed(counts: NDArray[np.unsignedinteger[Any]]) -> NDArray[np.uint32]:
    """Return the sums up to each number; numpy adds numbers of one type three times as fast."""
    return counts.astype(np.uint32).cumsum(dtype=np.uint32)


def _by_length(places: Places, lengths: Places | None) -> Word:
    if lengths is None or not lengths.any():
        return [places]
    return [places[lengths == length] for length in range(MAX_COMPOUND)]


def _ends(word: Word) -> Places:
    """Return the places right behind a word."""
    return _merged([starts + starts.dtype.type(length) for length, starts in enumerate(word, 1)])


def _merged(several: Word) -> Places:
    """Return all places in order, none twice."""
    present = [places for places in several if len(places)]
    if len(present) < 2:
        return present[0] if present else several[0]
    return _once(np.sort(np.concatenate(present)))


def _once(places: Places) -> Places:
    """Return places, which are in order, none twice."""
    if len(places) < 2:
        return places
    return places[np.concatenate(([True], places[1:] != places[:-1]))]


def _common(some: Places, others: Places) -> Places:
    """Return the places that are in both."""
    few, many = (some, others) if len(some) < len(others) else (others, some)
    if not len(few):
        return few
    at = np.searchsorted(many, few)
    common: Places = few[np.append(many, many[-1:])[at] == few]
    return common
