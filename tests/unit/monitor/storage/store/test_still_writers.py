"""Who waits to write ends the session of a writer that stands still, whatever it was doing."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import Any
from unittest.mock import patch

import psycopg
import pytest
from support.small_store import ALIBABA, SmallStore, arrival, opened

from monitor.base.errors import StoreError
from monitor.model.config import StoreAddress
from monitor.storage.store.database import addresses, postgresql as server
from monitor.storage.store.database.connection import transaction
from monitor.storage.store.database.postgresql import PostgresqlConnection, open_database
from monitor.storage.store.sql.leases import SqlLeases

pytestmark = [pytest.mark.costly, pytest.mark.database]

STILL, WAIT = 0.6, 0.8
"""Seconds: a tenth of what they really are."""
SLACK = 30.0
"""Seconds that a busy machine may take besides."""


@pytest.fixture
def room(postgresql: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[SmallStore]:
    monkeypatch.setattr(server, "STILL_MS", int(1_000 * STILL))
    monkeypatch.setattr(server, "WAIT_MS", int(1_000 * WAIT))
    room = opened(StoreAddress(url=postgresql))
    yield room
    room.store.close()


Session = psycopg.Connection[Any]


def of_another_process(room: SmallStore) -> PostgresqlConnection:
    """Return a connection of another process than this one, as far as the server knows."""
    with patch.object(addresses, "getpid", lambda: 1):
        return open_database(room.address.url, create=False, busy_ms=60_000)


Wake = Callable[[], object]


def say_nothing(session: Session) -> Wake:
    """Stand still between two statements: the session is `idle in transaction`."""
    return lambda: None


def send_rows(session: Session) -> Wake:
    """Stand still while many rows are sent: the session is `active`."""
    pipeline = session.pipeline()
    pipeline.__enter__()
    session.execute("UPDATE feeds SET failures = 9")
    session.pgconn.send_flush_request()
    session.pgconn.flush()
    return lambda: pipeline.__exit__(None, None, None)


def read_nothing(session: Session) -> Wake:
    """Stand still while an answer is on its way: the session cannot send it."""
    session.pgconn.send_query(b"SELECT repeat('x', 1000) FROM generate_series(1, 100000)")
    session.pgconn.flush()

    def read_answers() -> None:
        while session.pgconn.get_result():
            pass

    return read_answers


@pytest.mark.parametrize("freeze", [say_nothing, send_rows, read_nothing])
def test_others_write_again_soon_and_the_sleeper_stores_nothing(
    room: SmallStore, freeze: Callable[[Session], Wake], caplog: pytest.LogCaptureFixture
) -> None:
    with closing(of_another_process(room)) as sleeper:
        with pytest.raises(StoreError, match="nothing was changed"), transaction(sleeper):
            sleeper.execute("UPDATE feeds SET name = 'of the sleeper'")
            wake = freeze(sleeper._session)
            began = time.monotonic()
            room.save(arrival(1, ALIBABA))
            assert time.monotonic() - began < 2 * WAIT + SLACK
            wake()
            sleeper.execute("UPDATE feeds SET failures = 9")
        assert room.ids() == [1]
        assert room.sql("SELECT count(*) FROM feeds WHERE failures = 9") == [(0,)]
        assert "stood still" in caplog.text
        with transaction(sleeper):  # it goes on
            sleeper.execute("UPDATE feeds SET failures = 3")
    assert room.sql("SELECT DISTINCT failures FROM feeds") == [(3,)]


def test_a_viewer_too_writes_again_soon(room: SmallStore) -> None:
    room.save(arrival(1, ALIBABA))
    with closing(of_another_process(room)) as sleeper:
        sleeper.begin()
        time.sleep(STILL)
        room.views.feeds.poll_now()
    assert room.sql("SELECT count(*) FROM feeds WHERE next_due = 0") != [(0,)]


def speak(sql: PostgresqlConnection) -> None:
    until = time.monotonic() + 4 * STILL
    while time.monotonic() < until:
        sql.execute("SELECT 1")
        time.sleep(STILL / 5)


def send_slowly(sql: PostgresqlConnection) -> None:
    with sql._session.pipeline():
        for _ in range(20):
            sql._session.execute("SELECT 1")
            sql._session.pgconn.send_flush_request()
            sql._session.pgconn.flush()
            time.sleep(STILL / 5)


def let_the_server_work(sql: PostgresqlConnection) -> None:
    sql.execute(f"SELECT pg_sleep({4 * STILL})")


@pytest.mark.parametrize("work", [speak, send_slowly, let_the_server_work])
def test_a_writer_that_only_takes_long_is_waited_for(
    room: SmallStore,
    work: Callable[[PostgresqlConnection], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(server, "STILL_MS", int(2_000 * STILL))  # this process too may be slow
    holds = threading.Event()

    def write() -> None:
        with closing(of_another_process(room)) as slow, transaction(slow):
            slow.execute("UPDATE feeds SET failures = 5")
            holds.set()
            work(slow)

    with ThreadPoolExecutor(1) as thread:
        writing = thread.submit(write)
        assert holds.wait(SLACK)
        room.save(arrival(1, ALIBABA))
        writing.result(SLACK)
    assert room.sql("SELECT count(*) FROM feeds WHERE failures = 5") != [(0,)]


def test_a_process_that_speaks_in_another_session_may_compute_for_longer(
    room: SmallStore, caplog: pytest.LogCaptureFixture
) -> None:
    with closing(of_another_process(room)) as writer, closing(of_another_process(room)) as beating:
        writer.begin()
        with ThreadPoolExecutor(1) as thread:
            began = time.monotonic()
            saving = thread.submit(room.save, arrival(1, ALIBABA))
            while not saving.done():
                assert time.monotonic() - began < SLACK
                beating.execute("SELECT 1")
                time.sleep(STILL / 5)
        assert time.monotonic() - began > 4 * STILL - 0.1
    assert "stood still" in caplog.text


def test_every_heartbeat_looks_for_a_writer_that_stands_still(
    room: SmallStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "WAIT_MS", 60_000)
    leases = SqlLeases(room.address, host="a", pid=7, folder="var", expiry=60.0)
    with closing(of_another_process(room)) as sleeper, closing(leases):
        sleeper.begin()
        with ThreadPoolExecutor(1) as thread:
            saving = thread.submit(room.save, arrival(1, ALIBABA))
            leases.beat()
            assert not saving.done()
            time.sleep(STILL)
            leases.beat()
            saving.result(SLACK)


def test_who_waits_in_vain_says_so(room: SmallStore) -> None:
    """The session of another program is none of tocsin's writers."""
    with psycopg.connect(room.address.url) as session:
        session.execute("LOCK TABLE feeds IN SHARE MODE")
        with pytest.raises(StoreError, match="another program is writing"):
            room.views.feeds.poll_now()
