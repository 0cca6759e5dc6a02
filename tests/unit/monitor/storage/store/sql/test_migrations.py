"""Tests that a store is created, and is upgraded in one transaction or left unchanged."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest
from support.small_store import ALIBABA, arrival, opened

from monitor.base.errors import StoreError
from monitor.model.config import StoreAddress
from monitor.storage.store.database import sqlite
from monitor.storage.store.database.connection import Connection, by_name
from monitor.storage.store.database.opening import open_database
from monitor.storage.store.database.schema import UPGRADES, VERSION, prepare
from monitor.storage.store.sql.store import Store


def _count_readers(sql: Connection) -> None:
    """Upgrade a store to an invented next version."""
    sql.execute("ALTER TABLE feeds ADD COLUMN readers INTEGER NOT NULL DEFAULT 0")
    sql.execute("UPDATE feeds SET readers = 7 WHERE number = 1")


def _fail(sql: Connection) -> None:
    _count_readers(sql)
    raise RuntimeError("killed half way")


def _feed(address: StoreAddress) -> dict[str, object]:
    with closing(open_database(address, create=False)) as sql:
        return next(by_name(sql.execute("SELECT * FROM feeds WHERE number = 1")))


def test_an_upgrade_that_fails_half_way_leaves_the_old_store_whole(address: StoreAddress) -> None:
    room = opened(address)
    room.save(arrival(1, ALIBABA))
    before = _feed(address)
    with closing(open_database(address, create=True)) as sql:
        with pytest.raises(RuntimeError):
            prepare(sql, "newsroom", [*UPGRADES, _fail])
        assert sql.version() == VERSION
        assert _feed(address) == before
        prepare(sql, "newsroom", [*UPGRADES, _count_readers])
        try:
            assert sql.version() == VERSION + 1
            feed_row = next(by_name(sql.execute("SELECT * FROM feeds WHERE number = 1")))
            assert feed_row == {**before, "readers": 7}
            with pytest.raises(StoreError, match=rf"newer tocsin \(store version {VERSION + 1}\)"):
                Store(address)
        finally:  # PostgreSQL is the same for all tests
            sql.execute("ALTER TABLE feeds DROP COLUMN readers")
            sql.set_version(VERSION)
    assert room.ids() == [1]


def test_a_store_of_version_1_is_upgraded_and_is_like_a_new_one(address: StoreAddress) -> None:
    room = opened(address)
    room.save(arrival(1, ALIBABA))
    with closing(open_database(address, create=False)) as sql:
        for column in (
            "kind",
            "outlet",
            "is_found",
            "sought_at",
            "first_ok",
            "children",
            "barrier",
            "barred",
        ):
            sql.execute(f"ALTER TABLE feeds DROP COLUMN {column}")
        sql.execute("DROP TABLE concepts")
        for column in ("concept", "ambiguous"):
            sql.execute(f"ALTER TABLE matches DROP COLUMN {column}")
        sql.set_version(1)
    with closing(open_database(address, create=True)) as sql:
        assert sql.version() == VERSION
        assert sql.altered_schema() == []
        assert _feed(address)["kind"] == "feed"
    assert room.ids() == [1]


def test_the_pages_of_a_new_store_are_whole(tmp_path: Path) -> None:
    room = opened(StoreAddress(tmp_path))
    room.save(arrival(1, ALIBABA))
    with closing(sqlite.open_database(StoreAddress(tmp_path), create=False)) as sql:
        assert sql.find_damage() == ""
