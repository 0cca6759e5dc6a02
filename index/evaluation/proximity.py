"""Places in an article: of words one right after the other, and of words near each other.

A *stretch* runs from the first to the last operand of one combination, of which there may be very
many: 60 places of each of four words make 13 million. Of two words they are not tried: of the
stretches with one end, only the longest is kept. Several words, and words near something that is
near another, are combined from the rarest on; of combinations beyond `MAX_COMBINATIONS`, none is
found.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice, pairwise
from operator import itemgetter

MAX_PLACES = 10_000
"""Places of a word or a phrase in one article that are looked at for phrases and distances. The
most frequent word of a text of a million characters stands there about so often."""
MAX_COMBINATIONS = 5_000
"""Combinations that are tried for one NEAR in one article."""
MAX_STRETCHES = 1_000
"""Stretches of one NEAR of two words that are listed in one article."""

_FEW = 16
"""Pairs of places that are compared faster one by one."""

Extent = tuple[int, int]
"""First and last position."""


def in_a_row(choices: Sequence[Sequence[Extent]]) -> Sequence[Extent]:
    """Find the places where words stand one right after the other.

    Args:
        choices: The places of each word, ascending; none is empty.
    """
    reached = choices[0]
    for places in choices[1:]:
        if len(reached) * len(places) <= _FEW:
            reached = [(start, to) for start, end in reached for at, to in places if at == end + 1]
            continue
        ends: defaultdict[int, list[int]] = defaultdict(list)
        for start, end in places:
            ends[start].append(end)
        ways = {(start, to) for start, end in reached for to in ends.get(end + 1, ())}
        reached = sorted(ways)[:MAX_PLACES]
    return sorted(set(reached)) if len(reached) > 1 else reached


# --- two operands ------------------------------------------------------------------


def pair(
    left: Sequence[Extent], right: Sequence[Extent], distance: int, *, ordered: bool, most: int
) -> list[Extent]:
    """Return stretches of two operands that share no word, at most so many.

    Args:
        left: Places of words or phrases, ascending.
        right: Those of the other operand.
        distance: Number of words, from 1.
        ordered: Whether the left one must come first.
        most: Number of stretches, from 1.
    """
    if len(left) * len(right) <= _FEW:
        return [
            (min(start, other), max(end, to))
            for start, end in left
            for other, to in right
            if 0 < other - end <= distance or (not ordered and 0 < start - to <= distance)
        ]
    stretches = list(islice(ending(right, left, distance), most))
    if not ordered and len(stretches) < most:
        stretches += islice(ending(left, right, distance), most - len(stretches))
    return stretches


def ending(later: Sequence[Extent], earlier: Sequence[Extent], distance: int) -> Iterator[Extent]:
    """Yield the longest stretch that ends with each of some places and holds an earlier one.

    Args:
        later: The places that stretches end with, ascending.
        earlier: The other places, which end before those start.
        distance: Number of words, from 1.
    """
    starts: list[int] = []
    ends: list[int] = []
    # Both ascend: a place is forgotten when one that ends later starts no later.
    places = iter(sorted(earlier, key=itemgetter(1)))
    place = next(places, None)
    for start, end in later:
        while place is not None and place[1] < start:
            while starts and starts[-1] >= place[0]:
                starts.pop()
                ends.pop()
            starts.append(place[0])
            ends.append(place[1])
            place = next(places, None)
        if ends and ends[-1] >= start - distance:
            yield starts[bisect_left(ends, start - distance)], end


# --- several operands ------------------------------------------------------------------


Span = tuple[int, int, frozenset[int]]
"""A combination: its first and last position, and those of the words that it takes."""


def combinations(
    choices: Sequence[Sequence[Span]], distance: int, *, ordered: bool, most: int
) -> list[Span]:
    """Return combinations of operands that share no word, at most so many.

    Args:
        choices: The combinations of each operand, ascending; none is empty.
        distance: Number of words, from 1: fewer other words may be between the operands in all.
        ordered: Whether each must end before the next one starts.
        most: Number of combinations, from 1.
    """
    combined: dict[Span, None] = {}
    longest_of_all = sum(max([end - start + 1 for start, end, _ in spans]) for spans in choices)
    reach = distance - 1 + longest_of_all
    turns = sorted(range(len(choices)), key=lambda number: len(choices[number]))
    picked = [spans[0] for spans in choices]
    left = MAX_COMBINATIONS

    def extend(turn: int, first: int, last: int, taken: frozenset[int]) -> None:
        nonlocal left
        if turn == len(turns):
            others = last + 1 - first - len(taken)  # some may be within a stretch
            if (others < distance or gap((s, e) for s, e, _ in picked) <= distance) and not (
                ordered and any(a[1] >= b[0] for a, b in pairwise(picked))
            ):
                combined[first, last, taken] = None
            return
        options = choices[turns[turn]]
        for at in range(bisect_left(options, last + 1 - reach, key=itemgetter(0)), len(options)):
            start, end, words = options[at]
            left -= 1
            if start >= first + reach or left < 0 or len(combined) >= most:
                return
            if taken.isdisjoint(words):
                picked[turns[turn]] = options[at]
                extend(turn + 1, min(first, start), max(last, end), taken | words)

    for option in choices[turns[0]]:
        picked[turns[0]] = option
        extend(1, *option)
        if left < 0 or len(combined) >= most:
            break
    return sorted(combined, key=itemgetter(0, 1))


def gap(picked: Iterable[Extent]) -> int:
    """Return the number of words between stretches, in all, plus one."""
    between = 0
    reached: int | None = None
    for start, end in sorted(picked):
        if reached is not None:
            between += max(0, start - reached - 1)
        reached = end if reached is None else max(reached, end)
    return between + 1


def longest(stretches: Iterable[Extent]) -> list[Extent]:
    """Return, in the order of their ends, the longest stretch with each end."""
    starts: dict[int, int] = {}
    for start, end in stretches:
        if end not in starts or start < starts[end]:
            starts[end] = start
    return [(starts[end], end) for end in sorted(starts)]


def inside(operands: Iterable[Sequence[Extent]], stretches: Sequence[Extent]) -> set[Extent]:
    """Return the places, ascending in each operand, that lie in one of some stretches."""
    if not stretches:
        return set()
    by_end = longest(stretches)
    first, last = min(start for start, _ in by_end), by_end[-1][1]
    places = {
        place
        for some in operands
        for place in some[bisect_left(some, (first,)) : bisect_left(some, (last + 1,))]
    }
    ends = [end for _, end in by_end]
    reach: list[int] = []
    for start, _ in reversed(by_end):
        reach.append(start if not reach else min(start, reach[-1]))
    reach.reverse()
    return {
        place
        for place in places
        if (at := bisect_left(ends, place[1])) < len(ends) and reach[at] <= place[0]
    }
