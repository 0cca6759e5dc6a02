"""Names that somebody gives: which of them exist, and the nearest one for those that do not."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec.structs import replace

from index.errors import QueryError
from monitor.base.errors import MonitorError, UnknownNameError
from monitor.base.formatting import nearest
from monitor.base.text_cleaning import line
from monitor.base.translation import gettext as _, number
from monitor.config.loading import load
from monitor.model.search import Filter
from monitor.model.shown_names import list_name, written_list_name
from monitor.model.watchlist import FEED_HEALTH

if TYPE_CHECKING:
    from index.query.ast import Facet
    from monitor.model.config import Config
    from monitor.model.feed import Feed
    from monitor.model.watchlist import Watchlist
    from monitor.storage.store.sql.views import Views


ME, NOBODY = "me", "nobody"
"""Names that mean the person who asks, and nobody."""
MAX_PERSON = 64
"""Characters of the name of a person at most."""


class KnownNames:
    """The watchlists, feeds and tags of a newsroom: those of its store, and of feeds.yaml."""

    def __init__(
        self, views: Views, config: Path | None, data: Path | None = None, user: str = ""
    ) -> None:
        """Take the sources of the names, and the user whom `me` means."""
        self._views = views
        self._path = config
        self._data = data
        self._user = user

    def validate(self, filter: Filter) -> Filter:
        """Return a filter whose names all exist, with the names of `me` and `nobody`.

        Raises:
            UnknownNameError: A watchlist, feed, tag or person does not exist.
        """
        for check, names in (
            (self.unknown_watchlist, filter.watchlists),
            (self.unknown_feed, filter.feeds),
            (self._unknown_alert_tag, filter.tags),
        ):
            for name in names:
                if problem := check(name):
                    raise UnknownNameError(problem)
        return replace(filter, assignees=tuple(map(self._person, filter.assignees)))

    def _person(self, name: str) -> str:
        try:
            person = clean_person(name, self._user)
        except ValueError as error:
            raise UnknownNameError(str(error)) from None
        people = self._views.triage.people()
        if person in ("", self._user) or person.casefold() in map(str.casefold, people):
            return person
        problem = _("nobody called `{name}` has worked on alerts", name=person)
        raise UnknownNameError(problem + nearest(person, people))

    def unknown_in(self, query: str) -> Iterator[str]:
        """Yield a problem for each filter of a query whose name does not exist."""
        from index.query.ast import Facet, walk
        from index.query.parser import read

        try:
            root = read(query, of_alerts=True)
        except QueryError:
            return  # the search says what is wrong
        for node in walk(root):
            if isinstance(node, Facet) and (problem := self._unknown_facet(node)):
                yield problem

    def unknown_watchlist(self, name: str) -> str:
        """Return a message that no watchlist has this name; empty if one has it."""
        names = [FEED_HEALTH, *(watchlist.name for watchlist in self._views.watchlists.in_force())]
        folded, mistake = written_list_name(name).casefold(), ""
        if folded not in map(str.casefold, names):
            config, mistake = self._config()
            names += [watchlist.name for watchlist in config.watchlists] if config else []
        former = Filter(watchlists=(name,), closed=True, silenced=True)
        if folded in map(str.casefold, names) or len(self._views.alerts.ids(former, limit=1)):
            return ""
        return str(no_watchlist(name, names, mistake))

    def unknown_feed(self, selector: str) -> str:
        """Return a message that no feed has this name, host or tag; empty if one has it."""
        from monitor.config.draft import unknown_selector

        feeds: tuple[Feed, ...] = tuple(self._views.feeds.every())
        hint = _("; `tocsin feeds list --json` has all names and tags")
        problem = unknown_selector(selector, feeds, hint)
        if problem:
            config, mistake = self._config()
            known_feeds = (*feeds, *config.feeds) if config else feeds
            problem = unknown_selector(selector, known_feeds, mistake or hint)
        return problem

    def _unknown_alert_tag(self, tag: str) -> str:
        tags = self._views.triage.tags()
        if tag in tags:
            return ""
        return _("no alert has the tag `{tag}`", tag=tag) + nearest(tag, tags)

    def _unknown_facet(self, facet: Facet) -> str:
        match facet.name:
            case "watch":
                return self.unknown_watchlist(facet.value)
            case "feed":
                return self.unknown_feed(facet.value)
            case "tag":
                return self.unknown_feed(f"tag:{facet.value}")
        return ""

    def _config(self) -> tuple[Config | None, str]:
        """Return what feeds.yaml says, and a hint at its first mistake."""
        try:
            return load(self._path, data=self._data) if self._path else None, ""
        except MonitorError as error:
            return None, "; " + str(error).splitlines()[0]


def find_watchlist(config: Config, name: str) -> Watchlist:
    """Return a watchlist by its name, in any case; raises UnknownNameError."""
    for watchlist in config.watchlists:
        if watchlist.name.casefold() == name.casefold():
            return watchlist
    raise no_watchlist(name, [watchlist.name for watchlist in config.watchlists])


def no_watchlist(name: str, names: Iterable[str], mistake: str = "") -> UnknownNameError:
    """Return the error that no watchlist has a name; it tells a mistake, or the nearest name."""
    hint = mistake or nearest(name, map(list_name, names)) or _("; `tocsin watch list` lists them")
    return UnknownNameError(_("no watchlist is called `{name}`", name=name) + hint)


def clean_person(text: str, user: str) -> str:
    """Return the name of somebody as it is stored; empty for nobody.

    It is given as it is written, or as `me` or `nobody`.

    Raises:
        ValueError: It is empty, has a comma or is too long; or `me` has no name.
    """
    name = unicodedata.normalize("NFC", line(text).strip().removeprefix("@"))
    if name.casefold() == NOBODY:
        return ""
    if name.casefold() == ME:
        name = user
        if not name:
            raise ValueError(_("you have no name here; set TOCSIN_USER to your name"))
    if not name:
        raise ValueError(_("give a name, `me` or `nobody`"))
    if "," in name:
        raise ValueError(_("{name} holds a comma; give one name", name=name))
    if len(name) > MAX_PERSON:
        raise ValueError(_("a name has {most} characters at most", most=number(MAX_PERSON)))
    return name
