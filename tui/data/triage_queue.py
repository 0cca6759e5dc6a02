"""Triage decisions: shown at once, stored in order by one worker, reverted if storing fails."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from typing import Protocol

from msgspec import Struct

from monitor.base.errors import StoreError
from monitor.model.alert import Alert
from monitor.model.triage import Change, TriageAction, TriageState, triage_state
from tui.data.story_list import PendingChange, StoryCache

UNDO_DEPTH = 200
"""Decisions that can be undone."""


class TriageStore(Protocol):
    """Where decisions are stored; each method raises StoreError."""

    def write(
        self, ids: Sequence[int], change: Change, shown: Mapping[int, TriageState]
    ) -> Awaitable[TriageAction | None]:
        """Store a decision about alerts as they were shown."""

    def undo(self, act: int | None) -> Awaitable[TriageAction | None]:
        """Undo a stored decision, or this analyst's last one."""

    def redo(self) -> Awaitable[TriageAction | None]:
        """Redo the decision that was undone last."""


class UndoEntry(Struct, eq=False):
    """A decision that can be undone as a whole."""

    ids: frozenset[int]
    change: Change
    alerts: Sequence[Alert]
    """Those of the alerts that were read, as they were before."""
    inverse: list[tuple[frozenset[int], Change]]
    """The changes that restore the alerts whose earlier state is known."""
    shown: Mapping[int, TriageState]
    """The alerts as they were shown, where that is known."""
    act: int | None = None
    """Id of the stored decision; None while it is not stored, and when it changed nothing."""


class _Task(Struct, frozen=True):
    """What the worker does next: store a decision or undo it."""

    pending: list[PendingChange]
    entry: UndoEntry
    undoes: bool


class TriageQueue:
    """The decisions that are to be stored, and the stack of those that can be undone."""

    def __init__(
        self,
        alerts: StoryCache,
        store: TriageStore,
        on_changed: Callable[[Collection[int]], None],
        on_failed: Callable[[str], None],
        on_overtaken: Callable[[Collection[int]], None],
    ) -> None:
        """Begin with nothing to store.

        Args:
            alerts: Where pending changes are shown.
            store: Where decisions are stored.
            on_changed: Called with the ids of alerts that look different now.
            on_failed: Called with the reason when a decision could not be stored.
            on_overtaken: Called with the alerts that a decision left as they are, because somebody
                changed them since they were shown.
        """
        self._alerts = alerts
        self._store = store
        self._on_changed = on_changed
        self._on_failed = on_failed
        self._on_overtaken = on_overtaken
        self._queue: asyncio.Queue[_Task] = asyncio.Queue()
        self._undo: list[UndoEntry] = []
        self.unsaved = 0
        """Decisions that are not stored yet."""

    def apply(self, alerts: Sequence[Alert], change: Change) -> int:
        """Change alerts as they are on the screen now; return how many it changes."""
        changed = [alert for alert in alerts if change.on(alert) != alert]
        return self.apply_to_ids(frozenset(a.id for a in changed), change, changed)

    def apply_to_ids(self, ids: frozenset[int], change: Change, known: Iterable[Alert] = ()) -> int:
        """Change alerts by id; return how many.

        Args:
            ids: The alerts.
            change: What to change.
            known: Those of the alerts that have been read, so that undo can show them at once.
        """
        if not ids:
            return 0
        known = list(known)
        shown = {alert.id: triage_state(alert) for alert in known}
        entry = UndoEntry(ids, change, known, _inverse(known, change), shown)
        self._undo.append(entry)
        del self._undo[:-UNDO_DEPTH]
        self._submit([(ids, change)], entry)
        return len(ids)

    def undo(self) -> UndoEntry | None:
        """Undo the last decision made in this dashboard since the last redo; return it."""
        if not self._undo:
            return None
        entry = self._undo.pop()
        self._submit(entry.inverse, entry, undoes=True)
        return entry

    async def undo_stored(self) -> TriageAction | None:
        """Undo this analyst's last stored decision; return it, None if there is none.

        Raises:
            StoreError: The store cannot be written.
        """
        await self._queue.join()
        return await self._show(self._store.undo(None))

    async def redo(self) -> TriageAction | None:
        """Redo the decision that was undone last; return it, None if there is none.

        Only the store knows that it is the last one again, so the next undo asks the store.

        Raises:
            StoreError: The store cannot be written.
        """
        self._undo.clear()
        await self._queue.join()
        return await self._show(self._store.redo())

    async def work(self) -> None:
        """Store decisions one after the other, for ever."""
        while True:
            task = await self._queue.get()
            try:
                await self._run(task)
            finally:
                self.unsaved -= 1
                self._queue.task_done()

    async def drain(self, seconds: float) -> bool:
        """Wait at most so long until every decision is stored; return whether it is."""
        try:
            async with asyncio.timeout(seconds):
                await self._queue.join()
        except TimeoutError:
            return False
        return True

    async def _run(self, task: _Task) -> None:
        entry, stored = task.entry, True
        act: TriageAction | None = None
        try:
            if not task.undoes:
                (pending,) = task.pending
                act = await self._store.write(sorted(pending.ids), pending.change, entry.shown)
                entry.act = (act.id or None) if act else None
            elif entry.act is not None:
                await self._store.undo(entry.act)
        except StoreError as error:
            stored = False
            self._undo = [other for other in self._undo if other is not entry]
            self._on_failed(str(error))
        for pending in task.pending:
            self._alerts.resolve_pending(pending, stored=stored)
        if task.undoes:
            self._alerts.forget(entry.ids)  # a later decision on the same alerts may stay
        if act and act.left and not task.undoes:
            self._alerts.forget(act.left)
            self._on_overtaken(act.left)
        self._on_changed(entry.ids)

    async def _show(self, call: Awaitable[TriageAction | None]) -> TriageAction | None:
        act = await call
        if act is not None:
            self._alerts.forget(act.ids)
            self._on_changed(act.ids)
        return act

    def _submit(
        self,
        changes: Iterable[tuple[frozenset[int], Change]],
        entry: UndoEntry,
        *,
        undoes: bool = False,
    ) -> None:
        pending = [PendingChange(ids, change) for ids, change in changes]
        for each in pending:
            self._alerts.add_pending(each)
        self.unsaved += 1
        self._queue.put_nowait(_Task(pending, entry, undoes))
        self._on_changed(entry.ids)


def _inverse(alerts: Iterable[Alert], change: Change) -> list[tuple[frozenset[int], Change]]:
    """Return the changes that restore alerts to their present state."""
    groups: dict[Change, set[int]] = defaultdict(set)
    for alert in alerts:
        before = Change(
            state=alert.state,
            verdict=alert.verdict,
            starred=alert.starred,
            note=alert.note,
            assignee=alert.assignee,
            tags=alert.tags,
            untag=tuple(tag for tag in change.tags if tag not in alert.tags),
        )
        groups[before].add(alert.id)
    return [(frozenset(ids), change) for change, ids in groups.items()]
