"""YAML as a tree whose nodes have their positions in the text."""

from __future__ import annotations

import re
from bisect import bisect_right
from functools import cached_property
from typing import Any, Literal, NamedTuple

from msgspec import Struct

from monitor.base.errors import Problem
from monitor.base.translation import gettext as _, mark

_QUOTED = mark("a value that starts with `{sign}` must be in quotes")
_MARGIN = mark("this does not line up with the lines above")
_MISTAKES = {
    # part of the parser's problem -> what is wrong and what to write
    "'\\t'": mark("a tab; YAML is indented with spaces"),
    "cannot start any token": _QUOTED,  # not a message
    "mapping values": mark(  # not a message
        "a value that holds `: ` must be in quotes, or this line does not line up with those above"
    ),
    "expected ':'": mark("this line is neither `key: value` nor `- item`"),  # not a message
    "unexpected end": mark("this quote is never closed"),  # not a message
    "found '<scalar>'": mark(  # not a message
        "text after a closing quote; put the whole value in single quotes"
    ),
    "but found '<block": _MARGIN,  # not a message
    "but found '-'": _MARGIN,  # not a message
    "<document start>": _MARGIN,  # not a message
}
_OPENED = ("expected ':'", "unexpected end")  # not a message
"""Problems that are reported where the construct began."""


def describe_yaml_error(text: str, error: Any) -> tuple[int, str]:
    """Return the index of a YAML error of ruamel in the text, and its message.

    Frequent mistakes have a message with the right form, others the message of the parser.
    """
    problem = getattr(error, "problem", "") or str(error)
    index = error.problem_mark.index if getattr(error, "problem_mark", None) else 0
    opening = error.context_mark.index if getattr(error, "context_mark", None) else index
    sign = text[opening : opening + 1]
    if sign and sign in "*&!%":
        return opening, _(_QUOTED, sign=sign)
    if sign and sign in "[{" and "expected ','" in problem:  # not a message
        message = _(
            "this `{opening}` is not closed; a `{closing}` is missing, or quotes around a value",
            opening=sign, closing="]" if sign == "[" else "}",
        )  # fmt: skip
        return opening, message
    for part, message in _MISTAKES.items():
        if part in problem:
            return opening if part in _OPENED else index, _(message, sign=text[index : index + 1])
    return index, _("this is not YAML: {problem}", problem=problem)


BLANK = object()
"""The value of a key without one; no kind of value takes it."""

WORDS: dict[str, object] = {"": BLANK, "~": BLANK, "null": BLANK, "true": True, "false": False}

DEEPEST = 20
"""Levels of nesting; feeds.yaml needs six."""

