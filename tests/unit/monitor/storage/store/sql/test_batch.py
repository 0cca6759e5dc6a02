"""Tests of the batches of the store: all or nothing, whoever else uses the store."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace
from support.alert_storage import save_poll
from support.small_store import ALIBABA, NOW, SPIES, SmallStore, arrival, article, opened

from monitor.base.errors import StoreError
from monitor.model.alert import AlertState
from monitor.model.config import StoreAddress
from monitor.model.feed import FeedState, Outcome, Poll
from monitor.model.poll import NO_ENTRY, PollOutcome, Sighting
from monitor.model.search import Filter
from monitor.model.triage import Change
from monitor.storage.store.database.opening import open_database
from monitor.storage.store.database.tables import TABLES
from monitor.storage.store.sql.batch import Batch
from monitor.storage.store.sql.store import Store
from monitor.storage.store.sql.views import Views


@pytest.fixture
def room(address: StoreAddress) -> Iterator[SmallStore]:
    room = opened(address)
    yield room
    room.store.close()


def test_what_fails_half_way_leaves_nothing(room: SmallStore) -> None:
    room.save(arrival(1, ALIBABA))
    before = _everything(room)
    with pytest.raises(ZeroDivisionError), room.store.batch() as batch:
        save_poll(
            batch,
            PollOutcome(
                feed=room.feeds[0],
                state=FeedState(etag=b"2"),
                poll=Poll(at=NOW, outcome=Outcome.READ),
                changes=(arrival(2, SPIES, wants_page=True, shingles=frozenset({1})),),
                sightings=(Sighting(article=1, entry=replace(NO_ENTRY, key="g")),),
            ),
        )
        batch.postpone_page(1, "x", None, failed=True)
        assert batch.articles.get([2])
        raise ZeroDivisionError
    assert _everything(room) == before
    room.save(arrival(2))  # the next batch succeeds


def _everything(room: SmallStore) -> dict[str, list[tuple[Any, ...]]]:
    return {table: sorted(room.sql(f"SELECT * FROM {table}"), key=str) for table in TABLES}


def test_an_article_cannot_be_stored_twice(room: SmallStore) -> None:
    room.save(arrival(1))
    with pytest.raises(StoreError, match="nothing was changed"):
        room.save(arrival(2), arrival(1))
    assert len(room.store.article_ids()) == 1


def test_viewers_see_a_batch_when_it_is_whole(room: SmallStore) -> None:
    with room.store.batch() as batch:
        save_poll(
            batch,
            PollOutcome(
                feed=room.feeds[0],
                state=FeedState(),
                poll=Poll(at=NOW, outcome=Outcome.READ),
                changes=(arrival(1, ALIBABA),),
            ),
        )
        assert (room.ids(), room.views.totals()) == ([], (0, 0, 0, 0))
    assert (room.ids(), room.views.totals()) == ([1], (1, 1, 1, 1))


def test_triage_waits_for_a_batch_and_breaks_none(room: SmallStore) -> None:
    """A batch that has read holds the store until it has written."""
    room.save(arrival(1, ALIBABA))
    triage = threading.Thread(
        target=room.views.triage.change, args=([1], Change(state=AlertState.ACKNOWLEDGED), "", 0.0)
    )
    with room.store.batch() as batch:
        assert batch.articles.get([1])
        triage.start()
        triage.join(0.2)
        assert triage.is_alive()
        batch.postpone_page(1, "", None, failed=True)
        assert batch.next_article() == 2
    triage.join()
    assert room.ids(Filter(state=AlertState.ACKNOWLEDGED)) == [1]


def test_views_serve_any_thread(room: SmallStore) -> None:
    room.save(arrival(1, ALIBABA))
    ids_seen: list[list[int]] = []

    def look() -> None:
        room.views.triage.change([1], Change(state=AlertState.ACKNOWLEDGED), "", 0.0)
        ids_seen.append(room.ids())

    threads = [threading.Thread(target=look) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert ids_seen == [[1]] * 4


def test_a_locked_store_is_told_and_forgotten(room: SmallStore) -> None:
    assert isinstance(room.store, Store)
    assert isinstance(room.views, Views)
    for connection in (room.store._connection, room.views.connection.sql):
        if isinstance(connection, sqlite3.Connection):
            connection.execute("PRAGMA busy_timeout = 20")
        else:
            connection._busy_ms = 20  # type: ignore[attr-defined]
    room.save(arrival(1, ALIBABA))
    with closing(open_database(room.address, create=False)) as other:
        other.begin()
        with pytest.raises(StoreError, match="another program is writing"):
            room.save(arrival(2))
        with pytest.raises(StoreError, match="another program is writing"):
            room.store.mark_indexed(9)
        assert room.ids() == [1]  # reading still works
        with pytest.raises(StoreError, match="another program is writing"):
            room.views.triage.change([1], Change(state=AlertState.ACKNOWLEDGED), "", 0.0)
        other.rollback()
    room.save(arrival(2))
    assert len(room.store.article_ids()) == 2


def test_a_store_opens_again_with_everything_in_it(room: SmallStore) -> None:
    room.save(arrival(1, ALIBABA))
    room.store.close()
    again = opened(room.address)
    assert again.views.articles.get([1]) == [article(1)]
    assert again.ids() == [1]
    again.store.close()


def test_only_its_owner_may_read_a_store(tmp_path: Path) -> None:
    opened(StoreAddress(tmp_path / "new" / "room")).store.close()
    assert (tmp_path / "new" / "room").stat().st_mode & 0o777 == 0o700
    assert (tmp_path / "new" / "room" / "newsroom.db").stat().st_mode & 0o777 == 0o600


def test_a_folder_without_a_store_is_left_alone(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="no archive here yet"):
        Views(StoreAddress(tmp_path / "nowhere")).totals()
    assert not (tmp_path / "nowhere").exists()


def test_a_store_of_a_newer_version_is_not_touched(tmp_path: Path) -> None:
    opened(StoreAddress(tmp_path)).store.close()
    with closing(sqlite3.connect(tmp_path / "newsroom.db")) as sql:
        sql.execute("PRAGMA user_version = 99")
    with pytest.raises(StoreError, match="newer tocsin"):
        Store(StoreAddress(tmp_path))
    with pytest.raises(StoreError, match="newer tocsin"):
        Views(StoreAddress(tmp_path)).totals()


def test_a_file_that_is_no_store_is_told(tmp_path: Path) -> None:
    (tmp_path / "newsroom.db").write_bytes(b"hello " * 999)
    with pytest.raises(StoreError, match="not a database"):
        Store(StoreAddress(tmp_path))
    with pytest.raises(StoreError, match="not a database"):
        Views(StoreAddress(tmp_path)).totals()


def test_a_store_that_is_damaged_inside_is_told(tmp_path: Path) -> None:
    room = opened(StoreAddress(tmp_path))
    room.save(*(arrival(id, ALIBABA) for id in range(1, 900)))
    room.store.close()
    path = tmp_path / "newsroom.db"
    body = bytearray(path.read_bytes())
    ((root,),) = room.sql("SELECT rootpage FROM sqlite_master WHERE name = 'articles'")
    body[(root - 1) * 4096 : root * 4096] = b"\xff" * 4096
    path.write_bytes(body)
    damaged = Store(StoreAddress(tmp_path))
    with pytest.raises(StoreError, match="malformed"):
        Views(StoreAddress(tmp_path)).articles.get(range(1, 900))
    with pytest.raises(StoreError, match="malformed"):
        damaged.articles.between(0, 999, limit=9)
    damaged.close()


def test_protocols_are_those_of_the_classes(room: SmallStore) -> None:
    def read_totals(views: Views, store: Store) -> tuple[int, ...]:
        return views.totals()

    def writes(batch: Batch) -> int:
        return batch.next_article()

    assert read_totals(room.views, room.store) == (0, 0, 0, 0)
    with room.store.batch() as batch:
        assert writes(batch) == 1
