"""The index of a machine that shares a store and runs no monitor is in line with the store."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import closing
from functools import partial
from pathlib import Path

import psycopg
import pytest
from msgspec.structs import replace
from support.small_store import SmallStore, arrival, article, opened

from index.archive import archive_engine, open_archive
from index.query.parser import parse_query
from monitor.model.config import ARCHIVE_FOLDER, StoreAddress
from monitor.storage.maintenance import index_follower
from monitor.storage.maintenance.index_follower import (
    IndexFollower,
    follower_lock,
    lag,
    update_index,
)
from monitor.storage.maintenance.indexer_process import FollowedStore, read_position
from monitor.storage.monitor_lock import MonitorLock
from monitor.storage.store.database import printers

pytestmark = [pytest.mark.costly, pytest.mark.database]


@pytest.fixture
def room(postgresql: str, tmp_path: Path) -> Iterator[SmallStore]:
    room = opened(StoreAddress(tmp_path, postgresql))
    room.save(*(arrival(n) for n in range(1, 6)))
    yield room
    room.store.close()


def brought_up(room: SmallStore) -> int:
    return update_index(room.address, lambda *_: None)


def find_ids(data: Path, word: str) -> list[int]:
    return open_archive(data / ARCHIVE_FOLDER).ids(parse_query(word))


def indexed(data: Path) -> int:
    return archive_engine(data / ARCHIVE_FOLDER).count_articles()


def test_an_index_far_away_gets_new_edited_and_deleted_articles(
    room: SmallStore, tmp_path: Path
) -> None:
    assert lag(room.address) == 5
    assert brought_up(room) == 5
    assert lag(room.address) == 0
    room.store.mark_indexed(99)  # a monitor elsewhere has indexed all of them
    edited = arrival(2, article=article(2, title="Temu 2"), new=False)
    room.save(arrival(6), edited)
    with room.store.batch() as batch:
        batch.drop([4])
    room.store.mark_indexed(99)
    assert lag(room.address) == 3
    assert brought_up(room) == 5
    assert find_ids(tmp_path, "temu") == [2]
    assert find_ids(tmp_path, "alibaba") == [1, 3, 5, 6]
    assert lag(room.address) == 0


def test_the_outbox_is_left_to_the_monitor(room: SmallStore, tmp_path: Path) -> None:
    brought_up(room)
    assert len(room.store.outbox().articles) == 5


def test_an_index_that_is_lost_is_built_anew(room: SmallStore, tmp_path: Path) -> None:
    brought_up(room)
    for file in (tmp_path / ARCHIVE_FOLDER).iterdir():
        file.unlink()
    assert indexed(tmp_path) == 0
    assert brought_up(room) == 5


def test_the_position_of_another_store_is_not_believed(room: SmallStore, tmp_path: Path) -> None:
    brought_up(room)
    position = tmp_path / "index.position"
    number, _, database = position.read_text(encoding="ascii").partition(" ")
    for other in (f"999999999 {database}", f"{number} 1.2", number):
        position.write_text(other, encoding="ascii")
        with closing(FollowedStore(room.address)) as store:
            assert store.lag() == 5
        assert read_position(tmp_path, database) == 0


def test_an_index_is_in_line_with_a_restored_store(room: SmallStore, tmp_path: Path) -> None:
    """Articles that were stored after the backup have numbers that others get later."""
    brought_up(room)
    with psycopg.connect(room.address.url, autocommit=True) as sql:
        sql.execute("CREATE TEMPORARY TABLE backup AS SELECT * FROM articles")
        sql.execute("UPDATE backup SET title = 'Temu' WHERE id = 5")
        sql.execute("DROP TABLE articles")
        for statement in printers.postgresql_table("articles"):
            sql.execute(statement)
        sql.execute("INSERT INTO articles SELECT * FROM backup")
    room.save(arrival(6))
    brought_up(room)
    assert find_ids(tmp_path, "temu") == [5]
    assert lag(room.address) == 0


def test_who_follows_by_number_misses_nothing(room: SmallStore, tmp_path: Path) -> None:
    """A transaction that ends first has lower numbers, whichever began first."""
    other = opened(room.address)
    with closing(other.store), closing(FollowedStore(room.address)) as followed:
        with ThreadPoolExecutor(1) as pool:
            with room.store.batch() as batch:
                batch.drop([1])
                future = pool.submit(partial(other.save, arrival(6), feed=1))
                wait([future], timeout=1.0)  # it ends now if it can
                entries = followed.unindexed(100)
                if entries:
                    followed.mark_indexed(entries[-1].number)
            future.result()
        entries += followed.unindexed(100)
    assert {1, 6} <= {entry.id for entry in entries}


def test_it_follows_while_a_viewer_is_open_and_leaves_it_to_a_monitor(
    room: SmallStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(index_follower, "STEP_SECONDS", 0.2)
    monkeypatch.setattr(index_follower, "IDLE_SECONDS", 0.2)
    data = tmp_path / "var"
    follower = IndexFollower(replace(room.address, folder=data), time.time)
    follower.start()
    try:
        until(lambda: indexed(data) == 5)
        room.save(arrival(6))
        until(lambda: indexed(data) == 6)
        assert index_follower.is_followed(data)
        with MonitorLock(data):
            until(lambda: is_free(data))
            room.save(arrival(7))
        until(lambda: indexed(data) == 7)
    finally:
        follower.stop()
    assert not index_follower.is_followed(data)


def is_free(data: Path) -> bool:
    with follower_lock(data) as free:
        return free


def until(condition: object, seconds: float = 60.0) -> None:
    assert callable(condition)
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)
