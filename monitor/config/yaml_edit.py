"""Edits of the text of a `feeds.yaml` that keep its comments and its order."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from index.query.parser import parse_query
from monitor.base.analyst import user
from monitor.base.errors import ConfigError, MonitorError
from monitor.base.files import atomic_write
from monitor.base.translation import gettext as _
from monitor.config import value_parsers
from monitor.config.loading import load, understand
from monitor.config.source import config_views, configured_store, version_in_force
from monitor.config.yaml_nodes import (
    BLANK,
    WORDS,
    MappingNode,
    Node,
    Pair,
    ScalarNode,
    SequenceNode,
    YamlSyntaxError,
    YamlText,
    tree,
)
from monitor.model.config import Config

Item = str | Mapping[str, Any]
"""A bare text, or a mapping of texts and lists of texts."""

_LIKE_A_WORD = re.compile(r"[^\W\d_][^\n]*")
_NOT_TEXT = {*WORDS, "yes", "no", "on", "off", "y", "n"}
"""Words that some version of YAML does not read as text."""


def block(items: Sequence[Item], margin: str, ending: str) -> str:
    """Return items as lines, each item behind a dash."""
    return "".join(
        f"{margin}{'- ' if first else '  '}{line}{ending}"
        for item in items
        for first, line in _lines(item)
    )


def flow(items: Sequence[Item], between: str = ", ") -> str:
    """Return items as they stand inside brackets: as JSON."""
    return between.join(json.dumps(item, ensure_ascii=False) for item in items)


def scalar(text: str) -> str:
    """Return a text as YAML, in quotes only where it needs them, also inside brackets."""
    plain = _LIKE_A_WORD.fullmatch(text) and text.lower() not in _NOT_TEXT and _is_read(text)
    return text if plain else json.dumps(text, ensure_ascii=False)


def _lines(item: Item) -> list[tuple[bool, str]]:
    if isinstance(item, str):
        return [(True, scalar(item))]
    written = [line for key, value in item.items() for line in _key_lines(key, value)]
    return [(number == 0, line) for number, line in enumerate(written)]


def _key_lines(key: str, value: str | Sequence[str]) -> list[str]:
    """Return a key with its value; a list too long for a line has a line for each item."""
    written = f"{key}: {value_text(value)}"
    if isinstance(value, str) or len(written) <= _LONGEST_LINE:
        return [written]
    return [f"{key}:", *(f"  - {scalar(item)}" for item in value)]


def value_text(value: str | Sequence[str]) -> str:
    """Return a text, or a list of texts in brackets, as YAML on one line."""
    return scalar(value) if isinstance(value, str) else f"[{', '.join(map(scalar, value))}]"


def _is_read(text: str) -> bool:
    """Tell whether a plain text is read as itself, alone and inside brackets."""
    try:
        root, _ = tree(YamlText(f"- {text}\n- [{text}]\n"))
    except YamlSyntaxError:
        return False
    if not isinstance(root, SequenceNode) or len(root.nodes) != 2:
        return False
    alone, inside = root.nodes
    listed = inside.nodes if isinstance(inside, SequenceNode) else ()
    return all(isinstance(n, ScalarNode) and n.text == text for n in (alone, *listed)) and bool(
        listed
    )


_MARGIN = "  "
_LONGEST_LINE = 90
"""Characters of a list that is written on one line."""


class LayoutError(MonitorError):
    """The layout of a `feeds.yaml` is one that no command can edit; a person can."""


class EditedFile(YamlText):
    """A `feeds.yaml` that is edited: its text, and its tree, which is made once."""

    @cached_property
    def root(self) -> MappingNode:
        """The mapping that the text is; raises LayoutError."""
        try:
            root, repeated = tree(self)
        except YamlSyntaxError as error:
            raise LayoutError(error.message) from error
        if not isinstance(root, MappingNode) or repeated:
            raise LayoutError(_("it is not one mapping"))
        return root


def with_item(text: str, key: str, items: Sequence[Item]) -> str:
    """Return the text with items added to a top-level list; a missing list is added at the end.

    Raises:
        LayoutError: The layout of the file cannot be edited.
    """
    root = EditedFile(text).root
    pair = root.get(key)
    if pair is None:
        after = _with_key(text, root, key, items)
    elif isinstance(pair.value, SequenceNode) and pair.value.nodes:
        after = _after_node(text, pair.value, items)
    else:
        after = _in_place_of_null(text, root, pair, items)
    listed = pair.value.plain() if pair and isinstance(pair.value, SequenceNode) else []
    return parsed_again(after, {**root.plain(), key: [*listed, *items]}).text


def without_items(text: str, key: str, numbers: Collection[int]) -> str:
    """Return the text without these items, from 0, of a top-level list; raises LayoutError.

    Comments between items stay.
    """
    root = EditedFile(text).root
    pair = root.get(key)
    if pair is None or not isinstance(pair.value, SequenceNode):
        raise LayoutError(_("`{key}` is not a list", key=key))
    nodes = pair.value.nodes
    left = [node.plain() for number, node in enumerate(nodes) if number not in numbers]
    if not left:
        raise LayoutError(_("`{key}` would be empty", key=key))
    places = _in_brackets if text.startswith("[", pair.value.start) else _in_lines
    after = text
    for start, end in reversed(list(places(text, pair.value, numbers))):
        after = after[:start] + after[end:]
    return parsed_again(after, {**root.plain(), key: left}).text


def parsed_again(text: str, expected: dict[str, Any]) -> EditedFile:
    """Return the file of a text that reads as `expected`; raises LayoutError if it does not."""
    after = EditedFile(text)
    try:
        content = after.root.plain()
    except LayoutError:
        content = {}
    if content != expected:
        raise LayoutError(_("it is laid out too unusually for a command; edit it by hand"))
    return after


# --- adding ------------------------------------------------------------------------


def _with_key(text: str, root: MappingNode, key: str, items: Sequence[Item]) -> str:
    if text.startswith("{", root.start):
        head, comma = text[: root.end - 1].rstrip(), ", " if root.pairs else ""
        return f'{head}{comma}"{key}": [{flow(items)}]{text[root.end - 1 :]}'
    ending = ending_of(text)
    head = text if text.endswith("\n") else text + ending
    return head + f"{key}:{ending}" + block(items, _MARGIN, ending)


def _after_node(text: str, listed: SequenceNode, items: Sequence[Item]) -> str:
    last = listed.nodes[-1]
    if not text.startswith("[", listed.start):
        margin = text[text.rfind("\n", 0, listed.start) + 1 : listed.start]
        return _in_list(text, end_of(text, last), margin, items)
    gap = text[text.rfind("\n", 0, last.start) + 1 : last.start]
    between = f",{ending_of(text)}{gap}" if not gap.strip() else ", "
    return text[: last.end] + between + flow(items, between) + text[last.end :]


def _in_place_of_null(text: str, root: MappingNode, pair: Pair, items: Sequence[Item]) -> str:
    """Put items where `key:` or `key: []` stood."""
    if pair.value.plain() not in ([], BLANK):
        raise LayoutError(_("`{key}` is not a list", key=pair.key.text))
    if text.startswith("{", root.start):
        return f"{text[: pair.value.start]}[{flow(items)}]{text[pair.value.end :]}"
    if pair.value.end > pair.value.start:
        text = text[: pair.value.start].rstrip(" ") + text[pair.value.end :]
    return _in_list(text, pair.key.end, _MARGIN, items)


def _in_list(text: str, place: int, margin: str, items: Sequence[Item]) -> str:
    """Add items on lines of their own below that of a place."""
    text, line_end = line_behind(text, place)
    return text[:line_end] + block(items, margin, ending_of(text)) + text[line_end:]


# --- removing ---------------------------------------------------------------------


def _in_lines(
    text: str, listed: SequenceNode, numbers: Collection[int]
) -> Iterator[tuple[int, int]]:
    """Yield the lines of each item, from its dash to its last word."""
    margin = listed.start - text.rfind("\n", 0, listed.start) - 1
    dash = re.compile(rf"^[ ]{{{margin}}}-(?=\s)", re.MULTILINE)
    place = listed.start - margin
    for number, node in enumerate(listed.nodes):
        match = dash.search(text, place)
        if match is None:
            raise LayoutError(_("the dash of an item is not found"))
        place = max(end_of(text, node), match.end())
        line_end = text.find("\n", place) + 1
        if number in numbers:
            yield match.start(), line_end or len(text)


def _in_brackets(
    text: str, listed: SequenceNode, numbers: Collection[int]
) -> Iterator[tuple[int, int]]:
    """Yield each item with a comma: the one before it, behind an item that stays."""
    nodes, follows_kept_item = listed.nodes, False
    for number, node in enumerate(nodes):
        if number not in numbers:
            follows_kept_item = True
        elif follows_kept_item:
            yield nodes[number - 1].end, node.end
        else:
            yield node.start, nodes[number + 1].start


def end_of(text: str, node: Node) -> int:
    """Return where the last word of a node ends; marks of blocks end where the next begins."""
    inner = node.nodes if isinstance(node, SequenceNode) else []
    if isinstance(node, MappingNode):
        inner = [pair.value for pair in node.pairs]
    if inner and text[node.start] not in "[{":
        return end_of(text, inner[-1])
    return max(node.start, len(text[: node.end].rstrip()))


def line_behind(text: str, place: int) -> tuple[str, int]:
    """Return the text with a line below that of a place, and where that line begins."""
    line_end = text.find("\n", place) + 1
    if line_end:
        return text, line_end
    text += ending_of(text)
    return text, len(text)


def ending_of(text: str) -> str:
    """Return how the lines of a text end."""
    return "\r\n" if "\r\n" in text else "\n"


_BOM = b"\xef\xbb\xbf"


def edit(path: Path, change: Callable[[str], str], *, data: Path | None = None) -> Config:
    """Change a `feeds.yaml` and return what it says then.

    Raises ConfigError if it is not well, before or after; MonitorError if it cannot be
    written; whatever `change` raises. The file is then as it was. Its mode stays, and a
    symbolic link stays one.
    """
    return edit_by_config(path, lambda _config: change, data=data)


def edit_by_config(
    path: Path, decide: Callable[[Config], Callable[[str], str]], *, data: Path | None = None
) -> Config:
    """Change a `feeds.yaml` in the way that follows from what it says; return what it says then.

    Raises ConfigError and MonitorError as `edit` does.
    """
    change = decide(load(path, data=data))
    if configured_store(path):
        return _edit_stored(path, change, data)
    before = path.read_bytes()
    bom = _BOM if before.startswith(_BOM) else b""
    after = bom + change(before.removeprefix(bom).decode()).encode()
    config = _understand_edit(after, path, data)
    try:
        _replace(path.resolve(), before, after)
    except OSError as error:
        reason = error.strerror or error
        message = _("{file} cannot be written: {reason}", file=path, reason=reason)
        raise MonitorError(message) from error
    return config


def _understand_edit(after: bytes, path: Path, data: Path | None) -> Config:
    try:
        return understand(after, path, data=data)
    except ConfigError as error:
        raise ConfigError(error.path, error.problems, unwritten=after) from error


def _edit_stored(path: Path, change: Callable[[str], str], data: Path | None) -> Config:
    """Change the version in force, and put the result in force."""
    stored = version_in_force(path)
    after = change(stored.content)
    config = _understand_edit(after.encode(), path, data)
    versions = config_views(configured_store(path))
    versions.apply(after, user(os.environ), stored.number)
    return config


def _replace(path: Path, before: bytes, after: bytes) -> None:
    """Put a new file in place of one that is still as it was read."""

    def check() -> None:
        if path.read_bytes() != before:
            raise MonitorError(
                _("{file} was edited meanwhile and stays as it is; try again", file=path)
            )

    mode = path.stat().st_mode & 0o7777
    atomic_write(path, after, durable=True, mode=mode, check=check)


def add_watchlist(
    path: Path, data: Path | None, name: str, query: str, severity: str = ""
) -> Config:
    """Add a watchlist for a query; raises QueryError if the query has filters of the archive.

    Also ConfigError and MonitorError, and the file is then as it was.
    """
    parse_query(query, allow_archive_filters=False)
    item = {"name": name, "query": query} | ({"severity": severity} if severity else {})
    return edit(path, lambda text: with_item(text, "watchlists", [item]), data=data)


def save_search(path: Path, data: Path | None, name: str, query: str, sort: str = "date") -> Config:
    """Add a saved search; raises QueryError, ConfigError, MonitorError."""
    parse_query(query)
    item = {"name": name, "query": query} | ({"sort": sort} if sort != "date" else {})
    return edit(path, lambda text: with_item(text, "searches", [item]), data=data)


KEY = "enabled"


def set_enabled(text: str, url: str, *, on: bool) -> str:
    """Return the text with a feed polled or not, comments kept; raises LayoutError.

    A feed that is polled needs no `enabled`: it goes where nothing else is on its line.
    """
    root = EditedFile(text).root
    pair = root.get("feeds")
    listed = pair.value if pair else None
    for number, node in enumerate(listed.nodes if isinstance(listed, SequenceNode) else ()):
        address = _address(node)
        if not isinstance(address, ScalarNode) or value_parsers.without_login(address.text) != url:
            continue
        expected = root.plain()
        if isinstance(node, MappingNode):
            expected["feeds"][number][KEY] = on
        elif on:
            return text
        else:
            expected["feeds"][number] = {"url": address.text, KEY: on}
        if on and (without := _without_enabled(text, node)) is not None:
            del expected["feeds"][number][KEY]
            return parsed_again(without, expected).text
        in_brackets = isinstance(listed, SequenceNode) and text.startswith("[", listed.start)
        after = _with_enabled(text, node, address, on, in_brackets=in_brackets)
        return parsed_again(after, expected).text
    raise LayoutError(
        _("no feed of the file has the address {url}; it comes from elsewhere", url=url)
    )


def _address(node: Node) -> Node | None:
    if isinstance(node, MappingNode):
        pair = node.get("url")
        return pair.value if pair else None
    return node


def _without_enabled(text: str, node: Node) -> str | None:
    """Return the text without the key of a feed; None if there is more on its line."""
    pair = node.get(KEY) if isinstance(node, MappingNode) else None
    if pair is None:
        return None
    start, end = pair.key.start, pair.value.end
    if text.startswith("{", node.start):
        before = text[:start].rstrip()
        return before[:-1] + text[end:] if before.endswith(",") else None
    line_start, line_end = text.rfind("\n", 0, start) + 1, text.find("\n", end) + 1 or len(text)
    if text[line_start:start].strip() or text[end:line_end].strip():
        return None
    return text[:line_start] + text[line_end:]


def _with_enabled(
    text: str, node: Node, address: ScalarNode, on: bool, *, in_brackets: bool
) -> str:
    value = "true" if on else "false"
    if not isinstance(node, MappingNode):
        return _in_place_of_address(text, address, value, in_brackets=in_brackets)
    there = node.get(KEY)
    if there is not None:
        return f"{text[: there.value.start]}{value}{text[there.value.end :]}"
    if text.startswith("{", node.start):
        last = node.pairs[-1].value.end
        key = f'"{KEY}"' if text[node.pairs[0].key.start] == '"' else KEY
        return f"{text[:last]}, {key}: {value}{text[last:]}"
    return _below_feed(text, address.end, node.pairs[0].key.start, value)


def _in_place_of_address(text: str, node: ScalarNode, value: str, *, in_brackets: bool) -> str:
    """Turn a bare address into a mapping, with `enabled` on the next line."""
    if in_brackets:
        mapping = f'{{"url": {json.dumps(node.text, ensure_ascii=False)}, "{KEY}": {value}}}'
        return text[: node.start] + mapping + text[node.end :]
    written = f"url: {scalar(node.text)}"  # not a message
    after = text[: node.start] + written + text[node.end :]
    return _below_feed(after, node.start + len(written), node.start, value)


def _below_feed(text: str, place: int, key: int, value: str) -> str:
    """Add the key on a line of its own, as far in as another key is."""
    margin = " " * (key - text.rfind("\n", 0, key) - 1)
    text, line_end = line_behind(text, place)
    return f"{text[:line_end]}{margin}{KEY}: {value}{ending_of(text)}{text[line_end:]}"


def move_feed(path: Path, old: str, new: str, *, data: Path | None = None) -> None:
    """Put the address `new` where a feed has `old`; a login that is written there stays.

    Raises ConfigError, MonitorError; the file is then as it was.
    """
    edit(path, lambda text: with_address(text, old, new), data=data)


def with_address(text: str, old: str, new: str) -> str:
    """Return the text with another address for the feed that has `old`; raises LayoutError."""
    root = EditedFile(text).root
    pair = root.get("feeds")
    nodes = pair.value.nodes if pair and isinstance(pair.value, SequenceNode) else ()
    for number, node in enumerate(nodes):
        url = node.get("url") if isinstance(node, MappingNode) else None
        place = url.value if url else node
        if isinstance(place, ScalarNode) and value_parsers.without_login(place.text) == old:
            address = _with_login_of(place.text, new)
            expected = root.plain()
            if url:
                expected["feeds"][number]["url"] = address
            else:
                expected["feeds"][number] = address
            after = text[: place.start] + scalar(address) + text[place.end :]
            return parsed_again(after, expected).text
    raise LayoutError(_("no feed has the address {url}", url=old))


def _with_login_of(written: str, new: str) -> str:
    login, at, _ = urlsplit(written).netloc.rpartition("@")
    return new.replace("://", f"://{login}@", 1) if at else new
