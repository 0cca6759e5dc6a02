"""What viewers read and note of searches."""

from __future__ import annotations

from monitor import model
from monitor.store.connection import transaction
from monitor.store.views.connected import Connected

KEPT = 200
"""Searches that are remembered."""


class SearchViews(Connected):
    """What was searched for."""

    def searched(self, limit: int) -> list[model.Searched]:
        """Return the searches that were made, the newest first, each query once."""
        found = self._read(
            "SELECT query, sort, at FROM searched ORDER BY at DESC, query LIMIT ?", (limit,)
        )
        return [model.Searched(*row) for row in found]

    def note_search(self, search: model.Searched) -> None:
        """Remember a search; raises StoreError if the store stays locked."""
        with transaction(self._sql) as sql:
            sql.execute(
                "INSERT OR REPLACE INTO searched VALUES (?, ?, ?)",
                (search.query, search.sort, search.at),
            )
            sql.execute(
                "DELETE FROM searched WHERE query IN"
                " (SELECT query FROM searched ORDER BY at DESC, query LIMIT -1 OFFSET ?)",
                (KEPT,),
            )

    def forget_search(self, query: str) -> None:
        """Forget a search; raises StoreError if the store stays locked."""
        with transaction(self._sql) as sql:
            sql.execute("DELETE FROM searched WHERE query = ?", (query,))
