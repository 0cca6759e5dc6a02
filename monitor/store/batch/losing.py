"""Terms that an edit takes out of an article that had raised an alert by them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping

from index.article import Timestamp
from monitor.store.batch.transacted import Transacted


class Losing(Transacted):
    """What matched before an edit and does not any more is noted with the alert."""

    def _terms(self, articles: Collection[int]) -> dict[int, set[str]]:
        """Return the terms that each alert of these articles matches by."""
        found: dict[int, set[str]] = defaultdict(set)
        for alert, term in self._select(
            "SELECT al.id, m.term FROM alerts al LEFT JOIN matches m ON m.alert = al.id"
            " WHERE al.article IN ({})",
            articles,
        ):
            found[alert] |= {term} if term is not None else set()
        return found

    def _note_losses(
        self, before: Mapping[int, set[str]], after: Mapping[int, set[str]], now: Timestamp
    ) -> None:
        """Note the terms that are gone since `before`, and forget that others ever were."""
        self._sql.executemany(
            "INSERT OR IGNORE INTO lost_terms VALUES (?, ?, ?)",
            [
                (alert, term, now)
                for alert, terms in before.items()
                for term in terms - after.get(alert, set())
            ],
        )
        self._sql.executemany(
            "DELETE FROM lost_terms WHERE alert = ? AND term = ?",
            [(alert, term) for alert, terms in after.items() for term in terms],
        )
