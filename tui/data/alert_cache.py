"""Alerts by id, read a block at a time; verdicts not yet stored lie over what is stored."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from monitor.model.alert import Alert, Change

__all__ = ["Alerts", "Pending"]

ROOM = 4096
"""Alerts remembered, about 4 MB; a screen shows at most some hundreds."""


@dataclass(frozen=True, slots=True, eq=False)
class Pending:
    """A change on its way to the store."""

    ids: frozenset[int]
    change: Change


class Alerts:
    """What is known of alerts: the store's word, with pending changes laid over it."""

    def __init__(self, read: Callable[[Sequence[int]], list[Alert]], room: int = ROOM) -> None:
        self._read = read
        self._room = room
        self._stored: dict[int, Alert | None] = {}
        self._pending: list[Pending] = []
        self.version = 0
        """Grows with each change, so that older readings are known as such."""

    def get(self, alert: int, block: Callable[[], Sequence[int]] | None = None) -> Alert | None:
        """Return an alert, None if the store has it no more; reads its block with it."""
        if alert not in self._stored:
            self._remember(
                [one for one in block() if one not in self._stored] if block else (alert,)
            )
        return self._seen(self._stored.get(alert))

    def absorb(self, found: Sequence[Alert]) -> set[int]:
        """Take in what the store says now, return the alerts that look different."""
        changed = {alert.id for alert in found if self._stored.get(alert.id) != alert}
        self._stored.update((alert.id, alert) for alert in found)
        return changed

    def lay(self, pending: Pending) -> None:
        """Show a change before it is stored."""
        self.version += 1
        self._pending.append(pending)

    def settle(self, pending: Pending, *, stored: bool) -> None:
        """Take a change off: it is in the store now, or it failed and never was."""
        self.version += 1
        self._pending.remove(pending)
        if stored:
            for alert in pending.ids:
                known = self._stored.get(alert)
                if known is not None:
                    self._stored[alert] = pending.change.on(known)

    def known(self, ids: Iterable[int]) -> list[Alert]:
        """Return those of some alerts that were read, as they look."""
        found = (self._seen(self._stored.get(alert)) for alert in ids)
        return [alert for alert in found if alert is not None]

    def forget(self, ids: Collection[int]) -> None:
        """Read these anew when they are looked at."""
        self.version += 1
        for alert in ids:
            self._stored.pop(alert, None)

    def pending(self) -> Collection[int]:
        """Return the ids that a pending change is about."""
        return {alert for pending in self._pending for alert in pending.ids}

    def _remember(self, ids: Iterable[int]) -> None:
        wanted = list(ids)
        for alert in wanted:
            self._stored.pop(alert, None)  # to the young end
        found = {alert.id: alert for alert in self._read(wanted)}
        self._stored.update((alert, found.get(alert)) for alert in wanted)
        while len(self._stored) > max(self._room, len(wanted)):
            del self._stored[next(iter(self._stored))]

    def _seen(self, alert: Alert | None) -> Alert | None:
        if alert is not None:
            for pending in self._pending:
                if alert.id in pending.ids:
                    alert = pending.change.on(alert)
        return alert
