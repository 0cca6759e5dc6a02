"""The monitor finds a store that is damaged, and its viewers hear of it."""

from __future__ import annotations

import asyncio
import logging
import re
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner
from support import flow
from support.damage import damage_store

from monitor.base.errors import StoreError
from monitor.cli import main_group
from monitor.judgement.alerts.routing import Routing
from monitor.model.alert import AlertKind
from monitor.model.config import STORE_FILE, StoreAddress
from monitor.model.search import Filter
from monitor.model.status import MonitorPresence
from monitor.storage.maintenance.store_check import CHECK_SECONDS, check_daily, note_trouble
from monitor.storage.monitor_lock import Heartbeat, MonitorLock
from monitor.storage.store.database.sqlite import open_database
from monitor.storage.store.sql.store import Store
from monitor.storage.store.sql.views import Views

pytestmark = pytest.mark.costly


def test_damage_is_found_within_a_day_and_shown(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    data = tmp_path / "var"
    flow.life(data).live(flow.ROUNDS)
    ((head,),) = flow.rows(data, "SELECT hash FROM evidence ORDER BY number DESC LIMIT 1")
    caplog.set_level(logging.INFO, "tocsin")
    now, checks, damages = 0.0, 0, list[str]()

    async def sleep(seconds: float) -> None:
        """Let at most a day pass; damage the store on the second day, end on the fourth."""
        nonlocal now, checks
        checks += 1
        now += CHECK_SECONDS
        if checks == 2:
            damage_store(data / "newsroom.db")
        if checks == 4:
            raise asyncio.CancelledError

    async def tell(damage: str) -> None:
        damages.append(damage)

    with pytest.raises(asyncio.CancelledError):
        asyncio.run(check_daily(StoreAddress(data), lambda: now, sleep, tell))
    assert [bool(damage) for damage in damages] == [False, True, True]
    assert "damaged" in damages[1]
    assert "tocsin restore" in damages[2]
    assert "newsroom.db is damaged" in caplog.text
    (noted,) = re.findall(r"evidence: record \d+, hash (\w{64})", caplog.text)
    assert noted == head
    me = MonitorPresence(pid=1, since=1.0, config="feeds.yaml", log="")
    with MonitorLock(data) as lock:
        lock.beat(Heartbeat(me, now, store_damage=damages[-1]))
        shown = CliRunner().invoke(main_group, ["--data", str(data), "status"])
    assert "store     newsroom.db is damaged" in shown.output
    assert shown.exit_code == 1


def test_a_clock_that_is_set_back_puts_off_no_check(tmp_path: Path) -> None:
    Store(StoreAddress(tmp_path)).close()
    times, damages = [CHECK_SECONDS, 9 * CHECK_SECONDS], []
    now = 0.0

    async def sleep(seconds: float) -> None:
        nonlocal now
        if not times:
            raise asyncio.CancelledError
        now = times.pop()

    async def tell(damage: str) -> None:
        damages.append(damage)

    with pytest.raises(asyncio.CancelledError):
        asyncio.run(check_daily(StoreAddress(tmp_path), lambda: now, sleep, tell))
    assert damages == ["", ""]


def test_a_store_that_another_program_holds_is_not_damaged(tmp_path: Path) -> None:
    Store(StoreAddress(tmp_path)).close()
    with (
        closing(open_database(StoreAddress(tmp_path), create=False, busy_ms=0)) as connection,
        closing(sqlite3.connect(tmp_path / STORE_FILE, isolation_level=None)) as other,
    ):
        connection.execute("PRAGMA journal_mode = DELETE")  # in which a writer stops readers
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(StoreError, match="another program is writing to it"):
            connection.find_damage()
        other.execute("ROLLBACK")
        assert connection.find_damage() == ""


def test_damage_raises_one_alert_until_the_store_is_whole(tmp_path: Path) -> None:
    data = tmp_path / "var"
    flow.life(data).live(flow.ROUNDS)
    views = Views(StoreAddress(data))
    before = len(views.alerts.ids(Filter()))
    with closing(Store(StoreAddress(data))) as store:
        steps = (("", 0), ("pages", 1), ("pages", 0), ("", 0), ("others", 1))
        for number, (damage, raised) in enumerate(steps):
            plan = note_trouble(store, AlertKind.DAMAGED, damage, Routing(), 1.75e9 + number)
            assert len(plan.raised) == raised
    first, second = views.alerts.get(list(views.alerts.ids(Filter()))[before:])
    assert (first.kind, first.title, second.title) == (AlertKind.DAMAGED, "pages", "others")
    shown = CliRunner().invoke(main_group, ["--data", str(data), "show", f"a{second.id}"])
    assert "others" in shown.output
    assert shown.exit_code == 0
    listed = CliRunner().invoke(main_group, ["--data", str(data), "alerts"])
    assert "others" in listed.output
    verified = CliRunner().invoke(main_group, ["--data", str(data), "verify"])
    assert verified.exit_code == 0, verified.output
