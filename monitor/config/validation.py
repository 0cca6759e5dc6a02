"""Validates the tree of a `feeds.yaml` against the schema; each problem is in words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches
from typing import Any

from msgspec import Struct, field
from msgspec.structs import replace
from pydantic import ValidationError

from monitor.base.errors import Problem
from monitor.base.formatting import clauses
from monitor.base.translation import gettext as _
from monitor.base.translation import mark_all, pgettext
from monitor.config.delivery_schema import (
    BriefingShape,
    ChannelShape,
    QuietShape,
    RouteShape,
)
from monitor.config.feed_schema import (
    AuthShape,
    DefaultsShape,
    FeedShape,
    HostShape,
    SharedShape,
    TagShape,
)
from monitor.config.schema import (
    AlertsShape,
    ArchiveShape,
    EscalateShape,
    FileShape,
    NetworkShape,
    SearchShape,
    WatchlistShape,
)
from monitor.config.value_parsers import SubjectError
from monitor.config.value_types import Shape
from monitor.config.yaml_nodes import (
    BLANK,
    Loc,
    MappingNode,
    Node,
    Pair,
    ScalarNode,
    SequenceNode,
    YamlText,
    find,
    index_of,
    without,
)

SHAPES: Mapping[str | int, type[Shape]] = {
    "feeds": FeedShape,
    "watchlists": WatchlistShape,
    "searches": SearchShape,
    "channels": ChannelShape,
    "routes": RouteShape,
    "briefing": BriefingShape,
    "defaults": DefaultsShape,
    "network": NetworkShape,
    "alerts": AlertsShape,
    "archive": ArchiveShape,
}

ONE_OR_SEVERAL = ("briefing",)
"""Lists of mappings of which a single one needs no brackets."""

OF_NAMES: Mapping[str | int, type[Shape]] = {"tags": TagShape, "hosts": HostShape}
"""Mappings from names of the analyst's own."""

INSIDE: Mapping[str, type[Shape]] = {
    "auth": AuthShape,
    "escalate": EscalateShape,
    "quiet": QuietShape,
}
"""Mappings that stand inside others."""

TEXT, TRUTH, NUMBER, LIST, MAPPING, TABLE = mark_all(
    "expected", "text", "true or false", "a number", "a list", "a mapping",
    "a mapping (`key: value`)",
)  # fmt: skip
EXPECTED = {
    # first part of pydantic's name of an error -> what was expected
    "string": TEXT,
    "bool": TRUTH,
    "float": NUMBER,
    "finite": NUMBER,
    "tuple": LIST,
}
SECRET = ("auth", "headers", "proxy", "channels")
"""Keys whose values are not quoted."""


def validate(source: YamlText, tree: MappingNode) -> tuple[FileShape, MappingNode, list[Problem]]:
    """Return what fits the schema, its tree, and a problem for each part that does not fit."""
    problems: list[Problem] | None = None
    tree = replace(tree, pairs=tuple(map(_with_brackets, tree.pairs)))
    while True:
        try:
            return FileShape.model_validate(tree.plain()), tree, problems or []
        except ValidationError as error:
            misfits = _without_consequences(error.errors(include_url=False, include_input=False))
        if problems is None:  # later rounds only miss what the first one removed
            problems = [_problem(source, tree, misfit) for misfit in misfits]
        tree = without(tree, {_place(tree, misfit) for misfit in misfits})


def _without_consequences(misfits: Sequence[Any]) -> list[Any]:
    """Leave out that a list is too short where items of it do not fit: these are told."""
    return [
        misfit
        for misfit in misfits
        if misfit["type"] != "too_short"
        or all(
            other["loc"][: len(misfit["loc"])] != misfit["loc"] or other is misfit
            for other in misfits
        )
    ]


def _with_brackets(pair: Pair) -> Pair:
    """Return a pair of the file whose value is a list, where a single mapping stands for one."""
    if pair.key.text in ONE_OR_SEVERAL and isinstance(pair.value, MappingNode):
        return Pair(pair.key, SequenceNode(pair.value.start, pair.value.end, (pair.value,)))
    return pair


def _place(tree: MappingNode, misfit: Mapping[str, Any]) -> Loc:
    """Return the path of the node to remove: for a missing key, the mapping that lacks it."""
    loc: Loc = misfit["loc"]
    while find(tree, loc) is None:
        loc = loc[:-1]
    return loc


def _problem(source: YamlText, tree: MappingNode, misfit: Mapping[str, Any]) -> Problem:
    """Return a pydantic error as a problem of the file."""
    loc: Loc = misfit["loc"]
    shape = _shape(loc)
    place = _place(tree, misfit)
    entry = find(tree, place)
    assert entry is not None
    pair, node = entry
    match misfit["type"]:
        case "missing":
            noun = pgettext("this", shape.noun)
            message = _("this {noun} has no `{key}`", noun=noun, key=loc[-1])
            return source.problem(node.start, message)
        case "extra_forbidden" if pair:
            return source.problem(pair.key.start, unknown_key(pair.key.text, shape))
    if node.plain() is BLANK or misfit["type"] == "too_short":
        if pair is None:
            message = _("this item is empty; give it a value or delete it")
            return source.problem(node.start, message)
        message = _("`{key}` is empty; give it a value or delete it", key=pair.key.text)
        if place == ("feeds",):
            message = _("nothing to poll: `feeds:` is empty; `feeds: []` if so meant")
        return source.problem(pair.key.start, message)
    start = pair.key.start if pair and loc[-1] == "[key]" else node.start
    return source.problem(start, _words(misfit, place, pair, node, shape))


