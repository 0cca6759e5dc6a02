"""Briefings by schedule: what is sent, and how far each entry of feeds.yaml has got."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING
from uuid import NAMESPACE_URL, uuid5

from monitor.base.article import Timestamp
from monitor.model.briefing import BriefingProgress, StoredBriefing
from monitor.model.delivery import DeliveryState, Occasion
from monitor.storage.store.database.connection import StoreConnection, marks, transaction

if TYPE_CHECKING:
    from monitor.model.config import BriefingSchedule

_BRIEFING = ", ".join(f"b.{name}" for name in StoredBriefing.__struct_fields__)


class BriefingQueue:
    """Briefings by schedule, for the monitor that makes them."""

    def __init__(self, connection: StoreConnection) -> None:
        self._connection = connection

    def begin(self, schedules: Sequence[BriefingSchedule], now: Timestamp) -> None:
        """Store the active schedules; a new or edited one begins with its next time."""
        names = [schedule.name for schedule in schedules]
        with transaction(self._connection.sql) as sql:
            sql.execute(
                f"DELETE FROM briefing_progress WHERE (name IN ({marks(len(names))})) IS NOT TRUE",
                names,
            )
            sql.executemany(
                "INSERT INTO briefing_progress VALUES (?1, ?2, ?3, NULL)"
                " ON CONFLICT (name) DO UPDATE SET times = ?2, done = ?3"
                " WHERE briefing_progress.times <> ?2",
                [(schedule.name, schedule.times, now) for schedule in schedules],
            )

    def progress(self) -> dict[str, BriefingProgress]:
        """Return how far the briefings of each active schedule have got, by name."""
        found = self._connection.read("SELECT name, done, until FROM briefing_progress")
        return {name: BriefingProgress(done, until) for name, done, until in found}

    def save(self, briefing: StoredBriefing, channels: Sequence[str], until: Timestamp) -> bool:
        """Store a briefing and its deliveries, in one transaction.

        Args:
            briefing: The briefing; its number is not yet known.
            channels: Where it goes.
            until: The end of the time that it is about.

        Returns:
            False if the time that it was due at is done with; then nothing is stored.
        """
        with transaction(self._connection.sql) as sql:
            if not sql.execute(
                "UPDATE briefing_progress SET done = ?1, until = ?2 WHERE name = ?3 AND done < ?1",
                (briefing.slot, until, briefing.name),
            ).rowcount:
                return False
            (id,) = sql.execute(
                "INSERT INTO briefings (name, slot, made_at, subject, plain, markdown, html, json)"
                f" VALUES ({marks(8)}) RETURNING id",
                (
                    briefing.name, briefing.slot, briefing.made_at, briefing.subject,
                    briefing.plain, briefing.markdown, briefing.html, briefing.json,
                ),
            ).fetchone()  # fmt: skip
            sql.insert(
                "deliveries",
                "alert, briefing, channel, occasion, why, key, due, created_at",
                [
                    (
                        0, id, channel, Occasion.BRIEFING, f"{briefing.name} {briefing.slot:.0f}",
                        _key(briefing, channel), briefing.made_at, briefing.made_at,
                    )
                    for channel in channels
                ],
            )  # fmt: skip
        return True


class BriefingViews:
    """Briefings by schedule, as they are sent."""

    def __init__(self, connection: StoreConnection) -> None:
        self._connection = connection

    def get(self, ids: Collection[int]) -> dict[int, StoredBriefing]:
        """Return stored briefings by number; unknown numbers are left out."""
        found = self._connection.rows_in(
            f"SELECT {_BRIEFING} FROM briefings b WHERE b.id IN ({{0}})", ids
        )
        return {row["id"]: StoredBriefing(**row) for row in found}

    def sent(self, channel: str, limit: int) -> list[StoredBriefing]:
        """Return the last briefings that a channel accepted, newest first."""
        found = self._connection.rows(
            f"SELECT {_BRIEFING} FROM deliveries d JOIN briefings b ON b.id = d.briefing"
            " WHERE d.briefing IS NOT NULL AND d.channel = ? AND d.state = ?"
            " ORDER BY b.id DESC LIMIT ?",
            (channel, DeliveryState.SENT, limit),
        )
        return [StoredBriefing(**row) for row in found]

    def subjects(self, limit: int) -> list[tuple[int, str]]:
        """Return the number and the subject of the last briefings by schedule, newest first."""
        statement = "SELECT id, subject FROM briefings ORDER BY id DESC LIMIT ?"
        return [(id, subject) for id, subject in self._connection.read(statement, (limit,))]


def _key(briefing: StoredBriefing, channel: str) -> str:
    """Return a name of a delivery that no other has: when it was made tells two newsrooms apart."""
    name = f"tocsin briefing {briefing.name} {channel} {briefing.slot!r} {briefing.made_at!r}"
    return str(uuid5(NAMESPACE_URL, name))
