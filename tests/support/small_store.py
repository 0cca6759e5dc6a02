"""A store with two feeds and two watchlists, and its content."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass
from typing import Any

from msgspec.structs import replace

from index.query.parser import parse_query
from monitor.base.article import Article
from monitor.model.config import StoreAddress
from monitor.model.feed import Feed, FeedState, Outcome, Poll
from monitor.model.poll import NO_ENTRY, ArticleChange, PollOutcome, RaisedAlert, Sighting
from monitor.model.search import Filter
from monitor.model.watchlist import Match, Severity, Watchlist, WatchlistMatch
from monitor.storage.store.database.opening import open_database
from monitor.storage.store.sql.store import Store
from monitor.storage.store.sql.views import Views
from support.alert_storage import save_poll

NOW = 1_700_000_000.0
FIRST = Feed(url="https://a.test/rss", name="A", tags=("belgique", "presse"))
SECOND = Feed(url="https://b.test/rss", name="B", enabled=False)
ALIBABA = Watchlist(name="Alibaba", query=parse_query("alibaba"))
SPIES = Watchlist(name="Espionnage", query=parse_query("espionnage~"), severity=Severity.HIGH)
ALL = Filter()


@dataclass
class SmallStore:
    """A store of two feeds and two watchlists, and its viewers."""

    address: StoreAddress
    store: Store
    views: Views
    feeds: tuple[Feed, ...]

    def save(
        self,
        *arrivals: ArticleChange,
        feed: int = 0,
        sightings: Iterable[Sighting] = (),
        at: float = NOW,
        state: FeedState = FeedState(),
        poll: Poll | None = None,
    ) -> list[RaisedAlert]:
        """Store the outcome of a poll."""
        poll = poll or Poll(at=at, outcome=Outcome.READ, entries=len(arrivals), new=len(arrivals))
        with self.store.batch() as batch:
            plan = save_poll(
                batch,
                PollOutcome(
                    feed=self.feeds[feed],
                    state=state,
                    poll=poll,
                    changes=arrivals,
                    sightings=tuple(sightings),
                ),
            )
        return list(plan.raised)

    def sql(self, query: str) -> list[tuple[Any, ...]]:
        with closing(open_database(self.address, create=False)) as sql:
            return sql.execute(query).fetchall()

    def ids(self, filter: Filter = ALL, **options: Any) -> list[int]:
        return list(self.views.alerts.ids(filter, **options))


def opened(address: StoreAddress) -> SmallStore:
    store = Store(address)
    feeds = store.subscribe((FIRST, SECOND), (ALIBABA, SPIES))
    return SmallStore(address, store, Views(address), feeds)


def article(id: int, feed: Feed | int = 1, **changes: Any) -> Article:
    number = feed if isinstance(feed, int) else feed.number
    fields: dict[str, Any] = {
        "url": f"https://ex.org/{id}",
        "title": f"Alibaba {id}",
        "summary": f"Texte {id}",
        "body": "Corps",
        "author": "Claude Fouquet",
        "lang": "fr",
        "published": NOW - 60,
        "seen": NOW,
        "story": id,
    } | changes
    return Article(id=id, feeds=(number,), **fields)


def arrival(id: int, *hits: Watchlist, **changes: Any) -> ArticleChange:
    entry = {
        name: changes.pop(name, default)
        for name, default in (
            ("key", f"guid-{id}"),
            ("fingerprint", bytes([id % 256])),
            ("canonical", f"https://ex.org/{id}"),
        )
    }
    fields: dict[str, Any] = {
        "article": article(id),
        "new": True,
        "entry": replace(NO_ENTRY, **entry),
        "hits": tuple(WatchlistMatch(watchlist=hit, matches=(match(),)) for hit in hits),
    } | changes
    return ArticleChange(**fields)


def match(text: str = "Alibaba", start: int = 0, field: str = "title") -> Match:
    return Match(field=field, start=start, end=start + len(text), text=text, term=text.lower())
