"""Storing where feeds are sent on to."""

from __future__ import annotations

from monitor.model import Feed, Move
from monitor.store.batch.transacted import Transacted


class Moving(Transacted):
    """Permanent redirects."""

    def move(self, feed: Feed) -> Move | None:
        """Return where permanent redirects of a feed lead, None if there are none."""
        found = self._sql.execute(
            "SELECT moved_to, since, latest, times FROM moves WHERE feed = ?", (feed.number,)
        ).fetchone()
        return Move(*found) if found else None

    def _note_move(self, number: int, move: Move) -> None:
        """Note where a feed is sent on to; nowhere is forgotten."""
        if move.to:
            self._sql.execute(
                "INSERT OR REPLACE INTO moves VALUES (?, ?, ?, ?, ?)",
                (number, move.to, move.since, move.latest, move.times),
            )
        else:
            self._sql.execute("DELETE FROM moves WHERE feed = ?", (number,))
