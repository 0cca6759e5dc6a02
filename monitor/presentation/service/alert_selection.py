"""The alerts that a filter and a query select: the latest ones, and what is new among them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from msgspec.structs import replace

if TYPE_CHECKING:
    from monitor.model.alert import Alert, EscalatedAlert
    from monitor.model.search import Filter
    from monitor.model.status import StoreVersion
    from monitor.presentation.service.service import Service


class AlertSelection:
    """The alerts that a filter and a query select."""

    def __init__(self, service: Service, filter: Filter, query: str) -> None:
        """Begin with a query, which is evaluated at once; an empty one selects all.

        Raises:
            QueryError: The query has a mistake.
        """
        self.views = service.views.alerts
        self.filter = filter
        self._queried = service.triage.select(filter, query) if query else None

    def alerts(self, limit: int) -> list[Alert]:
        """Return the `limit` alerts that were raised or escalated last, 0 for all, newest last."""
        return self.read([alert.id for alert in self.latest(limit)])

    def after(
        self, version: StoreVersion
    ) -> tuple[StoreVersion, Sequence[int], Sequence[EscalatedAlert]]:
        """Return the version of the store, and what was raised and what escalated since another."""
        raised = self.views.ids(self.filter, after=version.alert)
        escalated = self.views.escalated(self.filter, after=version.escalation)
        version = version._replace(
            alert=max([version.alert, *raised]),
            escalation=max([version.escalation, *(one.escalation for one in escalated)]),
        )
        return version, raised, escalated

    def read(self, ids: Iterable[int]) -> list[Alert]:
        """Return these alerts, each once, with all that a row has."""
        return self.views.get([*dict.fromkeys(ids)], matches=True, timelines=True)

    def latest(self, limit: int) -> list[Alert]:
        """Return the alerts that were raised or escalated last, the newest last, bare."""
        if self._queried is not None:
            ids = list(self._queried)
            selected = frozenset(ids)
            any_state = replace(self.filter, closed=True)
            escalated = self.views.escalated(any_state)
            risen = [one.alert for one in escalated if one.alert in selected]
        else:
            ids = list(self.views.ids(self.filter, limit=limit or None))
            escalated = self.views.escalated(self.filter, limit=limit or None)
            risen = [one.alert for one in escalated]
        alerts = self.views.get([*dict.fromkeys([*ids[-limit:], *risen[-limit:]])])
        alerts.sort(key=lambda alert: (alert.stirred_at, alert.id))
        return alerts[-limit:]
