"""Backfill: matching a new or changed watchlist with the articles that are older than it."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence

from msgspec import Struct

from monitor.base import formatting
from monitor.base.article import Article, Timestamp
from monitor.base.errors import StoreError
from monitor.base.tasks import WorkerThread
from monitor.base.translation import gettext as _
from monitor.judgement.alerts.routing import Routing
from monitor.judgement.match.matcher import Matching, TimedMatcher, WatchlistMatcher
from monitor.judgement.rule_version import rule_version
from monitor.model.feed import Feed
from monitor.model.poll import Arrivals, ArticleChange, Via
from monitor.model.watchlist import BackfillProgress, Watchlist, renamed_watchlists
from monitor.storage.store.sql.batch import Batch
from monitor.storage.store.sql.store import Store

log = logging.getLogger("tocsin")

STEP = 200
"""Most articles of one step; 3,000 are matched in a second."""
SECONDS = 0.05
"""Seconds after which a step ends, even if articles remain."""


class BackfillStep(Struct, frozen=True, kw_only=True):
    """The result of one step."""

    articles: int
    """Number of articles that were matched."""
    alerts: Mapping[str, int]
    """Number of alerts raised, by watchlist."""
    done: tuple[str, ...]
    """Watchlists whose backfill is complete."""


class Backfill:
    """The backfill of one newsroom. Runs in the store's thread."""

    def __init__(
        self,
        store: Store,
        clock: Callable[[], Timestamp],
        stopwatch: Callable[[], float] = lambda: 0.0,
    ) -> None:
        """Make the backfill.

        Args:
            store: The store.
            clock: Returns the time.
            stopwatch: Returns the seconds of processor time of this thread.
        """
        self._store = store
        self._clock = clock
        self._stopwatch = stopwatch
        self._watchlists: Mapping[str, Watchlist] = {}
        self._meanings: Mapping[str, str] | None = None
        self._feeds: Mapping[int, Feed] = {}
        self._routing = Routing()
        self._rules: tuple[tuple[str, ...], WatchlistMatcher] = ((), WatchlistMatcher(()))

    def begin(
        self,
        watchlists: Collection[Watchlist],
        feeds: Collection[Feed],
        routing: Routing = Routing(),
    ) -> list[BackfillProgress]:
        """Record the active watchlists; return the backfills that are not complete.

        Call it once the watchlists are active: they see every article stored later.
        """
        meanings = {
            w.name: w.rule or rule_version(w.query.root, w.lang, w.feeds) for w in watchlists
        }
        previous = meanings if self._meanings is None else self._meanings
        renamed = renamed_watchlists(previous, meanings).values()
        edited = [n for n, rule in meanings.items() if previous.get(n) != rule and n not in renamed]
        self._store.begin_backfills(meanings, edited)
        self._meanings = meanings
        self._watchlists = {watchlist.name: watchlist for watchlist in watchlists}
        stored_feeds = {feed.number: feed for feed in self._store.feeds.every()}
        self._feeds = stored_feeds | {feed.number: feed for feed in feeds}
        self._rules = ((), WatchlistMatcher(()))
        self._routing = routing
        return self._pending()

    def _pending(self) -> list[BackfillProgress]:
        """Return the backfills that are not complete, of rules as this monitor knows them.

        Another monitor may have read an edit of feeds.yaml before.
        """
        meanings = self._meanings or {}
        states = self._store.watchlists.backfills()
        return [state for state in states if meanings.get(state.watchlist) == state.meaning]

    def step(self) -> BackfillStep | None:
        """Match the next articles; None if all backfills are complete. Raises StoreError."""
        states = self._pending()
        if not states:
            return None
        upto = states[0].upto
        group = [state for state in states if state.upto == upto]
        names = tuple(state.watchlist for state in group)
        end = min([s.upto for s in states if s.upto > upto] + [s.until for s in group])
        articles = self._store.articles.between(upto, end, limit=STEP)
        if self._rules[0] != names:
            self._rules = names, WatchlistMatcher(map(self._watchlists.__getitem__, names))
        with self._store.batch() as batch:
            matched, alerts = self._match(batch, articles)
            is_last = matched == len(articles) < STEP
            last_id = end if is_last else articles[matched - 1][0].id
            batch.backfilled(names, last_id)
        return BackfillStep(
            articles=matched,
            alerts=alerts,
            done=tuple(state.watchlist for state in group if state.until <= last_id),
        )

    def _match(
        self, batch: Batch, articles: Sequence[tuple[Article, int | None]]
    ) -> tuple[int, Counter[str]]:
        """Raise alerts for these articles; return the number of articles done, and the alerts."""
        now = self._clock()
        alerts: Counter[str] = Counter()
        for count, (article, copy_of) in enumerate(articles, 1):
            feeds = [self._feeds[number] for number in article.feeds if number in self._feeds]
            matching = self._match_article(article, feeds)
            change = ArticleChange(
                article=article,
                hits=matching.hits,
                copy_of=copy_of,
                backfill=True,
                unmatched=matching.unmatched,
            )
            if matching.unmatched:
                batch.set_aside(change, now)
                log.warning(
                    _(
                        "article {number} is left out of the backfill: {reason}",
                        number=article.id,
                        reason=matching.unmatched,
                    )
                )
            if matching.hits:
                arrivals = Arrivals(feed=feeds[0], via=Via.ARCHIVE, changes=(change,))
                plan = batch.raise_alerts(arrivals, self._routing, now)
                alerts.update(alert.watchlist for alert in plan.raised if not alert.escalation)
            if self._clock() - now > SECONDS:
                return count, alerts
        return len(articles), alerts

    def _match_article(self, article: Article, feeds: Sequence[Feed]) -> Matching:
        """Match an article within its time limit: other work waits for the store's thread."""
        if not feeds:
            return Matching(())
        return TimedMatcher(self._stopwatch).match(self._rules[1], article, *feeds)


