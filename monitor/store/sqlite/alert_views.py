"""What viewers read of alerts: lists, filters, headlines and counts."""

from __future__ import annotations

import json
from array import array
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Any

from monitor.model.alert import FEED_HEALTH, Alert, AlertKind, AlertState, Match, Verdict
from monitor.model.search import Filter
from monitor.model.severity import Severity
from monitor.store.sqlite.alert_selection import ALERTS, LOUDER, Selecting
from monitor.store.sqlite.connection import CHUNK
from monitor.store.sqlite.story_views import StoryViews

ALERT = (
    "al.id, al.watchlist, al.article, al.severity, al.state, al.verdict, al.starred, al.backfill,"
    " al.raised_at, coalesce(a.title, al.title), coalesce(a.url, f.link), f.name,"
    " coalesce(a.lang, ''), a.published,"
    " (SELECT count(*) FROM articles s WHERE s.story = a.story AND s.story <> s.id), al.kind,"
    " al.rule, al.article_version, al.held, al.held_until, al.merged_into,"
    " coalesce((SELECT text FROM notes n WHERE n.alert = al.id), ''),"
    " (SELECT json_group_array(tag) FROM alert_tags t WHERE t.alert = al.id)"
)


class AlertViews(StoryViews):
    """Alerts by id, by filter, by article."""

    def newest_alert(self) -> int:
        """Return the id of the newest alert, 0 without any."""
        return self._one("SELECT coalesce(max(id), 0) FROM alerts")

    def alert_ids(
        self, filter: Filter, feeds: Collection[int] | None, after: int, limit: int | None
    ) -> array[int]:
        """Return ids of alerts in ascending order: those above `after`, the newest `limit`."""
        joined, where, values = self._selected(filter, feeds)
        found = self._read(
            f"SELECT al.id FROM {joined} WHERE al.id > ? AND al.merged_into IS NULL{where}"
            " ORDER BY al.id DESC LIMIT ?",
            (after, *values, -1 if limit is None else limit),
        )
        ids = array("q", (id for (id,) in found))
        ids.reverse()
        return ids

    def alerts(self, ids: Sequence[int], matches: bool) -> list[Alert]:
        """Return these alerts by primary key, in the order asked; unknown ids are left out."""
        found: dict[int, tuple[Any, ...]] = {}
        spots: dict[int, tuple[Match, ...]] = {}
        for at in range(0, len(ids), CHUNK):
            chunk = list(ids[at : at + CHUNK])
            marks = ", ".join("?" * len(chunk))
            for row in self._read(f"SELECT {ALERT} FROM {ALERTS} WHERE al.id IN ({marks})", chunk):
                found[row[0]] = row
            if matches:
                spots |= self._matches(chunk, marks)
        louder = self.escalations(ids)
        lost = self.lost(ids) if matches else {}
        return [
            replace(
                _alert(found[id], spots.get(id, ())),
                escalations=louder.get(id, ()),
                lost=lost.get(id, ()),
            )
            for id in ids
            if id in found
        ]

    def alerts_of(self, article: int) -> list[Alert]:
        """Return an article's alerts, with their matches."""
        ids = [id for (id,) in self._read("SELECT id FROM alerts WHERE article = ?", (article,))]
        return self.alerts(ids, True)

    def alerted(self, watchlist: str | None, severity: str | None) -> set[int]:
        """Return ids of articles that raised an alert (of that watchlist, of that severity)."""
        query = "SELECT article FROM alerts WHERE article IS NOT NULL"
        query += " AND (?1 IS NULL OR severity = ?1)"
        values: list[str | None] = [severity]
        if watchlist is not None:
            names = self._named([watchlist])
            query += f" AND watchlist IN ({', '.join('?' * len(names))})"
            values += names
        return {article for (article,) in self._read(query, values)}

    def rung(self, articles: Collection[int]) -> dict[int, Severity]:
        """Return how loud the loudest alert of each of these articles is, where there is one."""
        loudness = list(Severity)
        found: dict[int, Severity] = {}
        ids = list(articles)
        for at in range(0, len(ids), CHUNK):
            chunk = ids[at : at + CHUNK]
            marks = ", ".join("?" * len(chunk))
            for article, words in self._read(
                f"SELECT article, severity FROM alerts WHERE article IN ({marks})", chunk
            ):
                severity = Severity(words)
                found[article] = min(severity, found.get(article, severity), key=loudness.index)
        return found

    def _matches(self, chunk: list[int], marks: str) -> dict[int, tuple[Match, ...]]:
        spots: dict[int, list[Match]] = defaultdict(list)
        for alert, part, start, stop, text, term in self._read(
            f"SELECT alert, field, start, stop, text, term FROM matches WHERE alert IN ({marks})"
            " ORDER BY alert, place",
            chunk,
        ):
            spots[alert].append(Match(field=part, start=start, end=stop, text=text, term=term))
        return {alert: tuple(found) for alert, found in spots.items()}


def _alert(row: tuple[Any, ...], matches: tuple[Match, ...]) -> Alert:
    return Alert(
        id=row[0],
        watchlist=row[1] or FEED_HEALTH,
        article=row[2],
        severity=Severity(row[3]),
        state=AlertState(row[4]),
        verdict=Verdict(row[5]),
        starred=bool(row[6]),
        backfill=bool(row[7]),
        raised_at=row[8],
        title=row[9],
        url=row[10],
        feed=row[11],
        lang=row[12],
        published=row[13],
        copies=row[14],
        kind=AlertKind(row[15]),
        rule=row[16],
        article_version=row[17],
        held=row[18],
        held_until=row[19],
        merged_into=row[20],
        note=row[21],
        tags=tuple(sorted(json.loads(row[22]))),
        matches=matches,
    )


class HeadlineViews(Selecting):
    """Headlines in bulk, and alerts that became louder with their place in the stream."""

    def headlines(self, after: int, before: int | None, limit: int) -> list[tuple[int, str]]:
        """Return (alert, headline) of the newest `limit` above `after` and below `before`.

        The newest first; copies that another alert speaks for are left out.
        """
        return list(
            self._read(
                "SELECT al.id, coalesce(a.title, al.title) FROM alerts al"
                " LEFT JOIN articles a ON a.id = al.article"
                " WHERE al.id > ?1 AND (?2 IS NULL OR al.id < ?2) AND al.merged_into IS NULL"
                " ORDER BY al.id DESC LIMIT ?3",
                (after, before, limit),
            )
        )

    def stirred(
        self, filter: Filter, feeds: Collection[int] | None, after: int
    ) -> list[tuple[int, int, int]]:
        """Return (escalation, alert, newest alert then) of escalations above `after`.

        Each alert once, by the last that made it louder; the oldest first. Noise is left out.
        """
        joined, where, values = self._selected(filter, feeds)
        return list(
            self._read(
                "SELECT max(e.id), e.alert, coalesce((SELECT n.id FROM alerts n"
                "  WHERE n.raised_at <= e.at ORDER BY n.raised_at DESC, n.id DESC LIMIT 1), 0)"
                f" FROM {LOUDER} {joined}"
                " WHERE al.id = e.alert AND e.id > ?"
                f" AND al.merged_into IS NULL AND al.verdict <> 'noise'{where}"
                " GROUP BY e.alert ORDER BY max(e.id)",
                (after, *values),
            )
        )
