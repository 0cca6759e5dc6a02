"""Edits of the text of a `feeds.yaml`: only what is edited changes, as comments and order stay.

The places of the tree say where to cut and to insert. Each edit is read again, and refused if the
file then says anything else than it should. A round trip through ruamel is no way: without any edit
it changes nine of ten of the layouts that the tests draw, and it damages files in braces.
"""

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
from monitor.base.errors import ConfigError, MonitorError
from monitor.base.files import atomic_write
from monitor.base.translation import gettext as _
from monitor.config.addresses import without_login
from monitor.config.loading import (
    config_views,
    configured_store,
    load,
    understand,
    version_in_force,
)
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
from monitor.model.analyst import user
from monitor.model.config import Config

Item = str | Mapping[str, Any]
"""A bare text, or a mapping of texts and lists of texts."""
Collected = SequenceNode | MappingNode

_LIKE_A_WORD = re.compile(r"[^\W\d_][^\n]*")
_NOT_TEXT = {*WORDS, "yes", "no", "on", "off", "y", "n"}
"""Words that some version of YAML does not read as text."""
_LONGEST_LINE = 90
"""Characters of a list that is written on one line."""
_MARGIN = "  "
_BOM = b"\xef\xbb\xbf"


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

    def items(self, key: str) -> list[Node]:
        """Return the items of a list of the file; empty if it has none."""
        pair = self.root.get(key)
        return pair.value.nodes if pair and isinstance(pair.value, SequenceNode) else []


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


# --- values as YAML -----------------------------------------------------------------


def scalar(text: str) -> str:
    """Return a text as YAML, in quotes only where it needs them, also inside brackets."""
    plain = _LIKE_A_WORD.fullmatch(text) and text.lower() not in _NOT_TEXT and _is_read(text)
    return text if plain else json.dumps(text, ensure_ascii=False)


def _is_read(text: str) -> bool:
    """Tell whether a plain text is read as itself, alone and inside brackets."""
    try:
        root, _repeated = tree(YamlText(f"- {text}\n- [{text}]\n"))
    except YamlSyntaxError:
        return False
    return root is not None and root.plain() == [text, [text]]


def written(text: str, value: Any) -> str:
    """Return a value on one line as a file with this text has it: as JSON where that is JSON."""
    if isinstance(value, bool | Mapping) or _is_json(text):
        return json.dumps(value, ensure_ascii=False)
    return scalar(value) if isinstance(value, str) else f"[{', '.join(map(scalar, value))}]"


def _is_json(text: str) -> bool:
    return text.lstrip().startswith("{")


def _key_lines(key: str, value: Any) -> list[str]:
    """Return a key with its value; a list too long for a line has a line for each item."""
    line = f"{key}: {written('', value)}"
    if isinstance(value, str) or len(line) <= _LONGEST_LINE:
        return [line]
    return [f"{key}:", *(f"  - {scalar(item)}" for item in value)]


def _item_lines(item: Item) -> list[str]:
    lines = [scalar(item)] if isinstance(item, str) else []
    if not isinstance(item, str):
        lines = [line for key, value in item.items() for line in _key_lines(key, value)]
    return [("  " if number else "- ") + line for number, line in enumerate(lines)]


# --- places in the text -------------------------------------------------------------


def in_brackets(text: str, node: Node) -> bool:
    """Tell whether a list or a mapping stands in brackets or braces."""
    return not isinstance(node, ScalarNode) and text[node.start] in "[{"


def end_of(text: str, node: Node) -> int:
    """Return where the last word of a node ends; marks of blocks end where the next begins."""
    if not isinstance(node, ScalarNode) and not in_brackets(text, node) and _children(node):
        return end_of(text, _children(node)[-1][1])
    return max(node.start, len(text[: node.end].rstrip()))


def _children(node: Collected) -> list[tuple[int, Node]]:
    """Return where each item or key begins, and the item or value."""
    if isinstance(node, SequenceNode):
        return [(child.start, child) for child in node.nodes]
    return [(pair.key.start, pair.value) for pair in node.pairs]


def _line_start(text: str, place: int) -> int:
    return text.rfind("\n", 0, place) + 1


def _line_behind(text: str, place: int) -> tuple[str, int]:
    """Return the text with a line below that of a place, and where that line begins."""
    line_end = text.find("\n", place) + 1
    if line_end:
        return text, line_end
    text += _ending_of(text)
    return text, len(text)


def _ending_of(text: str) -> str:
    return "\r\n" if "\r\n" in text else "\n"


# --- the four edits -----------------------------------------------------------------


def replaced(text: str, node: Node, value: Any) -> str:
    """Return the text with another value in place of a node."""
    return text[: node.start] + written(text, value) + text[end_of(text, node) :]


