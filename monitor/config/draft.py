"""A `feeds.yaml` while it is understood: what fits its keys, and the problems found so far."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from msgspec import Struct

from monitor.base.errors import Problem
from monitor.base.formatting import nearest
from monitor.base.translation import gettext as _
from monitor.base.translation import mark
from monitor.config.keys import FileKeys
from monitor.config.tables import Place
from monitor.config.yaml_nodes import (
    Loc,
    MappingNode,
    ScalarNode,
    YamlSyntaxError,
    YamlText,
    decode,
    find,
    index_of,
    nearest_node,
    tree,
)

REQUIRED = {
    "feeds": mark("nothing to poll: there is no `feeds:`; `feeds: []` if so meant"),
    "watchlists": mark(
        "nothing to watch for: there is no `watchlists:`; `watchlists: []` if so meant"
    ),
}


class ConfigDraft(Struct, frozen=True):
    """What fits the keys of a file, and the problems found so far."""

    source: YamlText
    tree: MappingNode
    """Only what fits; numbers of items in it are those in `file`."""
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


def repeated(marks: Iterable[str]) -> Iterator[tuple[int, int]]:
    """Yield the number of each mark that is there already, and that of the first one like it.

    Empty marks do not count.
    """
    first: dict[str, int] = {}
    for number, each in enumerate(marks):
        if each and (earlier := first.setdefault(each, number)) != number:
            yield number, earlier


def draft_of(content: bytes) -> ConfigDraft | Problem:
    """Return what fits the keys of a file, or why nothing of it can be read."""
    source, broken = decode(content)
    if broken:
        return source.problem(broken.index, broken.message)
    try:
        root, problems = tree(source)
    except YamlSyntaxError as error:
        return source.problem(error.index, error.message)
    if root is None:
        return Problem(1, 1, _("the file is empty; `tocsin init` writes one to start from"))
    if not isinstance(root, MappingNode):
        return source.problem(root.start, _("this is no feeds.yaml: it begins with `feeds:`"))
    names = [pair.key.text for pair in root.pairs]
    file = FileKeys.from_node(root, Place(source, problems, "feeds.yaml"))
    assert file is not None  # no key of a file is required by itself
    for key, words in REQUIRED.items():
        if key not in names and not any(nearest(other, [key]) for other in names):
            problems.append(Problem(1, 1, _(words)))
    return ConfigDraft(source, root, file, problems)
