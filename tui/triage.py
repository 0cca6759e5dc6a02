"""Verdicts of the analyst: shown at once, stored in order by one worker, undone if that fails."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable, Sequence

from monitor.errors import StoreError
from monitor.model import Alert
from tui.alerts import Alerts, Change, Pending

Write = Callable[[Sequence[int], Change], Awaitable[None]]
UNDO_DEPTH = 200


class Triage:
    """The queue of changes and the stack of what undoes them.

    `write` stores one change and raises StoreError; `shown` is told of every id whose look
    changed; `failed` is told why a change was taken back.
    """

    def __init__(
        self,
        alerts: Alerts,
        write: Write,
        shown: Callable[[Iterable[int]], None],
        failed: Callable[[str], None],
    ) -> None:
        self._alerts = alerts
        self._write = write
        self._shown = shown
        self._failed = failed
        self._queue: asyncio.Queue[Pending] = asyncio.Queue()
        self._undo: list[tuple[Pending, list[tuple[frozenset[int], Change]]]] = []

    def say(self, alerts: Sequence[Alert], change: Change) -> None:
        """Say something of alerts as they are on the screen now."""
        touched = [alert for alert in alerts if change.on(alert) != alert]
        if touched:
            pending = self._submit(frozenset(alert.id for alert in touched), change)
            self._undo.append((pending, _inverse(touched)))
            del self._undo[:-UNDO_DEPTH]

    def undo(self) -> frozenset[int]:
        """Take back the last thing said, return the alerts it was about."""
        if not self._undo:
            return frozenset()
        pending, inverse = self._undo.pop()
        for ids, change in inverse:
            self._submit(ids, change)
        return pending.ids

    async def work(self) -> None:
        """Store changes one after the other, for ever."""
        while True:
            pending = await self._queue.get()
            try:
                await self._write(sorted(pending.ids), pending.change)
            except StoreError as error:
                self._alerts.settle(pending, stored=False)
                self._undo = [entry for entry in self._undo if entry[0] is not pending]
                self._failed(str(error))
            else:
                self._alerts.settle(pending, stored=True)
            finally:
                self._queue.task_done()
            self._shown(pending.ids)

    async def drain(self, seconds: float) -> bool:
        """Wait until all that was said is stored, at most so long; return whether it is."""
        try:
            async with asyncio.timeout(seconds):
                await self._queue.join()
        except TimeoutError:
            return False
        return True

    def _submit(self, ids: frozenset[int], change: Change) -> Pending:
        pending = Pending(ids, change)
        self._alerts.lay(pending)
        self._queue.put_nowait(pending)
        self._shown(ids)
        return pending


def _inverse(alerts: Iterable[Alert]) -> list[tuple[frozenset[int], Change]]:
    """Return the changes that put alerts back to what they are."""
    groups: dict[Change, set[int]] = defaultdict(set)
    for alert in alerts:
        before = Change(state=alert.state, verdict=alert.verdict, starred=alert.starred)
        groups[before].add(alert.id)
    return [(frozenset(ids), change) for change, ids in groups.items()]