def _words(
    misfit: Mapping[str, Any], loc: Loc, pair: Pair | None, node: Node, shape: type[Shape]
) -> str:
    """Return what a value should be."""
    key = next((str(step) for step in reversed(loc) if isinstance(step, str)), shape.noun)
    if reason := (misfit.get("ctx") or {}).get("error"):
        return reason.about(f"`{key}`") if isinstance(reason, SubjectError) else str(reason)
    expected = EXPECTED.get(misfit["type"].split("_")[0], TABLE)
    subject = f"`{key}`" if pair else _("an item of `{key}`", key=key)
    secret = any(step in SECRET for step in loc)
    kind = (
        pgettext("expected", TEXT) if secret and isinstance(node, ScalarNode) else _node_kind(node)
    )
    message = _(
        "{subject} must be {expected}, not {kind}",
        subject=subject, expected=pgettext("expected", expected), kind=kind,
    )  # fmt: skip
    if expected == TEXT and isinstance(node, ScalarNode):
        return clauses([message, _("put it in quotes")])
    return message


def _node_kind(node: Node) -> str:
    match node:
        case MappingNode():
            return pgettext("expected", MAPPING)
        case SequenceNode():
            return pgettext("expected", LIST)
        case ScalarNode(text=text):
            return f"`{text if len(text) <= 40 else text[:39] + '…'}`"


def _shape(loc: Loc) -> type[Shape]:
    """Return the shape that a place belongs to."""
    if loc[0] in OF_NAMES:
        top: type[Shape] | None = OF_NAMES[loc[0]] if len(loc) > 2 else None
    else:
        top = SHAPES.get(loc[0]) if len(loc) > 1 else None
    for key, inner in INSIDE.items():
        if key in loc[1:-1]:
            return inner
    return top or FileShape


def unknown_key(key: str, shape: type[Shape]) -> str:
    """Return that a key is unknown, and which one was probably meant."""
    if key == "auth" and issubclass(shape, SharedShape):
        return _(
            "`auth` belongs to a host or a feed: write it under `hosts: HOST:`, or at the feed."
            " A tag may be on a stranger's feed: a list that is imported can set it"
        )
    known = [field.alias or name for name, field in shape.model_fields.items()]
    message = _("unknown key `{key}`", key=key)
    if hint := nearest(key, known):
        return message + hint
    return clauses([message, _("known are {names}", names=", ".join(known))])


def unknown_channel(name: str, channels: Sequence[str]) -> str:
    """Return that no channel has a name, empty if one has it."""
    if name in channels:
        return ""
    message = _("no such channel `{name}`", name=name) + nearest(name, channels)
    if not channels:
        return clauses([message, _("`channels:` has none")])
    return clauses([message, _("`channels:` has {names}", names=", ".join(channels))])


def unknown_watchlist(name: str, watchlists: Sequence[str]) -> str:
    """Return that no watchlist has a name, empty if one has it."""
    if name.casefold() in map(str.casefold, watchlists):
        return ""
    return _("no watchlist is called `{name}`", name=name) + nearest(name, watchlists)


def nearest(word: str, known: Iterable[str]) -> str:
    """Return `; did you mean …?` for the known word most like this one, empty if none is.

    Without one that is like it, it is the first that has it in it.
    """
    by_fold = {name.casefold(): name for name in known}
    folded = word.casefold()
    close = get_close_matches(folded, by_fold, n=1, cutoff=0.65)
    close = close or [name for name in by_fold if len(folded) > 2 and folded in name]
    return _("; ") + _("did you mean `{name}`?", name=by_fold[close[0]]) if close else ""


class ConfigDraft(Struct, frozen=True):
    """What fits the schema, and the problems found so far."""

    source: YamlText
    written: MappingNode
    """The whole file."""
    shape: FileShape
    tree: MappingNode
    """Only what fits the schema; places in it are places in `shape`."""
    problems: list[Problem] = field(default_factory=list)

    def add_problem(
        self, loc: Loc, message: str, *, position: int | None = None, key: bool = False
    ) -> None:
        """Add a problem at a value (or its key), or at a character of its text."""
        entry = find(self.tree, loc)
        node = entry[0].key if key and entry and entry[0] else self.node(loc)
        start = node.start
        if position is not None and isinstance(node, ScalarNode):
            start = index_of(self.source, node, position)
        self.problems.append(self.source.problem(start, message))

    def line(self, loc: Loc) -> int:
        """Return the line of a value, from 1."""
        return self.source.problem(self.node(loc).start, "").line

    def node(self, loc: Loc) -> Node:
        """Return the node at a place, or the nearest one around it: a short form has no keys."""
        while (entry := find(self.tree, loc)) is None:
            loc = loc[:-1]
        return entry[1]