def with_items(text: str, listed: SequenceNode, at: int, items: Sequence[Item]) -> str:
    """Return the text with items before that of a number, or behind the last one."""
    style = "{" if listed.nodes and text[listed.nodes[0].start] == '"' else text
    lines = [line for item in items for line in _item_lines(item)]
    return _inserted(text, listed, at, [written(style, item) for item in items], lines)


def with_key(text: str, table: MappingNode, at: int, key: str, value: Any) -> str:
    """Return the text with a key before that of a number, or behind the last one."""
    as_json = text[table.pairs[0].key.start] == '"'
    short = f"{json.dumps(key) if as_json else key}: {written(text, value)}"
    return _inserted(text, table, at, [short], _key_lines(key, value))


def _inserted(
    text: str, around: Collected, at: int, short: Sequence[str], lines: Sequence[str]
) -> str:
    """Insert entries into a collection that is not empty.

    Args:
        text: The text.
        around: The collection.
        at: The number of the child before which they are to stand.
        short: The entries as they stand inside brackets.
        lines: Their lines, where they stand on lines of their own.
    """
    if not short:
        return text
    ending, children = _ending_of(text), _children(around)
    if in_brackets(text, around):
        if not at:
            place = children[0][0]
            return text[:place] + "".join(f"{entry}, " for entry in short) + text[place:]
        start, last = children[at - 1]
        gap = text[_line_start(text, start) : start]
        between = ", " if gap.strip() else f",{ending}{gap}"
        place = last.end
        return text[:place] + "".join(between + entry for entry in short) + text[place:]
    margin = " " * (around.start - _line_start(text, around.start))
    block = "".join(f"{margin}{line}{ending}" for line in lines)
    if not at:
        place = around.start
        return text[:place] + block[len(margin) :] + margin + text[place:]
    text, place = _line_behind(text, end_of(text, children[at - 1][1]))
    return text[:place] + block + text[place:]


def without(text: str, around: Collected, numbers: Collection[int]) -> str:
    """Return the text without these children, from 0, of a collection; raises LayoutError.

    Comments between them stay.
    """
    cuts = _in_brackets if in_brackets(text, around) else _in_lines
    for start, end in reversed(list(cuts(text, around, numbers))):
        text = text[:start] + text[end:]
    return text


def _in_brackets(
    text: str, around: Collected, numbers: Collection[int]
) -> Iterator[tuple[int, int]]:
    """Yield each child with a comma: the one before it, behind a child that stays."""
    children, follows_kept = _children(around), False
    for number, (start, child) in enumerate(children):
        if number not in numbers:
            follows_kept = True
        elif follows_kept:
            yield children[number - 1][1].end, child.end
        else:
            yield start, (*children, (child.end, child))[number + 1][0]


def _in_lines(text: str, around: Collected, numbers: Collection[int]) -> Iterator[tuple[int, int]]:
    """Yield the lines of each child, from its dash or key to its last word."""
    margin = around.start - _line_start(text, around.start)
    dash = re.compile(rf"^[ ]{{{margin}}}-(?=\s)", re.MULTILINE)
    children, place = _children(around), around.start - margin
    for number, (start, child) in enumerate(children):
        first = _line_start(text, start)
        if isinstance(around, SequenceNode):
            match = dash.search(text, place)
            if match is None:
                raise LayoutError(_("the dash of an item is not found"))
            first = match.start()
        place = max(end_of(text, child), first + margin + 1)
        if number not in numbers:
            continue
        if isinstance(around, MappingNode) and not number:  # it may be behind a dash
            following = children[1][0]
            if "#" in text[place:following]:
                key = around.pairs[0].key.text
                raise LayoutError(_("a comment stands behind `{key}`; edit it by hand", key=key))
            yield start, following
        else:
            yield first, text.find("\n", place) + 1 or len(text)


# --- items of the file ----------------------------------------------------------------


def with_item(text: str, key: str, items: Sequence[Item]) -> str:
    """Return the text with items added to a top-level list; a missing list is added at the end.

    Raises:
        LayoutError: The layout of the file cannot be edited.
    """
    root = EditedFile(text).root
    pair = root.get(key)
    listed = pair.value.plain() if pair and isinstance(pair.value, SequenceNode) else []
    if pair and isinstance(pair.value, SequenceNode) and pair.value.nodes:
        after = with_items(text, pair.value, len(pair.value.nodes), items)
    else:
        after = _with_list(text, root, key, pair, items)
    return parsed_again(after, {**root.plain(), key: [*listed, *items]}).text


def _with_list(
    text: str, root: MappingNode, key: str, pair: Pair | None, items: Sequence[Item]
) -> str:
    """Return the text with a list that is not there yet, or is empty."""
    if pair and pair.value.plain() not in ([], BLANK):
        raise LayoutError(_("`{key}` is not a list", key=key))
    if in_brackets(text, root):
        short = json.dumps(items, ensure_ascii=False)
        if pair:
            return text[: pair.value.start] + short + text[pair.value.end :]
        head, comma = text[: root.end - 1].rstrip(), ", " if root.pairs else ""
        return f'{head}{comma}"{key}": {short}{text[root.end - 1 :]}'
    ending = _ending_of(text)
    block = "".join(f"{_MARGIN}{line}{ending}" for item in items for line in _item_lines(item))
    if pair is None:
        return (text if text.endswith("\n") else text + ending) + f"{key}:{ending}" + block
    if pair.value.end > pair.value.start:
        text = text[: pair.value.start].rstrip(" ") + text[pair.value.end :]
    text, place = _line_behind(text, pair.key.end)
    return text[:place] + block + text[place:]


