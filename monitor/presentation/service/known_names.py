"""Names that somebody gives: which of them exist, and the nearest one for those that do not."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec.structs import replace

from index.errors import QueryError
from index.query.ast import Facet, walk
from monitor.base.errors import MonitorError, UnknownNameError
from monitor.base.translation import gettext as _
from monitor.config.loading import load
from monitor.model.search import Filter
from monitor.model.watchlist import FEED_HEALTH, WatchlistInForce
from monitor.presentation.service.triage import clean_person

if TYPE_CHECKING:
    from monitor.model.config import Config
    from monitor.model.feed import Feed
    from monitor.model.watchlist import Watchlist
    from monitor.storage.store.sql.views import Views


class KnownNames:
    """The watchlists, feeds and tags of a newsroom: those of its store, and of feeds.yaml."""

    def __init__(
        self, views: Views, config: Path | None, data: Path | None = None, who: str = ""
    ) -> None:
        """Begin with whoever asks, whom `me` means."""
        self._views = views
        self._path = config
        self._data = data
        self._who = who

    def validate(self, filter: Filter) -> Filter:
        """Return a filter whose names all exist, with the names of `me` and `nobody`.

        Raises:
            UnknownNameError: A watchlist, feed, tag or person does not exist.
        """
        for problem in self._problems(filter):
            raise UnknownNameError(problem)
        return replace(filter, assignees=tuple(map(self._person, filter.assignees)))

    def _person(self, name: str) -> str:
        try:
            person = clean_person(name, self._who)
        except ValueError as error:
            raise UnknownNameError(str(error)) from None
        if person != self._who and (problem := self.unknown_person(person)):
            raise UnknownNameError(problem)
        return person

    def unknown_person(self, name: str) -> str:
        """Return that nobody of this name has worked here; empty if somebody has, or for nobody."""
        known = self._views.triage.people()
        if not name or name.casefold() in map(str.casefold, known):
            return ""
        from monitor.base.formatting import nearest

        return _("nobody called `{name}` has worked on alerts", name=name) + nearest(name, known)

    def _problems(self, filter: Filter) -> Iterator[str]:
        yield from _found(map(self.unknown_watchlist, filter.watchlists))
        yield from _found(map(self.unknown_feed, filter.feeds))
        yield from _found(map(self._unknown_alert_tag, filter.tags))

    def unknown_in(self, query: str) -> Iterator[str]:
        """Yield which filters of a query select nothing, because the name does not exist."""
        from index.query.parser import read

        try:
            root = read(query, of_alerts=True)
        except QueryError:
            return  # the search says what is wrong
        facets = (node for node in walk(root) if isinstance(node, Facet))
        yield from _found(map(self._unknown_facet, facets))

    def unknown_watchlist(self, name: str) -> str:
        """Return that no watchlist has this name; empty if one has it."""
        views, known = self._views, [FEED_HEALTH]
        sources: tuple[Callable[[], Sequence[WatchlistInForce | Watchlist]], ...] = (
            views.watchlists.in_force, self._configured_watchlists,
        )  # fmt: skip
        for source in sources:
            known += [watchlist.name for watchlist in source()]
            if name.casefold() in map(str.casefold, known):
                return ""
        former = Filter(watchlists=(name,), closed=True, silenced=True)
        if len(views.alerts.ids(former, limit=1)):
            return ""
        from monitor.base.formatting import nearest

        hint = nearest(name, known) or _("; `tocsin watch list` lists them")
        return _("no watchlist is called `{name}`", name=name) + hint

    def unknown_feed(self, selector: str) -> str:
        """Return that no feed has this name, host or tag; empty if one has it."""
        from monitor.config.draft import unknown_selector

        feeds: tuple[Feed, ...] = tuple(self._views.feeds.every())
        otherwise = _("; `tocsin feeds list --json` has all names and tags")
        problem = unknown_selector(selector, feeds, otherwise)
        if problem and (config := self._config()):
            problem = unknown_selector(selector, (*feeds, *config.feeds), otherwise)
        return problem

    def _unknown_alert_tag(self, tag: str) -> str:
        known = self._views.triage.tags()
        if tag in known:
            return ""
        from monitor.base.formatting import nearest

        return _("no alert has the tag `{tag}`", tag=tag) + nearest(tag, known)

    def _unknown_facet(self, facet: Facet) -> str:
        match facet.name:
            case "watch":
                return self.unknown_watchlist(facet.value)
            case "feed":
                return self.unknown_feed(facet.value)
            case "tag":
                return self.unknown_feed(f"tag:{facet.value}")
        return ""

    def _configured_watchlists(self) -> Sequence[Watchlist]:
        config = self._config()
        return config.watchlists if config else ()

    def _config(self) -> Config | None:
        try:
            return load(self._path, data=self._data) if self._path else None
        except MonitorError:
            return None


def _found(problems: Iterable[str]) -> Iterator[str]:
    return filter(None, problems)
