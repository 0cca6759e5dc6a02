"""Deliveries and briefings: the queues of the monitor, and the views of viewers."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Any
from uuid import NAMESPACE_URL, uuid5

from msgspec.structs import asdict

from monitor.base.article import Timestamp
from monitor.base.translation import coded, gettext as _
from monitor.model.briefing import BriefingProgress, StoredBriefing
from monitor.model.delivery import Delivery, DeliveryAttempt, DeliveryState, Occasion
from monitor.model.latency import ArticleTimes, DeliveryTimes, LatencyRows
from monitor.storage.store.database.connection import (
    UNBOUNDED,
    Connection,
    StoreViews,
    grouped,
    marks,
    select_in,
    transaction,
    values_of,
)

if TYPE_CHECKING:
    from monitor.model.config import BriefingSchedule

DELIVERY = ", ".join(Delivery.__struct_fields__)
_DUE = "(due <= ? OR created_at > ? + 60)"
"""A delivery created in the future was created before the clock was set back: it is due too."""


class DeliveryQueue(StoreViews):
    """Deliveries on their way, for the monitor that sends them."""

    def channels_due(self, now: Timestamp) -> list[str]:
        """Return the channels with deliveries that are due."""
        rows = self._connection.read(
            f"SELECT DISTINCT channel FROM deliveries WHERE state = 'waiting' AND {_DUE}",
            (now, now),
        )
        return [channel for (channel,) in rows]

    def is_waiting(self) -> bool:
        """Return whether any delivery waits, due or not."""
        query = "SELECT 1 FROM deliveries WHERE state = 'waiting' LIMIT 1"
        return any(self._connection.read(query))

    def due(self, channel: str, now: Timestamp, limit: int) -> list[Delivery]:
        """Return the due deliveries of a channel, the most urgent first, with whole bundles."""
        query = (
            f"SELECT {DELIVERY} FROM deliveries WHERE state = 'waiting' AND channel = ? AND {_DUE}"
        )
        values, read = (channel, now, now), self._connection.values
        deliveries = read(Delivery, f"{query} ORDER BY due, id LIMIT ?", (*values, limit))
        bundles = {delivery.bundle for delivery in deliveries} - {""}
        bundle_query = f"{query} AND bundle IN ({marks(len(bundles))}) ORDER BY due, id"
        members = read(Delivery, bundle_query, (*values, *bundles))
        return list({delivery.id: delivery for delivery in [*deliveries, *members]}.values())

    def save_attempts(self, attempts: Sequence[DeliveryAttempt], now: Timestamp) -> None:
        """Store the results of attempts to deliver."""
        with transaction(self._connection.sql) as sql:
            for attempt in attempts:
                if attempt.error is None:
                    sql.execute(
                        "UPDATE deliveries SET state = 'sent', sent_at = ?,"
                        " attempts = attempts + 1, reason = '' WHERE id = ?",
                        (now, attempt.delivery),
                    )
                else:
                    retry = attempt.retry_at
                    state = DeliveryState.DEAD if retry is None else DeliveryState.WAITING
                    sql.execute(
                        "UPDATE deliveries SET state = ?1, due = coalesce(?2, due), reason = ?3,"
                        " attempts = attempts + 1,"
                        " failing = CASE WHEN failing < ?4 THEN failing ELSE ?4 END,"
                        " created_at = CASE WHEN created_at < ?4 THEN created_at ELSE ?4 END"
                        " WHERE id = ?5",
                        (state, retry, coded(attempt.error), now, attempt.delivery),
                    )

    def give_up_others(self, channels: Sequence[str]) -> int:
        """Give up deliveries to channels that no longer exist; return their number."""
        with transaction(self._connection.sql) as sql:
            gone = sql.execute(
                "SELECT channel, count(*) FROM deliveries"
                f" WHERE state = 'waiting' AND (channel IN ({marks(len(channels))})) IS NOT TRUE"
                " GROUP BY channel",
                channels,
            ).fetchall()
            for channel, _count in gone:
                reason = _("feeds.yaml has no channel {name} any more", name=channel)
                sql.execute(
                    "UPDATE deliveries SET state = 'dead', reason = ?"
                    " WHERE state = 'waiting' AND channel = ?",
                    (coded(reason), channel),
                )
            return sum(count for _channel, count in gone)


class DeliveryViews(StoreViews):
    """Deliveries, and their latency."""

    def newest(
        self,
        states: Collection[DeliveryState],
        *,
        channel: str | None = None,
        limit: int | None = None,
    ) -> list[Delivery]:
        """Return the newest deliveries in these states, of a channel or all, the newest last."""
        state_names = sorted(states)
        deliveries = self._connection.values(
            Delivery,
            f"SELECT {DELIVERY} FROM deliveries WHERE state IN ({marks(len(state_names))})"
            " AND (cast(? AS TEXT) IS NULL OR channel = ?) ORDER BY id DESC LIMIT ?",
            (*state_names, channel, channel, UNBOUNDED if limit is None else limit),
        )
        return deliveries[::-1]

    def notified(self, channel: str, watchlist: str, limit: int) -> list[int]:
        """Return the last alerts of a watchlist that a channel accepted, newest first."""
        rows = self._connection.read(
            "SELECT d.alert FROM deliveries d JOIN alerts al ON al.id = d.alert"
            " WHERE d.channel = ? AND al.watchlist = ? AND d.state = 'sent'"
            " GROUP BY d.alert ORDER BY max(d.created_at) DESC, d.alert DESC LIMIT ?",
            (channel, watchlist, limit),
        )
        return [alert for (alert,) in rows]

    def of_alerts(self, alerts: Collection[int]) -> dict[int, tuple[Delivery, ...]]:
        """Return the deliveries of these alerts, by alert, the first one first."""
        rows = self._connection.rows_in(
            f"SELECT {DELIVERY} FROM deliveries WHERE alert IN ({{0}}) ORDER BY id", alerts
        )
        return grouped((delivery.alert, delivery) for delivery in values_of(Delivery, rows))

    def unsent(self) -> dict[tuple[str, DeliveryState], int]:
        """Return the number of unsent deliveries, by channel and state."""
        rows = self._connection.read(
            "SELECT channel, 'waiting', count(*) FROM deliveries WHERE state = 'waiting'"
            " GROUP BY channel UNION ALL"
            " SELECT channel, 'dead', count(*) FROM deliveries WHERE state = 'dead'"
            " GROUP BY channel"
        )
        return {(channel, DeliveryState(state)): count for channel, state, count in rows}

    def retry(
        self,
        ids: Sequence[int] | None,
        now: Timestamp,
        *,
        channel: str | None = None,
        to: str | None = None,
    ) -> int:
        """Make unsent deliveries due at once, by id or all; return their number.

        Raises StoreError if the store stays locked.

        Args:
            ids: The deliveries; None for all that failed or were given up.
            now: The time at which they are due.
            channel: The channel of the deliveries; None for any.
            to: The channel that gets them instead of their own.
        """
        condition = "state IN ('waiting', 'dead')"
        values: list[Any] = []
        if ids is not None:
            condition += f" AND id IN ({marks(len(ids))})"
            values += ids
        else:
            condition += " AND (state = 'dead' OR attempts > 0)"
        if channel is not None:
            condition += " AND channel = ?"
            values.append(channel)
        with transaction(self._connection.sql) as sql:
            rows = sql.execute(
                f"SELECT id, alert, channel, occasion, why FROM deliveries WHERE {condition}"
                " ORDER BY id",
                values,
            ).fetchall()
            if to is not None:
                rows = _without_twins(sql, rows, to)
            sql.executemany(
                "UPDATE deliveries SET state = 'waiting', due = ?, attempts = 0,"
                " failing = NULL, reason = '', channel = ? WHERE id = ?",
                [(now, to or channel, id) for id, _, channel, *_ in rows],
            )
        return len(rows)

    def latency(self, since: Timestamp, *, sent_after: Timestamp | None = None) -> LatencyRows:
        """Return the times of articles that raised alerts since then, and of their deliveries.

        With `sent_after` the deliveries are those that were accepted after that moment.
        """
        articles = self._connection.values(
            ArticleTimes,
            "SELECT article, feed, published, seen, matched, searchable, edited FROM latency"
            " WHERE matched >= ? ORDER BY matched, article",
            (since,),
        )
        condition = "al.raised_at >= ?" if sent_after is None else "d.sent_at > ?"
        deliveries = self._connection.values(
            DeliveryTimes,
            "SELECT d.id, d.channel, al.raised_at, d.sent_at, d.bundle <> '' AS delayed"
            " FROM deliveries d JOIN alerts al ON al.id = d.alert"
            f" WHERE {condition} AND d.state = 'sent' AND d.occasion = ?"
            " AND d.sent_at IS NOT NULL ORDER BY d.id",
            (since if sent_after is None else sent_after, Occasion.RAISED),
        )
        return LatencyRows(articles, deliveries)


def _without_twins(
    sql: Connection, rows: Sequence[tuple[Any, ...]], channel: str
) -> list[tuple[Any, ...]]:
    """Return the deliveries without those that a channel has already for the same alert."""
    existing = select_in(
        sql,
        "SELECT id, alert, occasion, why, channel FROM deliveries WHERE alert IN ({0})",
        {alert for _, alert, *_ in rows},
    )
    first_ids = {tuple(key): id for id, *key, holder in existing if holder == channel}
    return [row for row in rows if first_ids.setdefault((row[1], row[3], row[4]), row[0]) == row[0]]


_BRIEFING = ", ".join(f"b.{name}" for name in StoredBriefing.__struct_fields__)


class BriefingQueue(StoreViews):
    """Briefings by schedule, for the monitor that makes them."""

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
        """Return the progress of the briefings of each active schedule, by name."""
        rows = self._connection.read("SELECT name, done, until FROM briefing_progress")
        return {name: BriefingProgress(done, until) for name, done, until in rows}

    def save(self, briefing: StoredBriefing, channels: Sequence[str], until: Timestamp) -> bool:
        """Store a briefing and its deliveries, in one transaction.

        Args:
            briefing: The briefing; its number is not yet known.
            channels: The channels that get it.
            until: The end of the time that it covers.

        Returns:
            False if the briefing for that time is stored already; then nothing is stored.
        """
        with transaction(self._connection.sql) as sql:
            if not sql.execute(
                "UPDATE briefing_progress SET done = ?1, until = ?2 WHERE name = ?3 AND done < ?1",
                (briefing.slot, until, briefing.name),
            ).rowcount:
                return False
            fields = {name: value for name, value in asdict(briefing).items() if name != "id"}
            (id,) = sql.execute(
                f"INSERT INTO briefings ({', '.join(fields)}) VALUES ({marks(len(fields))})"
                " RETURNING id",
                [*fields.values()],
            ).fetchone()
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


class BriefingViews(StoreViews):
    """Briefings by schedule, as they are sent."""

    def get(self, ids: Collection[int]) -> dict[int, StoredBriefing]:
        """Return stored briefings by number; unknown numbers are left out."""
        rows = self._connection.rows_in(
            f"SELECT {_BRIEFING} FROM briefings b WHERE b.id IN ({{0}})", ids
        )
        return {row["id"]: StoredBriefing(**row) for row in rows}

    def sent(self, channel: str, limit: int) -> list[StoredBriefing]:
        """Return the last briefings that a channel accepted, newest first."""
        return self._connection.values(
            StoredBriefing,
            f"SELECT {_BRIEFING} FROM deliveries d JOIN briefings b ON b.id = d.briefing"
            " WHERE d.briefing IS NOT NULL AND d.channel = ? AND d.state = ?"
            " ORDER BY b.id DESC LIMIT ?",
            (channel, DeliveryState.SENT, limit),
        )

    def subjects(self, limit: int) -> list[tuple[int, str]]:
        """Return the number and the subject of the last briefings by schedule, newest first."""
        statement = "SELECT id, subject FROM briefings ORDER BY id DESC LIMIT ?"
        return [(id, subject) for id, subject in self._connection.read(statement, (limit,))]


def _key(briefing: StoredBriefing, channel: str) -> str:
    """Return a unique name of a delivery: the time of the briefing tells two newsrooms apart."""
    name = f"tocsin briefing {briefing.name} {channel} {briefing.slot!r} {briefing.made_at!r}"
    return str(uuid5(NAMESPACE_URL, name))
