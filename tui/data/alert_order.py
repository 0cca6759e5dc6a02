"""Which alert is on which row: in ingestion order, newest first; what became louder comes again.

Almost every alert stands where its id puts it, in one ascending array: an arrival is an append.
The few that became louder stand above the alert that was the newest then.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence

from monitor.model.alert import EscalatedAlert

BLOCK = 128
"""Alerts read at once; 128 rows by primary key take 0.2 ms."""


class AlertOrder:
    """Row 0 is the newest. An arrival is an append, older ones go in front."""

    def __init__(self, ids: Iterable[int] = (), again: Iterable[EscalatedAlert] = ()) -> None:
        self._again = sorted(again)
        self._place = {one.alert: place for place, one in enumerate(self._again)}
        self._ids = self._plain(ids)
        self._newest = max([*self._ids[-1:], *self._place], default=0)
        self._at: list[int] = []
        self._rank()

    def __len__(self) -> int:
        return len(self._ids) + len(self._again)

    @property
    def newest(self) -> int:
        """Id of the newest alert, 0 without any."""
        return self._newest

    def at(self, row: int) -> int:
        """Return the id on a row."""
        height = len(self) - 1 - row
        place = bisect_left(self._at, height)
        if place < len(self._at) and self._at[place] == height:
            return self._again[place].alert
        return self._ids[height - place]

    def row(self, alert: int) -> int | None:
        """Return the row of an alert, None if it is not here."""
        place = self._place.get(alert)
        if place is not None:
            return len(self) - 1 - self._at[place]
        at = bisect_left(self._ids, alert)
        if at >= len(self._ids) or self._ids[at] != alert:
            return None
        return len(self) - 1 - at - bisect_left(self._again, (alert,))

    def block(self, row: int) -> Sequence[int]:
        """Return the ids around a row that are read together; arrivals do not shift them."""
        alert = self.at(row)
        if alert in self._place:
            return (alert,)
        at = bisect_left(self._ids, alert)
        start = at - at % BLOCK
        return self._ids[start : start + BLOCK]

    def rows(self, first: int, count: int) -> list[int]:
        """Return the ids on some rows, as many as there are."""
        return [self.at(row) for row in range(max(0, first), min(len(self), first + count))]

    def arrive(self, ids: Sequence[int]) -> int:
        """Put newer alerts on top, return how many were new here."""
        fresh = ids[bisect_left(ids, self._newest + 1) :]
        self._ids.extend(fresh)
        if fresh:
            self._newest = fresh[-1]
        return len(fresh)

    def deepen(self, ids: Sequence[int], again: Iterable[EscalatedAlert] = ()) -> None:
        """Put older alerts below: those of `ids` that come before the oldest here."""
        older = [one for one in again if one.alert not in self._place]
        self._again = sorted([*older, *self._again])
        self._place = {one.alert: place for place, one in enumerate(self._again)}
        here = self._plain(self._ids)
        self._ids = self._plain(ids[: bisect_left(ids, here[0])] if here else ids) + here
        self._newest = max([self._newest, *self._ids[-1:]])
        self._rank()

    def stir(self, louder: Sequence[tuple[int, int]]) -> None:
        """Put (escalation, alert) on top, the last one topmost."""
        gone = {alert for _, alert in louder}
        for alert in gone - self._place.keys():
            at = bisect_left(self._ids, alert)
            if at < len(self._ids) and self._ids[at] == alert:
                del self._ids[at]
        stays = [one for one in self._again if one.alert not in gone]
        self._newest = max([self._newest, *gone])
        fresh = (EscalatedAlert(self._newest, escalation, alert) for escalation, alert in louder)
        self._again = sorted([*stays, *fresh])
        self._place = {one.alert: place for place, one in enumerate(self._again)}
        self._rank()

    def _plain(self, ids: Iterable[int]) -> array[int]:
        """Return the ids that stand where they always stood."""
        return array("q", (id for id in ids if id not in self._place) if self._place else ids)

    def _rank(self) -> None:
        """Reckon how many rows lie below each of those that came again."""
        self._at = [
            bisect_right(self._ids, one.above) + place for place, one in enumerate(self._again)
        ]
