"""The weeks before the demo: what they teach a monitor."""

from __future__ import annotations

from contextlib import closing
from datetime import UTC
from pathlib import Path

from support.alert_storage import save_poll

from monitor.cli.demo import store_past
from monitor.config import loading
from monitor.demo.content import load
from monitor.demo.site import NewsroomServer
from monitor.judgement.alerts.routing import Routing
from monitor.model.alert import AlertKind
from monitor.model.config import StoreAddress
from monitor.model.feed import FeedState, Outcome, Poll
from monitor.model.poll import PollOutcome
from monitor.model.search import Filter
from monitor.storage.store.sql.store import Store
from monitor.storage.store.sql.views import Views
from monitor.watchlists.unusual import UnusualWatch


def test_the_past_holds_one_spike_and_one_silence(tmp_path: Path) -> None:
    now = 1_765_000_000.0
    address = StoreAddress(tmp_path / "var")
    with NewsroomServer(lambda: now) as server:
        file = tmp_path / "feeds.yaml"
        file.write_text(server.feeds_yaml(), encoding="utf-8")
        config = loading.load(file)
        store_past(address, config, server)
        article = load().past[0]
        assert server.reply(f"/{article.outlet}/{article.slug}.html").status == 200
    with closing(Store(address)) as store:
        with store.batch() as batch:
            for feed in store.feeds.subscribed():
                state = FeedState(last_poll=now, last_ok=now, published=now)
                poll = Poll(at=now, outcome=Outcome.UNCHANGED)
                save_poll(batch, PollOutcome(feed=feed.feed, state=state, poll=poll))
        watch = UnusualWatch(store, lambda: now + 20)
        plan = watch.look(config.watchlists, Routing(), UTC, patience=900.0)
    raised = {(alert.watchlist, alert.kind) for alert in plan.raised}
    assert raised == {("Grey seals", AlertKind.SPIKE), ("Dredger", AlertKind.QUIET)}
    views = Views(address)
    open_alerts = views.alerts.get(views.alerts.ids(Filter()))
    assert {alert.kind for alert in open_alerts} == {AlertKind.SPIKE, AlertKind.QUIET}
    assert len(views.alerts.ids(Filter(closed=True))) == len(load().past) + 2
