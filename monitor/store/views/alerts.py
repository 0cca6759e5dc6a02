"""What viewers read of alerts."""

from __future__ import annotations

import json
from array import array
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Any

from monitor import model
from monitor.store.chunks import CHUNK
from monitor.store.views.selecting import ALERTS
from monitor.store.views.stories import StoryViews

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
        self, filter: model.Filter, feeds: Collection[int] | None, after: int, limit: int | None
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

    def alerts(self, ids: Sequence[int], matches: bool) -> list[model.Alert]:
        """Return these alerts by primary key, in the order asked; unknown ids are left out."""
        found: dict[int, tuple[Any, ...]] = {}
        spots: dict[int, tuple[model.Match, ...]] = {}
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

    def alerts_of(self, article: int) -> list[model.Alert]:
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

    def rung(self, articles: Collection[int]) -> dict[int, model.Severity]:
        """Return how loud the loudest alert of each of these articles is, where there is one."""
        loudness = list(model.Severity)
        found: dict[int, model.Severity] = {}
        ids = list(articles)
        for at in range(0, len(ids), CHUNK):
            chunk = ids[at : at + CHUNK]
            marks = ", ".join("?" * len(chunk))
            for article, words in self._read(
                f"SELECT article, severity FROM alerts WHERE article IN ({marks})", chunk
            ):
                severity = model.Severity(words)
                found[article] = min(severity, found.get(article, severity), key=loudness.index)
        return found

    def _matches(self, chunk: list[int], marks: str) -> dict[int, tuple[model.Match, ...]]:
        spots: dict[int, list[model.Match]] = defaultdict(list)
        for alert, part, start, stop, text, term in self._read(
            f"SELECT alert, field, start, stop, text, term FROM matches WHERE alert IN ({marks})"
            " ORDER BY alert, place",
            chunk,
        ):
            spots[alert].append(
                model.Match(field=part, start=start, end=stop, text=text, term=term)
            )
        return {alert: tuple(found) for alert, found in spots.items()}


def _alert(row: tuple[Any, ...], matches: tuple[model.Match, ...]) -> model.Alert:
    return model.Alert(
        id=row[0],
        watchlist=row[1] or model.FEED_HEALTH,
        article=row[2],
        severity=model.Severity(row[3]),
        state=model.AlertState(row[4]),
        verdict=model.Verdict(row[5]),
        starred=bool(row[6]),
        backfill=bool(row[7]),
        raised_at=row[8],
        title=row[9],
        url=row[10],
        feed=row[11],
        lang=row[12],
        published=row[13],
        copies=row[14],
        kind=model.AlertKind(row[15]),
        rule=row[16],
        article_version=row[17],
        held=row[18],
        held_until=row[19],
        merged_into=row[20],
        note=row[21],
        tags=tuple(sorted(json.loads(row[22]))),
        matches=matches,
    )
