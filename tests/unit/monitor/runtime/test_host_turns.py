"""Tests of the turns of hosts among monitors, which are requested together."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar, cast

from support.memory_leases import LeaseTable, MemoryLeases

from monitor.base.errors import StoreError
from monitor.base.tasks import WorkerThread
from monitor.runtime.lease_keeper import HostTurns
from monitor.storage.store.sql.leases import HANDOVER

T = TypeVar("T")


@dataclass
class Recorded(MemoryLeases):
    """Leases that remember the hosts of each request."""

    requests: list[set[str]] = field(default_factory=list)

    def take_turns(self, spacings: Mapping[str, float]) -> dict[str, float]:
        self.requests.append(set(spacings))
        return super().take_turns(spacings)


async def call_later(call: Callable[..., T], *args: Any) -> T:
    """Answer with a delay, as a database does."""
    await asyncio.sleep(0)
    return call(*args)


def turns(leases: MemoryLeases) -> HostTurns:
    return HostTurns(leases.take_turns, cast(WorkerThread, call_later))


def run(script: Coroutine[Any, Any, None]) -> None:
    asyncio.run(script)


def test_all_that_wait_meanwhile_are_asked_for_at_once() -> None:
    async def script() -> None:
        leases = Recorded(LeaseTable())
        host_turns = turns(leases)
        waits = await asyncio.gather(*(host_turns.take(f"{n}.be", 1.0) for n in range(9)))
        assert waits == [0.0] * 9
        assert [len(hosts) for hosts in leases.requests] == [1, 8]  # the others came meanwhile

    run(script())


def test_of_two_monitors_one_waits() -> None:
    async def script() -> None:
        table = LeaseTable()
        first_turns, second_turns = (turns(MemoryLeases(table, monitor)) for monitor in (1, 2))
        assert await first_turns.take("a.be", 10.0) == 0.0
        assert await second_turns.take("a.be", 1.0) == 10.0 + HANDOVER
        assert await second_turns.take("b.be", 1.0) == 0.0
        table.now += 10.0 + HANDOVER
        assert await second_turns.take("a.be", 1.0) == 0.0

    run(script())


def test_a_turn_that_nobody_waited_for_is_not_given_later() -> None:
    async def script() -> None:
        table = LeaseTable()
        host_turns = turns(MemoryLeases(table))
        hosts = ("a.be", "b.be", "c.be")
        first, second, dropped = (asyncio.create_task(host_turns.take(host, 5.0)) for host in hosts)
        assert await first == 0.0
        dropped.cancel()  # the turn of its host is taken with that of the second
        assert await second == 0.0
        assert await host_turns.take("c.be", 5.0) == 5.0

    run(script())


def test_a_store_that_does_not_answer_gives_no_turn() -> None:
    async def script() -> None:
        leases = MemoryLeases(LeaseTable(), is_cut=True)
        host_turns = turns(leases)
        errors = await asyncio.gather(
            host_turns.take("a.be", 1.0), host_turns.take("b.be", 1.0), return_exceptions=True
        )
        assert [type(error) for error in errors] == [StoreError] * 2
        leases.is_cut = False
        assert await host_turns.take("a.be", 1.0) == 0.0

    run(script())