UNPRINTABLE = re.compile(r"[^\t\n\r -~\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

Loc = tuple[str | int, ...]
"""The path from the root to a node: keys and indexes."""


class YamlSyntaxError(Exception):
    """The text cannot be read any further than `index`."""

    def __init__(self, index: int, message: str) -> None:
        self.index = index
        self.message = message
        super().__init__(message)


class YamlText:
    """A text and its lines."""

    def __init__(self, text: str) -> None:
        self.text = text

    @cached_property
    def _starts(self) -> list[int]:
        """Indexes of the starts of lines; computed for the first problem."""
        return [0, *(m.end() for m in re.finditer(r"\r\n|\r|\n", self.text))]

    def problem(self, index: int, message: str) -> Problem:
        """Return a problem at a character of the text."""
        line = bisect_right(self._starts, index)
        return Problem(line, index - self._starts[line - 1] + 1, message)

    def index(self, line: int, column: int) -> int:
        """Return the character at a line and column, both from 1."""
        return self._starts[line - 1] + column - 1

    @cached_property
    def lines(self) -> list[str]:
        """Its lines, without their ends."""
        return re.split(r"\r\n|\r|\n", self.text)

    def line(self, number: int) -> str:
        """Return a line by its number from 1, without its end; empty beyond the text."""
        return self.lines[number - 1] if 1 <= number <= len(self.lines) else ""


class ScalarNode(Struct):
    """A single value, as text; `style` is YAML's: empty when plain, else ' " | or >."""

    start: int
    end: int
    text: str
    style: str = ""

    def plain(self) -> object:
        """Return the value for Python; numbers stay text, as they were written."""
        return self.text if self.style else WORDS.get(self.text.lower(), self.text)


class SequenceNode(Struct):
    """A list."""

    start: int
    end: int
    nodes: list[Node]

    def plain(self) -> list[Any]:
        """Return it as a Python list."""
        return [node.plain() for node in self.nodes]


class Pair(NamedTuple):
    """A key with its value."""

    key: ScalarNode
    value: Node


class MappingNode(Struct):
    """A mapping, its keys in the order of the text."""

    start: int
    end: int
    pairs: list[Pair]

    def plain(self) -> dict[str, Any]:
        """Return it as a Python dict."""
        return {key.text: value.plain() for key, value in self.pairs}

    def get(self, name: str) -> Pair | None:
        """Return a key with its value."""
        return next((pair for pair in self.pairs if pair.key.text == name), None)


Node = ScalarNode | SequenceNode | MappingNode


def decode(content: bytes) -> tuple[YamlText, YamlSyntaxError | None]:
    """Return UTF-8 content as text, and the first byte or character that is not text."""
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return YamlText(""), YamlSyntaxError(0, _("the file is UTF-16; save it as UTF-8"))
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        text = content.decode("utf-8-sig", "replace")
        index = len(content[: error.start].decode("utf-8-sig"))
        byte = f"0x{content[error.start]:02X}"
        message = _("byte {byte} is not UTF-8; save the file as UTF-8", byte=byte)
        return YamlText(text), YamlSyntaxError(index, message)
    if match := UNPRINTABLE.search(text):
        code = f"U+{ord(match[0]):04X}"
        message = _("a control character, {code}; delete it", code=code)
        return YamlText(text), YamlSyntaxError(match.start(), message)
    return YamlText(text), None


def tree(source: YamlText) -> tuple[Node | None, list[Problem]]:
    """Return the tree of a YAML text, None when it is empty, and the keys given twice.

    Raises:
        YamlSyntaxError: At the first mistake of syntax.
    """
    from ruamel.yaml import YAML  # 50 ms, which commands that only read the archive need not spend
    from ruamel.yaml.error import YAMLError

    for pure in (False, True):
        # libyaml takes a fifteenth of the time, but rejects `[tag:belgique]` and
        # `{url: https://…}`; the slow parser decides about these.
        builder = _TreeBuilder(source)
        try:
            for event in YAML(typ="safe", pure=pure).parse(source.text):
                builder.add(event)
            break
        except YAMLError as error:
            if pure:
                raise YamlSyntaxError(*describe_yaml_error(source.text, error)) from None
    return builder.root, builder.problems


class _TreeBuilder:
    """Builds the tree, event by event."""

    def __init__(self, source: YamlText) -> None:
        self.problems: list[Problem] = []
        self._source = source
        self._nodes: list[Node] = []
        """Nodes of the innermost open collection, or of the file."""
        self._around: list[tuple[int, list[Node]]] = []
        """Start of each open collection, and the nodes of the one around it."""

    @property
    def root(self) -> Node | None:
        return self._nodes[0] if self._nodes else None

    def add(self, event: Any) -> None:
        """Add the node of an event of ruamel to the tree."""
        start, end = event.start_mark.index, event.end_mark.index
        match type(event).__name__:
            case "ScalarEvent":
                _refuse_ornaments(event, start)
                self._nodes.append(ScalarNode(start, end, event.value, event.style or ""))
            case "MappingStartEvent" | "SequenceStartEvent":
                _refuse_ornaments(event, start)
                if len(self._around) == DEEPEST:
                    message = _("nested more than {count} levels deep", count=DEEPEST)
                    raise YamlSyntaxError(start, message)
                self._around.append((start, self._nodes))
                self._nodes = []
            case "SequenceEndEvent":
                nodes, (start, self._nodes) = self._nodes, self._around.pop()
                self._nodes.append(SequenceNode(start, end, nodes))
            case "MappingEndEvent":
                nodes, (start, self._nodes) = self._nodes, self._around.pop()
                self._nodes.append(MappingNode(start, end, self._pairs(nodes)))
            case "AliasEvent":
                raise YamlSyntaxError(start, _(_QUOTED, sign="*"))
            case "DocumentStartEvent" if self._nodes:
                message = _("a second document starts here; one file is one newsroom")
                raise YamlSyntaxError(start, message)

    def _pairs(self, nodes: list[Node]) -> list[Pair]:
        pairs: dict[str, Pair] = {}
        for key, value in zip(nodes[::2], nodes[1::2], strict=True):
            if not isinstance(key, ScalarNode):
                raise YamlSyntaxError(key.start, _("a key must be a word, not a bracket"))
            if first := pairs.get(key.text):
                line = self._source.problem(first.key.start, "").line
                message = _(
                    "key `{key}` appears twice; the first is on line {line}",
                    key=key.text, line=line,
                )  # fmt: skip
                self.problems.append(self._source.problem(key.start, message))
            else:
                pairs[key.text] = Pair(key, value)
        return list(pairs.values())


def _refuse_ornaments(event: Any, start: int) -> None:
    if event.anchor is not None:
        raise YamlSyntaxError(start, _(_QUOTED, sign="&"))
    if event.ctag is not None and event.tag != "!":
        raise YamlSyntaxError(start, _(_QUOTED, sign="!"))


def find(node: Node, loc: Loc) -> tuple[Pair | None, Node] | None:
    """Return the node at a place, with its pair when it is the value of a key; None if absent."""
    pair: Pair | None = None
    for step in loc:
        match node:
            case MappingNode() if child := node.get(str(step)):
                pair, node = child, child.value
            case SequenceNode(nodes=nodes) if isinstance(step, int) and step < len(nodes):
                pair, node = None, nodes[step]
            case ScalarNode() | MappingNode() if step == 0:
                pair = None  # a single item needs no brackets
            case _:
                return None
    return pair, node


def nearest_node(node: Node, loc: Loc) -> Node:
    """Return the node at a place, or the nearest around it: a short form has no keys."""
    while (entry := find(node, loc)) is None:
        loc = loc[:-1]
    return entry[1]


def index_of(source: YamlText, scalar: ScalarNode, position: int) -> int:
    """Return the index in the source of a character of a scalar's text.

    YAML folds white space and has escapes: the characters are looked for one after the other.
    """
    place = scalar.start + (scalar.style in ("'", '"'))
    for character in scalar.text[:position]:
        if not character.isspace():
            place = max(place, source.text.find(character, place, scalar.end) + 1)
    next_character = scalar.text[position : position + 1].strip()
    return max(place, source.text.find(next_character, place, scalar.end))


def line_of(content: bytes, section: Literal["feeds", "watchlists"], name: str) -> int:
    """Return the first line, from 1, of a section that has the name or address of an entry.

    Return that of the section if none has it, 1 if there is no such section.
    """
    lines = content.decode("utf-8", "replace").casefold().splitlines()
    first = next((n for n, line in enumerate(lines, 1) if line.startswith(f"{section}:")), 0)
    folded = name.strip().casefold()
    if not first or not folded:
        return first or 1
    return next((n for n, line in enumerate(lines[first:], first + 1) if folded in line), first)
