"""A monitor in simulated time raises one alert of a spike, over restarts, and ends it."""

from __future__ import annotations

import json
from contextlib import closing
from pathlib import Path

import pytest
from support.feeds_and_webhook import ScriptedFeed
from support.flow import rows
from support.newsroom import Item
from support.scripted_server import Web
from support.simulated_monitor import Living
from support.simulated_time import Town, World
from support.unusual_newsroom import HOUR, save_past

from monitor.config.loading import load
from monitor.model.config import StoreAddress
from monitor.storage.maintenance.verification import verify
from monitor.storage.store.sql.evidence import EvidenceReader
from monitor.storage.store.sql.store import Store

pytestmark = pytest.mark.costly

UNUSUAL = (
    "SELECT kind, ended_at IS NULL, (SELECT suppressed FROM alerts WHERE id = alert) FROM unusual"
)


def test_a_spike_is_one_alert_over_restarts(tmp_path: Path) -> None:
    world = World()
    web = Web(clock=lambda: world.elapsed)
    feed = ScriptedFeed("a", lambda: world.elapsed)
    web.on("/a", feed.answer)
    settings = {
        "feeds": [{"url": feed.url, "name": "A", "every": "5m", "lang": "fr"}],
        "watchlists": [{"name": "Alibaba", "terms": ["Alibaba"]}],
    }
    (tmp_path / "feeds.yaml").write_text(json.dumps(settings), encoding="utf-8")
    living = Living(world, Town(world, web), tmp_path / "feeds.yaml", tick=30.0)
    items: list[Item] = []

    def publish(number: int, seconds: float) -> None:
        for _ in range(number):
            id = len(items)
            items.insert(0, Item(f"Alibaba, la grève du jour {id}", link=f"http://a.example/{id}"))
            feed.publish(world.elapsed, *items[:20])
            living.let(seconds)

    try:
        living.begin()
        living.stop()
        with closing(Store(StoreAddress(tmp_path / "var"))) as store:
            (watchlist,) = load(tmp_path / "feeds.yaml").watchlists
            save_past(store, world.now, watchlist=watchlist)
        living.begin()
        publish(3, HOUR)
        assert rows(tmp_path / "var", UNUSUAL) == []
        publish(20, 180.0)
        assert rows(tmp_path / "var", UNUSUAL) == [("spike", 1, "")]
        living.kill()
        living.begin()
        living.let(600.0)
        living.stop()
        living.begin()
        living.let(600.0)
        assert rows(tmp_path / "var", UNUSUAL) == [("spike", 1, "")]
        publish(9, HOUR)
        assert rows(tmp_path / "var", UNUSUAL) == [("spike", 0, "")]
        living.stop()
        result = verify(
            EvidenceReader(StoreAddress(tmp_path / "var")), lambda *_: None, now=world.now
        )
        assert not result.faults
    finally:
        living.close()