def without_items(text: str, key: str, numbers: Collection[int]) -> str:
    """Return the text without these items, from 0, of a top-level list; raises LayoutError.

    Comments between items stay.
    """
    root = EditedFile(text).root
    pair = root.get(key)
    if pair is None or not isinstance(pair.value, SequenceNode):
        raise LayoutError(_("`{key}` is not a list", key=key))
    nodes = enumerate(pair.value.nodes)
    left = [node.plain() for number, node in nodes if number not in numbers]
    if not left:
        raise LayoutError(_("`{key}` would be empty", key=key))
    return parsed_again(without(text, pair.value, numbers), {**root.plain(), key: left}).text


def as_mapping(file: EditedFile, section: str, number: int, key: str, value: Any) -> EditedFile:
    """Return the file with a bare text of a list as a mapping whose only key has this value."""
    text, expected, node = file.text, file.root.plain(), file.items(section)[number]
    expected[section][number] = {key: value}
    after = text[: node.start] + json.dumps({key: value}, ensure_ascii=False)
    if text[_line_start(text, node.start) : node.start].strip() == "-":
        after = f"{text[: node.start]}{key}: {written(text, value)}"
    return parsed_again(after + text[end_of(text, node) :], expected)


# --- feeds ----------------------------------------------------------------------------


def set_enabled(text: str, url: str, *, on: bool) -> str:
    """Return the text with a feed polled or not, comments kept; raises LayoutError.

    A feed that is polled needs no `enabled`: it goes where nothing else is on its line.
    """
    file = EditedFile(text)
    number, address = _feed(file, url)
    node = file.items("feeds")[number]
    if not isinstance(node, MappingNode):
        if on:
            return text
        file = as_mapping(file, "feeds", number, "url", address.text)
        node = file.items("feeds")[number]
    assert isinstance(node, MappingNode)
    text, expected = file.text, file.root.plain()
    names = [pair.key.text for pair in node.pairs]
    expected["feeds"][number]["enabled"] = on
    if "enabled" not in names:
        if on:
            return text
        at = len(names) if in_brackets(text, node) else names.index("url") + 1
        after = with_key(text, node, at, "enabled", on)
    else:
        at = names.index("enabled")
        value = node.pairs[at].value
        line = text[value.end : text.find("\n", value.end) + 1 or len(text)]
        if on and at and (in_brackets(text, node) or not line.strip()):
            del expected["feeds"][number]["enabled"]
            after = without(text, node, {at})
        else:
            after = replaced(text, value, on)
    return parsed_again(after, expected).text


def with_address(text: str, old: str, new: str) -> str:
    """Return the text with another address for the feed that has `old`; raises LayoutError."""
    file = EditedFile(text)
    number, address = _feed(file, old)
    login, at, _host = urlsplit(address.text).netloc.rpartition("@")
    moved = new.replace("://", f"://{login}@", 1) if at else new
    expected = file.root.plain()
    if isinstance(expected["feeds"][number], dict):
        expected["feeds"][number]["url"] = moved
    else:
        expected["feeds"][number] = moved
    return parsed_again(replaced(text, address, moved), expected).text


def _feed(file: EditedFile, url: str) -> tuple[int, ScalarNode]:
    """Return the number of the feed with an address, and where that is written.

    Raises:
        LayoutError: No feed of the file has it.
    """
    for number, node in enumerate(file.items("feeds")):
        pair = node.get("url") if isinstance(node, MappingNode) else None
        address = pair.value if pair else node
        if isinstance(address, ScalarNode) and without_login(address.text) == url:
            return number, address
    raise LayoutError(
        _("no feed of the file has the address {url}; it comes from elsewhere", url=url)
    )


# --- the file -------------------------------------------------------------------------


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


def save_search(path: Path, data: Path | None, name: str, query: str, sort: str = "date") -> Config:
    """Add a saved search; raises QueryError, ConfigError, MonitorError."""
    parse_query(query)
    item = {"name": name, "query": query} | ({"sort": sort} if sort != "date" else {})
    return edit(path, lambda text: with_item(text, "searches", [item]), data=data)


def move_feed(path: Path, old: str, new: str, *, data: Path | None = None) -> None:
    """Put the address `new` where a feed has `old`; a login that is written there stays.

    Raises ConfigError, MonitorError; the file is then as it was.
    """
    edit(path, lambda text: with_address(text, old, new), data=data)
