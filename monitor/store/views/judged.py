"""What verdicts say of watchlists: of each term, and of each article that rang."""

from __future__ import annotations

from collections.abc import Sequence

from monitor import model
from monitor.store.chunks import CHUNK, marks
from monitor.store.views.connected import Connected


class JudgedViews(Connected):
    """Verdicts, to judge watchlists by."""

    def term_records(self) -> list[model.TermRecord]:
        """Return what each term of the watchlists in force brought, the most first."""
        return [
            model.TermRecord(*row)
            for row in self._read(
                "SELECT w.name, m.term, count(DISTINCT al.id),"
                " count(DISTINCT iif(al.verdict = 'relevant', al.id, NULL)),"
                " count(DISTINCT iif(al.verdict = 'noise', al.id, NULL))"
                " FROM watchlists w JOIN alerts al ON al.watchlist = w.name"
                " JOIN matches m ON m.alert = al.id WHERE al.merged_into IS NULL"
                " GROUP BY w.name, m.term ORDER BY w.place, 3 DESC, m.term"
            )
        ]

    def judged(self, watchlist: str) -> list[model.Judged]:
        """Return the articles that a watchlist raised alerts for, with what was said of them.

        A copy is as relevant as the alert that speaks for it; as noise it counts with that.
        """
        return [
            model.Judged(article, model.Verdict(verdict))
            for article, verdict in self._read(
                "SELECT al.article, coalesce(leader.verdict, al.verdict) FROM alerts al"
                " LEFT JOIN alerts leader ON leader.id = al.merged_into"
                " WHERE al.watchlist = ? AND al.article IS NOT NULL"
                " AND (al.merged_into IS NULL OR leader.verdict = 'relevant') ORDER BY al.id",
                (watchlist,),
            )
        ]

    def known_alerts(self, ids: Sequence[int]) -> set[int]:
        """Return those of these numbers that alerts have."""
        found: set[int] = set()
        for at in range(0, len(ids), CHUNK):
            chunk = ids[at : at + CHUNK]
            found.update(
                id
                for (id,) in self._read(
                    f"SELECT id FROM alerts WHERE id IN ({marks(len(chunk))})", chunk
                )
            )
        return found

    def article_of(self) -> list[tuple[int, int]]:
        """Return (alert, article) of every alert about an article."""
        return list(self._read("SELECT id, article FROM alerts WHERE article IS NOT NULL"))
