"""Stretches of an article in which words are near each other, from the places of each word.

A *stretch* runs from the first to the last operand of one combination, of which there may be very
many: 60 places of each of four words make 13 million. Combinations are therefore not tried.
Of the stretches with one end, only the longest is kept, since what is near a stretch is near
every longer one with this end; and a place that is out of reach of one operand is passed over
with all that lie before it.

Where operands share words of the text (`"port* porte"~5`), combinations have to be told apart.
These are tried from the beginning of the article, so many of them; what stands behind is then
not found.
"""

from __future__ import annotations

import heapq
import itertools
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice, pairwise
from operator import itemgetter
from typing import NamedTuple

MAX_ATTEMPTS = 20_000
"""Steps over the places of words that are in each other's way, for one NEAR in one article."""
MAX_COMBINATIONS = 5_000
"""Combinations that are tried for a NEAR and those inside it, together, where these share words."""
MAX_STRETCHES = 1_000
"""Stretches of one NEAR that are listed in one article."""

_FEW = 16
"""Pairs of places that are compared faster one by one."""

Extent = tuple[int, int]
"""First and last position."""
_end = itemgetter(1)


class Attempts:
    """How many combinations may still be tried."""

    def __init__(self, most: int) -> None:
        self.left = most

    def spend(self) -> bool:
        """Count one; tell whether it may be tried."""
        self.left -= 1
        return self.left >= 0


def gap(picked: Iterable[Extent]) -> int:
    """Return the number of words between stretches, in all, plus one."""
    between = 0
    reached: int | None = None
    for start, end in sorted(picked):
        if reached is not None:
            between += max(0, start - reached - 1)
        reached = end if reached is None else max(reached, end)
    return between + 1


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


def ending(
    later: Sequence[Extent], earlier: Sequence[Extent], distance: int, *, apart: bool = True
) -> Iterator[Extent]:
    """Yield the longest stretch that ends with each of some places and holds an earlier one.

    Args:
        later: The places that stretches end with.
        earlier: The other places.
        distance: Number of words, from 1.
        apart: Whether the earlier place must end before the later one starts; otherwise it
            must not end behind it.
    """
    if not apart:
        later = sorted(later, key=_end)
    starts: list[int] = []
    ends: list[int] = []
    # Both ascend: a place is forgotten when one that ends later starts no later.
    places = iter(sorted(earlier, key=_end))
    place = next(places, None)
    for start, end in later:
        bound = start - 1 if apart else end
        while place is not None and place[1] <= bound:
            while starts and starts[-1] >= place[0]:
                starts.pop()
                ends.pop()
            starts.append(place[0])
            ends.append(place[1])
            place = next(places, None)
        if ends and ends[-1] >= start - distance:
            yield min(start, starts[bisect_left(ends, start - distance)]), end


# --- several words in any order ------------------------------------------------------


def of_few(operands: Sequence[Sequence[Extent]], distance: int) -> list[Extent]:
    """Return the stretches of operands that share no word, by trying all combinations."""
    stretches = []
    for picked in itertools.product(*operands):
        row = sorted(picked)
        start, end = row[0][0], row[-1][1]
        taken = sum(to - at + 1 for at, to in row)
        if end + 1 - start - taken < distance and all(a[1] < b[0] for a, b in pairwise(row)):
            stretches.append((start, end))
    return stretches


class _Operand(NamedTuple):
    """The places of a word, and how many of them a stretch must hold."""

    starts: Sequence[int]
    ends: Sequence[int]
    wanted: int


def window(words: Sequence[tuple[Sequence[Extent], int]], distance: int, most: int) -> list[Extent]:
    """Return stretches with several words in any order, at most so many.

    Args:
        words: For each different word its places, ascending, and how often it is wanted.
        distance: Number of words, from 1: fewer other words may be between them in all.
        most: Number of stretches, from 1.
    """
    operands = [
        _Operand([start for start, _ in places], sorted(end for _, end in places), count)
        for places, count in words
    ]
    longest = [max(end - start + 1 for start, end in places) for places, _ in words]
    width = (
        distance
        - 1
        + sum(length * each.wanted for length, each in zip(longest, operands, strict=True))
    )
    ends = _windows(operands, width)
    first = next(ends, None)
    if first is None:
        return []
    if not is_even(words):
        ends = itertools.chain([first], ends)
        return _by_attempts(words, distance, _in_windows(words, ends, width), most)
    listed = [_stretch(operands, first, width)]
    listed += (_stretch(operands, end, width) for end in islice(ends, most - 1))
    return listed


def _windows(operands: Sequence[_Operand], width: int) -> Iterator[int]:
    """Yield each last position of a window of some width that holds all operands."""
    if any(each.wanted > len(each.ends) for each in operands):
        return
    end = max(each.ends[each.wanted - 1] for each in operands)
    while True:
        following: list[int] = []
        behind = end
        for starts, ends, wanted in operands:
            at = bisect_right(ends, end)
            if at < wanted or starts[at - wanted] <= end - width:
                if at == len(ends):
                    return
                behind = max(behind, ends[at])
            elif at < len(ends):
                following.append(ends[at])
        if behind > end:
            end = behind
            continue
        yield end
        if not following:
            return
        end = min(following)


def _stretch(operands: Sequence[_Operand], end: int, width: int) -> Extent:
    """Return the longest stretch in a window that ends with the last place in it."""
    first = end
    for starts, ends, wanted in operands:
        at = bisect_right(ends, end)
        if wanted > 1 or ends[at - 1] != end:
            first = min(first, starts[bisect_left(starts, end - width + 1)])
    return first, end


