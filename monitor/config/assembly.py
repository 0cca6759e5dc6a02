"""Assembles a Config from the bytes of a `feeds.yaml`, with every problem in it."""

from __future__ import annotations

import os
from collections.abc import Collection
from pathlib import Path

from index.analysis.folding import compact
from index.errors import QueryError
from index.query.parser import Query, parse_query
from monitor.base.errors import Problem
from monitor.base.formatting import clauses
from monitor.base.translation import gettext as _
from monitor.base.translation import mark
from monitor.config.briefings import briefings
from monitor.config.channels import channels
from monitor.config.feeds import feeds
from monitor.config.location import STORE_VARIABLE, beside
from monitor.config.routes import routes
from monitor.config.schema import SearchShape
from monitor.config.validation import ConfigDraft, nearest, validate
from monitor.config.watchlists import unknown_selector, watchlists
from monitor.config.yaml_nodes import MappingNode, Node, YamlSyntaxError, YamlText, decode, tree
from monitor.model.config import Config, Retention, SavedSearch, Watchlist
from monitor.model.feed import Feed


def retention(
    draft: ConfigDraft, feeds: tuple[Feed, ...], watchlists: Collection[Watchlist]
) -> Retention:
    """Return what the archive keeps and how long; problems are added to the draft."""
    shape = draft.shape.archive
    pair = draft.written.get("archive")
    says_how_long = pair and isinstance(pair.value, MappingNode) and pair.value.get("keep")
    if not says_how_long and (shape.except_ or shape.drop_alerts):
        draft.add_problem(("archive",), _("without `keep` nothing is ever dropped; say how long"))
    if shape.drop_alerts and "has:alert" in shape.except_:
        draft.add_problem(("archive", "drop_alerts"), _("`except` keeps what `drop_alerts` drops"))
    names = [watchlist.name for watchlist in watchlists]
    for place, selector in enumerate(shape.except_):
        if words := _unknown_selector(selector, feeds, names):
            draft.add_problem(("archive", "except", place), words)
    return Retention(keep=shape.keep, spare=shape.except_, drop_alerts=shape.drop_alerts)


def _unknown_selector(selector: str, feeds: tuple[Feed, ...], watchlists: list[str]) -> str:
    """Return why a selector selects nothing; empty if it selects something."""
    kind, _sep, name = selector.partition(":")
    if kind == "watch" and name not in watchlists:
        return _("no watchlist is called `{name}`", name=name) + nearest(name, watchlists)
    if kind in ("tag", "feed"):
        return unknown_selector(selector if kind == "tag" else name, feeds)
    return ""


def searches(draft: ConfigDraft) -> tuple[SavedSearch, ...]:
    """Return the saved searches of a draft; problems are added to the draft."""
    saved: list[SavedSearch] = []
    first: dict[str, int] = {}
    for number, shape in enumerate(draft.shape.searches):
        _validate_name(draft, number, shape.name, first)
        if query := _query(draft, number, shape):
            saved.append(SavedSearch(name=shape.name, query=query, sort=shape.sort))
    return tuple(saved)


def _validate_name(draft: ConfigDraft, number: int, name: str, first: dict[str, int]) -> None:
    """Report two names that `@NAME` cannot tell apart: `@liegethisweek` is Liège this week."""
    loc = ("searches", number, "name")
    if not compact(name):
        draft.add_problem(loc, _("a name holds letters or digits"))
        return
    earlier = first.setdefault(compact(name), number)
    if earlier != number:
        line = draft.line(("searches", earlier))
        other = draft.shape.searches[earlier].name
        message = _("a search is called `{name}` already, on line {line}", name=other, line=line)
        draft.add_problem(loc, message)


def _query(draft: ConfigDraft, number: int, shape: SearchShape) -> Query | None:
    try:
        return parse_query(shape.query)
    except QueryError as error:
        words = clauses(filter(None, (error.message, error.hint)))
        draft.add_problem(("searches", number, "query"), words, position=error.position)
        return None


REQUIRED = {
    "feeds": mark("nothing to poll: there is no `feeds:`; `feeds: []` if so meant"),
    "watchlists": mark(
        "nothing to watch for: there is no `watchlists:`; `watchlists: []` if so meant"
    ),
}


def assemble(content: bytes, path: Path) -> tuple[Config | None, list[Problem]]:
    """Return the Config of a `feeds.yaml` (None if nothing can be read), and every problem."""
    source, broken = decode(content)
    if broken:
        return None, [source.problem(broken.index, broken.message)]
    try:
        root, repeated = tree(source)
    except YamlSyntaxError as error:
        return None, [source.problem(error.index, error.message)]
    if not isinstance(root, MappingNode):
        return None, [_not_a_mapping(source, root)]
    shape, fitting, misfits = validate(source, root)
    draft = ConfigDraft(source, root, shape, fitting, [*repeated, *misfits])
    _validate_not_empty(draft)
    subscribed = feeds(draft, path.parent, os.environ)
    watched = watchlists(draft, subscribed)
    config = Config(
        path=path,
        data=beside(path, shape.data),
        shared=os.environ.get(STORE_VARIABLE) or shape.store,
        feeds=subscribed,
        watchlists=tuple(watched.values()),
        searches=searches(draft),
        channels=channels(draft, path, os.environ),
        routes=routes(draft, subscribed),
        notify=shape.alerts.notify,
        briefings=briefings(draft),
        zone=shape.zone,
        pages=shape.api.url,
        language=shape.language,
        allow=shape.network.allow,
        contact=shape.network.contact,
        metrics=shape.network.metrics,
        retention=retention(draft, subscribed, tuple(watched.values())),
        vectors=shape.archive.vectors,
    )
    return config, draft.problems


def _not_a_mapping(source: YamlText, root: Node | None) -> Problem:
    if root is None:
        return Problem(1, 1, _("the file is empty; `tocsin init` writes one to start from"))
    return source.problem(root.start, _("this is no feeds.yaml: it begins with `feeds:`"))


def _validate_not_empty(draft: ConfigDraft) -> None:
    """Report a file without feeds or watchlists: it may be half written."""
    keys = [pair.key.text for pair in draft.written.pairs]
    for key, words in REQUIRED.items():
        if key not in keys and not any(nearest(other, [key]) for other in keys):
            draft.problems.append(Problem(1, 1, _(words)))
