"""A store whose polled articles raise alerts."""

from __future__ import annotations

from msgspec.structs import replace

from index.query.parser import parse_query
from monitor.base.article import Article
from monitor.judgement.alerts.plan import AlertPlan, Notify
from monitor.model.delivery import Occasion, PlannedDelivery
from monitor.model.feed import Feed, FeedState, Outcome, Poll
from monitor.model.poll import NO_ENTRY, ArticleChange, PollOutcome, ResponseEvidence
from monitor.model.watchlist import Watchlist, WatchlistMatch
from monitor.storage.store.sql.store import Store
from support.alert_storage import save_poll

NOW = 1_700_000_000.0
ALIBABA = Watchlist(name="Alibaba", query=parse_query("alibaba"))
FEED = Feed(url="https://a.test/rss", name="A", number=1)


def raised(
    store: Store,
    *,
    published: float | None = NOW - 600,
    received: float = NOW - 3,
    backfill: bool = False,
    new: bool = True,
    id: int = 0,
    channels: tuple[str, ...] = (),
    bundle: str = "",
) -> int:
    """Store a polled article that raises an alert; return its id."""
    with store.batch() as batch:
        id = id or batch.next_article()
        article = Article(
            id=id, feeds=(1,), url=f"https://a.test/{id}", title="Alibaba", summary="",
            published=published, seen=NOW, story=id,
        )  # fmt: skip
        arrival = ArticleChange(
            article=article,
            entry=replace(NO_ENTRY, key=f"{id}", fingerprint=b"%d" % id),
            new=new,
            hits=(WatchlistMatch(watchlist=ALIBABA, matches=()),),
            backfill=backfill,
        )
        answered = ResponseEvidence(
            url=FEED.url, status=200, headers=(), body="", received=received
        )
        poll = Poll(at=NOW, outcome=Outcome.READ)
        outcome = PollOutcome(
            feed=FEED, state=FeedState(), poll=poll, changes=(arrival,), response=answered
        )
        planned = tuple(PlannedDelivery(channel=name, due=NOW, bundle=bundle) for name in channels)
        notify = [
            Notify(a.id, Occasion.RAISED, "", planned) for a in save_poll(batch, outcome).raised
        ]
        batch.save_alerts(AlertPlan(at=NOW, notify=tuple(notify)))
    return id
