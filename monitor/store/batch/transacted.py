"""A connection with its transaction open."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterable
from typing import Any

from monitor.store.chunks import CHUNK, marks


class Transacted:
    """What the parts of a batch have in common."""

    def __init__(self, sql: sqlite3.Connection) -> None:
        self._sql = sql

    def _select(
        self, query: str, values: Collection[Any], *before: Any
    ) -> Iterable[tuple[Any, ...]]:
        """Run a query once per chunk of the values of its IN ({})."""
        ordered = list(values)
        for at in range(0, len(ordered), CHUNK):
            chunk = ordered[at : at + CHUNK]
            yield from self._sql.execute(query.format(marks(len(chunk))), (*before, *chunk))
