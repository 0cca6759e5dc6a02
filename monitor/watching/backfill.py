"""A rule that is new or changed, over the articles that were there before it.

Each step is one transaction in the store's thread, short enough that no poll waits for
it; how far a rule has got is committed with the alerts, so that a monitor that is killed
goes on where it was.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

from index.article import Article, Timestamp
from monitor.match import Rules
from monitor.model import Arrival, BackfillStand, Feed, Watchlist
from monitor.planning import plan
from monitor.routing import Routing
from monitor.store import Batch, Store
from monitor.watching.meaning import meaning

STEP = 200
"""Articles of one step at most; 3,000 are matched in a second."""
SECONDS = 0.05
"""After which a step ends, whatever is left of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What one step came to."""

    articles: int
    """How many were matched."""
    alerts: Mapping[str, int]
    """How many were raised, by watchlist."""
    upto: int
    """Id of the last article that was matched."""
    until: int
    """Id of the last one to be."""
    done: tuple[str, ...]
    """Watchlists that have nothing left to do."""


class Backfill:
    """The backfill of one newsroom. Runs in the store's thread."""

    def __init__(self, store: Store, clock: Callable[[], Timestamp]) -> None:
        self._store = store
        self._clock = clock
        self._watchlists: Mapping[str, Watchlist] = {}
        self._feeds: Mapping[int, Feed] = {}
        self._routing = Routing()
        self._rules: tuple[tuple[str, ...], Rules] = ((), Rules(()))

    def begin(
        self,
        watchlists: Collection[Watchlist],
        feeds: Collection[Feed],
        routing: Routing = Routing(),
    ) -> list[BackfillStand]:
        """Take note of the rules in force, return what is left to do.

        Call it once the rules are in force: what is stored later they have seen.
        """
        self._store.begin_backfills({w.name: w.rule or meaning(w) for w in watchlists})
        self._watchlists = {watchlist.name: watchlist for watchlist in watchlists}
        known = {feed.number: feed for feed in self._store.every_feed()}
        self._feeds = known | {feed.number: feed for feed in feeds}
        self._rules = ((), Rules(()))
        self._routing = routing
        return self._store.backfills()

    def step(self) -> Step | None:
        """Match the next few articles; None when nothing is left to do. Raises StoreError."""
        stands = self._store.backfills()
        if not stands:
            return None
        upto = stands[0].upto
        group = [stand for stand in stands if stand.upto == upto]
        names = tuple(stand.watchlist for stand in group)
        end = min([s.upto for s in stands if s.upto > upto] + [s.until for s in group])
        articles = [a for a in self._store.articles_after(upto, STEP) if a.id <= end]
        if self._rules[0] != names:
            self._rules = names, Rules(map(self._watchlists.__getitem__, names))
        with self._store.batch() as batch:
            matched, alerts = self._match(batch, articles)
            whole = matched == len(articles) < STEP
            reached = end if whole else articles[matched - 1].id
            batch.backfilled(names, reached)
        return Step(
            articles=matched,
            alerts=alerts,
            upto=reached,
            until=max(stand.until for stand in group),
            done=tuple(stand.watchlist for stand in group if stand.until <= reached),
        )

    def _match(self, batch: Batch, articles: Sequence[Article]) -> tuple[int, Counter[str]]:
        """Raise what these articles deserve; return how many were matched, and the alerts."""
        now = self._clock()
        alerts: Counter[str] = Counter()
        for number, article in enumerate(articles, 1):
            feed = self._feeds.get(article.feeds[0])
            if feed is not None and (hits := self._rules[1].match(article, feed)):
                original = batch.original(article.id)
                arrival = Arrival(
                    article=article,
                    new=False,
                    guid="",
                    fingerprint=b"",
                    canonical="",
                    hits=hits,
                    copy_of=None if original == article.id else original,
                    backfill=True,
                )
                raised = batch.raise_late(arrival, feed, now)
                plan(batch, self._routing, raised, now)
                alerts.update(alert.watchlist for alert in raised if not alert.escalation)
            if self._clock() - now > SECONDS:
                return number, alerts
        return len(articles), alerts
