"""Tests that viewers and alerts agree on what is usual for a watchlist."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC
from pathlib import Path
from typing import Any, cast

import pytest
from msgspec.structs import replace
from support.unusual_newsroom import ALIBABA, DAY, FEED, HOUR, NOW, UnusualNewsroom, save_past

from monitor.model.config import StoreAddress
from monitor.model.watchlist import Baseline
from monitor.presentation.service.briefing import compose_briefing, read_facts
from monitor.presentation.service.statistics import Statistics
from monitor.storage.store.sql.store import Store
from monitor.storage.store.sql.views import Views

BURST = [60.0 + n * 200 for n in range(16)]


@pytest.fixture
def newsroom(tmp_path: Path) -> Iterator[UnusualNewsroom]:
    unusual_newsroom = UnusualNewsroom(tmp_path)
    with closing(unusual_newsroom.store):
        yield unusual_newsroom


def baseline(folder: Path, now: float) -> Baseline:
    search = cast(Any, None)
    views = Views(StoreAddress(folder))
    return Statistics(search, views, lambda: now, UTC).baselines()["Alibaba"]


def is_unusual_in_a_briefing(newsroom: UnusualNewsroom, hours: float) -> bool:
    views, end = Views(StoreAddress(newsroom.folder)), newsroom.now
    facts = read_facts(views, [], since=end - hours * HOUR, until=end, zone=UTC)
    return bool(compose_briefing(facts, UTC).unusual)


def test_a_watchlist_is_marked_as_long_as_its_spike_lasts(newsroom: UnusualNewsroom) -> None:
    assert not baseline(newsroom.folder, newsroom.now).unusual
    newsroom.let(HOUR, BURST)
    unusual_baseline = baseline(newsroom.folder, newsroom.now)
    assert (unusual_baseline.surprise, unusual_baseline.quiet) == (True, False)
    assert is_unusual_in_a_briefing(newsroom, 24)
    newsroom.let(12 * HOUR, [n * HOUR + 60 for n in range(12)])
    assert not baseline(newsroom.folder, newsroom.now).unusual
    assert is_unusual_in_a_briefing(newsroom, 24), "it was, in this time"
    assert not is_unusual_in_a_briefing(newsroom, 1)


def test_a_watchlist_is_marked_while_it_is_quiet(newsroom: UnusualNewsroom) -> None:
    newsroom.let(DAY)
    (alert,) = newsroom.alerts
    assert alert.title.startswith("no story since")
    quiet_baseline = baseline(newsroom.folder, newsroom.now)
    assert (quiet_baseline.surprise, quiet_baseline.quiet) == (False, True)


def test_what_no_alert_calls_unusual_is_not_marked(newsroom: UnusualNewsroom) -> None:
    newsroom.let(10 * HOUR, [n * HOUR * 2 for n in range(5)])
    assert newsroom.alerts == []
    assert not baseline(newsroom.folder, newsroom.now).unusual


def test_the_usual_number_is_the_one_of_the_alerts(newsroom: UnusualNewsroom) -> None:
    usual_baseline = baseline(newsroom.folder, newsroom.now)
    assert usual_baseline.weeks == 2  # the last day teaches nothing yet
    assert usual_baseline.usual == pytest.approx(24 * 15 / 24, rel=0.35)


def test_nothing_is_usual_before_two_weeks(tmp_path: Path) -> None:
    with closing(Store(StoreAddress(tmp_path))) as store:
        store.subscribe([replace(FEED, number=0)], [ALIBABA])
        save_past(store, NOW, days=10)
        short_baseline = baseline(tmp_path, NOW)
    assert short_baseline.today > 0
    assert (short_baseline.usual, short_baseline.weeks, short_baseline.unusual) == (None, 0, False)
