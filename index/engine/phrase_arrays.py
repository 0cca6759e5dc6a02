"""Phrases, and pairs of words near each other, in many documents at once.

`spans.evaluate` defines phrases, for one article and any query; this module gives the same results
for the most frequent kinds, by comparing numpy arrays of places. Each place of such a phrase holds
a word, or any of several words and rows of words (`cyberattaque` or `cyber attaque`). A test
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
"""A word of a phrase: the posting lists of its index keys, none empty; the part in which it must
be, or ''."""
Choice = Sequence[Sequence[Link]]
"""Alternatives for one place of a phrase: rows of words, as `cyberattaque` or `cyber attaque`."""

Numbers = NDArray[Any]
Places = NDArray[Any]
"""Places in order: the number of a document times `_Row._step`, plus a place in the document."""
Word = Sequence[Places]
"""The places of a word or of its alternatives, by the length in words less one; in order, without
duplicates."""

_Pairs = tuple[Places, Places]
"""The places of two words, or of an end and a start, that are near each other."""

_SHARE = 4
"""Documents of a list for each wanted one from which the others are left out."""
_SHORT = 3_000
"""Documents of a list below which none is left out: selecting takes longer."""
_MARK = 2
"""Binary digits below a place that mark an end or a start, or one of two words."""
_LISTS = 1_000
"""Lists that are read between two checks for an interruption."""


def documents(node: Phrase | Near, words: Sequence[Choice], docs: Bits, count: int) -> Bits:
    """Return the documents in which a phrase or a NEAR holds.

    Args:
        node: A phrase, or a NEAR of two operands.
        words: The alternatives for each of its places; at least one row of words each.
        docs: The documents to look in; each of the words occurs in all of them.
        count: Number of documents of the segment.
    """
    if not docs:
        return 0
    row = _Row(words[0][0][0][0][0].layout, docs, count)
    operands = [row.choice(choice) for choice in words]
    if isinstance(node, Phrase):
        return docs & row.documents(_in_a_row(operands))
    matching = [row.documents_of_pairs(*pairs) for pairs in _pairs(node, *operands)]
    return docs & reduce(or_, matching)


def _in_a_row(words: Sequence[Word]) -> Places:
    """Return the ends of rows of consecutive words."""
    ends = _ends(words[0])
    for word in words[1:]:
        ends = _ends([_common(starts, ends) for starts in word])
    return ends


def _joined(word: Word, other: Word) -> Word:
    """Return the places of a word that another word follows directly, as one word."""
    by_length = [[word[0][:0]] for _ in range(len(word) + len(other))]
    for length, starts in enumerate(word, 1):
        step = starts.dtype.type(length)
        for total, following in enumerate(other, length):
            by_length[total].append(_common(starts + step, following) - step)
    return list(map(_merged, by_length))


def _either(words: Sequence[Word]) -> Word:
    """Return the places of any of several words."""
    if len(words) == 1:
        return words[0]
    return list(map(_merged, zip_longest(*words, fillvalue=words[0][0][:0])))


def _pairs(node: Near, word: Word, other: Word) -> Iterator[_Pairs]:
    """Yield pairs of places of two words that are near each other, if they are in one part."""
    if not node.ordered and len(word) == len(other) == 1:
        pairs = _neighbour_pairs(word[0], other[0], node.distance)
        if pairs is not None:
            yield pairs
            return
    yield _followed_pairs(word, other, node.distance)
    if not node.ordered:
        yield _followed_pairs(other, word, node.distance)


def _neighbour_pairs(word: Places, other: Places, distance: int) -> _Pairs | None:
    """Return pairs of neighbouring places of two single words, at most `distance` apart.

    Returns None if both are at one place: then the neighbour of a word may hide a near word.
    """
    places, gaps = _marked(word, other)
    (indexes,) = (gaps <= (distance << _MARK) + 1).nonzero()
    near_gaps = gaps[indexes]
    if (near_gaps == 1).any():
        return None
    return _chosen(places, indexes[near_gaps & 1 == 1])


def _followed_pairs(word: Word, other: Word, distance: int) -> _Pairs:
    """Return pairs of the end of a word and the start of another, at most `distance` apart.

    Of ends without a start between them, the last one suffices.
    """
    places, gaps = _marked(_ends(word), _merged(other))
    is_near = gaps < distance << _MARK
    is_near &= gaps & (1 << _MARK) - 1 == 1  # from an end to a start
    return _chosen(places, is_near.nonzero()[0])


def _marked(unmarked: Places, marked: Places) -> tuple[Places, Places]:
    """Return all places in order, with marks on those of `marked`, and the gaps between them."""
    places = np.concatenate((unmarked, marked))
    places <<= _MARK
    places[len(unmarked) :] += 1
    places.sort(kind="stable")  # merges what is in order
    return places, places[1:] - places[:-1]


def _chosen(places: Places, indexes: Numbers) -> _Pairs:
    """Return the places at the indexes, and the places that follow them."""
    return places[indexes] >> _MARK, places[indexes + 1] >> _MARK


# --- places ------------------------------------------------------------------------------


class _Row:
    """The places of all wanted documents, one document after the other."""

    def __init__(self, layout: PlaceLayout, docs: Bits, count: int) -> None:
        """Select the documents `docs` of a segment that has `count` documents."""
        self._layout = layout
        self._docs = docs
        self._wanted_count = docs.bit_count()
        self._count = count
        self._step = layout.starts[-1]
        self._kind = np.uint32 if (count + 1) * self._step << _MARK < 1 << 32 else np.uint64

    @cached_property
    def _is_wanted(self) -> NDArray[np.bool_]:
        """Whether a document is wanted, by its number."""
        return _flags(self._docs, self._count)

    def choice(self, choice: Choice) -> Word:
        """Return the places of any of the rows of words."""
        return _either([reduce(_joined, map(self.word, row)) for row in choice])

    def word(self, link: Link) -> Word:
        """Return the places of a word."""
        lists, part = link
        terms = [self._term(postings, part) for postings in checked(lists, _LISTS)]
        if len(terms) == 1:
            return _by_length(*terms[0])
        places = np.concatenate([places for places, _ in terms])
        lengths = np.concatenate(
            [np.zeros(len(places), np.uint8) if size is None else size for places, size in terms]
        )
        order = np.argsort(places, kind="stable")
        return [_unique(starts) for starts in _by_length(places[order], lengths[order])]

    def documents(self, places: Places) -> Bits:
        """Return the documents of places."""
        return self._set(places // self._step)

    def documents_of_pairs(self, firsts: Places, seconds: Places) -> Bits:
        """Return the documents that have both places of a pair in one part."""
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
        """Return the places of a term, and their lengths less one, None if all are 0."""
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
        """Return documents, counts and places of a term; if few are wanted, only of these."""
        docs = _documents(postings)
        places = np.frombuffer(postings.places, f"u{postings.places.itemsize}")
        if postings.size < max(_SHARE * self._wanted_count, _SHORT):
            return docs, _counts(postings), places
        (ranks,) = self._is_wanted[docs].nonzero()
        if (counts := _counts(postings)) is None:
            return docs[ranks], None, places[ranks]
        chosen_counts = counts[ranks]
        indexes = (_summed(counts)[ranks] - _summed(chosen_counts)).repeat(chosen_counts)
        indexes += np.arange(len(indexes), dtype=indexes.dtype)
        # With `places[indexes]` this takes 1.3 times as long: it converts 32-bit indexes slowly.
        return docs[ranks], chosen_counts, places.take(indexes, mode="clip")


def _documents(postings: Postings) -> Numbers:
    if postings.is_bits:
        return _flags(postings.bits).nonzero()[0]
    return np.array(postings.docs, dtype=np.uint16)


def _counts(postings: Postings) -> NDArray[np.unsignedinteger[Any]] | None:
    counts = postings.counts
    return None if counts is None else np.frombuffer(counts, f"u{counts.itemsize}")


def _flags(docs: Bits, min_size: int = 0) -> NDArray[np.bool_]:
    """Return for each document whether it is in a set, for at least `min_size` documents."""
    size = (max(docs.bit_length(), min_size) + 7) >> 3
    content = np.frombuffer(docs.to_bytes(size, "little"), dtype=np.uint8)
    return np.unpackbits(content, bitorder="little").view(np.bool_)


def _summed(counts: NDArray[np.unsignedinteger[Any]]) -> NDArray[np.uint32]:
    """Return the running sums; numpy adds numbers of one type three times as fast."""
    return counts.astype(np.uint32).cumsum(dtype=np.uint32)


def _by_length(places: Places, lengths: Places | None) -> Word:
    if lengths is None or not lengths.any():
        return [places]
    return [places[lengths == length] for length in range(MAX_COMPOUND)]


def _ends(word: Word) -> Places:
    """Return the places directly behind a word."""
    return _merged([starts + starts.dtype.type(length) for length, starts in enumerate(word, 1)])


def _merged(arrays: Word) -> Places:
    """Return the places of all arrays in order, without duplicates."""
    nonempty = [places for places in arrays if len(places)]
    if len(nonempty) < 2:
        return nonempty[0] if nonempty else arrays[0]
    return _unique(np.sort(np.concatenate(nonempty)))


def _unique(places: Places) -> Places:
    """Return places, which are in order, without duplicates."""
    if len(places) < 2:
        return places
    return places[np.concatenate(([True], places[1:] != places[:-1]))]


def _common(first: Places, second: Places) -> Places:
    """Return the places that are in both arrays."""
    places = np.concatenate((first, second))
    places.sort(kind="stable")  # merges what is in order
    (indexes,) = (places[1:] == places[:-1]).nonzero()  # faster than by flags
    common: Places = places[indexes]
    return common
