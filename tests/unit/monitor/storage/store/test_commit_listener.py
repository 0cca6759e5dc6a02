"""Tests that viewers of a shared store learn of commits, also after a cut connection."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from support.small_store import SmallStore, arrival, opened

from monitor.model.config import StoreAddress
from monitor.storage.store.database.postgresql import PostgresqlCommitListener
from monitor.storage.store.sql.views import Views

pytestmark = [pytest.mark.costly, pytest.mark.database]


@pytest.fixture
def room(postgresql: str) -> Iterator[SmallStore]:
    room = opened(StoreAddress(url=postgresql))
    yield room
    room.store.close()


@pytest.fixture
def listener(room: SmallStore) -> Iterator[PostgresqlCommitListener]:
    commit_listener = room.views.listener()
    assert commit_listener is not None
    assert commit_listener.wait(60.0), "what was committed before nobody has told"
    yield commit_listener
    commit_listener.close()


def test_a_commit_wakes_who_waits(room: SmallStore, listener: PostgresqlCommitListener) -> None:
    assert not listener.wait(0.1)
    saving = threading.Timer(0.2, room.save, [arrival(1)])
    saving.start()
    assert listener.wait(60.0)
    saving.join()


def test_a_cut_connection_is_news_and_is_made_anew(
    room: SmallStore, listener: PostgresqlCommitListener
) -> None:
    with psycopg.connect(room.address.url, autocommit=True) as session:
        session.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND (query LIKE 'LISTEN%'"
            " OR (query = 'SELECT 1' AND application_name LIKE 'tocsin%'))"
        )
    assert listener.wait(60.0)
    assert listener.wait(60.0), "it is there again"
    room.save(arrival(2))
    assert listener.wait(60.0)
    assert not listener.wait(0.1)


def test_a_database_that_is_away_is_told_once_and_waited_for() -> None:
    listener = PostgresqlCommitListener("postgresql://nobody@127.0.0.1:9/news")
    assert listener.wait(0.1)
    assert not listener.wait(0.1)
    assert not listener.wait(0.1)
    listener.close()


def test_nobody_tells_of_commits_to_a_store_in_a_folder(tmp_path: Path) -> None:
    assert Views(StoreAddress(tmp_path)).listener() is None