BREATH = 0.01
"""Seconds between two steps."""
REST = 30.0
"""Seconds without a step after a StoreError."""


class BackfillRunner:
    """Runs the backfill beside the monitor, step by step."""

    def __init__(
        self, backfill: Backfill, thread: WorkerThread, sleep: Callable[[float], Awaitable[None]]
    ) -> None:
        self._backfill = backfill
        self._thread = thread
        self._sleep = sleep
        self._request = asyncio.Event()

    async def begin(
        self, watchlists: Sequence[Watchlist], feeds: Sequence[Feed], routing: Routing = Routing()
    ) -> None:
        """Record the watchlists that are active from now on."""
        pending = await self._thread(self._backfill.begin, watchlists, feeds, routing)
        for state in pending:
            log.info(
                _(
                    "{watchlist}: looking through {articles}",
                    watchlist=state.watchlist,
                    articles=formatting.articles(state.until - state.upto),
                )
            )
        if pending:
            self._request.set()

    async def run_forever(self, on_refusal: Callable[[StoreError], None]) -> None:
        """Run backfills whenever there are any. Never raises: the monitor goes on."""
        self._request.set()  # another monitor may have left one
        while True:
            await self._request.wait()
            try:
                await self.all()
            except StoreError as error:
                on_refusal(error)
                await self._sleep(REST)
            except Exception:
                log.exception(_("this backfill failed; the monitor goes on"))
                self._request.clear()

    async def all(self) -> None:
        """Run all backfills to their end."""
        alerts: Counter[str] = Counter()
        self._request.clear()
        try:
            while step := await self._thread(self._backfill.step):
                alerts.update(step.alerts)
                for name in step.done:
                    message = _(
                        "{watchlist}: looked through the archive, {alerts}",
                        watchlist=name,
                        alerts=formatting.alerts(alerts[name]),
                    )
                    log.info(message)
                await self._sleep(BREATH)
        except BaseException:
            self._request.set()
            raise
