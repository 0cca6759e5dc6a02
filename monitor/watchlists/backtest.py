"""Backtest: what watchlists would match in the archive, computed on every core."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections import Counter
from collections.abc import Callable, Collection, Generator, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from typing import NamedTuple

from msgspec import Struct, field

from monitor.base import translation
from monitor.base.article import Article, Timestamp
from monitor.judgement.match.matcher import WatchlistMatcher
from monitor.model.config import StoreAddress
from monitor.model.feed import Feed
from monitor.model.watchlist import Watchlist
from monitor.storage.store import open_views

STRETCH = 250
"""Ids that are read and matched together."""
WORTH_A_PROCESS = 5_000
"""Ids below which another process costs more than it saves."""


class WatchlistTrial(NamedTuple):
    """A watchlist that matches an article."""

    watchlist: int
    """Index in the file."""
    article: int
    date: Timestamp
    terms: tuple[str, ...]
    """Terms of the query that matched, as written."""


class ArticleRange(NamedTuple):
    """The result of a range of the archive."""

    upto: int
    articles: tuple[tuple[int, Timestamp], ...]
    """Id and date of every article in the range."""
    trials: tuple[WatchlistTrial, ...]


class ArchiveReplay(Struct, frozen=True, kw_only=True):
    """The archive that watchlists are replayed on, and the watchlists."""

    store: StoreAddress
    watchlists: tuple[Watchlist, ...]
    feeds: Mapping[int, Feed]
    """Every feed that ever was subscribed to, by number."""
    since: Timestamp | None = None
    """Only articles dated from then on."""


class _Replay:
    def __init__(self, settings: ArchiveReplay) -> None:
        self._settings = settings
        self._views = open_views(settings.store)
        self._rules = WatchlistMatcher(settings.watchlists, settings.feeds.values())
        self._places = {w.name: place for place, w in enumerate(settings.watchlists)}

    def stretch(self, after: int) -> ArticleRange:
        """Replay the articles after an id."""
        upto = after + STRETCH
        rows = self._views.articles.between(after, upto, since=self._settings.since)
        articles = [article for article, _ in rows]
        trials = tuple(
            WatchlistTrial(
                self._places[watchlist.name],
                article.id,
                article.date,
                tuple(dict.fromkeys(clause.text for clause, places in clauses if places)),
            )
            for article in articles
            if (feeds := self._feeds_of(article))
            for watchlist, clauses in self._rules.satisfied(article, *feeds)
        )
        return ArticleRange(upto, tuple((a.id, a.date) for a in articles), trials)

    def _feeds_of(self, article: Article) -> list[Feed]:
        return [self._settings.feeds[one] for one in article.feeds if one in self._settings.feeds]


def replay(
    settings: ArchiveReplay, newest: int, *, after: int = 0
) -> Generator[ArticleRange, None, None]:
    """Yield the result of every range of the archive, in order.

    Args:
        settings: What is replayed.
        newest: Up to this id.
        after: Above this id.

    Raises:
        StoreError: The store cannot be read.
    """
    starts = range(after, newest, STRETCH)
    processes = min(os.cpu_count() or 1, (newest - after) // WORTH_A_PROCESS)
    if processes < 2:
        yield from map(_Replay(settings).stretch, starts)
        return
    with ProcessPoolExecutor(
        processes,
        multiprocessing.get_context("spawn"),
        _start_worker,
        (translation.choice(), settings),
    ) as pool:
        try:
            with _uninterrupted():
                stretches = pool.map(_replay_range, starts)
            yield from stretches
        except BaseException:
            for child in multiprocessing.active_children():
                child.terminate()  # they only read
            raise
        finally:
            pool.shutdown(cancel_futures=True)


@contextmanager
def _uninterrupted() -> Iterator[None]:
    """Block SIGINT while processes start: ^C ends the command, and the command ends them.

    A signal that is blocked when a process starts stays blocked in it.
    """
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


_here: list[_Replay] = []


def _start_worker(language: translation.Choice, settings: ArchiveReplay) -> None:
    translation.use(*language)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    _here[:] = [_Replay(settings)]


def _end_with_parent() -> None:
    """End this process when the command ends, even by SIGKILL."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _replay_range(after: int) -> ArticleRange:
    return _here[0].stretch(after)


def known_feeds(known: Sequence[Feed], described: Sequence[Feed]) -> dict[int, Feed]:
    """Return every feed by number, as a feeds.yaml describes it if it does."""
    by_url = {feed.url: feed for feed in described}
    return {feed.number: by_url.get(feed.url, feed) for feed in known}


DAY = 86_400.0


class TrialTally(Struct):
    """What one watchlist would have matched."""

    watchlist: Watchlist
    dates: dict[int, Timestamp] = field(default_factory=dict)
    """Dates of the articles that match, by id."""
    terms: Counter[str] = field(default_factory=Counter)
    """Articles that each term matches."""
    gained: list[int] = field(default_factory=list)
    """Articles without an alert of this watchlist so far."""
    lost: list[int] = field(default_factory=list)
    """Articles with an alert that do not match any more."""

    def newest(self, articles: Iterable[int], count: int) -> list[int]:
        """Return the newest of some articles that match."""
        return sorted(articles, key=lambda id: (self.dates.get(id, 0.0), id), reverse=True)[:count]


class TrialTallies:
    """What the watchlists of a file would have matched."""

    def __init__(self, watchlists: Sequence[Watchlist]) -> None:
        self.tallies = [TrialTally(watchlist) for watchlist in watchlists]
        self.dates: dict[int, Timestamp] = {}
        """Date of every article that was replayed, by id."""

    def take(self, stretch: ArticleRange) -> None:
        """Add the result of a range."""
        self.dates.update(stretch.articles)
        for trial in stretch.trials:
            tally = self.tallies[trial.watchlist]
            tally.dates[trial.article] = trial.date
            tally.terms.update(trial.terms)

    def compare(self, alerted: Callable[[str], Collection[int]]) -> None:
        """Record what is gained and lost against the articles with alerts, by watchlist."""
        for tally in self.tallies:
            known = set(alerted(tally.watchlist.name))
            tally.gained = sorted(tally.dates.keys() - known)
            tally.lost = sorted((known & self.dates.keys()) - tally.dates.keys())


def histogram(dates: Iterable[Timestamp], first: Timestamp, last: Timestamp) -> list[int]:
    """Return how many of some moments fall on each day (UTC), from a day to another."""
    begin, end = int(first // DAY), int(last // DAY)
    by_day = Counter(int(date // DAY) for date in dates)
    return [by_day[day] for day in range(begin, end + 1)]
