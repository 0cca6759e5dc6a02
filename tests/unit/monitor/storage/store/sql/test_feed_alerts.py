"""Tests that alerts about feeds are listed, filtered, counted and triaged as all others."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import pytest
from msgspec.structs import replace
from support import flow
from support.alert_storage import save_poll

from monitor.base import translation
from monitor.base.language import FOLDER
from monitor.base.translation import gettext
from monitor.model.alert import AlertKind, AlertState, BegunIncident
from monitor.model.config import StoreAddress
from monitor.model.feed import Feed, FeedState, Outcome, Poll
from monitor.model.poll import PollOutcome
from monitor.model.search import Filter
from monitor.model.triage import Change
from monitor.model.watchlist import FEED_HEALTH, Severity
from monitor.storage.store.sql.store import Store
from monitor.storage.store.sql.views import Views

GONE = BegunIncident(kind=AlertKind.GONE, severity=Severity.MEDIUM, title="A: gone (410)")
SILENT = BegunIncident(
    kind=AlertKind.SILENT, severity=Severity.LOW, title="A: nothing", is_news=False
)


@pytest.fixture
def store(address: StoreAddress) -> Iterator[Store]:
    with closing(Store(address)) as opened_store:
        yield opened_store


def poll_feed(
    store: Store,
    at: float,
    begun: tuple[BegunIncident, ...] = (),
    ended: tuple[AlertKind, ...] = (),
) -> list[AlertKind]:
    feeds = [Feed(url=f"https://{name}.test/rss", name=name.upper()) for name in "ab"]
    feed, _ = store.subscribe(feeds, [])
    state = FeedState(last_poll=at, link="https://a.test/")
    poll = Poll(at=at, outcome=Outcome.FAILED)
    with store.batch() as batch:
        plan = save_poll(
            batch, PollOutcome(feed=feed, state=state, poll=poll, notices=begun, ended=ended)
        )
    return [alert.kind for alert in plan.raised]


def test_an_alert_about_a_feed_is_an_alert(store: Store, address: StoreAddress) -> None:
    assert poll_feed(store, 100.0, (GONE,)) == [AlertKind.GONE]
    views = Views(address)
    (alert,) = views.alerts.get(views.alerts.ids(Filter()), matches=True)
    assert (alert.kind, alert.article, alert.watchlist) == (AlertKind.GONE, None, FEED_HEALTH)
    assert (alert.title, alert.feed, alert.url) == ("A: gone (410)", "A", "https://a.test/")
    assert (alert.severity, alert.raised_at, alert.matches) == (Severity.MEDIUM, 100.0, ())
    assert (alert.lang, alert.published, alert.copies) == ("", None, 0)


def test_it_is_read_in_the_language_of_the_reader(store: Store, address: StoreAddress) -> None:
    title = gettext("{feed}: gone (410); it is not asked any more", feed="A")
    poll_feed(store, 100.0, (replace(GONE, title=title),))
    views, before = Views(address), translation.choice()
    translation.use("fr", FOLDER)
    (alert,) = views.alerts.get(views.alerts.ids(Filter()))
    ((_id, headline),) = views.alerts.headlines(limit=1)
    translation.use(*before)
    assert alert.title == headline
    assert alert.title.startswith("A\N{NO-BREAK SPACE}: disparu (410)")


@pytest.mark.parametrize(
    ("filter", "expected"),
    [
        (Filter(), True),
        (Filter(watchlists=("Feed Health",)), True),
        (Filter(watchlists=("Alibaba",)), False),
        (Filter(feeds=("A",)), True),
        (Filter(feeds=("B",)), False),
        (Filter(lang=("fr",)), False),
        (Filter(since=101.0), False),
        (Filter(state=AlertState.NEW), True),
    ],
)
def test_filters_know_it(store: Store, address: StoreAddress, filter, expected) -> None:
    poll_feed(store, 100.0, (GONE,))
    assert bool(Views(address).alerts.ids(filter)) is expected


def test_it_is_counted_and_triaged_and_is_of_no_article(
    store: Store, address: StoreAddress
) -> None:
    poll_feed(store, 100.0, (GONE,))
    views = Views(address)
    assert views.totals() == (0, 0, 1, 1)
    ((name, total, untriaged_count),) = [
        (w.name, w.total, w.untriaged) for w in views.watchlists.counts(0, 2, 60)
    ]
    assert (name, total, untriaged_count) == (FEED_HEALTH, 1, 1)
    views.triage.change([1], Change(state=AlertState.ACKNOWLEDGED), "", 0.0)
    assert views.totals() == (0, 0, 1, 0)
    assert views.articles.ids(has="alert") == set()
    assert views.watchlists.records() == []


def test_an_incident_that_raises_no_alert_is_one(store: Store, address: StoreAddress) -> None:
    assert poll_feed(store, 100.0, (SILENT,)) == []
    (feed, _) = store.subscribe([Feed(url="https://a.test/rss", name="A")] * 2, [])
    with store.reading() as reading:
        assert (
            reading.feed_histories([feed])[feed.number].incidents[AlertKind.SILENT].ended_at is None
        )
    poll_feed(store, 200.0, ended=(AlertKind.SILENT,))
    assert poll_feed(store, 300.0, (SILENT, GONE)) == [AlertKind.GONE]
    rows = flow.rows(
        address, "SELECT kind, started_at, ended_at, alert FROM incidents ORDER BY 1, 2"
    )
    assert rows == [("gone", 300, None, 1), ("silent", 100, 200, None), ("silent", 300, None, None)]
