"""Which alerts a filter selects, as SQL."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import TYPE_CHECKING, Any

from monitor.model.alert import FEED_HEALTH
from monitor.store.sqlite.viewer_connection import Connected

if TYPE_CHECKING:
    from monitor.model.search import Filter

ALERTS = (
    "alerts al LEFT JOIN articles a ON a.id = al.article"
    " JOIN feeds f ON f.number = coalesce(al.feed, a.feed)"
)
LOUDER = "escalations e CROSS JOIN"
"""Before the tables of alerts; SQLite would go through all alerts instead: 50 ms of 100,000."""


class Selecting(Connected):
    """What the views of alerts have in common."""

    def _selected(
        self, filter: Filter, feeds: Collection[int] | None
    ) -> tuple[str, str, list[Any]]:
        """Return the tables of what a filter selects, what to append to a WHERE, and its values.

        `feeds` are the numbers of those it names.
        """
        where, values = _conditions(filter, self._named(filter.watchlists))
        if feeds is not None:
            carried = f"({', '.join(map(str, feeds))})"
            where += f" AND (f.number IN {carried} OR EXISTS (SELECT 1 FROM carriers c"
            where += f" WHERE c.article = a.id AND c.feed IN {carried}))"
        return ALERTS if filter.lang or feeds is not None else "alerts al", where, values

    def _named(self, watchlists: Iterable[str]) -> list[str]:
        """Return the watchlists with alerts that have one of these names, in any case."""
        wanted = {name.casefold() for name in watchlists}
        found = self._read("SELECT watchlist FROM counts")
        return [name for (name,) in found if (name or FEED_HEALTH).casefold() in wanted]


def _conditions(filter: Filter, watchlists: Sequence[str]) -> tuple[str, list[Any]]:
    """Return a filter as SQL to append to a WHERE, and its values."""
    where = "" if filter.muted else " AND al.held <> 'muted'"
    if filter.state is None and not filter.closed:
        where += " AND al.state <> 'closed'"
    if filter.noted is not None:
        where += f" AND al.id {'' if filter.noted else 'NOT '}IN (SELECT alert FROM notes)"
    values: list[Any] = []
    for condition, value in (
        ("al.raised_at >= ?", filter.since),
        ("al.raised_at < ?", filter.until),
        ("al.state = ?", filter.state),
        ("al.verdict = ?", filter.verdict),
        ("al.starred = ?", filter.starred),
    ):
        if value is not None:
            where += f" AND {condition}"
            values.append(value)
    for asked, column, wanted in (
        (filter.watchlists, "al.watchlist", watchlists),
        (filter.lang, "a.lang", [lang.lower() for lang in filter.lang]),
        (filter.severities, "al.severity", filter.severities),
    ):
        if asked:
            where += f" AND {column} IN ({', '.join('?' * len(wanted))})"
            values.extend(wanted)
    if filter.tags:
        marks = ", ".join("?" * len(filter.tags))
        where += f" AND al.id IN (SELECT alert FROM alert_tags WHERE tag IN ({marks}))"
        values.extend(filter.tags)
    return where, values
