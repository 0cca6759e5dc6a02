"""The draft of a configuration: the valid values of a `feeds.yaml`, and its problems."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from msgspec import Struct

from index.query.filters import selects
from monitor.base.errors import Problem
from monitor.base.formatting import nearest
from monitor.base.translation import gettext as _
from monitor.config.keys import FileKeys
from monitor.config.tables import Place
from monitor.config.yaml_nodes import (
    Loc,
    MappingNode,
    Pair,
    ScalarNode,
    YamlSyntaxError,
    YamlText,
    decode,
    find,
    index_of,
    nearest_node,
    tree,
)
from monitor.model.feed import Feed
from monitor.model.watchlist import Watchlist


class ConfigDraft(Struct, frozen=True):
    """The valid values of a file, and the problems found so far."""

    source: YamlText
    tree: MappingNode
    """The tree of valid values; items have the same numbers as in `file`."""
    file: FileKeys
    problems: list[Problem]

    def add_problem(
        self, loc: Loc, message: str, *, position: int | None = None, key: bool = False
    ) -> None:
        """Add a problem at a value (or its key), or at a character of its text."""
        entry = find(self.tree, loc)
        node = entry[0].key if key and entry and entry[0] else nearest_node(self.tree, loc)
        start = node.start
        if position is not None and isinstance(node, ScalarNode):
            start = index_of(self.source, node, position)
        self.problems.append(self.source.problem(start, message))

    def line(self, loc: Loc) -> int:
        """Return the line of a value, from 1."""
        return self.source.problem(nearest_node(self.tree, loc).start, "").line


def repeated(names: Iterable[str]) -> Iterator[tuple[int, int]]:
    """Yield the number of each name that is a repetition, and that of its first occurrence.

    Empty names do not count.
    """
    first: dict[str, int] = {}
    for number, name in enumerate(names):
        if name and (earlier := first.setdefault(name, number)) != number:
            yield number, earlier


def draft_of(content: bytes, key: str = "") -> ConfigDraft | Problem:
    """Return the draft of a file, or the problem if nothing of it can be read.

    Args:
        content: The bytes of the file.
        key: The key of feeds.yaml whose value is the file; empty for feeds.yaml itself.
    """
    source, text_error = decode(content)
    if text_error:
        return source.problem(text_error.index, text_error.message)
    try:
        root, problems = tree(source)
    except YamlSyntaxError as error:
        return source.problem(error.index, error.message)
    if key:
        value = MappingNode(0, 0, []) if root is None else root
        root = MappingNode(0, 0, [Pair(ScalarNode(0, 0, key), value)])
    if root is None:
        return Problem(1, 1, _("the file is empty; `tocsin init` writes one to start from"))
    if not isinstance(root, MappingNode):
        return source.problem(root.start, _("this is no feeds.yaml: it begins with `feeds:`"))
    names = [pair.key.text for pair in root.pairs]
    file = FileKeys.from_node(root, Place(source, problems, "feeds.yaml"))
    assert file is not None  # no key of a file is required by itself
    for needed in ("feeds", "watchlists") if not key else ():
        if needed not in names and not any(nearest(other, [needed]) for other in names):
            message = _("there is no `{key}:`; write `{key}: []` if that is meant", key=needed)
            problems.append(Problem(1, 1, message))
    return ConfigDraft(source, root, file, problems)


# --- names that do not exist ------------------------------------------------------------


def unknown_channel(name: str, channels: Sequence[str]) -> str:
    """Return a message if no channel has a name, else an empty text."""
    if name in channels:
        return ""
    return _("no such channel `{name}`", name=name) + nearest(name, channels)


def unknown_watchlist(name: str, watchlists: Sequence[str]) -> str:
    """Return a message if no watchlist has a name, in any case, else an empty text."""
    if name.casefold() in map(str.casefold, watchlists):
        return ""
    return _("no watchlist is called `{name}`", name=name) + nearest(name, watchlists)


def unknown_selector(selector: str, feeds: Sequence[Feed], fallback: str = "") -> str:
    """Return a message if a selector (`tag:NAME`, a name, a host) selects no feed, else ''.

    `fallback` is the hint where no name is similar.
    """
    if any(selects_feed(selector, feed) for feed in feeds):
        return ""
    tags = sorted({tag for feed in feeds for tag in feed.tags})
    if selector.startswith("tag:"):
        name = selector.removeprefix("tag:")
        return _("no feed has the tag `{name}`", name=name) + (nearest(name, tags) or fallback)
    names = [feed.name for feed in feeds]
    hint = nearest(selector, [*names, *map("tag:{}".format, tags)])
    return _("no feed is called `{name}`", name=selector) + (hint or fallback)


def selects_feed(selector: str, feed: Feed) -> bool:
    """Tell whether a selector selects a feed."""
    return selects(selector, feed.name, feed.address, feed.tags)


def watched_feeds(watchlist: Watchlist, feeds: Sequence[Feed]) -> tuple[Feed, ...]:
    """Return the feeds that a watchlist watches."""
    if not watchlist.feeds:
        return tuple(feeds)
    return tuple(
        feed for feed in feeds if any(selects_feed(selector, feed) for selector in watchlist.feeds)
    )
