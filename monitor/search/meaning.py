"""What names and dates of a search mean at one moment: feeds, watchlists, `7d`, `hier`."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import tzinfo
from functools import cached_property
from typing import TYPE_CHECKING

from index.article import Timestamp
from index.facets import UNDETERMINED, selects
from index.moments import resolve_time
from monitor.fetch.url import host
from monitor.store import Views

if TYPE_CHECKING:
    from index.segment import Scope
    from index.tree import Facet
    from monitor.model import Feed, Filter


class Meaning:
    """What filters mean, here and now."""

    def __init__(self, views: Views, now: Timestamp, zone: tzinfo) -> None:
        self._views = views
        self._now = now
        self._zone = zone

    @cached_property
    def feeds(self) -> Collection[Feed]:
        """Every feed there ever was: articles of former ones stay."""
        return self._views.every_feed()

    def numbers(self, selectors: Iterable[str]) -> set[int]:
        """Return the numbers of the feeds that any of these selectors names."""
        return {
            feed.number
            for feed in self.feeds
            for selector in selectors
            if selects(selector, feed.name, host(feed.url), feed.tags)
        }

    def scope(self, filter: Filter, upto: int | None = None) -> Scope:
        """Return the articles that a filter means, of those up to an id."""
        from index.segment import Scope

        ids: set[int] | None = None
        for watchlist in filter.watchlists:
            ids = (ids or set()) | self._views.alerted(watchlist, None)
        return Scope(
            ids=ids,
            feeds=self.numbers(filter.feeds) if filter.feeds else None,
            langs=[_code(lang) for lang in filter.lang] or None,
            since=filter.since,
            until=filter.until,
            upto=upto,
        )

    def resolve(self, facet: Facet) -> Scope:
        """Return the articles that a filter of the query means."""
        from index.segment import Scope

        value = facet.value
        match facet.name:
            case "lang":
                return Scope(langs=[_code(value)])
            case "feed":
                return Scope(feeds=self.numbers([value]))
            case "tag":
                return Scope(feeds=self.numbers([f"tag:{value}"]))
            case "since":
                return Scope(since=resolve_time(value, self._now, self._zone)[0])
            case "until":
                return Scope(until=resolve_time(value, self._now, self._zone)[1])
            case "watch":
                return Scope(ids=self._views.alerted(value, None))
            case "severity":
                return Scope(ids=self._views.alerted(None, value))
            case "story":
                return Scope(ids=self._views.of_story(int(value)))
            case "has":
                return Scope(ids=self._having(value))
        raise LookupError(facet.name)

    def _having(self, what: str) -> set[int]:
        return self._views.alerted(None, None) if what == "alert" else self._views.having(what)


def _code(lang: str) -> str:
    return "" if lang == UNDETERMINED else lang
