"""Places in an article: of consecutive words, and of words near each other.

A *stretch* is the text from the first to the last operand of one combination. There may be very
many: 60 places of each of four words make 13 million combinations. Two words are not combined: of
the stretches with the same end, only the longest is kept. Several words, and operands that are a
NEAR themselves, are combined, the rarest first; at most `MAX_COMBINATIONS` are tried.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice, pairwise
from operator import itemgetter

MAX_PLACES = 10_000
"""Places of a word or a phrase in one article that are read for phrases and distances. The most
frequent word of a text of a million characters has about as many places."""
MAX_COMBINATIONS = 5_000
"""Combinations that are tried for one NEAR in one article."""
MAX_STRETCHES = 1_000
"""Stretches of one NEAR of two words that are listed in one article."""

_FEW = 16
"""Number of pairs of places up to which comparing them one by one is faster."""

Extent = tuple[int, int]
"""First and last position."""


def in_a_row(choices: Sequence[Sequence[Extent]]) -> Sequence[Extent]:
    """Return the places of consecutive words, one from each of `choices`.

    Args:
        choices: The places of each word, ascending; none is empty.
    """
    runs = choices[0]
    for places in choices[1:]:
        if len(runs) * len(places) <= _FEW:
            runs = [(start, last) for start, end in runs for i, last in places if i == end + 1]
            continue
        ends: defaultdict[int, list[int]] = defaultdict(list)
        for start, end in places:
            ends[start].append(end)
        extended = {(start, last) for start, end in runs for last in ends.get(end + 1, ())}
        runs = sorted(extended)[:MAX_PLACES]
    return sorted(set(runs)) if len(runs) > 1 else runs


# --- two operands ------------------------------------------------------------------


def pair(
    left: Sequence[Extent], right: Sequence[Extent], distance: int, *, ordered: bool, limit: int
) -> list[Extent]:
    """Return stretches of two operands that share no word, at most `limit`.

    Args:
        left: Places of words or phrases, ascending.
        right: Places of the other operand.
        distance: Number of words, from 1.
        ordered: Whether the left one must come first.
        limit: Number of stretches, from 1.
    """
    if len(left) * len(right) <= _FEW:
        return [
            (min(start, first), max(end, last))
            for start, end in left
            for first, last in right
            if 0 < first - end <= distance or (not ordered and 0 < start - last <= distance)
        ]
    stretches = list(islice(ending(right, left, distance), limit))
    if not ordered and len(stretches) < limit:
        stretches += islice(ending(left, right, distance), limit - len(stretches))
    return stretches


def ending(later: Sequence[Extent], earlier: Sequence[Extent], distance: int) -> Iterator[Extent]:
    """Yield the longest stretch that ends with each later place and holds an earlier place.

    Args:
        later: The places at the ends of stretches, ascending.
        earlier: The other places; each ends before a later place starts.
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
"""A combination: its first and last position, and the positions of its words."""


def combinations(
    choices: Sequence[Sequence[Span]], distance: int, *, ordered: bool, limit: int
) -> list[Span]:
    """Return combinations of operands that share no word, at most `limit`.

    Args:
        choices: The combinations of each operand, ascending; none is empty.
        distance: Number of words, from 1: in all, fewer other words may be between the operands.
        ordered: Whether each must end before the next one starts.
        limit: Number of combinations, from 1.
    """
    combined: dict[Span, None] = {}
    longest_total = sum(max([end - start + 1 for start, end, _ in spans]) for spans in choices)
    reach = distance - 1 + longest_total
    rarest_first = sorted(range(len(choices)), key=lambda number: len(choices[number]))
    picked = [spans[0] for spans in choices]
    remaining = MAX_COMBINATIONS

    def extend(depth: int, first: int, last: int, used_words: frozenset[int]) -> None:
        nonlocal remaining
        if depth == len(rarest_first):
            between = last + 1 - first - len(used_words)  # or within a stretch
            if (between < distance or gap((s, e) for s, e, _ in picked) <= distance) and not (
                ordered and any(a[1] >= b[0] for a, b in pairwise(picked))
            ):
                combined[first, last, used_words] = None
            return
        options = choices[rarest_first[depth]]
        for index in range(bisect_left(options, last + 1 - reach, key=itemgetter(0)), len(options)):
            start, end, words = options[index]
            remaining -= 1
            if start >= first + reach or remaining < 0 or len(combined) >= limit:
                return
            if used_words.isdisjoint(words):
                picked[rarest_first[depth]] = options[index]
                extend(depth + 1, min(first, start), max(last, end), used_words | words)

    for option in choices[rarest_first[0]]:
        picked[rarest_first[0]] = option
        extend(1, *option)
        if remaining < 0 or len(combined) >= limit:
            break
    return sorted(combined, key=itemgetter(0, 1))


def gap(picked: Iterable[Extent]) -> int:
    """Return the number of all words between stretches, plus one."""
    between = 0
    last_end: int | None = None
    for start, end in sorted(picked):
        if last_end is not None:
            between += max(0, start - last_end - 1)
        last_end = end if last_end is None else max(last_end, end)
    return between + 1


def longest(stretches: Iterable[Extent]) -> list[Extent]:
    """Return the longest stretch with each end, in the order of the ends."""
    starts: dict[int, int] = {}
    for start, end in stretches:
        if end not in starts or start < starts[end]:
            starts[end] = start
    return [(starts[end], end) for end in sorted(starts)]


def inside(operands: Iterable[Sequence[Extent]], stretches: Sequence[Extent]) -> set[Extent]:
    """Return the places, ascending in each operand, that lie in any of the stretches."""
    if not stretches:
        return set()
    by_end = longest(stretches)
    first, last = min(start for start, _ in by_end), by_end[-1][1]
    places = {
        place
        for operand in operands
        for place in operand[bisect_left(operand, (first,)) : bisect_left(operand, (last + 1,))]
    }
    ends = [end for _, end in by_end]
    reach: list[int] = []
    for start, _ in reversed(by_end):
        reach.append(start if not reach else min(start, reach[-1]))
    reach.reverse()
    return {
        place
        for place in places
        if (index := bisect_left(ends, place[1])) < len(ends) and reach[index] <= place[0]
    }
