"""The leases of a shared store in memory, by a clock that a test sets."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from monitor.base.errors import StoreError
from monitor.model.lease import BUCKETS, Duty, Standing
from monitor.storage.store.sql.leases import HANDOVER


@dataclass
class LeaseTable:
    """The tables of the database: when monitors expire, and holder and epoch of each lease."""

    now: float = 1_000_000.0
    expiry: float = 30.0
    expires: dict[int, float] = field(default_factory=dict)
    leases: dict[int, tuple[int | None, int]] = field(
        default_factory=lambda: dict.fromkeys([*range(BUCKETS), *Duty], (None, 0))
    )
    joined: int = 0
    turns: dict[str, tuple[int, float]] = field(default_factory=dict)
    """For each host the monitor that asked it last, and the time of the next allowed request."""

    def live(self) -> list[int]:
        return sorted(id for id, until in self.expires.items() if until > self.now)

    def holder(self, lease: int) -> int | None:
        """Return the live monitor that holds a lease."""
        holder = self.leases[lease][0]
        return holder if holder in self.live() else None


@dataclass
class MemoryLeases:
    """See `SqlLeases`."""

    table: LeaseTable
    monitor: int = 0
    is_cut: bool = False
    """Whether the database cannot be reached."""

    def now(self) -> float:
        if self.is_cut:
            raise StoreError("it does not answer")
        return self.table.now

    def beat(self) -> Standing:
        if self.monitor not in self.table.expires:
            self.table.joined += 1
            self.monitor = self.table.joined
        self.table.expires[self.monitor] = self.table.now + self.table.expiry
        return Standing(
            now=self.table.now,
            monitor=self.monitor,
            live=tuple(self.table.live()),
            epochs={
                id: epoch
                for id, (holder, epoch) in self.table.leases.items()
                if holder == self.monitor
            },
        )

    def take(self, count: int, *, forced: bool = False) -> dict[int, int]:
        return self._take(range(BUCKETS), count, forced=forced)

    def take_duties(self, duties: Collection[Duty], *, forced: bool = False) -> dict[int, int]:
        return self._take(duties, len(duties), forced=forced)

    def release(self, leases: Iterable[int]) -> None:
        for id in leases:
            holder, epoch = self.table.leases[id]
            if holder == self.monitor:
                self.table.leases[id] = None, epoch + 1

    def take_turns(self, spacings: Mapping[str, float]) -> dict[str, float]:
        if self.is_cut:
            raise StoreError("it does not answer")
        waits = {host: self._wait(host) for host in spacings}
        free = [host for host, wait in waits.items() if wait <= 0]
        for host in free:
            self.table.turns[host] = self.monitor, self.table.now + spacings[host]
        return {host: wait for host, wait in waits.items() if host not in free}

    def leave(self) -> None:
        self.release(list(self.table.leases))
        self.table.expires.pop(self.monitor, None)

    def close(self) -> None:
        """Close nothing."""

    def _wait(self, host: str) -> float:
        monitor, free_at = self.table.turns.get(host, (self.monitor, self.table.now))
        return free_at + HANDOVER * (monitor != self.monitor) - self.table.now

    def _take(self, buckets: Iterable[int], count: int, *, forced: bool) -> dict[int, int]:
        free = [id for id in buckets if forced or self.table.holder(id) is None][:count]
        for id in free:
            self.table.leases[id] = self.monitor, self.table.leases[id][1] + 1
        return {int(id): self.table.leases[id][1] for id in free}
