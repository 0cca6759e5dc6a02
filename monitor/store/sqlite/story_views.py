"""What viewers read of stories: who told them and when, and what that did to alerts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from monitor.alerts import escalation
from monitor.model.alert import Escalation, Lost, Outlet, StoryTimeline
from monitor.model.search import Filter
from monitor.model.severity import Severity
from monitor.store.sqlite.alert_selection import LOUDER, Selecting
from monitor.store.sqlite.connection import CHUNK, numbered

_MEMBER = "(a.id IN ({0}) OR (a.story IN ({0}) AND a.story <> a.id))"
_TOLD = f"""
SELECT x.story, f.name, x.id, x.seen, x.published, x.lang, x.copied FROM (
    SELECT a.story, a.feed, a.id, a.seen, a.published, a.lang, a.copy_of IS NOT NULL AS copied
    FROM articles a WHERE {_MEMBER}
    UNION ALL
    SELECT a.story, c.feed, a.id, c.seen, NULL, a.lang, 1
    FROM articles a JOIN carriers c ON c.article = a.id WHERE {_MEMBER}
) x JOIN feeds f ON f.number = x.feed ORDER BY x.seen, x.id
"""
_LINKED = f"""
SELECT a.story, b.story FROM articles a JOIN crossings c ON c.later = a.id
JOIN articles b ON b.id = c.earlier WHERE {_MEMBER}
UNION
SELECT a.story, b.story FROM articles a JOIN crossings c ON c.earlier = a.id
JOIN articles b ON b.id = c.later WHERE {_MEMBER}
"""


class StoryViews(Selecting):
    """Outlets in the order of their appearance, links between languages, escalations."""

    def tellings(self, articles: Collection[int]) -> dict[int, StoryTimeline]:
        """Return who has the story of each of these articles, in its language and another."""
        stories = dict(
            self._in_chunks("SELECT a.id, a.story FROM articles a WHERE a.id IN ({0})", articles)
        )
        linked: dict[int, set[int]] = defaultdict(set)
        for story, other in self._in_chunks(_LINKED, set(stories.values())):
            linked[story].add(other)
        outlets = self._outlets({*stories.values(), *(o for all in linked.values() for o in all)})
        return {
            article: StoryTimeline(
                outlets.get(story, ()),
                tuple(
                    sorted(
                        (o for other in linked[story] for o in outlets.get(other, ())),
                        key=lambda outlet: (outlet.seen, outlet.article),
                    )
                ),
            )
            for article, story in stories.items()
        }

    def escalations(self, alerts: Sequence[int]) -> dict[int, tuple[Escalation, ...]]:
        """Return why each of these alerts is louder than it was raised, oldest first."""
        found: dict[int, tuple[Escalation, ...]] = {}
        for id, alert, reason, at, outlets, severity, outlet, held in self._in_chunks(
            "SELECT e.id, e.alert, e.reason, e.at, e.outlets, e.severity, coalesce(f.name, ''),"
            " e.held"
            " FROM escalations e LEFT JOIN articles a ON a.id = e.article"
            " LEFT JOIN feeds f ON f.number = a.feed WHERE e.alert IN ({0}) ORDER BY e.id",
            alerts,
        ):
            made = Escalation(
                id=id,
                alert=alert,
                reason=reason,
                words=escalation.words(reason, outlets, outlet),
                at=at,
                severity=Severity(severity),
                held=held,
            )
            found[alert] = (*found.get(alert, ()), made)
        return found

    def escalated_ids(
        self, filter: Filter, feeds: Collection[int] | None, after: int, limit: int | None
    ) -> list[tuple[int, int]]:
        """Return (escalation, alert), the newest `limit` above `after`, oldest first.

        Each alert is named once; those that are called noise are left out.
        """
        joined, where, values = self._selected(filter, feeds)
        found = self._read(
            f"SELECT max(e.id), e.alert FROM {LOUDER} {joined}"
            " WHERE al.id = e.alert AND e.id > ?"
            f" AND al.merged_into IS NULL AND al.verdict <> 'noise'{where}"
            " GROUP BY e.alert ORDER BY max(e.id) DESC LIMIT ?",
            (after, *values, -1 if limit is None else limit),
        )
        return list(reversed([(id, alert) for id, alert in found]))

    def newest_escalation(self) -> int:
        """Return the id of the newest escalation, 0 without any."""
        return self._one("SELECT coalesce(max(id), 0) FROM escalations")

    def lost(self, alerts: Sequence[int]) -> dict[int, tuple[Lost, ...]]:
        """Return the terms of each of these alerts that an edit removed."""
        found: dict[int, tuple[Lost, ...]] = {}
        for alert, term, at in self._in_chunks(
            "SELECT alert, term, at FROM lost_terms WHERE alert IN ({0}) ORDER BY at, term", alerts
        ):
            found[alert] = (*found.get(alert, ()), Lost(term, at))
        return found

    def _outlets(self, stories: Collection[int]) -> Mapping[int, tuple[Outlet, ...]]:
        found: dict[int, dict[str, Outlet]] = defaultdict(dict)
        for story, name, article, seen, published, lang, copied in self._in_chunks(_TOLD, stories):
            told = found[story]
            first = next(iter(told.values()), None)
            outlet = Outlet(
                name=name,
                article=article,
                seen=seen,
                lag=seen - first.seen if first else 0.0,
                copied=bool(copied) and first is not None,
                published=published,
                lang=lang,
            )
            told.setdefault(name, outlet)
        return {story: tuple(told.values()) for story, told in found.items()}

    def _in_chunks(self, query: str, values: Collection[int]) -> Iterator[tuple[Any, ...]]:
        """Run a query once per chunk of the values of its {0}."""
        ordered = list(values)
        for at in range(0, len(ordered), CHUNK):
            chunk = ordered[at : at + CHUNK]
            yield from self._read(query.format(numbered(len(chunk))), chunk)
