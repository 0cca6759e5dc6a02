"""Adds to and takes from the text of a `feeds.yaml`, and changes nothing else in it.

The text is cut where the parser says that its parts are, so that comments, order and
layout stay as the analyst made them. A result that does not say just what it should is
given up.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from typing import Any

from monitor.config.marks import BLANK, BrokenError, Items, Node, Pair, Source, Table, tree
from monitor.config.written import Item, block, flow
from monitor.errors import MonitorError

_MARGIN = "  "


class LayoutError(MonitorError):
    """A text laid out in a way that no command can edit; a person can."""


def appended(text: str, key: str, items: Sequence[Item]) -> str:
    """Return the text with items behind those of a top-level list; raises LayoutError.

    A list that is not there yet is begun at the end.
    """
    root = root_of(text)
    pair = root.get(key)
    if pair is None:
        after = _with_key(text, root, key, items)
    elif isinstance(pair.value, Items) and pair.value.nodes:
        after = _behind(text, pair.value, items)
    else:
        after = _instead_of_nothing(text, root, pair, items)
    listed = pair.value.plain() if pair and isinstance(pair.value, Items) else []
    return checked(after, {**root.plain(), key: [*listed, *items]})


def removed(text: str, key: str, numbers: Collection[int]) -> str:
    """Return the text without these items, from 0, of a top-level list; raises LayoutError.

    Comments between items stay.
    """
    root = root_of(text)
    pair = root.get(key)
    if pair is None or not isinstance(pair.value, Items):
        raise LayoutError(f"`{key}` is no list")
    nodes = pair.value.nodes
    left = [node.plain() for number, node in enumerate(nodes) if number not in numbers]
    if not left:
        raise LayoutError(f"nothing would be left of `{key}`")
    places = _in_brackets if text.startswith("[", pair.value.start) else _in_lines
    after = text
    for start, end in reversed(list(places(text, pair.value, numbers))):
        after = after[:start] + after[end:]
    return checked(after, {**root.plain(), key: left})


def root_of(text: str) -> Table:
    """Return the mapping that a text is; raises LayoutError."""
    try:
        root, repeated = tree(Source(text))
    except BrokenError as error:
        raise LayoutError(error.message) from error
    if not isinstance(root, Table) or repeated:
        raise LayoutError("it is not one mapping")
    return root


def checked(text: str, wanted: dict[str, Any]) -> str:
    """Return a text that says just what is wanted; raises LayoutError if it does not."""
    try:
        said = root_of(text).plain()
    except LayoutError:
        said = {}
    if said != wanted:
        raise LayoutError("it is laid out too unusually for a command; edit it by hand")
    return text


# --- adding ------------------------------------------------------------------------


def _with_key(text: str, root: Table, key: str, items: Sequence[Item]) -> str:
    if text.startswith("{", root.start):
        head, comma = text[: root.end - 1].rstrip(), ", " if root.pairs else ""
        return f'{head}{comma}"{key}": [{flow(items)}]{text[root.end - 1 :]}'
    ending = _ending(text)
    head = text if text.endswith("\n") else text + ending
    return head + f"{key}:{ending}" + block(items, _MARGIN, ending)


def _behind(text: str, listed: Items, items: Sequence[Item]) -> str:
    last = listed.nodes[-1]
    if not text.startswith("[", listed.start):
        margin = text[text.rfind("\n", 0, listed.start) + 1 : listed.start]
        return _below(text, _end(text, last), margin, items)
    gap = text[text.rfind("\n", 0, last.start) + 1 : last.start]
    between = f",{_ending(text)}{gap}" if not gap.strip() else ", "
    return text[: last.end] + between + flow(items, between) + text[last.end :]


def _instead_of_nothing(text: str, root: Table, pair: Pair, items: Sequence[Item]) -> str:
    """Put items where `key:` or `key: []` stood."""
    if pair.value.plain() not in ([], BLANK):
        raise LayoutError(f"`{pair.key.text}` is no list")
    if text.startswith("{", root.start):
        return f"{text[: pair.value.start]}[{flow(items)}]{text[pair.value.end :]}"
    if pair.value.end > pair.value.start:
        text = text[: pair.value.start].rstrip(" ") + text[pair.value.end :]
    return _below(text, pair.key.end, _MARGIN, items)


def _below(text: str, place: int, margin: str, items: Sequence[Item]) -> str:
    """Add items on lines of their own below that of a place."""
    ending = _ending(text)
    line_end = text.find("\n", place) + 1
    if not line_end:
        text, line_end = text + ending, len(text + ending)
    return text[:line_end] + block(items, margin, ending) + text[line_end:]


# --- taking away ---------------------------------------------------------------------


def _in_lines(text: str, listed: Items, numbers: Collection[int]) -> Iterator[tuple[int, int]]:
    """Yield the lines of each item, from its dash to its last word."""
    margin = listed.start - text.rfind("\n", 0, listed.start) - 1
    dash = re.compile(rf"^[ ]{{{margin}}}-(?=\s)", re.MULTILINE)
    place = listed.start - margin
    for number, node in enumerate(listed.nodes):
        found = dash.search(text, place)
        if found is None:
            raise LayoutError("the dash of an item is not found")
        place = max(_end(text, node), found.end())
        line_end = text.find("\n", place) + 1
        if number in numbers:
            yield found.start(), line_end or len(text)


def _in_brackets(text: str, listed: Items, numbers: Collection[int]) -> Iterator[tuple[int, int]]:
    """Yield each item with a comma: the one before it, behind an item that stays."""
    nodes, kept = listed.nodes, False
    for number, node in enumerate(nodes):
        if number not in numbers:
            kept = True
        elif kept:
            yield nodes[number - 1].end, node.end
        else:
            yield node.start, nodes[number + 1].start


def _end(text: str, node: Node) -> int:
    """Return where the last word of a node ends; marks of blocks end where the next begins."""
    inner = node.nodes if isinstance(node, Items) else ()
    if isinstance(node, Table):
        inner = tuple(pair.value for pair in node.pairs)
    if inner and text[node.start] not in "[{":
        return _end(text, inner[-1])
    return max(node.start, len(text[: node.end].rstrip()))


def _ending(text: str) -> str:
    return "\r\n" if "\r\n" in text else "\n"
