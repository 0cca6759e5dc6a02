"""Which alert is on which row: ids in ingestion order, shown newest first."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Iterable, Sequence

BLOCK = 128
"""Alerts read at once; 128 rows by primary key take 0.2 ms."""


class Stream:
    """Ascending ids; row 0 is the newest. An arrival is an append, older ones go in front."""

    def __init__(self, ids: Iterable[int] = ()) -> None:
        self._ids = array("q", ids)

    def __len__(self) -> int:
        return len(self._ids)

    @property
    def newest(self) -> int:
        """Id of the newest alert, 0 without any."""
        return self._ids[-1] if self._ids else 0

    @property
    def oldest(self) -> int:
        """Id of the oldest alert known here, 0 without any."""
        return self._ids[0] if self._ids else 0

    def at(self, row: int) -> int:
        """Return the id on a row."""
        return self._ids[len(self._ids) - 1 - row]

    def row(self, alert: int) -> int | None:
        """Return the row of an alert, None if it is not here."""
        at = bisect_left(self._ids, alert)
        here = at < len(self._ids) and self._ids[at] == alert
        return len(self._ids) - 1 - at if here else None

    def block(self, row: int) -> Sequence[int]:
        """Return the ids around a row that are read together; arrivals do not shift them."""
        at = len(self._ids) - 1 - row
        start = at - at % BLOCK
        return self._ids[start : start + BLOCK]

    def rows(self, first: int, count: int) -> list[int]:
        """Return the ids on some rows, as many as there are."""
        return [self.at(row) for row in range(max(0, first), min(len(self), first + count))]

    def arrive(self, ids: Sequence[int]) -> int:
        """Put newer alerts on top, return how many were new here."""
        fresh = ids[bisect_left(ids, self.newest + 1) :]
        self._ids.extend(fresh)
        return len(fresh)

    def deepen(self, ids: array[int]) -> None:
        """Put older alerts below: those of `ids` that come before the oldest here."""
        older = ids[: bisect_left(ids, self.oldest)] if self._ids else ids
        self._ids = array("q", older) + self._ids
