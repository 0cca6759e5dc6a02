"""Tests of the leases of a monitor: renewal, release and expiry, by a clock of the test."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any, TypeVar, cast

import pytest
from hypothesis import Phase, example, given, settings, strategies as st
from support.memory_leases import LeaseTable, MemoryLeases
from support.properties import examples

from monitor.base.errors import LeaseLostError, StoreError
from monitor.model.lease import BUCKETS, Duty
from monitor.runtime.lease_keeper import BEATS, EXPIRY, TRUSTED, LeaseKeeper, SoleMonitor, share
from monitor.storage.fencing import SOLE, bucket_of, lease_in_hand, require_lease

T = TypeVar("T")
FEED = "https://www.lesoir.be/rss"
BEAT = EXPIRY / BEATS


@dataclass
class Machine:
    """A machine with a monitor."""

    table: LeaseTable
    clock_offset: float = 0.0
    alone: bool = False
    duties: tuple[Duty, ...] = tuple(Duty)
    leases: MemoryLeases = field(init=False)
    keeper: LeaseKeeper = field(init=False)
    is_stopped: bool = False

    def __post_init__(self) -> None:
        self.leases = MemoryLeases(self.table)
        self.keeper = LeaseKeeper(
            self.leases, cast(Any, _call), clock=lambda: self.table.now + self.clock_offset,
            monotonic=lambda: self.table.now, sleep=self._sleep, alone=self.alone,
            duties=self.duties,
        )  # fmt: skip

    async def _sleep(self, seconds: float) -> None:
        await asyncio.sleep(0)

    async def beat(self) -> None:
        """Send a heartbeat, unless the machine is stopped; it fails when the machine is cut off."""
        if not self.is_stopped:
            try:
                await self.keeper.beat()
            except StoreError:
                assert self.leases.is_cut

    def buckets(self) -> set[int]:
        """Return the buckets whose feeds the machine would poll now."""
        return {id for id in range(BUCKETS) if self.keeper._lease(id)}


async def _call(call: Callable[..., T], *args: Any) -> T:
    return call(*args)


def run(script: Coroutine[Any, Any, None]) -> None:
    asyncio.run(script)


@given(live=st.sets(st.integers(1, 1_000), min_size=1, max_size=40).map(sorted))
def test_shares_differ_by_one_at_most_and_leave_nothing(live: list[int]) -> None:
    shares = [share(monitor, live) for monitor in live]
    assert sum(shares) == BUCKETS
    assert max(shares) - min(shares) <= 1


# --- whatever happens ------------------------------------------------------------------------

events = st.lists(
    st.tuples(
        st.sampled_from(["join", "leave", "die", "stop", "cut", "go on", "wait"]),
        st.integers(0, 9),
        st.permutations(range(6)),
    ),
    max_size=12,
)


SLEEP = [("join", 1, [0, 1]), ("stop", 0, [1, 0]), ("wait", 9, [0, 1]), ("go on", 0, [1, 0])]


@example(events=SLEEP)
@settings(
    max_examples=examples(40),
    phases=[Phase.explicit, Phase.reuse, Phase.generate],  # to shrink takes minutes
)
@given(events=events)
def test_whatever_happens_a_bucket_has_one_holder_and_is_not_idle_for_long(
    events: list[tuple[str, int, list[int]]],
) -> None:
    run(_run_events(events))


async def _run_events(events: list[tuple[str, int, list[int]]]) -> None:
    table = LeaseTable()
    machines = [Machine(table)]
    idle_since = dict.fromkeys(range(BUCKETS), table.now)
    everybody_goes_on = [("go on", number, [*range(6)]) for number in range(6)]
    for event, number, order in [*events, *everybody_goes_on]:
        await _apply_event(event, number, machines, table)
        for _ in range(1 + 2 * number):  # a long time is twice what leases last
            await _beat_all(machines, order, table, idle_since)
    for _ in range(2 * BEATS):
        await _beat_all(machines, range(6), table, idle_since)
    if machines:
        shares = [len(machine.buckets()) for machine in machines]
        assert sum(shares) == BUCKETS
        assert max(shares) - min(shares) <= 1
        duties = Counter(duty for m in machines for duty in Duty if m.keeper.duty(duty))
        assert duties == dict.fromkeys(Duty, 1)


async def _apply_event(event: str, number: int, machines: list[Machine], table: LeaseTable) -> None:
    machine = machines[number % len(machines)] if machines else None
    match event:
        case "join" if len(machines) < 6:
            machines.append(Machine(table))
        case "leave" if machine and not (machine.is_stopped or machine.leases.is_cut):
            machines.remove(machine)
            await machine.keeper.leave()
        case "die" if machine:
            machines.remove(machine)
        case "stop" if machine:
            machine.is_stopped = True
        case "cut" if machine:
            machine.leases.is_cut = True
        case "go on" if machine:
            machine.is_stopped = machine.leases.is_cut = False


async def _beat_all(
    machines: list[Machine], order: Any, table: LeaseTable, idle_since: dict[int, float]
) -> None:
    """Let the time of a heartbeat pass, in which each machine beats in this order."""
    beating = [machines[index] for index in order if index < len(machines)]
    for machine in beating or machines:
        table.now += BEAT / 6
        await machine.beat()
        holder_counts = Counter(id for holder in machines for id in holder.buckets())
        assert not holder_counts or max(holder_counts.values()) == 1
    table.now += BEAT / 2
    able_machines = [m for m in machines if not (m.is_stopped or m.leases.is_cut)]
    for id in range(BUCKETS):
        if not able_machines or table.holder(id) is not None:
            idle_since[id] = table.now
    assert table.now - min(idle_since.values()) <= EXPIRY + 3 * BEAT


# --- one at a time ---------------------------------------------------------------------------


def test_a_monitor_stops_before_others_begin() -> None:
    async def script() -> None:
        machine = Machine(LeaseTable())
        await machine.beat()
        lease = machine.keeper.bucket(FEED)
        assert lease.id == bucket_of(FEED)
        machine.table.now += TRUSTED * EXPIRY
        assert machine.keeper.bucket(FEED) is None
        with machine.keeper.using(lease), pytest.raises(LeaseLostError):
            require_lease()

    run(script())


def test_what_is_under_way_is_not_given_back() -> None:
    async def script() -> None:
        table = LeaseTable()
        first, second = Machine(table), Machine(table)
        await first.beat()
        lease = first.keeper.bucket(FEED)
        await second.beat()
        with first.keeper.using(lease):
            for _ in range(3):
                await first.beat()
                await second.beat()
            assert first.keeper.bucket(FEED) == lease
            require_lease()
            assert lease_in_hand() == lease
        assert lease_in_hand() == SOLE
        assert len(first.buckets()) == len(second.buckets()) == BUCKETS // 2

    run(script())


def test_a_single_run_takes_everything_from_those_who_are_gone() -> None:
    async def script() -> None:
        table = LeaseTable()
        await Machine(table).beat()
        single = Machine(table, alone=True)
        await single.beat()
        assert len(single.buckets()) == BUCKETS
        assert all(single.keeper.duty(duty) for duty in Duty)

    run(script())


@pytest.mark.parametrize(("offset", "words"), [(3_600.0, "by 1 h"), (-90.0, "by 2 min")])
def test_a_monitor_with_a_wrong_clock_stands_back_until_it_is_set(
    offset: float, words: str, caplog: pytest.LogCaptureFixture
) -> None:
    async def script() -> None:
        table = LeaseTable()
        machine = Machine(table)
        await machine.beat()
        machine.clock_offset = offset
        await machine.beat()
        await machine.beat()
        assert not machine.buckets()
        assert not table.live()
        machine.clock_offset = 0.0
        await machine.beat()
        assert len(machine.buckets()) == BUCKETS

    run(script())
    assert [words in record.message for record in caplog.records] == [True]


def test_work_runs_as_long_as_its_duty_is_held() -> None:
    async def script() -> None:
        table = LeaseTable()
        machine, start_count, end_count = Machine(table), 0, 0

        async def count_work() -> None:
            nonlocal start_count, end_count
            start_count += 1
            lease = lease_in_hand()
            assert lease.id == Duty.BACKFILL
            try:
                await asyncio.Event().wait()
            finally:
                end_count += 1

        task = asyncio.create_task(machine.keeper.while_held(Duty.BACKFILL, count_work))
        await _let_run()
        assert (start_count, end_count) == (0, 0)
        await machine.beat()
        await _let_run()
        assert (start_count, end_count) == (1, 0)
        table.now += EXPIRY
        await _let_run()
        assert (start_count, end_count) == (1, 1)
        await machine.beat()
        await _let_run()
        assert (start_count, end_count) == (2, 1)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        assert (start_count, end_count) == (2, 2)

    run(script())


async def _let_run() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


def test_a_monitor_takes_only_the_duties_that_it_can_do() -> None:
    async def script() -> None:
        machine = Machine(LeaseTable(), duties=(Duty.UPKEEP,))
        await machine.beat()
        assert machine.keeper.duty(Duty.UPKEEP)
        assert not machine.keeper.duty(Duty.VECTORS)

    run(script())


def test_the_only_monitor_of_a_store_needs_no_lease() -> None:
    async def script() -> None:
        monitor = SoleMonitor()
        leases = []

        async def note_lease() -> None:
            leases.append(lease_in_hand())

        await monitor.beat()
        await monitor.while_held(Duty.UPKEEP, note_lease)
        with monitor.using(SOLE):
            assert lease_in_hand() == SOLE
        assert leases == [SOLE]
        assert monitor.bucket(FEED) == monitor.duty(Duty.UPKEEP) == SOLE
        assert monitor.monitor is None

    run(script())