def is_even(words: Iterable[tuple[Sequence[Extent], int]]) -> bool:
    """Tell whether no two operands share a word, and all places of one are of one length."""
    taken = 0
    every: set[int] = set()
    for places, count in words:
        lengths = {end - start for start, end in places}
        if len(lengths) > 1 or (count > 1 and lengths != {0}):
            return False
        own = covered(places)
        taken += len(own)
        every |= own
    return taken == len(every)


def covered(places: Iterable[Extent]) -> set[int]:
    """Return the positions that some places cover."""
    own = {start for start, _ in places}
    for start, end in places:
        if end > start:
            own.update(range(start + 1, end + 1))
    return own


def _in_windows(
    words: Sequence[tuple[Sequence[Extent], int]], windows: Iterator[int], width: int
) -> Iterator[tuple[int, int, int]]:
    """Yield the places, in order, that lie in one of some windows, with a number for their word.

    Args:
        words: The places of each word, and how often it is wanted: so many numbers it has.
        windows: The last positions of windows, ascending.
        width: Positions in a window.
    """
    operands = [places for places, count in words for _ in range(count)]
    numbered = [
        zip(places, itertools.repeat(number), strict=False)
        for number, places in enumerate(operands)
    ]
    ends: list[int] = []
    for (start, end), number in heapq.merge(*numbered):
        while not ends or ends[-1] < end:
            following = next(windows, None)
            if following is None:
                break
            ends.append(following)
        at = bisect_left(ends, end)
        if at < len(ends) and ends[at] - width < start:
            yield start, end, number


def _by_attempts(
    words: Sequence[tuple[Sequence[Extent], int]],
    distance: int,
    places: Iterator[tuple[int, int, int]],
    most: int,
) -> list[Extent]:
    """Return the tightest stretches of operands that share words or differ in length.

    From left to right, for each set of operands placed so far: the combination with the
    fewest words between, and where it starts.
    """
    every = (1 << sum(count for _, count in words)) - 1
    best: dict[int, tuple[int, int]] = {}
    waiting: list[tuple[int, int, int, int]] = []
    attempts = Attempts(MAX_ATTEMPTS)
    listed: list[Extent] = []
    for start, end, operand in places:
        while waiting and waiting[0][0] < start:
            _, mask, kept, first = heapq.heappop(waiting)
            best[mask] = max(best.get(mask, (kept, first)), (kept, first))
        bit, length = 1 << operand, end - start + 1
        # What is kept is the first position plus the words taken: the higher, the fewer between.
        best = {mask: reached for mask, reached in best.items() if start - reached[0] < distance}
        heapq.heappush(waiting, (end, bit, start + length, start))
        for mask, (kept, first) in best.items():
            if not attempts.spend():
                return listed
            if mask | bit == every and not mask & bit:
                listed.append((first, end))
                if len(listed) == most:
                    return listed
            elif not mask & bit:
                heapq.heappush(waiting, (end, mask | bit, kept + length, first))
    return listed


# --- stretches of stretches ----------------------------------------------------------


def overlapping(first: Sequence[Extent], other: Sequence[Extent], distance: int) -> list[Extent]:
    """Return the longest stretches of two operands, one of which may stand inside the other."""
    stretches = [
        *ending(first, other, distance, apart=False),
        *ending(other, first, distance, apart=False),
    ]
    return longest(stretches)


def longest(stretches: Iterable[Extent]) -> list[Extent]:
    """Return, in the order of their ends, the longest stretch with each end."""
    starts: dict[int, int] = {}
    for start, end in stretches:
        if end not in starts or start < starts[end]:
            starts[end] = start
    return [(starts[end], end) for end in sorted(starts)]


def mirrored(stretches: Iterable[Extent]) -> list[Extent]:
    """Return stretches as they are read from the end of the text."""
    return sorted((-end, -start) for start, end in stretches)


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


# --- combinations one by one ---------------------------------------------------------


class Span(NamedTuple):
    """A combination: its stretch, and the words that it takes."""

    start: int
    end: int
    taken: tuple[Extent, ...]


def combinations(
    choices: Sequence[Sequence[Span]], distance: int, attempts: Attempts, *, ordered: bool
) -> list[Span]:
    """Return the combinations of operands that share no word, as far as attempts go."""
    combined: set[Span] = set()
    longest_of_all = sum(max(span.end - span.start + 1 for span in spans) for spans in choices)
    reach = distance + longest_of_all

    def extend(picked: list[Span]) -> None:
        if len(picked) == len(choices):
            if _is_near(picked, distance, ordered=ordered):
                start, end = min(span.start for span in picked), max(span.end for span in picked)
                taken = sorted({extent for span in picked for extent in span.taken})
                combined.add(Span(start, end, tuple(taken)))
            return
        options = choices[len(picked)]
        low = bisect_left(options, (picked[0].start - reach,)) if picked else 0
        for option in options[low:]:
            if picked and option.start > picked[0].end + reach:
                return
            if not attempts.spend():
                return
            if all(_disjoint(option, other) for other in picked):
                extend([*picked, option])

    extend([])
    return sorted(combined)


def _disjoint(span: Span, other: Span) -> bool:
    return all(a[1] < b[0] or b[1] < a[0] for a in span.taken for b in other.taken)


def _is_near(picked: Sequence[Span], distance: int, *, ordered: bool) -> bool:
    if ordered and any(a.end >= b.start for a, b in pairwise(picked)):
        return False
    return gap((span.start, span.end) for span in picked) <= distance
