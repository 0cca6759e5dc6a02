"""Backtest: the matches of watchlists in the archive, before they are saved.

The index finds the articles that may match; the matcher decides, as it does for new ones.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from msgspec import Struct, field

from index.interruption import checked
from monitor.base.article import Timestamp
from monitor.judgement.match.matcher import WatchlistMatcher
from monitor.model.feed import Feed, known_feeds
from monitor.model.watchlist import Watchlist

if TYPE_CHECKING:
    from monitor.storage.search.search import ArchiveSearch
    from monitor.storage.store.sql.views import Views

STRETCH = 250
"""Articles that are read at once."""
DAY = 86_400.0

Progress = Callable[[int, int], None]
"""Called with the number of candidate articles that are done, and of all candidates."""


class TrialTally(Struct):
    """The matches that one watchlist would have had."""

    watchlist: Watchlist
    dates: dict[int, Timestamp] = field(default_factory=dict)
    """Dates of the articles that match, by id."""
    stories: dict[int, int] = field(default_factory=dict)
    """Their stories, by id."""
    terms: Counter[str] = field(default_factory=Counter)
    """Articles that each term matches."""
    gained: list[int] = field(default_factory=list)
    """Articles without an alert of this watchlist so far."""
    lost: list[int] = field(default_factory=list)
    """Articles with an alert that do not match any more."""

    def newest(self, count: int) -> list[int]:
        """Return the newest of the articles that match."""
        return sorted(self.dates, key=lambda id: (self.dates[id], id), reverse=True)[:count]


class Backtest(Struct, frozen=True):
    """The matches that the watchlists of a file would have had."""

    tallies: list[TrialTally]
    """Tallies in the order of the file."""
    dates: Mapping[int, Timestamp]
    """Date of every article of the time, by id."""


def backtest(
    archive: ArchiveSearch,
    views: Views,
    watchlists: Sequence[Watchlist],
    configured: Sequence[Feed],
    since: Timestamp | None = None,
    progress: Progress = lambda done, total: None,
) -> Backtest:
    """Return the matches that watchlists would have had, and the change of their alerts.

    Args:
        archive: Searches the archive.
        views: Reads the store.
        watchlists: The watchlists.
        configured: The feeds as feeds.yaml describes them.
        since: Only articles dated from then on.
        progress: Called after each stretch of articles.

    Raises:
        Interrupted: Nobody waits for the result.
        ArchiveError: The archive cannot be searched.
        StoreError: The store cannot be read.
    """
    feeds = known_feeds(views.feeds.every(), configured)
    dates = views.articles.dates(since)
    candidates: set[int] = set()
    for watchlist in checked(watchlists, 1):
        candidates.update(archive.matching_ids(watchlist.query, feeds.values(), since))
    ids = sorted(candidates & dates.keys())
    rules = WatchlistMatcher(watchlists, feeds.values())
    tallies = {watchlist.name: TrialTally(watchlist) for watchlist in watchlists}
    for start in checked(range(0, len(ids), STRETCH), 1):
        for article in views.articles.get(ids[start : start + STRETCH]):
            carriers = [feeds[number] for number in article.feeds if number in feeds]
            for watchlist, clauses in rules.satisfied(article, *carriers) if carriers else ():
                tally = tallies[watchlist.name]
                tally.dates[article.id] = article.date
                tally.stories[article.id] = article.story or article.id
                tally.terms.update(dict.fromkeys((m.term for m in clauses if m.places), 1))
        progress(min(start + STRETCH, len(ids)), len(ids))
    for tally in tallies.values():
        alerted_ids = views.articles.ids(watchlist=tally.watchlist.name)
        tally.gained = sorted(tally.dates.keys() - alerted_ids)
        tally.lost = sorted((alerted_ids & dates.keys()) - tally.dates.keys())
    return Backtest(list(tallies.values()), dates)


def histogram(dates: Iterable[Timestamp], first: Timestamp, last: Timestamp) -> list[int]:
    """Return the number of dates on each day (UTC), from a first day to a last."""
    begin, end = int(first // DAY), int(last // DAY)
    by_day = Counter(int(date // DAY) for date in dates)
    return [by_day[day] for day in range(begin, end + 1)]
