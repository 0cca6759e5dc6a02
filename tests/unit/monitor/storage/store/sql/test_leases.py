"""Tests of leases in PostgreSQL, by the clock of the database."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, cast

import pytest
from msgspec.structs import replace
from support.newsroom import until
from support.small_store import ALIBABA, FIRST, SECOND, SPIES, SmallStore, arrival, opened

from monitor.base.errors import LeaseLostError
from monitor.judgement.alerts.routing import Routing
from monitor.model.alert import AlertKind
from monitor.model.config import StoreAddress
from monitor.model.lease import BUCKETS, Duty
from monitor.storage.fencing import SOLE, Holding, Lease, bucket_of, under
from monitor.storage.maintenance.store_check import note_lost_monitors
from monitor.storage.store.database.connection import transaction
from monitor.storage.store.sql.leases import HANDOVER, TURNS_KEPT, SqlLeases, sharing_monitors
from monitor.storage.store.sql.store import Store

pytestmark = [pytest.mark.costly, pytest.mark.database]

SOON = 0.4


@pytest.fixture
def room(postgresql: str) -> Iterator[SmallStore]:
    room = opened(StoreAddress(url=postgresql))
    yield room
    room.store.close()


def monitor(
    room: SmallStore, host: str = "a", expiry: float = 60.0, folder: str = "var"
) -> SqlLeases:
    return SqlLeases(room.address, host=host, pid=7, folder=folder, expiry=expiry)


def holding_of(lease: Lease) -> Holding:
    return Holding(lease, lambda: True)


def test_a_lease_has_one_holder_and_its_epoch_grows_with_each(room: SmallStore) -> None:
    with closing(monitor(room)) as first_monitor, closing(monitor(room, "b")) as second_monitor:
        first_monitor.beat()
        second_monitor.beat()
        first = first_monitor.take(BUCKETS)
        assert len(first) == BUCKETS
        assert second_monitor.take(BUCKETS) == {}
        first_monitor.release(range(100))
        second = second_monitor.take(BUCKETS)
        assert set(second) == set(range(100))
        assert all(epoch > first[id] for id, epoch in second.items())
        assert len(first_monitor.beat().epochs) == BUCKETS - 100
        assert first_monitor.beat().live == second_monitor.beat().live
        first_monitor.leave()
        assert len(second_monitor.take(BUCKETS)) == BUCKETS - 100
        assert len(second_monitor.beat().live) == 1


def test_leases_expire_by_the_clock_of_the_database(room: SmallStore) -> None:
    with closing(monitor(room, expiry=SOON)) as ours, closing(monitor(room, "b")) as theirs:
        ours.beat()
        theirs.beat()
        held_buckets = ours.take(10)
        assert theirs.take_duties([Duty.UPKEEP]) == {Duty.UPKEEP: 1}
        assert ours.take_duties(list(Duty)).keys() == set(Duty) - {Duty.UPKEEP}
        time.sleep(SOON + 0.1)
        assert ours.beat().epochs.keys() >= held_buckets.keys()  # nobody has taken them
        time.sleep(SOON + 0.1)
        assert theirs.take(BUCKETS).keys() >= held_buckets.keys()
        assert not ours.beat().epochs.keys() & held_buckets.keys()
        assert abs(ours.now() - time.time()) < 60


def test_a_heartbeat_waits_for_two_answers(room: SmallStore, tmp_path: Path) -> None:
    with closing(monitor(room)) as leases, (tmp_path / "protocol").open("w+") as protocol:
        leases.beat()
        epochs = leases.take(BUCKETS)
        session = cast(Any, leases._sql)._session.pgconn
        session.trace(protocol.fileno())
        assert leases.beat().epochs == epochs
        session.untrace()
        assert (tmp_path / "protocol").read_text().count("ReadyForQuery") == 2


def test_a_poll_is_stored_only_by_who_holds_its_bucket(room: SmallStore) -> None:
    with closing(monitor(room)) as leases:
        leases.beat()
        leases.take(BUCKETS)
        lease = Lease(5, leases.beat().epochs[5])
        with room.store.batch() as batch:
            assert batch.held([lease, SOLE]) == {lease, SOLE}
            assert batch.held([later_lease(lease)]) == frozenset()
            leases.release([5])  # it waits for the transaction, and is not applied
        assert leases.beat().epochs[5] == lease.epoch
        leases.release([5])
        with room.store.batch() as batch:
            assert batch.held([lease]) == frozenset()


def later_lease(lease: Lease) -> Lease:
    return lease._replace(epoch=lease.epoch + 1)


def test_what_is_done_under_a_lost_lease_changes_nothing(room: SmallStore) -> None:
    with closing(monitor(room)) as leases:
        leases.beat()
        lease = Lease(Duty.BACKFILL, leases.take_duties([Duty.BACKFILL])[Duty.BACKFILL])
        with under(holding_of(lease)):
            room.save(arrival(1, ALIBABA))
        leases.release([Duty.BACKFILL])
        with under(holding_of(lease)), pytest.raises(LeaseLostError):
            room.save(arrival(2, ALIBABA))
        assert room.ids() == [1]
        with under(holding_of(SOLE)):
            room.save(arrival(2, ALIBABA))
    assert room.ids() == [1, 2]


def test_a_monitor_polls_what_is_due_in_its_buckets(room: SmallStore) -> None:
    assert isinstance(room.store, Store)
    bucket = bucket_of(FIRST.url)
    assert room.sql(f"SELECT bucket FROM feeds WHERE url = '{FIRST.url}'") == [(bucket,)]
    with closing(monitor(room)) as first_leases, closing(monitor(room, "b")) as second_leases:
        first_id, second_id = first_leases.beat().monitor, second_leases.beat().monitor
        first_leases.take(BUCKETS)
        first_leases.release(set(range(BUCKETS)) - {bucket})
        second_leases.take(BUCKETS)
        assert set(room.store.states(1e12, first_id)) == {FIRST.url}
        assert set(room.store.states(1e12, second_id)) == set()
        assert set(room.store.states(1e12)) == {FIRST.url}


def test_the_page_of_an_article_is_fetched_by_who_holds_its_own_site(room: SmallStore) -> None:
    change = arrival(1)
    page = replace(change.article, url="https://elsewhere.be/a")
    room.save(replace(change, article=page, wants_page=True))
    bucket = bucket_of("https://elsewhere.be/")
    assert bucket != bucket_of(FIRST.url)
    with closing(monitor(room)) as leases:
        monitor_id = leases.beat().monitor
        leases.take(BUCKETS)
        assert len(room.store.pages_due(1e12, 9, monitor_id)) == 1
        leases.release([bucket])
        assert room.store.pages_due(1e12, 9, monitor_id) == []


def test_pages_of_a_store_that_was_moved_get_their_buckets(room: SmallStore) -> None:
    change = arrival(1)
    page = replace(change.article, url="https://elsewhere.be/a")
    room.save(replace(change, article=page, wants_page=True))
    with transaction(room.store._connection) as sql:
        sql.execute("UPDATE pages SET bucket = 0")  # as if one monitor polled all
    room.store.subscribe((FIRST, SECOND), (ALIBABA, SPIES))
    assert room.sql("SELECT bucket FROM pages") == [(bucket_of("https://elsewhere.be/"),)]


def test_a_lost_monitor_raises_one_alert_unless_it_runs_again(room: SmallStore) -> None:
    def lost_titles() -> list[str]:
        return [
            alert.title for alert in note_lost_monitors(room.store, Routing(), time.time()).raised
        ]

    lost_monitor, restarted_monitor, live_monitor = (
        monitor(room, "lost", SOON), monitor(room, "again", SOON), monitor(room, "here"),
    )  # fmt: skip
    with closing(lost_monitor), closing(restarted_monitor), closing(live_monitor):
        for leases in (lost_monitor, restarted_monitor, live_monitor):
            leases.beat()
        assert lost_titles() == []
        with closing(monitor(room, "again")) as second_start:
            second_start.beat()
            (title,) = until(lost_titles, 10)
            assert "lost/7 is lost" in title
            assert lost_titles() == []
            (alert,) = room.views.alerts.get([1])
            assert (alert.kind, alert.title) == (AlertKind.LOST, title)
            expected = [("here/7", False), ("again/7", False), ("lost/7", True)]
            # The lease of the first `again` may end later than that of `lost`.
            viewer = room.views.connection
            until(lambda: [(m.name, m.lost) for m in sharing_monitors(viewer)] == expected, 10)
            lost_monitor.beat()
            assert [m.lost for m in sharing_monitors(viewer)] == [False, False, False]
            assert len(until(lost_titles, 10)) == 1  # the monitor is lost again
            room.store.forget(names_before=0.0, sent_before=0.0)
            assert room.sql("SELECT count(*) FROM monitors") == [(3,)]


@pytest.fixture
def pair(room: SmallStore) -> Iterator[tuple[SqlLeases, SqlLeases]]:
    """Two monitors that may ask hosts."""
    with closing(monitor(room)) as first, closing(monitor(room, "b")) as second:
        first.beat()
        second.beat()
        yield first, second


def test_the_turn_of_a_host_is_one_monitors_at_a_time(pair: tuple[SqlLeases, SqlLeases]) -> None:
    first, second = pair
    assert first.take_turns({"a.be": 60.0, "b.be": 60.0}) == {}
    (waits,) = second.take_turns({"b.be": 60.0, "c.be": 60.0}).items()
    assert waits == ("b.be", pytest.approx(60.0 + HANDOVER, abs=30.0))
    assert set(first.take_turns({"b.be": 1.0, "c.be": 1.0, "d.be": 1.0})) == {"b.be", "c.be"}


def test_a_host_is_left_alone_before_another_monitor_asks_it(
    pair: tuple[SqlLeases, SqlLeases],
) -> None:
    first, second = pair
    assert first.take_turns({"a.be": -1.0, "b.be": -1.0, "c.be": -HANDOVER}) == {}
    assert first.take_turns({"a.be": -1.0}) == {}
    assert set(second.take_turns({"b.be": 0.0, "c.be": 0.0})) == {"b.be"}


def test_whoever_waits_for_a_host_goes_before_the_one_that_asked_last(
    pair: tuple[SqlLeases, SqlLeases], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("monitor.storage.store.sql.leases.HANDOVER", 1_000.0)
    first, second = pair
    assert first.take_turns({"a.be": 0.0}) == {}
    (wait,) = second.take_turns({"a.be": 0.0}).values()
    assert 0 < wait <= 1_000
    (wait,) = first.take_turns({"a.be": 0.0}).values()
    assert 1_000 < wait <= 2_000


def test_a_host_that_was_not_asked_for_long_is_forgotten(room: SmallStore) -> None:
    with closing(monitor(room)) as leases:
        leases.take_turns({"old.be": -2 * TURNS_KEPT, "new.be": 1.0})
        room.store.forget(names_before=0.0, sent_before=0.0)
    assert room.sql("SELECT host FROM turns") == [("new.be",)]


def test_viewers_see_who_does_what_and_how_late(room: SmallStore) -> None:
    assert sharing_monitors(room.views.connection) == []
    with closing(monitor(room)) as leases:
        leases.beat()
        leases.take(BUCKETS)
        leases.take_duties([Duty.DELIVERIES])
        time.sleep(0.2)
        (status,) = sharing_monitors(room.views.connection)
    assert (status.name, status.buckets, status.duties) == ("a/7", BUCKETS, (Duty.DELIVERIES,))
    assert 0.2 <= status.lag < 60  # no feed was polled since it began
    assert 0.2 <= status.silence < 60
