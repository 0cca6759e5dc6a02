"""YAML with its places: a tree whose nodes know where they stand in the text.

The tree is built from parser events, so that nesting is bounded before anything
recurses (libyaml's own composer overflows the C stack on 50,000 brackets), a key
given twice is seen, and a value is kept as it was written.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, NamedTuple

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from monitor.config.yaml_words import in_words
from monitor.errors import Problem

BLANK = object()
"""What stands where a value was left out; no type takes it, not even an optional one."""

WORDS: dict[str, object] = {"": BLANK, "~": BLANK, "null": BLANK, "true": True, "false": False}

DEEPEST = 20
"""Levels of nesting; feeds.yaml needs six."""

UNPRINTABLE = re.compile(r"[^\t\n\r -~\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

Loc = tuple[str | int, ...]
"""The way from the root to a node: keys and numbers of items."""


class BrokenError(Exception):
    """The text cannot be read any further than `index`."""

    def __init__(self, index: int, message: str) -> None:
        self.index = index
        self.message = message
        super().__init__(message)


class Source:
    """A text and its lines."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._starts = [0, *(m.end() for m in re.finditer(r"\r\n|\r|\n", text))]

    def problem(self, index: int, message: str) -> Problem:
        """Return a problem at a character of the text."""
        line = bisect_right(self._starts, index)
        return Problem(line, index - self._starts[line - 1] + 1, message)

    @cached_property
    def lines(self) -> tuple[str, ...]:
        """Its lines, without their ends."""
        ends = [*self._starts[1:], len(self.text)]
        spans = zip(self._starts, ends, strict=True)
        return tuple(self.text[start:end].rstrip("\r\n") for start, end in spans)

    def line(self, number: int) -> str:
        """Return a line by its number from 1, without its end; empty beyond the text."""
        return self.lines[number - 1] if 1 <= number <= len(self.lines) else ""


@dataclass(frozen=True, slots=True)
class Scalar:
    """A single value, as text; `style` is YAML's: empty when plain, else ' " | or >."""

    start: int
    end: int
    text: str
    style: str = ""

    def plain(self) -> object:
        """Return it as Python sees it; numbers stay text, as they were written."""
        return self.text if self.style else WORDS.get(self.text.lower(), self.text)


@dataclass(frozen=True, slots=True)
class Items:
    """A list."""

    start: int
    end: int
    nodes: tuple[Node, ...]

    def plain(self) -> list[Any]:
        """Return it as a Python list."""
        return [node.plain() for node in self.nodes]


class Pair(NamedTuple):
    """A key with its value."""

    key: Scalar
    value: Node


@dataclass(frozen=True, slots=True)
class Table:
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


Node = Scalar | Items | Table


def decode(content: bytes) -> tuple[Source, BrokenError | None]:
    """Return UTF-8 content as text, and the first thing in it that no text file has."""
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return Source(""), BrokenError(0, "the file is UTF-16; save it as UTF-8")
    text = content.decode("utf-8-sig", "replace")
    try:
        content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        index = len(content[: error.start].decode("utf-8-sig"))
        message = f"byte 0x{content[error.start]:02X} is not UTF-8; save the file as UTF-8"
        return Source(text), BrokenError(index, message)
    if found := UNPRINTABLE.search(text):
        message = f"a control character, U+{ord(found[0]):04X}; delete it"
        return Source(text), BrokenError(found.start(), message)
    return Source(text), None


def tree(source: Source) -> tuple[Node | None, list[Problem]]:
    """Return the tree of a YAML text, None when it is empty, and the keys given twice.

    Raises BrokenError at the first mistake of syntax.
    """
    for in_c in (True, False):
        # libyaml takes a fifteenth of the time but refuses `[tag:belgique]` and
        # `{url: https://…}`; what it refuses, the slow parser judges.
        try:
            builder = _Builder(source)
            for event in events(source, in_c=in_c):
                builder.take(event)
            break
        except YAMLError as error:
            if not in_c:
                raise BrokenError(*in_words(source.text, error)) from None
    return builder.root, builder.problems


def events(source: Source, *, in_c: bool) -> Iterator[Any]:
    """Yield a parser's events; raises ruamel's YAMLError at the first mistake of syntax."""
    yield from YAML(typ="safe", pure=not in_c).parse(source.text)


