"""What the monitor and the viewers see of mutes and of what was held back."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Collection
from typing import TYPE_CHECKING, Protocol

from index.article import Timestamp
from monitor.store.connection import reading

if TYPE_CHECKING:
    from monitor.model import Filter, Mute, Raised


class Holding(Protocol):
    """The batch's side."""

    def muted(self, now: Timestamp) -> dict[str, Timestamp]:
        """Return until when watchlists are muted, by their names in lower case."""

    def cooling(self, alert: int) -> bool:
        """Tell whether somebody was told of another alert in the cooldown that holds this one."""

    def hold_escalation(self, alert: int, reason: str, now: Timestamp) -> None:
        """Note why nobody is told that an alert has just become louder."""

    def count_held(self, watchlist: str, now: Timestamp) -> None:
        """Count an alert of which nobody is told for now."""

    def release_held(self, watchlist: str) -> tuple[int, Timestamp] | None:
        """Return how much was held back since somebody was told, and since when; count anew."""

    def end_mutes(self, now: Timestamp) -> list[tuple[Mute, Raised | None]]:
        """Return the mutes that have ended since the last look, each with its newest alert."""


class Suppressed(Protocol):
    """The viewers' side."""

    def mutes(self, now: Timestamp) -> list[Mute]:
        """Return the mutes in force, the first one to end first."""

    def mute(self, mute: Mute) -> None:
        """Mute a watchlist; one that is muted already is from then on as told."""

    def unmute(self, watchlist: str, now: Timestamp) -> bool:
        """End the mute of a watchlist; tell whether there was one."""

    def suppressed_ids(
        self, filter: Filter, feeds: Collection[int] | None, limit: int | None
    ) -> list[int]:
        """Return ids of the newest alerts that nobody was told of, in ascending order."""

    def suppressed(self, since: Timestamp) -> Counter[tuple[str, str]]:
        """Return how many alerts nobody was told of, by watchlist and reason."""


class MutesOver:
    """Whether a mute has ended, for the monitor to look at often."""

    _connection: sqlite3.Connection

    def mutes_over(self, now: Timestamp) -> bool:
        """Tell whether a mute has ended that nobody has noticed yet."""
        with reading(self._connection) as sql:
            found = sql.execute("SELECT 1 FROM mutes WHERE told = 0 AND until <= ?", (now,))
            return found.fetchone() is not None
