"""What the analyst says: shown at once, stored in order by one worker, taken back if that fails."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from monitor.errors import StoreError
from monitor.model.alert import Act, Alert, Change
from tui.data.alert_cache import Alerts, Pending

UNDO_DEPTH = 200


class Record(Protocol):
    """Where what is said is kept; each raises StoreError."""

    def write(self, ids: Sequence[int], change: Change) -> Awaitable[Act | None]:
        """Store a change."""

    def undo(self, act: int | None) -> Awaitable[Act | None]:
        """Take back an act, or this person's last one."""

    def redo(self) -> Awaitable[Act | None]:
        """Say again what was taken back last."""


@dataclass(slots=True, eq=False)
class _Said:
    """Something that was said, to be taken back as a whole."""

    ids: frozenset[int]
    inverse: list[tuple[frozenset[int], Change]]
    """How the alerts at hand looked before."""
    act: int | None = None
    """None while it is not stored, and when it changed nothing."""


@dataclass(frozen=True, slots=True)
class _Step:
    """What the worker is to do: store what is laid, or take back what was said."""

    laid: list[Pending]
    said: _Said
    undoes: bool


class Triage:
    """The queue of changes and the stack of what undoes them.

    `shown` is told of every id whose look changed; `failed` is told why a change was taken
    back.
    """

    def __init__(
        self,
        alerts: Alerts,
        record: Record,
        shown: Callable[[Collection[int]], None],
        failed: Callable[[str], None],
    ) -> None:
        self._alerts = alerts
        self._record = record
        self._shown = shown
        self._failed = failed
        self._queue: asyncio.Queue[_Step] = asyncio.Queue()
        self._undo: list[_Said] = []

    def say(self, alerts: Sequence[Alert], change: Change) -> int:
        """Say something of alerts as they are on the screen now; return of how many it is new."""
        touched = [alert for alert in alerts if change.on(alert) != alert]
        return self.say_of(frozenset(a.id for a in touched), change, touched) if touched else 0

    def say_of(self, ids: frozenset[int], change: Change, known: Iterable[Alert] = ()) -> int:
        """Say something of alerts by id; `known` are those of them that are at hand."""
        said = _Said(ids, _inverse(known, change))
        self._undo.append(said)
        del self._undo[:-UNDO_DEPTH]
        self._submit([(ids, change)], said)
        return len(ids)

    def undo(self) -> frozenset[int]:
        """Take back the last thing said here, return the alerts it was about."""
        if not self._undo:
            return frozenset()
        said = self._undo.pop()
        self._submit(said.inverse, said, undoes=True)
        self._shown(said.ids)
        return said.ids

    async def earlier(self) -> Act | None:
        """Take back what this person said last, here or elsewhere; None if there is nothing."""
        await self._queue.join()
        return await self._again(self._record.undo(None))

    async def redo(self) -> Act | None:
        """Say again what was taken back last; None if there is nothing."""
        await self._queue.join()
        return await self._again(self._record.redo())

    async def work(self) -> None:
        """Store changes one after the other, for ever."""
        while True:
            step = await self._queue.get()
            try:
                await self._do(step)
            finally:
                self._queue.task_done()

    async def drain(self, seconds: float) -> bool:
        """Wait until all that was said is stored, at most so long; return whether it is."""
        try:
            async with asyncio.timeout(seconds):
                await self._queue.join()
        except TimeoutError:
            return False
        return True

    async def _do(self, step: _Step) -> None:
        said, stored = step.said, True
        try:
            if not step.undoes:
                (laid,) = step.laid
                act = await self._record.write(sorted(laid.ids), laid.change)
                said.act = act.id if act else None
            elif said.act is not None:
                await self._record.undo(said.act)
        except StoreError as error:
            stored = False
            self._undo = [entry for entry in self._undo if entry is not said]
            self._failed(str(error))
        for laid in step.laid:
            self._alerts.settle(laid, stored=stored)
        if step.undoes:
            self._alerts.forget(said.ids)  # something may stay that was said since
        self._shown(said.ids)

    async def _again(self, asked: Awaitable[Act | None]) -> Act | None:
        act = await asked
        if act is not None:
            self._alerts.forget(act.ids)
            self._shown(act.ids)
        return act

    def _submit(
        self,
        changes: Iterable[tuple[frozenset[int], Change]],
        said: _Said,
        *,
        undoes: bool = False,
    ) -> None:
        laid = [Pending(ids, change) for ids, change in changes]
        for pending in laid:
            self._alerts.lay(pending)
        self._queue.put_nowait(_Step(laid, said, undoes))
        self._shown(said.ids)


def _inverse(alerts: Iterable[Alert], change: Change) -> list[tuple[frozenset[int], Change]]:
    """Return the changes that put alerts back to what they are."""
    groups: dict[Change, set[int]] = defaultdict(set)
    for alert in alerts:
        before = Change(
            state=alert.state,
            verdict=alert.verdict,
            starred=alert.starred,
            note=alert.note,
            tags=alert.tags,
            untag=tuple(tag for tag in change.tags if tag not in alert.tags),
        )
        groups[before].add(alert.id)
    return [(frozenset(ids), change) for change, ids in groups.items()]
