"""Triage decisions: shown at once, stored in order by one worker, reverted if storing fails."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from functools import partial

from msgspec.structs import asdict

from monitor.base.errors import StoreError
from monitor.model.alert import Alert, TriageState
from monitor.model.triage import Change, TriageAction, triage_state
from tui.data.newsroom import NewsroomModel
from tui.data.story_list import PendingChange, StoryCache


class TriageQueue:
    """The decisions that are to be stored or undone."""

    def __init__(
        self,
        alerts: StoryCache,
        newsroom: NewsroomModel,
        on_changed: Callable[[Collection[int]], None],
        on_failed: Callable[[str], None],
        on_overtaken: Callable[[Collection[int]], None],
    ) -> None:
        """Begin with nothing to store.

        Args:
            alerts: The cache in which pending changes are shown.
            newsroom: The newsroom, which stores the decisions.
            on_changed: Called with the ids of alerts that look different now.
            on_failed: Called with the reason when a decision could not be stored.
            on_overtaken: Called with the alerts that a decision left as they are, because somebody
                changed them since they were shown.
        """
        self._alerts = alerts
        self._newsroom = newsroom
        self._on_changed = on_changed
        self._on_failed = on_failed
        self._on_overtaken = on_overtaken
        self._queue: asyncio.Queue[Callable[[], Awaitable[None]]] = asyncio.Queue()
        self.unsaved = 0
        """Decisions that are not stored yet."""

    def apply(self, alerts: Sequence[Alert], change: Change) -> int:
        """Change alerts as they are on the screen now; return the number of changed alerts."""
        affected = [alert for alert in alerts if change.on(alert) != alert]
        if affected:
            pending = PendingChange(frozenset(alert.id for alert in affected), change)
            states = {alert.id: triage_state(alert) for alert in affected}
            self._alerts.add_pending(pending)
            self._submit(partial(self._store, pending, states))
            self._on_changed(pending.ids)
        return len(affected)

    def undo(self, *, redo: bool = False) -> asyncio.Future[TriageAction | None]:
        """Undo this analyst's last decision, or redo what was undone last, in its turn.

        Returns:
            The act that was undone or redone, None if there is none; or a StoreError.
        """
        result: asyncio.Future[TriageAction | None] = asyncio.get_running_loop().create_future()
        self._submit(partial(self._undo, result, redo=redo))
        return result

    async def work(self) -> None:
        """Store decisions one after the other, for ever."""
        while True:
            task = await self._queue.get()
            try:
                await task()
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

    def _submit(self, task: Callable[[], Awaitable[None]]) -> None:
        self.unsaved += 1
        self._queue.put_nowait(task)

    async def _store(self, pending: PendingChange, states: Mapping[int, TriageState]) -> None:
        change, stored = asdict(pending.change), True
        act: TriageAction | None = None
        try:
            act = await self._newsroom.ask(
                self._newsroom.service.triage.change, sorted(pending.ids), shown=states, **change
            )
        except StoreError as error:
            stored = False
            self._on_failed(str(error))
        self._alerts.resolve_pending(pending, stored=stored)
        if act and act.left:
            self._alerts.forget(act.left)
            self._on_overtaken(act.left)
        self._on_changed(pending.ids)

    async def _undo(self, result: asyncio.Future[TriageAction | None], *, redo: bool) -> None:
        triage = self._newsroom.service.triage
        try:
            act = await self._newsroom.ask(triage.redo if redo else triage.undo)
        except StoreError as error:
            if not result.done():  # nobody waits for it any more
                result.set_exception(error)
            return
        if act is not None:
            self._alerts.forget(act.ids)
            self._on_changed(act.ids)
        if not result.done():
            result.set_result(act)
