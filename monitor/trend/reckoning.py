"""Counting articles by bucket, and what they would be had every feed been watched.

A feed matters to a series if it carried one of its articles, and as much as it carries
articles an hour while it is watched. A bucket is covered by the share of what was to be
expected that was watched: half of it if, for half of the time, the only feed that matters
was blind. The corrected count is that of the articles dated while their feed was watched,
divided by that share; it is never below what there is.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from index.article import Timestamp
from monitor import model
from monitor.trend.coverage import Interval, inside, missed

ENOUGH = 0.5
"""Share below which too little is known to correct a count."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Observed:
    """The articles of a series."""

    name: str
    dates: Mapping[int, Timestamp]
    """By id."""
    by_feed: Mapping[int, Collection[int]]
    """Ids by the number of each feed that carried them."""


def tally(dates: Iterable[Timestamp], edges: Sequence[Timestamp]) -> list[int]:
    """Return how many of some moments, none outside the edges, fall into each bucket."""
    counts = [0] * (len(edges) - 1)
    for date in dates:
        counts[bisect_right(edges, date) - 1] += 1
    return counts


def series(
    observed: Observed,
    edges: Sequence[Timestamp],
    span: Interval,
    gaps: Mapping[int, Sequence[Interval]],
) -> model.Series:
    """Count articles by bucket; `gaps` are the `united` ones of each feed.

    `span` is what of the edges counts: the first bucket may begin before it, the last end after.
    """
    counts = tally(observed.dates.values(), edges)
    if not any(gaps.get(feed) for feed in observed.by_feed):
        return model.Series(
            name=observed.name,
            counts=tuple(counts),
            covered=(1.0,) * len(counts),
            corrected=(None,) * len(counts),
        )
    cut = [min(max(edge, span[0]), span[1]) for edge in edges]
    covered = _covered(observed, cut, gaps)
    watched = tally((observed.dates[id] for id in _watched(observed, gaps)), edges)
    return model.Series(
        name=observed.name,
        counts=tuple(counts),
        covered=tuple(covered),
        corrected=tuple(map(_corrected, counts, watched, covered)),
    )


def _covered(
    observed: Observed, edges: Sequence[Timestamp], gaps: Mapping[int, Sequence[Interval]]
) -> list[float]:
    """Return the share of each bucket that was watched, by what each feed would have brought."""
    lengths = [max(end - start, 1e-9) for start, end in pairwise(edges)]
    lost = {feed: missed(edges, gaps.get(feed, ())) for feed in observed.by_feed}
    rates = {
        feed: _rate(observed, feed, gaps.get(feed, ()), sum(lengths) - sum(lost[feed]))
        for feed in observed.by_feed
    }
    if not any(rates.values()):
        rates = dict.fromkeys(rates, 1.0)
    total = sum(rates.values())
    return [
        min(1.0, max(0.0, 1 - sum(rates[f] * lost[f][at] for f in rates) / (length * total)))
        for at, length in enumerate(lengths)
    ]


def _rate(observed: Observed, feed: int, gaps: Sequence[Interval], seconds: float) -> float:
    """Return the articles a second that a feed brings while it is watched."""
    if seconds < 1:
        return 0.0
    dates = observed.dates
    return sum(not inside(gaps, dates[id]) for id in observed.by_feed[feed]) / seconds


def _watched(observed: Observed, gaps: Mapping[int, Sequence[Interval]]) -> set[int]:
    """Return the articles dated while a feed that carried them was watched."""
    dates = observed.dates
    return {
        id
        for feed, ids in observed.by_feed.items()
        for id in ids
        if not inside(gaps.get(feed, ()), dates[id])
    }


def _corrected(count: int, watched: int, covered: float) -> float | None:
    if covered >= model.WHOLE or covered < ENOUGH:
        return None
    return max(float(count), watched / covered)