class _Builder:
    """Builds the tree, event by event."""

    def __init__(self, source: Source) -> None:
        self.root: Node | None = None
        self.problems: list[Problem] = []
        self._source = source
        self._open: list[tuple[Any, list[Node]]] = []

    def take(self, event: Any) -> None:
        """Add what an event says to the tree."""
        start = event.start_mark.index if event.start_mark else 0
        match type(event).__name__:
            case "ScalarEvent":
                self._refuse_ornaments(event, start)
                self._add(Scalar(start, event.end_mark.index, event.value, event.style or ""))
            case "SequenceStartEvent" | "MappingStartEvent":
                self._refuse_ornaments(event, start)
                if len(self._open) == DEEPEST:
                    raise BrokenError(start, f"nested more than {DEEPEST} levels deep")
                self._open.append((event, []))
            case "SequenceEndEvent":
                opened, nodes = self._open.pop()
                self._add(Items(opened.start_mark.index, event.end_mark.index, tuple(nodes)))
            case "MappingEndEvent":
                opened, nodes = self._open.pop()
                pairs = self._pairs(nodes)
                self._add(Table(opened.start_mark.index, event.end_mark.index, pairs))
            case "AliasEvent":
                raise BrokenError(start, "a value that starts with `*` must be in quotes")
            case "DocumentStartEvent" if self.root is not None:
                raise BrokenError(start, "a second document starts here; one file is one newsroom")

    def _add(self, node: Node) -> None:
        if self._open:
            self._open[-1][1].append(node)
        else:
            self.root = node

    def _refuse_ornaments(self, event: Any, start: int) -> None:
        if event.anchor is not None:
            raise BrokenError(start, "a value that starts with `&` must be in quotes")
        if event.tag not in (None, "!"):
            raise BrokenError(start, "a value that starts with `!` must be in quotes")

    def _pairs(self, nodes: list[Node]) -> tuple[Pair, ...]:
        pairs: dict[str, Pair] = {}
        for key, value in zip(nodes[::2], nodes[1::2], strict=True):
            if not isinstance(key, Scalar):
                raise BrokenError(key.start, "a key must be a word, not a bracket")
            if first := pairs.get(key.text):
                line = self._source.problem(first.key.start, "").line
                message = f"key `{key.text}` appears twice; the first is on line {line}"
                self.problems.append(self._source.problem(key.start, message))
            else:
                pairs[key.text] = Pair(key, value)
        return tuple(pairs.values())


def find(node: Node, loc: Loc) -> tuple[Pair | None, Node] | None:
    """Return the node at a place, with its pair when it is the value of a key; None if absent."""
    pair: Pair | None = None
    for step in loc:
        match node:
            case Table() if found := node.get(str(step)):
                pair, node = found, found.value
            case Items(nodes=nodes) if isinstance(step, int) and step < len(nodes):
                pair, node = None, nodes[step]
            case _:
                return None
    return pair, node


def without(table: Table, locs: set[Loc]) -> Table:
    """Return a mapping without the nodes at these places below it."""
    kept = tuple(
        Pair(pair.key, _pruned(pair.value, _below(locs, pair.key.text)))
        for pair in table.pairs
        if (pair.key.text,) not in locs
    )
    return replace(table, pairs=kept)


def _pruned(node: Node, locs: set[Loc]) -> Node:
    match node:
        case Table() if locs:
            return without(node, locs)
        case Items(nodes=nodes) if locs:
            kept = (
                _pruned(item, _below(locs, number))
                for number, item in enumerate(nodes)
                if (number,) not in locs
            )
            return replace(node, nodes=tuple(kept))
    return node


def _below(locs: set[Loc], step: str | int) -> set[Loc]:
    return {loc[1:] for loc in locs if loc[0] == step}


def index_of(source: Source, scalar: Scalar, position: int) -> int:
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


def _characters(text: str, scalar: Scalar) -> Iterator[int]:
    """Yield where each character that is not white space is written."""
    start, end = scalar.start, scalar.end
    if scalar.style in ("|", ">"):
        start = text.find("\n", start) + 1
    elif scalar.style:
        start, end = start + 1, end - 1
    for found in UNITS.get(scalar.style, BARE).finditer(text, start, end):
        if not (scalar.style == '"' and found[0][0] == "\\" and found[0][1] in "nt \t\r\n"):
            yield found.start()
