"""Phrases, and pairs of words near each other, in many documents at once.

`spans.evaluate` says what a phrase is, for one article and any query; this answers the same for
those that are asked most, by comparing numpy arrays of places. At each place of such a phrase
stands a word, or any of several words and rows of words (`cyberattaque` or `cyber attaque`). A test
compares the two.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property, reduce
from itertools import zip_longest
from operator import or_
from typing import Any

import numpy as np
from numpy.typing import NDArray

from index.analysis.tokenizer import MAX_COMPOUND
from index.engine.bit_sets import Bits
from index.engine.postings_file import PlaceLayout, Postings
from index.interruption import checked
from index.query.ast import Near, Phrase

Link = tuple[Sequence[Postings], str]
"""A word of a phrase: the posting lists of its index keys, none empty; the part that it must be in,
if any."""
Choice = Sequence[Sequence[Link]]
"""What may stand at one place of a phrase: rows of words, as `cyberattaque` or `cyber attaque`."""

Numbers = NDArray[Any]
Places = NDArray[Any]
"""Places in order: the number of a document times `_Row.step`, plus a place in it."""
Word = Sequence[Places]
"""Where a word, or what may stand for it, occurs: its places, by its length in words less one; in
order, none twice."""

_Pairs = tuple[Places, Places]
"""The places of two words, or of an end and a start, that are near each other in the row."""

_SHARE = 4
"""Documents of a list for each one that is asked for, from which the others are left out."""
_SHORT = 3_000
"""Documents of a list below which none is left out: to choose takes longer."""
_MARK = 2
"""Binary digits behind a place that tell an end from a start, or two words from each other."""
_LISTS = 1_000
"""Lists that are read between two questions whether to go on."""


def documents(node: Phrase | Near, words: Sequence[Choice], docs: Bits, count: int) -> Bits:
    """Return those of some documents in which a phrase or a NEAR holds.

    Args:
        node: A phrase, or a NEAR of two operands.
        words: What may stand at each of its places; at least one row of words each.
        docs: Documents in which each of the words occurs.
        count: Number of documents of the segment.
    """
    if not docs:
        return 0
    row = _Row(words[0][0][0][0][0].layout, docs, count)
    every = [row.choice(choice) for choice in words]
    if isinstance(node, Phrase):
        return docs & row.documents(_in_a_row(every))
    matching = [row.documents_of_pairs(*pairs) for pairs in _pairs(node, *every)]
    return docs & reduce(or_, matching)


def _in_a_row(words: Sequence[Word]) -> Places:
    """Return the ends of words that stand one right after the other."""
    reached = _ends(words[0])
    for word in words[1:]:
        reached = _ends([_common(starts, reached) for starts in word])
    return reached


def _joined(word: Word, other: Word) -> Word:
    """Return the places of a word that another one follows at once, as one word."""
    by_length = [[word[0][:0]] for _ in range(len(word) + len(other))]
    for length, starts in enumerate(word, 1):
        step = starts.dtype.type(length)
        for more, following in enumerate(other, length):
            by_length[more].append(_common(starts + step, following) - step)
    return list(map(_merged, by_length))


def _either(words: Sequence[Word]) -> Word:
    """Return the places of any of several words."""
    if len(words) == 1:
        return words[0]
    return list(map(_merged, zip_longest(*words, fillvalue=words[0][0][:0])))


def _pairs(node: Near, word: Word, other: Word) -> Iterator[_Pairs]:
    """Pair the places of two words that are near each other, or would be in one part."""
    if not node.ordered and len(word) == len(other) == 1:
        pairs = _side_by_side(word[0], other[0], node.distance)
        if pairs is not None:
            yield pairs
            return
    yield _soon_followed(word, other, node.distance)
    if not node.ordered:
        yield _soon_followed(other, word, node.distance)


def _side_by_side(word: Places, other: Places, distance: int) -> _Pairs | None:
    """Pair the places of two single words where one follows the other, at most so far away.

    None if both are at one place: then what is next to a word may hide what is near it.
    """
    every, gaps = _marked(word, other)
    (at,) = (gaps <= (distance << _MARK) + 1).nonzero()
    near = gaps[at]
    if (near == 1).any():
        return None
    return _chosen(every, at[near & 1 == 1])


def _soon_followed(word: Word, other: Word, distance: int) -> _Pairs:
    """Return the ends of a word that another one starts behind, at most so far away, and starts.

    Of ends without a start between them the last one will do.
    """
    every, gaps = _marked(_ends(word), _merged(other))
    is_near = gaps < distance << _MARK
    is_near &= gaps & (1 << _MARK) - 1 == 1  # from an end to a start
    return _chosen(every, is_near.nonzero()[0])


def _marked(some: Places, others: Places) -> tuple[Places, Places]:
    """Return all places in order, with a mark on the other ones, and the gaps between them."""
    every = np.concatenate((some, others))
    every <<= _MARK
    every[len(some) :] += 1
    every.sort(kind="stable")  # merges what is in order
    return every, every[1:] - every[:-1]


def _chosen(every: Places, at: Numbers) -> _Pairs:
    """Return the places at some indexes, and those that follow them."""
    return every[at] >> _MARK, every[at + 1] >> _MARK


# --- places ------------------------------------------------------------------------------


class _Row:
    """All places of some documents, one document after the other."""

    def __init__(self, layout: PlaceLayout, docs: Bits, count: int) -> None:
        """Ask for some documents of a segment that has `count` documents."""
        self._layout = layout
        self._docs = docs
        self._asked = docs.bit_count()
        self._count = count
        self._step = layout.starts[-1]
        self._kind = np.uint32 if (count + 1) * self._step << _MARK < 1 << 32 else np.uint64

    @cached_property
    def _is_asked(self) -> NDArray[np.bool_]:
        """Whether a document is asked for, by its number."""
        return _flags(self._docs, self._count)

    def choice(self, choice: Choice) -> Word:
        """Return the places of any of several rows of words."""
        return _either([reduce(_joined, map(self.word, row)) for row in choice])

    def word(self, link: Link) -> Word:
        """Return the places of a word."""
        lists, part = link
        terms = [self._term(postings, part) for postings in checked(lists, _LISTS)]
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
        return self._set(places // self._step)

    def documents_of_pairs(self, firsts: Places, seconds: Places) -> Bits:
        """Return the documents that have the places of a pair in one part."""
        docs = firsts // self._step
        starts = docs * self._step
        firsts, seconds = firsts - starts, seconds - starts
        is_within = seconds < self._step
        for start in {*self._layout.starts} - {0, self._step}:
            is_within &= (firsts >= start) == (seconds >= start)
        return self._set(docs[is_within])

    def _set(self, docs: Numbers) -> Bits:
        flags = np.zeros(self._count, dtype=np.bool_)
        flags[docs] = True
        return int.from_bytes(np.packbits(flags, bitorder="little").tobytes(), "little")

    def _term(self, postings: Postings, part: str) -> tuple[Places, Places | None]:
        """Return the places of a term, and lengths less one unless all are 0."""
        docs, counts, places = self._numbers(postings)
        lengths = None
        if postings.with_lengths:
            places, lengths = places >> 2, places & 3
        starts: Places = docs.astype(self._kind) * self._step
        starts = starts if counts is None else starts.repeat(counts)
        starts += places
        if not part:
            return starts, lengths
        first, last = self._layout.of_part(part)
        inside = (places >= first) & (places < last)
        return starts[inside], None if lengths is None else lengths[inside]

    def _numbers(self, postings: Postings) -> tuple[Numbers, Numbers | None, Numbers]:
        """Return documents, counts and places of a term; if few are asked for, only of these."""
        docs = _documents(postings)
        places = np.frombuffer(postings.places, f"u{postings.places.itemsize}")
        if postings.size < max(_SHARE * self._asked, _SHORT):
            return docs, _counts(postings), places
        (ranks,) = self._is_asked[docs].nonzero()
        if (counts := _counts(postings)) is None:
            return docs[ranks], None, places[ranks]
        chosen = counts[ranks]
        at = (_summed(counts)[ranks] - _summed(chosen)).repeat(chosen)
        at += np.arange(len(at), dtype=at.dtype)
        # With `places[at]` all of this takes 1.3 times as long: it converts 32-bit indexes slowly.
        return docs[ranks], chosen, places.take(at, mode="clip")


def _documents(postings: Postings) -> Numbers:
    if postings.is_bits:
        return _flags(postings.bits).nonzero()[0]
    return np.array(postings.docs, dtype=np.uint16)


def _counts(postings: Postings) -> NDArray[np.unsignedinteger[Any]] | None:
    counts = postings.counts
    return None if counts is None else np.frombuffer(counts, f"u{counts.itemsize}")


def _flags(docs: Bits, least: int = 0) -> NDArray[np.bool_]:
    """Return for each document whether it is in a set; for at least so many of them."""
    size = (max(docs.bit_length(), least) + 7) >> 3
    content = np.frombuffer(docs.to_bytes(size, "little"), dtype=np.uint8)
    return np.unpackbits(content, bitorder="little").view(np.bool_)


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
    every = np.concatenate((some, others))
    every.sort(kind="stable")  # merges what is in order
    (at,) = (every[1:] == every[:-1]).nonzero()  # faster than by flags
    common: Places = every[at]
    return common
