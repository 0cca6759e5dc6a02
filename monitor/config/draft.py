"""A `feeds.yaml` while it is read: what fits the schema, where it is written, the problems."""

from __future__ import annotations

from dataclasses import dataclass, field

from monitor.config.schema import FileShape
from monitor.config.yaml_nodes import Loc, MappingNode, Node, ScalarNode, YamlText, find, index_of
from monitor.errors import Problem


@dataclass(frozen=True, slots=True)
class ConfigDraft:
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
        found = find(self.tree, loc)
        node = found[0].key if key and found and found[0] else self.node(loc)
        start = node.start
        if position is not None and isinstance(node, ScalarNode):
            start = index_of(self.source, node, position)
        self.problems.append(self.source.problem(start, message))

    def line(self, loc: Loc) -> int:
        """Return the line of a value, from 1."""
        return self.source.problem(self.node(loc).start, "").line

    def node(self, loc: Loc) -> Node:
        """Return the node at a place, or the nearest one around it: a short form has no keys."""
        while (found := find(self.tree, loc)) is None:
            loc = loc[:-1]
        return found[1]
