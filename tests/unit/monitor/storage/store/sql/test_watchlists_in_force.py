"""Tests that a renamed watchlist keeps its alerts, its silence and its evidence."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from msgspec.structs import replace
from support.small_store import NOW, SPIES, SmallStore, arrival, opened

from monitor.judgement.rule_version import rule_version
from monitor.model.config import StoreAddress
from monitor.model.watchlist import Silence, Watchlist
from monitor.storage.maintenance.verification import verify
from monitor.storage.store.sql.evidence import EvidenceReader
from monitor.watchlists.backfill import Backfill

OLD = replace(SPIES, name="Spies", rule=rule_version(SPIES.query.root, (), ()))
NEW = replace(OLD, name="Agents")


def activate(room: SmallStore, *watchlists: Watchlist) -> list[Any]:
    """Activate these watchlists, as a monitor does when it starts."""
    backfill = Backfill(room.store, lambda: NOW)
    new_watchlists = backfill.begin(watchlists, room.store.subscribe(room.feeds, watchlists))
    while backfill.step():
        pass
    return new_watchlists


def alerts(room: SmallStore) -> list[tuple[Any, ...]]:
    return room.sql("SELECT id, watchlist, article FROM alerts ORDER BY id")


@pytest.fixture
def room(address: StoreAddress) -> Iterator[SmallStore]:
    """A store with two alerts of a watchlist, which is silenced."""
    room = opened(address)
    activate(room, OLD)
    room.save(arrival(1, OLD), arrival(2, OLD), arrival(3))
    room.store.watchlists.silence(Silence(watchlist="Spies", by="ann", since=NOW, until=NOW + 60))
    yield room
    room.store.close()


def test_its_alerts_and_its_silence_have_the_new_name(room: SmallStore) -> None:
    assert activate(room, NEW) == []
    assert alerts(room) == [(1, "Agents", 1), (2, "Agents", 2)]
    (count,) = room.views.watchlists.counts(0.0, 1, 1.0)
    assert (count.name, count.total, count.untriaged) == ("Agents", 2, 2)
    assert [silence.watchlist for silence in room.views.watchlists.silences(NOW + 1)] == ["Agents"]
    assert not room.views.watchlists.in_force()[0].is_pending


def test_it_may_get_its_old_name_again(room: SmallStore) -> None:
    activate(room, NEW)
    room.save(arrival(4, NEW))
    activate(room, OLD)
    assert alerts(room) == [(1, "Spies", 1), (2, "Spies", 2), (3, "Spies", 4)]


@pytest.mark.parametrize(
    "after",
    [
        (replace(NEW, rule="another"),),
        (NEW, replace(NEW, name="Moles")),
        (OLD, NEW),
    ],
    ids=["another rule", "two new ones", "a copy"],
)
def test_what_is_no_renaming_leaves_alerts_as_they_are(
    room: SmallStore, after: tuple[Watchlist, ...]
) -> None:
    room.store.subscribe(room.feeds, after)
    assert {name for _, name, _ in alerts(room)} == {"Spies"}


def test_a_name_that_has_alerts_of_its_own_gets_no_others(room: SmallStore) -> None:
    other = replace(NEW, rule="another")
    activate(room, OLD, other)
    room.save(arrival(4, other))
    activate(room, OLD)
    room.store.subscribe(room.feeds, (NEW,))
    assert [name for _, name, _ in alerts(room)] == ["Spies", "Spies", "Agents"]


def test_the_evidence_says_so_and_is_whole(room: SmallStore) -> None:
    activate(room, NEW)
    room.save(arrival(4, NEW))
    with EvidenceReader(room.address) as reader:
        assert verify(reader, lambda *_: None, now=NOW).faults == []
    room.sql("UPDATE alerts SET watchlist = 'Spies' WHERE id = 2 RETURNING id")
    with EvidenceReader(room.address) as reader:
        (fault,) = verify(reader, lambda *_: None, now=NOW).faults
    assert str(fault).endswith("`watchlist` is now 'Spies', and was 'Agents'")
