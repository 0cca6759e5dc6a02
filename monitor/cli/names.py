"""Names that a command is given: those that do not exist are an error, with the nearest one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

import click

from monitor.cli import CliContext, say

if TYPE_CHECKING:
    from index.query.ast import Facet
    from monitor.model.config import Config, Watchlist
    from monitor.model.feed import Feed
    from monitor.model.search import Filter
    from monitor.model.watchlist import WatchlistInForce
    from monitor.service.service import Service


class InputError(click.ClickException):
    """The command line is well formed, and means nothing here: a name that does not exist."""

    exit_code = 2


def nearest(name: str, known: Iterable[str], otherwise: str = "") -> str:
    """Return `; did you mean …?`, or `; otherwise` if no known name is like this one."""
    from monitor.config.validation import nearest

    return nearest(name, known) or (otherwise and f"; {otherwise}")


class KnownNames:
    """The watchlists, feeds and tags of a newsroom: those of its store, and of feeds.yaml."""

    def __init__(self, cli: CliContext, service: Service) -> None:
        self._cli = cli
        self._service = service

    def validate(self, filter: Filter) -> Filter:
        """Return a filter whose names all exist.

        Raises:
            InputError: A watchlist, feed or tag does not exist.
        """
        for problem in self._problems(filter):
            raise InputError(problem)
        return filter

    def _problems(self, filter: Filter) -> Iterator[str]:
        yield from _found(map(self.unknown_watchlist, filter.watchlists))
        yield from _found(map(self.unknown_feed, filter.feeds))
        yield from _found(map(self._unknown_alert_tag, filter.tags))

    def warn(self, *queries: str) -> None:
        """Name the filters of queries that select nothing, because the name does not exist."""
        from index.errors import QueryError
        from index.query.ast import Facet, walk
        from index.query.parser import read

        for query in queries:
            try:
                root = read(query, of_alerts=True)
            except QueryError:
                continue  # the search says what is wrong
            facets = (node for node in walk(root) if isinstance(node, Facet))
            for problem in _found(map(self._unknown_facet, facets)):
                say(f"warning: {problem}")

    def unknown_watchlist(self, name: str) -> str:
        """Return that no watchlist has this name; empty if one has it."""
        from monitor.model.search import Filter
        from monitor.model.watchlist import FEED_HEALTH

        views, known = self._service.views, [FEED_HEALTH]
        sources: tuple[Callable[[], Sequence[WatchlistInForce | Watchlist]], ...] = (
            views.watchlists.in_force, self._configured_watchlists,
        )  # fmt: skip
        for source in sources:
            known += [watchlist.name for watchlist in source()]
            if name.casefold() in map(str.casefold, known):
                return ""
        former = Filter(watchlists=(name,), closed=True, muted=True)
        if len(views.alerts.ids(former, limit=1)):
            return ""
        return f"no watchlist is called `{name}`" + nearest(
            name, known, "`tocsin watch list` lists them"
        )

    def unknown_feed(self, selector: str) -> str:
        """Return that no feed has this name, host or tag; empty if one has it."""
        from monitor.config.watchlists import unknown_selector

        feeds: tuple[Feed, ...] = tuple(self._service.views.feeds.every())
        problem = unknown_selector(selector, feeds)
        if problem and (config := self._config()):
            problem = unknown_selector(selector, (*feeds, *config.feeds))
        if not problem or "; did you mean" in problem:
            return problem
        return f"{problem}; `tocsin feeds list --json` has all names and tags"

    def _unknown_alert_tag(self, tag: str) -> str:
        known = self._service.views.triage.tags()
        if tag in known:
            return ""
        return f"no alert has the tag `{tag}`" + nearest(tag, known)

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
        from monitor.config import load
        from monitor.errors import MonitorError

        try:
            return load(self._cli.config_path, data=self._cli.data)
        except MonitorError:
            return None


def _found(problems: Iterable[str]) -> Iterator[str]:
    return filter(None, problems)
