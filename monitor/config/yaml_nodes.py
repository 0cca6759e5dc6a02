"""YAML as a tree whose nodes know their line and column."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator
from functools import cached_property
from typing import Any, Literal, NamedTuple

from msgspec import Struct
from msgspec.structs import replace
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from monitor.base.errors import Problem
from monitor.base.translation import gettext as _
from monitor.base.translation import mark

COMPLAINTS = (
    # (part of the parser's problem, what is wrong and what to write)
    ("character '\\t'",  # not a message
     mark("a tab; YAML is indented with spaces")),
    ("that cannot start any token",  # not a message
     mark("a value that starts with `{sign}` must be in quotes")),
    ("mapping values are not allowed",  # not a message
     mark("a value that holds `: ` must be in quotes")),
    ("could not find expected ':'",  # not a message
     mark("this line is neither `key: value` nor `- item`")),
    ("sequence entries are not allowed",  # not a message
     mark("a list (`- `) starts on a line of its own")),
    ("mapping keys are not allowed",  # not a message
     mark("a value that starts with `? ` must be in quotes")),
    ("unexpected end of stream",  # not a message
     mark("this quote is never closed")),
    ("unexpected document separator",  # not a message
     mark("this quote is never closed")),
    ("unknown escape character",  # not a message
     mark("unknown `\\` in double quotes; use single quotes")),
    ("escape sequence",  # not a message
     mark("unknown `\\` in double quotes; use single quotes")),
    ("a comment or a line break",  # not a message
     mark("text after `|` or `>` starts on the next line")),
    ("chomping or indentation",  # not a message
     mark("text after `|` or `>` starts on the next line")),
    ("found '<scalar>'",  # not a message
     mark("text after a closing quote; put the whole value in single quotes")),
    ("but found ']'",  # not a message
     mark("a `{closing}` that no `{opening}` opened; put the value in quotes if it is text")),
    ("but found '}'",  # not a message
     mark("a `{closing}` that no `{opening}` opened; put the value in quotes if it is text")),
    ("found '<block sequence start>'",  # not a message
     mark("this `-` does not line up with the ones above")),
    ("but found '-'",  # not a message
     mark("this `-` does not line up with the ones above")),
    ("but found '?'",  # not a message
     mark("this key does not line up with the lines above")),
    ("but found '<block mapping start>'",  # not a message
     mark("this key does not line up with the lines above")),
    ("but found ','",  # not a message
     mark("a value that starts with `,` must be in quotes")),
    ("expected <block end>",  # not a message
     mark("a value goes on after its end; put the whole of it in single quotes")),
    ("expected '<document start>'",  # not a message
     mark("this does not line up with what is above it")),
    ("the node content",  # not a message
     mark("a value is missing here")),
    ("but found '<document end>'",  # not a message
     mark("a value that starts with `...` must be in quotes")),
)  # fmt: skip

OPENED = (
    "unexpected end of stream",  # not a message
    "unexpected document separator",  # not a message
    "could not find expected ':'",  # not a message
)
"""Problems that are reported where the construct began."""

KEY = re.compile(r"\s*(?:- )?([\w-]+)")

QUOTED_STARTS = {
    "while scanning an alias": "*",  # not a message
    "while scanning an anchor": "&",  # not a message
    "while parsing an tag": "!",  # not a message
    "while scanning an tag": "!",  # not a message
    "while parsing a node": "!",  # not a message
    "while scanning a directive": "%",  # not a message
}


def describe_yaml_error(text: str, error: Any) -> tuple[int, str]:
    """Return where a marked YAML error is, as an index into the text, and what it is.

    A bracket or quote that is never closed is reported where it was opened.
    """
    problem = getattr(error, "problem", "") or str(error)
    context = getattr(error, "context", "") or ""
    index = error.problem_mark.index if getattr(error, "problem_mark", None) else 0
    opened = error.context_mark.index if getattr(error, "context_mark", None) else index
    if "mapping values" in problem and (  # not a message
        key := KEY.fullmatch(text, text.rfind("\n", 0, index) + 1, index)
    ):
        return key.start(1), _("this key does not line up, or the line above it is not finished")
    if context in QUOTED_STARTS:
        return opened, _must_be_quoted(QUOTED_STARTS[context])
    if "parsing a flow" in context and "expected ','" in problem:  # not a message
        return _unclosed(text, opened, index, problem)
    for part, words in COMPLAINTS:
        if part in problem:
            opening, closing = ("{", "}") if "}" in part else ("[", "]")
            return _place(text, part, opened, index), _(
                words, sign=text[index : index + 1], opening=opening, closing=closing
            )
    return index, _("this is not YAML: {problem}", problem=problem)


def _must_be_quoted(sign: str) -> str:
    return _("a value that starts with `{sign}` must be in quotes", sign=sign)


def _place(text: str, part: str, opened: int, index: int) -> int:
    """Return the index to report: of the unclosed construct, or where the parser stopped."""
    if part in OPENED:
        return opened
    return text.rfind("\\", opened, index + 1) if "escape" in part else index


def _unclosed(text: str, opened: int, index: int, problem: str) -> tuple[int, str]:
    """Tell a bracket left open from text behind a closing quote inside brackets."""
    bracket = text[opened]
    closing = {"[": "]", "{": "}"}[bracket]
    after_quote = text[:index].rstrip().endswith(("'", '"')) and "\n" not in text[opened:index]
    if "<scalar>" in problem and after_quote:
        return index, _("text after a closing quote; put the whole value in single quotes")
    return (
        opened,
        _(
            "this `{opening}` is not closed; a `{closing}` is missing, or quotes around a value",
            opening=bracket,
            closing=closing,
        ),
    )


BLANK = object()
"""The value of a key without one; no type accepts it, not even an optional one."""

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
        """Where its lines start: asked only where something is to be told about one."""
        return [0, *(m.end() for m in re.finditer(r"\r\n|\r|\n", self.text))]

    def problem(self, index: int, message: str) -> Problem:
        """Return a problem at a character of the text."""
        line = bisect_right(self._starts, index)
        return Problem(line, index - self._starts[line - 1] + 1, message)

    def index(self, line: int, column: int) -> int:
        """Return the character at a line and column, both from 1."""
        return self._starts[line - 1] + column - 1

    @cached_property
    def lines(self) -> tuple[str, ...]:
        """Its lines, without their ends."""
        ends = [*self._starts[1:], len(self.text)]
        spans = zip(self._starts, ends, strict=True)
        return tuple(self.text[start:end].rstrip("\r\n") for start, end in spans)

    def line(self, number: int) -> str:
        """Return a line by its number from 1, without its end; empty beyond the text."""
        return self.lines[number - 1] if 1 <= number <= len(self.lines) else ""


class ScalarNode(Struct, frozen=True):
    """A single value, as text; `style` is YAML's: empty when plain, else ' " | or >."""

    start: int
    end: int
    text: str
    style: str = ""

    def plain(self) -> object:
        """Return it as Python sees it; numbers stay text, as they were written."""
        return self.text if self.style else WORDS.get(self.text.lower(), self.text)


