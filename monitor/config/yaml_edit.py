"""Edits of the text of a `feeds.yaml`: comments, order and all other lines stay.

The positions of the tree say where to cut and to insert. Each edit is read again, and refused if
the file then has another content than it should. A round trip through ruamel does not work: without
any edit it changes nine of ten layouts of the tests, and it damages files in braces.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from difflib import SequenceMatcher
from functools import cached_property
from typing import Any
from urllib.parse import urlsplit

from monitor.base.errors import MonitorError
from monitor.base.translation import gettext as _, mark
from monitor.config.addresses import without_login
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
from monitor.model.feed import SourceKind

Item = str | Mapping[str, Any]
"""A bare text, or a mapping of texts and lists of texts."""
Collected = SequenceNode | MappingNode

_LIKE_A_WORD = re.compile(r"[^\W\d_][^\n]*")
_NOT_TEXT = {*WORDS, "yes", "no", "on", "off", "y", "n"}
"""Words that some version of YAML does not read as text."""
_LONGEST_LINE = 90
"""Characters of a list that is written on one line."""
_MARGIN = 2
"""Spaces before the dashes of a list that is new."""
_UNUSUAL = mark("it is laid out too unusually for a command; edit it by hand")


class LayoutError(MonitorError):
    """The layout of a `feeds.yaml` is one that no command can edit; a person can."""


class EditedFile(YamlText):
    """A `feeds.yaml` that is edited: its text, and its tree, which is made once."""

    @cached_property
    def root(self) -> MappingNode:
        """The mapping that the text is; raises LayoutError."""
        try:
            root, duplicates = tree(self)
        except YamlSyntaxError as error:
            raise LayoutError(error.message) from error
        if not isinstance(root, MappingNode) or duplicates:
            raise LayoutError(_("it is not one mapping"))
        return root

    def __init__(self, text: str) -> None:
        super().__init__(text if text.endswith("\n") or _is_json(text) else text + _ending_of(text))

    def items(self, key: str) -> list[Node]:
        """Return the items of a list of the file; empty if it has none."""
        pair = self.root.get(key)
        return pair.value.nodes if pair and isinstance(pair.value, SequenceNode) else []


def _checked(text: str, expected: dict[str, Any]) -> str:
    """Return a text that reads as `expected`; raises LayoutError if it does not."""
    try:
        content = EditedFile(text).root.plain()
    except LayoutError:
        content = {}
    if content != expected:
        raise LayoutError(_(_UNUSUAL))
    return text


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


def _inline(value: Any, *, as_json: bool) -> str:
    """Return a value on one line, also inside brackets."""
    if as_json or isinstance(value, bool):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, str):
        return scalar(value)
    if isinstance(value, Mapping):
        pairs = (f"{key}: {_inline(entry, as_json=False)}" for key, entry in value.items())
        return f"{{{', '.join(pairs)}}}"
    return f"[{', '.join(_inline(entry, as_json=False) for entry in value)}]"


def _is_json(text: str) -> bool:
    return text.lstrip().startswith("{")


def _key_lines(key: str, value: Any) -> list[str]:
    """Return a key with its value; a list too long for a line has a line for each item."""
    key = scalar(key)
    if isinstance(value, Mapping):
        inner = (line for name, entry in value.items() for line in _key_lines(name, entry))
        return [f"{key}:", *(f"  {line}" for line in inner)]
    line = f"{key}: {_inline(value, as_json=False)}"
    if isinstance(value, str) or len(line) <= _LONGEST_LINE:
        return [line]
    return [f"{key}:", *(f"  - {scalar(item)}" for item in value)]


def _item_lines(item: Item) -> list[str]:
    lines = [scalar(item)] if isinstance(item, str) else []
    if not isinstance(item, str):
        lines = [line for key, value in item.items() for line in _key_lines(key, value)]
    return [("  " if number else "- ") + line for number, line in enumerate(lines)]


# --- places in the text -------------------------------------------------------------


def _in_brackets(text: str, node: Node) -> bool:
    """Tell whether a list or a mapping stands in brackets or braces."""
    return not isinstance(node, ScalarNode) and text[node.start] in "[{"


def _end_of(text: str, node: Node) -> int:
    """Return the end of the last word of a node; marks of blocks end where the next begins."""
    if not isinstance(node, ScalarNode) and not _in_brackets(text, node) and _children(node):
        return _end_of(text, _children(node)[-1][1])
    return max(node.start, len(text[: node.end].rstrip()))


def _children(node: Collected) -> list[tuple[int, Node]]:
    """Return the beginning of each item or key, with the item or value."""
    if isinstance(node, SequenceNode):
        return [(child.start, child) for child in node.nodes]
    return [(pair.key.start, pair.value) for pair in node.pairs]


def _column(text: str, place: int) -> int:
    return place - text.rfind("\n", 0, place) - 1


def _lines_of(text: str, parent: Collected, number: int) -> tuple[int, int]:
    """Return start and end of the lines of a child, from its dash or key; raises LayoutError."""
    start, child = _children(parent)[number]
    first = start - _column(text, start)
    if isinstance(parent, SequenceNode):
        dash = "\n" + " " * _column(text, parent.start) + "-"
        first = f"\n{text}".rfind(dash, 0, start + 1)
        if first < 0:
            raise LayoutError(_(_UNUSUAL))
    end = text.find("\n", _end_of(text, child)) + 1
    return first, end or len(text)


def _ending_of(text: str) -> str:
    return "\r\n" if "\r\n" in text else "\n"


# --- edits --------------------------------------------------------------------------

Edit = tuple[int, int, str]
"""Start and end of the text to remove, and the text in its place."""


def _apply(text: str, edits: Iterable[Edit]) -> str:
    for start, end, replacement in sorted(edits, reverse=True):
        text = text[:start] + replacement + text[end:]
    return text


def _edits(text: str, node: Node, after: Any) -> Iterator[Edit]:
    """Yield the edits that give a node another value; equal parts stay untouched."""
    before: Any = node.plain()
    if before == after:
        return
    in_lines, is_mapping = not _in_brackets(text, node), isinstance(after, dict)
    if isinstance(node, SequenceNode) and in_lines and isinstance(after, list) and after:
        yield from _list_edits(text, node, after)
    elif isinstance(node, MappingNode) and is_mapping and in_lines and before.keys() & after.keys():
        yield from _mapping_edits(text, node, after)
    elif not isinstance(node, ScalarNode) and not in_lines and isinstance(after, type(before)):
        yield node.start, node.end, _bracketed(text, node, after)
    else:
        yield from _whole_edits(text, node, after)


def _whole_edits(text: str, node: Node, after: Any) -> Iterator[Edit]:
    """Yield the edits that replace a node as a whole; a comment behind it stays."""
    column, end = _column(text, node.start), _end_of(text, node)
    is_alone = not text[node.start - column : node.start].strip(" -")
    if not isinstance(after, dict) or not is_alone or _in_brackets(text, node):
        yield node.start, end, _inline(after, as_json=_is_json(text))
        return
    first, *following = [line for key, value in after.items() for line in _key_lines(key, value)]
    place = text.find("\n", end) + 1
    yield node.start, end, first
    yield place, place, "".join(f"{' ' * column}{line}{_ending_of(text)}" for line in following)


def _bracketed(text: str, node: Collected, after: Any) -> str:
    """Return the new text of brackets; entries that stay keep their text.

    Raises:
        LayoutError: A comment stands between the brackets.
    """
    if re.search(r"[\s,]#", text[node.start : node.end]):
        raise LayoutError(_(_UNUSUAL))
    keys = [key for key, _value in node.pairs] if isinstance(node, MappingNode) else []
    as_json = _is_json(text) or (bool(keys) and all(text[key.start] == '"' for key in keys))
    if isinstance(node, SequenceNode):
        sources = {repr(child.plain()): text[child.start : child.end] for child in node.nodes}
        entries = (sources.get(repr(item)) or _inline(item, as_json=as_json) for item in after)
        return f"[{', '.join(entries)}]"
    pairs = {key: _inline({key: value}, as_json=as_json)[1:-1] for key, value in after.items()}
    for key, value in node.pairs:
        if after.get(key.text) == value.plain():
            pairs[key.text] = text[key.start : value.end]
    return f"{{{', '.join(pairs.values())}}}"


def _mapping_edits(text: str, node: MappingNode, after: dict[str, Any]) -> Iterator[Edit]:
    """Yield the edits of keys; a new name goes before the others, other new keys after them."""
    margin, ending = " " * _column(text, node.start), _ending_of(text)
    kept_numbers = [number for number, pair in enumerate(node.pairs) if pair.key.text in after]
    if kept_numbers[0]:  # the first key may be behind a dash
        yield node.start, node.pairs[kept_numbers[0]].key.start, ""
    for number, (key, value) in enumerate(node.pairs):
        if key.text in after:
            yield from _edits(text, value, after[key.text])
        elif number > kept_numbers[0]:
            yield (*_lines_of(text, node, number), "")
    added = {key: value for key, value in after.items() if node.get(key) is None}
    if "name" in added:
        name = _key_lines("name", added.pop("name"))[0]
        yield node.start, node.start, f"{name}{ending}{margin}"
    if added:
        place = _lines_of(text, node, len(node.pairs) - 1)[1]
        lines = [line for key, value in added.items() for line in _key_lines(key, value)]
        yield place, place, "".join(f"{margin}{line}{ending}" for line in lines)


def _list_edits(text: str, node: SequenceNode, after: Sequence[str]) -> Iterator[Edit]:
    """Yield the edits of a list of texts on lines of their own."""
    margin, ending = " " * _column(text, node.start), _ending_of(text)
    before = [child.text if isinstance(child, ScalarNode) else "" for child in node.nodes]
    steps = SequenceMatcher(None, before, after, autojunk=False).get_opcodes()
    for tag, start, end, first, last in steps:
        shared = min(end - start, last - first) if tag != "equal" else 0
        for offset in range(shared):
            yield from _edits(text, node.nodes[start + offset], after[first + offset])
        if tag != "equal":
            for number in range(start + shared, end):
                yield (*_lines_of(text, node, number), "")
            is_last = end == len(node.nodes)
            place = _lines_of(text, node, end - is_last)[1 if is_last else 0]
            added = after[first + shared : last]
            yield place, place, "".join(f"{margin}- {scalar(item)}{ending}" for item in added)


def with_changed(text: str, section: str, number: int, item: Item) -> str:
    """Return the text with another value of an item of a top-level list.

    Only the keys that differ change.

    Raises:
        LayoutError: The layout of the file cannot be edited.
    """
    file = EditedFile(text)
    expected = file.root.plain()
    expected[section][number] = item
    edits = _edits(file.text, file.items(section)[number], item)
    return _checked(_apply(file.text, edits), expected)


def with_keys(text: str, values: Mapping[str, Any]) -> str:
    """Return the text of a mapping with these values; equal ones stay untouched.

    Raises:
        LayoutError: The layout of the file cannot be edited.
    """
    if tree(YamlText(text))[0] is None:
        return text + "".join(f"{line}\n" for pair in values.items() for line in _key_lines(*pair))
    file = EditedFile(text)
    return _checked(_apply(file.text, _edits(file.text, file.root, dict(values))), dict(values))


def with_item(text: str, key: str, items: Sequence[Item]) -> str:
    """Return the text with items added to a top-level list; a missing list is added at the end.

    Raises:
        LayoutError: The layout of the file cannot be edited.
    """
    file = EditedFile(text)
    text, root, pair = file.text, file.root, file.root.get(key)
    nodes = file.items(key)
    expected = {**root.plain(), key: [*(node.plain() for node in nodes), *items]}
    if not nodes or pair is None:
        return _checked(_with_list(text, root, key, pair, items), expected)
    if _in_brackets(text, pair.value):
        place = nodes[-1].end
        inserted = "".join(f", {_inline(item, as_json=_is_json(text))}" for item in items)
    else:
        assert isinstance(pair.value, SequenceNode)
        place = _lines_of(text, pair.value, len(nodes) - 1)[1]
        inserted = item_block(text, _column(text, pair.value.start), items)
    return _checked(_apply(text, [(place, place, inserted)]), expected)


def item_block(text: str, margin: int, items: Sequence[Item]) -> str:
    """Return items of a list on lines of their own."""
    lines = (line for item in items for line in _item_lines(item))
    return "".join(f"{' ' * margin}{line}{_ending_of(text)}" for line in lines)


def _with_list(
    text: str, root: MappingNode, key: str, pair: Pair | None, items: Sequence[Item]
) -> str:
    """Return the text with a list that is missing or empty."""
    if pair and pair.value.plain() not in ([], BLANK):
        raise LayoutError(_("`{key}` is not a list", key=key))
    if _in_brackets(text, root):
        raise LayoutError(_(_UNUSUAL))
    block = item_block(text, _MARGIN, items)
    if pair is None:
        return f"{text}{key}:{_ending_of(text)}{block}"
    if pair.value.end > pair.value.start:
        text = text[: pair.value.start].rstrip(" ") + text[pair.value.end :]
    place = text.find("\n", pair.key.end) + 1
    return text[:place] + block + text[place:]


def without_items(text: str, key: str, numbers: Collection[int]) -> str:
    """Return the text without these items, from 0, of a top-level list; raises LayoutError.

    Comments between items stay.
    """
    file = EditedFile(text)
    pair = file.root.get(key)
    if pair is None or not isinstance(pair.value, SequenceNode):
        raise LayoutError(_("`{key}` is not a list", key=key))
    nodes = enumerate(pair.value.nodes)
    remaining = [node.plain() for number, node in nodes if number not in numbers]
    if not remaining:
        raise LayoutError(_("`{key}` would be empty", key=key))
    if _in_brackets(file.text, pair.value):
        edits = [(pair.value.start, pair.value.end, _bracketed(file.text, pair.value, remaining))]
    else:
        edits = [(*_lines_of(file.text, pair.value, number), "") for number in numbers]
    return _checked(_apply(file.text, edits), {**file.root.plain(), key: remaining})


# --- feeds ----------------------------------------------------------------------------


def set_enabled(text: str, url: str, *, on: bool) -> str:
    """Return the text with a feed polled or not.

    A polled feed needs no `enabled`; it stays if it is the first key, or has a comment.

    Raises:
        LayoutError: The layout of the file cannot be edited.
    """
    file = EditedFile(text)
    number, _key, feed = _feed(file, url)
    if isinstance(feed, str):
        return text if on else with_changed(text, "feeds", number, {"url": feed, "enabled": False})
    node = file.items("feeds")[number]
    changed = {**feed, "enabled": on}
    if on and not _must_stay(text, node, "enabled"):
        del changed["enabled"]
    return with_changed(text, "feeds", number, changed)


def _must_stay(text: str, node: Node, key: str) -> bool:
    """Return whether a key is the first of its lines, or has a comment on its line."""
    assert isinstance(node, MappingNode)
    for number, (name, value) in enumerate(node.pairs):
        if name.text == key and not _in_brackets(text, node):
            return number == 0 or bool(text[value.end :].partition("\n")[0].strip())
    return False


def with_address(text: str, old: str, new: str) -> str:
    """Return the text with another address for the feed that has `old`; raises LayoutError."""
    number, key, feed = _feed(EditedFile(text), old)
    login, at, _host = urlsplit(feed[key] if key else feed).netloc.rpartition("@")
    target = new.replace("://", f"://{login}@", 1) if at else new
    changed = {**feed, key: target} if key else target
    return with_changed(text, "feeds", number, changed)


def _feed(file: EditedFile, url: str) -> tuple[int, str, Any]:
    """Return the number of the feed with an address, its key, '' for a bare one, and the feed.

    Raises:
        LayoutError: No feed of the file has it.
    """
    for number, node in enumerate(file.items("feeds")):
        feed: Any = node.plain()
        keys = [kind.key for kind in SourceKind if isinstance(feed, dict) and kind.key in feed]
        address = feed[keys[0]] if keys else feed
        if isinstance(address, str) and without_login(address) == url:
            return number, keys[0] if keys else "", feed
    message = _("no feed of the file has the address {url}; it comes from elsewhere", url=url)
    raise LayoutError(message)
