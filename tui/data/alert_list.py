"""The alerts of the stream: which alert is on which row, and a cache of alerts by id."""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from monitor.model.alert import EscalatedAlert

if TYPE_CHECKING:
    from monitor.model.alert import Alert, Change


BLOCK_SIZE = 128
"""Alerts read together; 128 rows by primary key take 0.2 ms."""


class AlertOrder:
    """Which alert is on which row, newest first; an escalated alert moves to the top.

    Nearly every alert stands where its id puts it, in one ascending array: a new alert is an
    append. The few escalated ones stand above the alert that was the newest when they escalated.
    """

    def __init__(self, ids: Iterable[int] = (), escalated: Iterable[EscalatedAlert] = ()) -> None:
        self._escalated = sorted(escalated)
        self._place = {row.alert: place for place, row in enumerate(self._escalated)}
        self._ids = self._without_escalated(ids)
        self._newest = max([*self._ids[-1:], *self._place], default=0)
        self._heights: list[int] = []
        """How many rows lie below each escalated alert."""
        self._compute_heights()

    def __len__(self) -> int:
        return len(self._ids) + len(self._escalated)

    @property
    def newest(self) -> int:
        """Id of the newest alert, 0 without any."""
        return self._newest

    def at(self, row: int) -> int:
        """Return the id on a row."""
        height = len(self) - 1 - row
        place = bisect_left(self._heights, height)
        if place < len(self._heights) and self._heights[place] == height:
            return self._escalated[place].alert
        return self._ids[height - place]

    def row(self, alert: int) -> int | None:
        """Return the row of an alert, None if it has none."""
        place = self._place.get(alert)
        if place is not None:
            return len(self) - 1 - self._heights[place]
        at = bisect_left(self._ids, alert)
        if at >= len(self._ids) or self._ids[at] != alert:
            return None
        return len(self) - 1 - at - bisect_left(self._escalated, (alert,))

    def block(self, row: int) -> Sequence[int]:
        """Return the ids around a row that are read together; new alerts do not shift blocks."""
        alert = self.at(row)
        if alert in self._place:
            return (alert,)
        at = bisect_left(self._ids, alert)
        start = at - at % BLOCK_SIZE
        return self._ids[start : start + BLOCK_SIZE]

    def rows(self, first: int, count: int) -> list[int]:
        """Return the ids on `count` rows from `first` on, as far as there are rows."""
        return [self.at(row) for row in range(max(0, first), min(len(self), first + count))]

    def add_newer(self, ids: Sequence[int]) -> int:
        """Add newer alerts at the top; return how many were not here yet."""
        fresh = ids[bisect_left(ids, self._newest + 1) :]
        self._ids.extend(fresh)
        if fresh:
            self._newest = fresh[-1]
        return len(fresh)

    def add_older(self, ids: Sequence[int], escalated: Iterable[EscalatedAlert] = ()) -> None:
        """Add older alerts at the bottom: those of `ids` before the oldest one here."""
        older = [row for row in escalated if row.alert not in self._place]
        self._set_escalated([*older, *self._escalated])
        here = self._without_escalated(self._ids)
        ids = ids[: bisect_left(ids, here[0])] if here else ids
        self._ids = self._without_escalated(ids) + here
        self._newest = max([self._newest, *self._ids[-1:]])
        self._compute_heights()

    def escalate(self, escalations: Sequence[tuple[int, int]]) -> None:
        """Move alerts to the top, given (escalation, alert); the last one becomes the topmost."""
        moved = {alert for _, alert in escalations}
        for alert in moved - self._place.keys():
            at = bisect_left(self._ids, alert)
            if at < len(self._ids) and self._ids[at] == alert:
                del self._ids[at]
        others = [row for row in self._escalated if row.alert not in moved]
        self._newest = max([self._newest, *moved])
        new = (EscalatedAlert(self._newest, escalation, alert) for escalation, alert in escalations)
        self._set_escalated([*others, *new])
        self._compute_heights()

    def _set_escalated(self, rows: Iterable[EscalatedAlert]) -> None:
        self._escalated = sorted(rows)
        self._place = {row.alert: place for place, row in enumerate(self._escalated)}

    def _without_escalated(self, ids: Iterable[int]) -> array[int]:
        return array("q", (id for id in ids if id not in self._place) if self._place else ids)

    def _compute_heights(self) -> None:
        self._heights = [
            bisect_right(self._ids, row.above) + place for place, row in enumerate(self._escalated)
        ]


CACHE_SIZE = 4096
"""Alerts in the cache, about 4 MB; a screen shows at most some hundreds."""


@dataclass(frozen=True, slots=True, eq=False)
class PendingChange:
    """A triage decision that is shown but not stored yet."""

    ids: frozenset[int]
    change: Change


class AlertCache:
    """Alerts by id as they are stored, with the pending changes applied."""

    def __init__(
        self, read: Callable[[Sequence[int]], list[Alert]], size: int = CACHE_SIZE
    ) -> None:
        self._read = read
        self._size = size
        self._stored: dict[int, Alert | None] = {}
        self._pending: list[PendingChange] = []
        self.version = 0
        """Grows with each change, so that alerts that were read before it can be told."""

    def get(self, alert: int, block: Callable[[], Sequence[int]] | None = None) -> Alert | None:
        """Return an alert, None if the store no longer has it; read its block with it.

        Raises:
            StoreError: The store cannot be read.
        """
        if alert not in self._stored:
            missing = [id for id in block() if id not in self._stored] if block else [alert]
            self._load(missing)
        return self._with_changes(self._stored.get(alert))

    def update(self, alerts: Sequence[Alert]) -> set[int]:
        """Take alerts as they are stored now; return the ids of those that differ."""
        changed = {alert.id for alert in alerts if self._stored.get(alert.id) != alert}
        self._stored.update((alert.id, alert) for alert in alerts)
        return changed

    def add_pending(self, pending: PendingChange) -> None:
        """Show a change before it is stored."""
        self.version += 1
        self._pending.append(pending)

    def resolve_pending(self, pending: PendingChange, *, stored: bool) -> None:
        """Remove a pending change: it is stored now, or it failed."""
        self.version += 1
        self._pending.remove(pending)
        if stored:
            for alert in pending.ids:
                known = self._stored.get(alert)
                if known is not None:
                    self._stored[alert] = pending.change.on(known)

    def known(self, ids: Iterable[int]) -> list[Alert]:
        """Return those of some alerts that are in the cache."""
        alerts = (self._with_changes(self._stored.get(alert)) for alert in ids)
        return [alert for alert in alerts if alert is not None]

    def forget(self, ids: Collection[int]) -> None:
        """Remove alerts from the cache; the next `get` reads them again."""
        self.version += 1
        for alert in ids:
            self._stored.pop(alert, None)

    def pending(self) -> Collection[int]:
        """Return the ids of alerts with pending changes."""
        return {alert for pending in self._pending for alert in pending.ids}

    def _load(self, ids: Sequence[int]) -> None:
        for alert in ids:
            self._stored.pop(alert, None)  # so that it is added at the end
        alerts = {alert.id: alert for alert in self._read(ids)}
        self._stored.update((alert, alerts.get(alert)) for alert in ids)
        while len(self._stored) > max(self._size, len(ids)):
            del self._stored[next(iter(self._stored))]

    def _with_changes(self, alert: Alert | None) -> Alert | None:
        if alert is not None:
            for pending in self._pending:
                if alert.id in pending.ids:
                    alert = pending.change.on(alert)
        return alert
