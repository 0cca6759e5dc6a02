"""Words one right after the other, from the places of each word."""

from __future__ import annotations

import functools
import operator
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Sequence

from index.analysis.term_positions import PART_WIDTH
from index.evaluation.proximity import Extent
from monitor.base.article import PARTS

_FEW = 16
"""Pairs of places that are compared faster one by one than through a mapping."""
_MANY = 200
"""Places of the rarest word from which all places are compared at once, as bits of a number."""
_LISTED = 500
"""Places of a phrase that are listed where its words differ in length."""


def in_a_row(choices: Sequence[Sequence[Extent]]) -> Sequence[Extent]:
    """Find the places where words stand one right after the other.

    Args:
        choices: The places of each word, ascending; none is empty.
    """
    if len(choices) > 2 and min(map(len, choices)) > _MANY:
        return by_bits(choices)
    reached = choices[0]
    for places in choices[1:]:
        if len(reached) * len(places) <= _FEW:
            reached = [(start, to) for start, end in reached for at, to in places if at == end + 1]
            continue
        if len(places) > 16 * len(reached):
            reached = [(start, to) for start, end in reached for to in _ends_of(places, end + 1)]
            continue
        ends: defaultdict[int, list[int]] = defaultdict(list)
        for start, end in places:
            ends[start].append(end)
        reached = [(start, to) for start, end in reached if end + 1 in ends for to in ends[end + 1]]
    return sorted(set(reached)) if len(reached) > 1 else reached


def _ends_of(places: Sequence[Extent], start: int) -> list[int]:
    """Return the ends of the places that start at a position."""
    at = bisect_left(places, (start, start))
    ends = []
    while at < len(places) and places[at][0] == start:
        ends.append(places[at][1])
        at += 1
    return ends


def by_bits(choices: Sequence[Sequence[Extent]]) -> list[Extent]:
    """Return the same of places that are many: as bits of numbers, one for each part."""
    in_parts: list[Extent] = []
    known = {id(places): places for places in choices}
    for base in range(0, len(PARTS) * PART_WIDTH, PART_WIDTH):
        in_part = {
            number: places[bisect_left(places, (base,)) : bisect_left(places, (base + PART_WIDTH,))]
            for number, places in known.items()
        }
        if all(in_part.values()):
            in_parts += _in_part([in_part[id(places)] for places in choices], base)
    return in_parts


def _in_part(choices: Sequence[Sequence[Extent]], base: int) -> list[Extent]:
    """Return the places of a phrase in one part of an article, whose positions start at a base.

    Bit n of a number stands for position n: a shift moves all places on by a word.
    """
    known: dict[int, list[tuple[int, int]]] = {}
    for places in choices:
        if id(places) not in known:
            known[id(places)] = _bits(places, base)
    words = [known[id(places)] for places in choices]
    reached = [functools.reduce(operator.or_, (bits for _, bits in words[0]))]
    for word in words:
        behind = 0
        for length, bits in word:
            behind |= (bits & reached[-1]) << length
        if not behind:
            return []
        reached.append(behind)
    if all(len(word) == 1 for word in words):
        length = sum(word[0][0] for word in words)
        starts = [base + position for position in _positions(reached[-1] >> length)]
        return [(start, start + length - 1) for start in starts]
    return _of_many_lengths(choices, words, reached, base)


def _bits(places: Sequence[Extent], base: int) -> list[tuple[int, int]]:
    """Return, for each length in words, the starts of the places as bits."""
    size = (places[-1][0] - base) // 8 + 1
    by_length: dict[int, bytearray] = {}
    for start, end in places:
        length = end - start + 1
        if length not in by_length:
            by_length[length] = bytearray(size)
        by_length[length][(start - base) >> 3] |= 1 << ((start - base) & 7)
    return [(length, int.from_bytes(bits, "little")) for length, bits in by_length.items()]


def _positions(bits: int) -> list[int]:
    return [at for at, bit in enumerate(reversed(bin(bits)[2:])) if bit == "1"]


def _of_many_lengths(
    choices: Sequence[Sequence[Extent]],
    words: Sequence[list[tuple[int, int]]],
    reached: Sequence[int],
    base: int,
) -> list[Extent]:
    """Return the first places of a phrase, of which its words have several lengths."""
    following = [reached[-1]]
    for word, at in zip(reversed(words), reversed(reached[:-1]), strict=True):
        before = 0
        for length, bits in word:
            before |= bits & at & (following[-1] >> length)
        following.append(before)
    first = _positions(following[-1])[:_LISTED]
    behind = first[-1] + sum(max(length for length, _ in word) for word in words) + 1
    cut = (1 << (behind + 1)) - 1
    alive = [{base + position for position in _positions(bits & cut)} for bits in following[::-1]]
    extents: list[Extent] = []
    for number, every in enumerate(choices):
        places = every[: bisect_left(every, (base + behind,))]
        own = [(a, b) for a, b in places if a in alive[number] and b + 1 in alive[number + 1]]
        if not number:
            extents = own[:_LISTED]
            continue
        ends: defaultdict[int, list[int]] = defaultdict(list)
        for start, end in own:
            ends[start].append(end)
        extents = sorted({(start, to) for start, end in extents for to in ends[end + 1]})[:_LISTED]
    return extents
