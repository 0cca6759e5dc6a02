"""What a replay came to: hits by day, noisiest terms, and what is gained and lost."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from index.article import Timestamp
from monitor.model import Watchlist
from monitor.watching.replay import Stretch

DAY = 86_400.0
_BARS = "▁▂▃▄▅▆▇█"


@dataclass(slots=True)
class Tally:
    """What one watchlist would have brought."""

    watchlist: Watchlist
    dates: dict[int, Timestamp] = field(default_factory=dict)
    """Of the articles that match, by id."""
    terms: Counter[str] = field(default_factory=Counter)
    """Articles that each term matches."""
    gained: list[int] = field(default_factory=list)
    """Articles without an alert of this watchlist so far."""
    lost: list[int] = field(default_factory=list)
    """Articles with an alert that do not match any more."""

    def newest(self, articles: Iterable[int], count: int) -> list[int]:
        """Return the newest of some articles that match."""
        return sorted(articles, key=lambda id: (self.dates.get(id, 0.0), id), reverse=True)[:count]


class Tallies:
    """What a file's watchlists would have brought."""

    def __init__(self, watchlists: Sequence[Watchlist]) -> None:
        self.tallies = [Tally(watchlist) for watchlist in watchlists]
        self.dates: dict[int, Timestamp] = {}
        """Of every article that was tried, by id."""

    def take(self, stretch: Stretch) -> None:
        """Take a stretch into account."""
        self.dates.update(stretch.articles)
        for trial in stretch.trials:
            tally = self.tallies[trial.watchlist]
            tally.dates[trial.article] = trial.date
            tally.terms.update(trial.terms)

    def compare(self, alerted: Callable[[str], Collection[int]]) -> None:
        """Note what is gained and lost against the articles that raised an alert, by name."""
        for tally in self.tallies:
            known = set(alerted(tally.watchlist.name))
            tally.gained = sorted(tally.dates.keys() - known)
            tally.lost = sorted((known & self.dates.keys()) - tally.dates.keys())


def histogram(dates: Iterable[Timestamp], first: Timestamp, last: Timestamp) -> list[int]:
    """Return how many of some moments fall on each day (UTC), from a day to another."""
    begin, end = int(first // DAY), int(last // DAY)
    by_day = Counter(int(date // DAY) for date in dates)
    return [by_day[day] for day in range(begin, end + 1)]


def sparkline(counts: Sequence[int], width: int) -> str:
    """Return counts as bars, several in one when there are more than `width`; 0 is a blank."""
    bars = list(_summed(counts, width))
    top = max(bars, default=0)
    return "".join(_BARS[(bar * len(_BARS) - 1) // top] if bar else " " for bar in bars)


def _summed(counts: Sequence[int], width: int) -> Iterator[int]:
    step = max(1, -(-len(counts) // width))
    start = len(counts) % step  # the newest bar is a whole one
    if start:
        yield sum(counts[:start])
    for at in range(start, len(counts), step):
        yield sum(counts[at : at + step])
