"""A store with three weeks of stories of one watchlist, and the monitor of unusual times."""

from __future__ import annotations

import random
import sqlite3
import tempfile
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC
from functools import cache
from pathlib import Path

from msgspec.structs import replace

from index.query.parser import parse_query
from monitor.base.article import Article
from monitor.judgement.alerts.plan import AlertPlan
from monitor.judgement.alerts.routing import Routing
from monitor.model.alert import Alert
from monitor.model.config import STORE_FILE, StoreAddress
from monitor.model.feed import Feed, FeedState, Outcome, Poll
from monitor.model.poll import NO_ENTRY, ArticleChange, PollOutcome
from monitor.model.search import Filter
from monitor.model.watchlist import Watchlist, WatchlistMatch
from monitor.storage.store.sql.batch import Batch
from monitor.storage.store.sql.store import Store
from monitor.storage.store.sql.views import Views
from monitor.watchlists.unusual import UnusualWatch
from support.alert_storage import save_poll

HOUR, DAY = 3_600.0, 86_400.0
NOW = 1_700_000_000.0 - 1_700_000_000.0 % DAY + 15 * HOUR
FEED = Feed(url="https://a.test/rss", name="A", number=1)
ALIBABA = Watchlist(name="Alibaba", query=parse_query("alibaba"), rule="1")
LOOK = 300.0


def save_story(
    batch: Batch,
    at: float,
    title: str,
    feed: Feed = FEED,
    watchlist: Watchlist = ALIBABA,
    *,
    backfill: bool = False,
) -> None:
    """Store a story that raises an alert; with `backfill`, in the first document of its feed."""
    id = batch.next_article()
    article = Article(
        id=id, feeds=(feed.number,), url=f"https://a.test/{id}", title=title, summary="",
        lang="fr", published=at, seen=at, story=id,
    )  # fmt: skip
    hit = WatchlistMatch(watchlist=watchlist, matches=())
    change = ArticleChange(
        article=article,
        entry=replace(NO_ENTRY, key=f"{id}", fingerprint=b"%d" % id),
        new=True,
        hits=(hit,),
        backfill=backfill,
    )
    state = FeedState(last_poll=at, last_ok=at, published=at)
    poll = Poll(at=at, outcome=Outcome.READ)
    save_poll(batch, PollOutcome(feed=feed, state=state, poll=poll, changes=(change,)))


def save_past(
    store: Store, now: float, each_day: float = 24, days: int = 20, watchlist: Watchlist = ALIBABA
) -> None:
    """Store stories at random times until now, all of it watched."""
    dice, start = random.Random(3), now - days * DAY
    with store.batch() as batch:
        at = start
        save_story(batch, at, "Alibaba au port", watchlist=watchlist)
        batch.volumes.note_watched(start, 0.0, 0.0)
        batch.volumes.note_watched(now, 2 * days * DAY, 0.0)
        while (at := at + dice.expovariate(each_day / DAY)) < now:
            save_story(batch, at, f"Alibaba au port, nouvelle {int(at)}", watchlist=watchlist)


@cache
def _lived() -> bytes:
    """Return the store after these weeks, which is made once."""
    with tempfile.TemporaryDirectory() as folder:
        with closing(Store(StoreAddress(Path(folder)))) as store:
            store.subscribe([replace(FEED, number=0)], [ALIBABA])
            save_past(store, NOW)
        with closing(sqlite3.connect(Path(folder) / STORE_FILE)) as sql:
            return sql.serialize()


@dataclass
class UnusualNewsroom:
    """A store, a clock that a test sets, and the monitor of unusual times."""

    folder: Path
    is_new: bool = False
    """Whether it has no past."""
    now: float = NOW
    watchlist: Watchlist = ALIBABA
    routing: Routing = field(default_factory=Routing)
    store: Store = field(init=False)
    watch: UnusualWatch = field(init=False)

    def __post_init__(self) -> None:
        if not self.is_new:
            (self.folder / STORE_FILE).write_bytes(_lived())
        self.store = Store(StoreAddress(self.folder))
        if self.is_new:
            self.store.subscribe([replace(FEED, number=0)], [self.watchlist])
        self.restart()

    def restart(self) -> None:
        """Replace the monitor of unusual times with a new one."""
        self.watch = UnusualWatch(self.store, lambda: self.now)

    def look(self, after: float = 0.0) -> AlertPlan:
        """Look once, after some seconds."""
        self.now += after
        return self.watch.look([self.watchlist], self.routing, UTC, patience=3 * LOOK)

    def let(self, seconds: float, stories: Iterable[float] = ()) -> list[AlertPlan]:
        """Look every five minutes; stories come at these seconds after now."""
        start, coming = self.now, sorted(stories)
        plans = []
        while self.now < start + seconds:
            self.now += LOOK
            while coming and start + coming[0] <= self.now:
                self.story(start + coming.pop(0))
            with self.store.batch() as batch:
                read = FeedState(last_poll=self.now, last_ok=self.now, published=self.now)
                poll = Poll(at=self.now, outcome=Outcome.UNCHANGED)
                save_poll(batch, PollOutcome(feed=FEED, state=read, poll=poll))
            plans.append(self.look())
        return [plan for plan in plans if plan.new or plan.usual_again]

    def fail(self, hours: int) -> list[AlertPlan]:
        """Let the feed fail once an hour, and look every five minutes; return the plans."""
        before, plans = self.now, []
        for round_number in range(hours * 12):
            self.now += LOOK
            if round_number % 12 == 0:
                broken = FeedState(last_poll=self.now, last_ok=before, published=before, failures=1)
                poll = Poll(at=self.now, outcome=Outcome.FAILED)
                with self.store.batch() as batch:
                    save_poll(batch, PollOutcome(feed=FEED, state=broken, poll=poll))
            plans.append(self.look())
        return [plan for plan in plans if plan.new]

    def story(self, at: float, title: str = "Alibaba : grève à Zeebrugge") -> None:
        """Store a story."""
        with self.store.batch() as batch:
            save_story(batch, at, f"{title} {int(at)}", watchlist=self.watchlist)

    @property
    def alerts(self) -> list[Alert]:
        """Return the alerts about the watchlist itself."""
        views = Views(StoreAddress(self.folder))
        raised = views.alerts.get(views.alerts.ids(Filter(watchlists=("Alibaba",))))
        return [alert for alert in raised if alert.article is None]
