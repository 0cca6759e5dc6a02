"""A store that moves from SQLite to PostgreSQL and back is the same store."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from support.newsroom import Newsroom
from support.scripted_server import Web
from support.small_store import ALIBABA, SPIES, SmallStore, arrival, opened
from support.two_feed_newsroom import WATCHLISTS, subscriptions

from monitor.base.errors import StoreError, StoreTakenError
from monitor.model.alert import AlertState, Verdict
from monitor.model.config import StoreAddress
from monitor.model.poll import Names
from monitor.model.triage import Change
from monitor.storage.maintenance.store_move import move_store
from monitor.storage.store.database.opening import open_database
from monitor.storage.store.database.tables import TABLES
from monitor.storage.store.sql.evidence import EvidenceReader

pytestmark = [pytest.mark.costly, pytest.mark.database]


@pytest.fixture
def room(tmp_path: Path) -> Iterator[SmallStore]:
    """A store in which an alert that had the highest number was dropped."""
    room = opened(StoreAddress(tmp_path / "var"))
    ends = frozenset({-(2**63), 2**63 - 1})
    room.save(
        arrival(1, ALIBABA, SPIES, shingles=ends, names=Names((ends,), "fr", 5.0)),
        arrival(2, ALIBABA, wants_page=True, fingerprint=b"\x00\xff"),
        arrival(3, ALIBABA),
    )
    room.views.triage.change([1], Change(verdict=Verdict.NOISE, note="d’où ? 100 %"), "moi", 7.5)
    with room.store.batch() as batch:
        batch.drop([3])
    room.store.mark_indexed(2)
    yield room
    room.store.close()


def all_rows(address: StoreAddress) -> dict[str, list[list[Any]]]:
    """Return the rows of every table, with the highest numbers that were given."""
    with closing(open_database(address, create=False)) as sql:
        rows = {
            table: sorted((list(row) for row in sql.execute(f"SELECT * FROM {table}")), key=repr)
            for table in TABLES
        }
        return {
            **rows,
            "numbers": sorted([name, last] for name, last in sql.last_numbers().items() if last),
        }


def test_it_comes_back_as_it_was(room: SmallStore, postgresql: str, tmp_path: Path) -> None:
    before = all_rows(room.address)
    rows = move_store(room.address, StoreAddress(url=postgresql), lambda *_: None)
    assert rows == {table: len(before[table]) for table in TABLES}
    assert all_rows(StoreAddress(url=postgresql))["numbers"] == before["numbers"]
    move_store(StoreAddress(url=postgresql), StoreAddress(tmp_path / "back"), lambda *_: None)
    assert all_rows(StoreAddress(tmp_path / "back")) == before == all_rows(room.address)
    assert [file.name for file in (tmp_path / "back").iterdir()] == ["newsroom.db"]
    for target in (StoreAddress(url=postgresql), StoreAddress(tmp_path / "back")):
        with EvidenceReader(target) as proofs:
            assert (proofs.altered_schema(), proofs.highest_number()) == (
                [],
                proofs.count_records(),
            )


def test_what_is_stored_next_goes_on_from_there(room: SmallStore, postgresql: str) -> None:
    move_store(room.address, StoreAddress(url=postgresql), lambda *_: None)
    room_moved = opened(StoreAddress(url=postgresql))
    with room_moved.store.batch() as batch:
        assert batch.next_article() == 4
    assert [raised.id for raised in room_moved.save(arrival(4, ALIBABA))] == [5]  # 4 was dropped
    assert room_moved.views.watchlists.untriaged().stories == 3
    room_moved.views.triage.change([5], Change(state=AlertState.CLOSED), "", 0.0)
    assert room_moved.views.watchlists.untriaged().stories == 2
    room_moved.store.close()


def test_when_it_is_interrupted_the_target_is_empty_and_can_be_filled_again(
    room: SmallStore, postgresql: str, tmp_path: Path
) -> None:
    before = all_rows(room.address)

    def interrupt(table: str, done: int, total: int) -> None:
        if table == "evidence":
            raise KeyboardInterrupt

    for target in (StoreAddress(url=postgresql), StoreAddress(tmp_path / "copy")):
        with pytest.raises(KeyboardInterrupt):
            move_store(room.address, target, interrupt)
    assert not any((tmp_path / "copy").iterdir())
    assert all_rows(StoreAddress(url=postgresql))["articles"] == []
    move_store(room.address, StoreAddress(url=postgresql), lambda *_: None)
    move_store(StoreAddress(url=postgresql), StoreAddress(tmp_path / "copy"), lambda *_: None)
    assert all_rows(StoreAddress(tmp_path / "copy")) == before


def test_nothing_is_overwritten_and_no_monitor_is_passed_over(
    room: SmallStore, postgresql: str, tmp_path: Path
) -> None:
    with closing(opened(StoreAddress(url=postgresql)).store) as watched:
        watched.claim(alone=False)
        with pytest.raises(StoreTakenError):
            move_store(room.address, StoreAddress(url=postgresql), lambda *_: None)
    with pytest.raises(StoreError, match="it is not empty, and nothing was changed"):
        move_store(room.address, StoreAddress(url=postgresql), lambda *_: None)
    with pytest.raises(StoreError, match="exists already, and nothing was changed"):
        move_store(StoreAddress(url=postgresql), StoreAddress(tmp_path / "var"), lambda *_: None)
    with pytest.raises(StoreError, match="no archive here yet"):
        move_store(
            StoreAddress(tmp_path / "nothing"), StoreAddress(url=postgresql), lambda *_: None
        )


def test_a_newsroom_goes_on_in_postgresql(tmp_path: Path, postgresql: str, server: Web) -> None:
    newsroom = Newsroom(tmp_path)
    newsroom.watch(subscriptions(server), WATCHLISTS)
    assert newsroom.once().returncode == 0
    address = postgresql.replace("postgres:@", "postgres@")
    done = newsroom.here("move", "var", address)
    assert done.returncode == 0, done.stderr
    assert "read again and compared" in done.stderr
    output = newsroom.here("alerts", "--format", "json").stdout
    settings = json.loads(newsroom.config.read_text(encoding="utf-8"))
    newsroom.config.write_text(json.dumps({**settings, "store": address}), encoding="utf-8")
    assert newsroom.here("alerts", "--format", "json").stdout == output
    assert "4, 4 of them searchable" in newsroom.here("status").stdout
    assert newsroom.here("verify").returncode == 0
    assert newsroom.once().returncode == 0
    refused = newsroom.here("move", address.replace("postgres@", "postgres:secret@"), "back")
    assert refused.returncode == 2
    assert "a password does not belong here" in refused.stderr