class SequenceNode(Struct, frozen=True):
    """A list."""

    start: int
    end: int
    nodes: tuple[Node, ...]

    def plain(self) -> list[Any]:
        """Return it as a Python list."""
        return [node.plain() for node in self.nodes]


class Pair(NamedTuple):
    """A key with its value."""

    key: ScalarNode
    value: Node


class MappingNode(Struct, frozen=True):
    """A mapping, its keys in the order of the text."""

    start: int
    end: int
    pairs: tuple[Pair, ...]

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

    Raises YamlSyntaxError at the first mistake of syntax.
    """
    for in_c in (True, False):
        # libyaml takes a fifteenth of the time, but rejects `[tag:belgique]` and
        # `{url: https://…}`; the slow parser decides about these.
        try:
            builder = _TreeBuilder(source)
            builder.take(events(source, in_c=in_c))
            break
        except YAMLError as error:
            if not in_c:
                raise YamlSyntaxError(*describe_yaml_error(source.text, error)) from None
    return builder.root, builder.problems


def events(source: YamlText, *, in_c: bool) -> Iterator[Any]:
    """Yield a parser's events; raises ruamel's YAMLError at the first mistake of syntax."""
    yield from YAML(typ="safe", pure=not in_c).parse(source.text)


class _TreeBuilder:
    """Builds the tree, event by event."""

    def __init__(self, source: YamlText) -> None:
        self.problems: list[Problem] = []
        self._source = source
        self._nodes: list[Node] = []
        """What is in the innermost collection that is open, or in the file."""
        self._around: list[tuple[int, list[Node]]] = []
        """Where each open collection starts, and what is in the one around it."""

    @property
    def root(self) -> Node | None:
        return self._nodes[0] if self._nodes else None

    def take(self, events: Iterable[Any]) -> None:
        """Add what events say to the tree."""
        takes: dict[type[Any], Callable[[Any], None]] = {
            ScalarEvent: self._scalar,
            MappingStartEvent: self._open,
            MappingEndEvent: self._close_mapping,
            SequenceStartEvent: self._open,
            SequenceEndEvent: self._close_sequence,
            AliasEvent: self._refuse_alias,
            DocumentStartEvent: self._refuse_second,
        }
        for event in events:
            if take := takes.get(type(event)):
                take(event)

    def _scalar(self, event: Any) -> None:
        start = event.start_mark.index
        _refuse_ornaments(event, start)
        node = ScalarNode(start, event.end_mark.index, event.value, event.style or "")
        self._nodes.append(node)

    def _open(self, event: Any) -> None:
        start = event.start_mark.index
        _refuse_ornaments(event, start)
        if len(self._around) == DEEPEST:
            raise YamlSyntaxError(start, _("nested more than {count} levels deep", count=DEEPEST))
        self._around.append((start, self._nodes))
        self._nodes = []

    def _close_sequence(self, event: Any) -> None:
        start, around = self._around.pop()
        around.append(SequenceNode(start, event.end_mark.index, tuple(self._nodes)))
        self._nodes = around

    def _close_mapping(self, event: Any) -> None:
        start, around = self._around.pop()
        around.append(MappingNode(start, event.end_mark.index, self._pairs(self._nodes)))
        self._nodes = around

    def _refuse_alias(self, event: Any) -> None:
        raise YamlSyntaxError(event.start_mark.index, _must_be_quoted("*"))

    def _refuse_second(self, event: Any) -> None:
        if self._nodes:
            raise YamlSyntaxError(
                event.start_mark.index,
                _("a second document starts here; one file is one newsroom"),
            )

    def _pairs(self, nodes: list[Node]) -> tuple[Pair, ...]:
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
        return tuple(pairs.values())


def _refuse_ornaments(event: Any, start: int) -> None:
    if event.anchor is not None:
        raise YamlSyntaxError(start, _must_be_quoted("&"))
    if event.ctag is not None and event.tag != "!":
        raise YamlSyntaxError(start, _must_be_quoted("!"))


def find(node: Node, loc: Loc) -> tuple[Pair | None, Node] | None:
    """Return the node at a place, with its pair when it is the value of a key; None if absent."""
    pair: Pair | None = None
    for step in loc:
        match node:
            case MappingNode() if child := node.get(str(step)):
                pair, node = child, child.value
            case SequenceNode(nodes=nodes) if isinstance(step, int) and step < len(nodes):
                pair, node = None, nodes[step]
            case _:
                return None
    return pair, node


def without(table: MappingNode, locs: set[Loc]) -> MappingNode:
    """Return a mapping without the nodes at these places below it."""
    pairs = tuple(
        Pair(pair.key, _without_below(pair.value, _below(locs, pair.key.text)))
        for pair in table.pairs
        if (pair.key.text,) not in locs
    )
    return replace(table, pairs=pairs)


def _without_below(node: Node, locs: set[Loc]) -> Node:
    match node:
        case MappingNode() if locs:
            return without(node, locs)
        case SequenceNode(nodes=nodes) if locs:
            items = (
                _without_below(item, _below(locs, number))
                for number, item in enumerate(nodes)
                if (number,) not in locs
            )
            return replace(node, nodes=tuple(items))
    return node


def _below(locs: set[Loc], step: str | int) -> set[Loc]:
    return {loc[1:] for loc in locs if loc[0] == step}


def index_of(source: YamlText, scalar: ScalarNode, position: int) -> int:
    """Return where a character of a scalar's text stands in the source.

    YAML folds white space, so the characters between it are counted.
    """
    written = list(_characters(source.text, scalar))
    before = sum(c not in SPACE for c in scalar.text[:position])
    if position < len(scalar.text) and scalar.text[position] not in SPACE and before < len(written):
        return written[before]
    return written[before - 1] + 1 if 0 < before <= len(written) else scalar.start


SPACE = " \t\r\n"
UNITS = {
    # one character as it is written in each style; white space, also escaped, is passed over
    "'": re.compile(r"''|[^ \t\r\n]"),
    '"': re.compile(r"\\[nt \t\r\n]|\\x..|\\u.{4}|\\U.{8}|\\.|[^ \t\r\n]"),
}
BARE = re.compile(r"[^ \t\r\n]")


def _characters(text: str, scalar: ScalarNode) -> Iterator[int]:
    """Yield where each character that is not white space is written."""
    start, end = scalar.start, scalar.end
    if scalar.style in ("|", ">"):
        start = text.find("\n", start) + 1
    elif scalar.style:
        start, end = start + 1, end - 1
    for match in UNITS.get(scalar.style, BARE).finditer(text, start, end):
        if not (scalar.style == '"' and match[0][0] == "\\" and match[0][1] in "nt \t\r\n"):
            yield match.start()


def line_of(content: bytes, section: Literal["feeds", "watchlists"], name: str) -> int:
    """Return the line, from 1, of the feed or watchlist of a name or address.

    That of its section if it is not found there, 1 if there is none or nothing can be read.
    """
    source, broken = decode(content)
    try:
        root = tree(source)[0]
    except YamlSyntaxError:
        root = None
    pair = root.get(section) if isinstance(root, MappingNode) else None
    if broken or pair is None:
        return 1
    folded = name.strip().casefold()
    entries = pair.value.nodes if isinstance(pair.value, SequenceNode) else ()
    node = next((entry for entry in entries if folded and folded in _names_of(entry)), None)
    return source.problem(node.start if node else pair.key.start, "").line


def _names_of(entry: Node) -> set[str]:
    """Return the names of an entry: its name, its address, its only term."""
    if isinstance(entry, ScalarNode):
        return {entry.text.strip().casefold()}
    if not isinstance(entry, MappingNode):
        return set()
    values = [pair.value for key in ("name", "url") if (pair := entry.get(key))]
    terms = entry.get("terms")
    if terms and isinstance(terms.value, SequenceNode) and len(terms.value.nodes) == 1:
        values.append(terms.value.nodes[0])
    elif terms:
        values.append(terms.value)
    return {value.text.strip().casefold() for value in values if isinstance(value, ScalarNode)}
