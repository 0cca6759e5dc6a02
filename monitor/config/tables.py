"""Mappings of `feeds.yaml` whose keys are described once: checked, read and explained by that.

A subclass of `Table` has an attribute for each of its keys: the kind of its value (a `Kind`), its
meaning, examples, its default. Problems are reported with place and remedy.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import compress
from math import isfinite
from typing import Any, ClassVar, Generic, NamedTuple, Self, TypeVar, cast, overload

from index.errors import QueryError
from monitor.base.errors import Problem
from monitor.base.formatting import clauses, nearest
from monitor.base.translation import gettext as _, mark_all, pgettext
from monitor.config.yaml_nodes import (
    BLANK,
    MappingNode,
    Node,
    ScalarNode,
    SequenceNode,
    YamlText,
    index_of,
)

T = TypeVar("T")
S = TypeVar("S", bound="Table")
V = TypeVar("V")
Schema = dict[str, Any]

TEXT, TRUTH, NUMBER, LIST, TABLE, NAMES = mark_all(
    "expected", "text", "true or false", "a number", "a list", "a mapping (`key: value`)",
    "a mapping: for each name a line `NAME: …`, without a dash",
)  # fmt: skip
ANY_TEXT: Schema = {"type": ["string", "number"]}


class WrongKindError(ValueError):
    """A value is text, a list or a mapping, and should be something else."""

    def __init__(self, expected: str) -> None:
        self.expected = expected


class EmptyError(ValueError):
    """A list has no item, and needs one."""


class Place(NamedTuple):
    """The place of a value, and the problems found so far."""

    source: YamlText
    problems: list[Problem]
    key: str
    """The key of the value, or of the list that it is in."""

    def add(self, index: int, message: str) -> None:
        """Add a problem at a character of the text."""
        self.problems.append(self.source.problem(index, message))

    def read(self, kind: Kind[T], node: Node, key: ScalarNode | None = None) -> T | None:
        """Return the meaning of a value; None, with the problem added, if it is not valid.

        The key is None for an item of a list.
        """
        try:
            if isinstance(node, ScalarNode) and node.plain() is BLANK:
                raise EmptyError
            return kind.read(node, self)
        except EmptyError:
            if key is None:
                self.add(node.start, _("this item is empty; give it a value or delete it"))
            else:
                message = _("`{key}` is empty; give it a value or delete it", key=key.text)
                self.add(key.start, message)
        except WrongKindError as error:
            self.add(node.start, self._expected(error.expected, node, is_item=key is None))
        except QueryError as error:
            index = node.start
            if isinstance(node, ScalarNode) and error.position is not None:
                index = index_of(self.source, node, error.position)
            self.add(index, query_problem(error))
        except ValueError as error:
            self.add(node.start, str(error))
        return None

    def inside(self, key: str) -> Place:
        """Return the place of the value of a key."""
        return self._replace(key=key)

    def _expected(self, expected: str, node: Node, *, is_item: bool) -> str:
        subject = _("an item of `{key}`", key=self.key) if is_item else f"`{self.key}`"
        kind_name = pgettext("expected", expected)
        message = _("{subject} must be {expected}", subject=subject, expected=kind_name)
        if expected == TEXT and isinstance(node, ScalarNode):
            return clauses([message, _("put it in quotes")])
        return message


def query_problem(error: QueryError) -> str:
    """Return the mistake of a query, and the way out."""
    return clauses(filter(None, (error.message, error.hint)))


# --- kinds of values ----------------------------------------------------------------


class Kind(Generic[T]):
    """A kind of value: its JSON Schema, its reader, and the default of a key without it.

    `read` raises ValueError with the right form. It returns None if the problems are reported
    and nothing valid is left.
    """

    def __init__(
        self,
        schema: Schema,
        read: Callable[[Node, Place], T | None],
        tables: tuple[type[Table], ...] = (),
        *,
        nothing: Any = None,
    ) -> None:
        self.schema = schema
        self.read = read
        self.tables = tables
        """The tables that may be in it."""
        self.nothing = nothing

    def key(self, words: str = "", *, examples: Sequence[Any] = (), default: Any = None) -> T:
        """Describe a key: its meaning, examples, and its default.

        Args:
            words: Its meaning, in a sentence.
            examples: Values in the form of the file.
            default: Value of a missing key; None is the default of the kind.
        """
        default = self.nothing if default is None else default
        return cast(T, Key(self, words, list(examples), default))

    def optional(self, words: str = "", *, examples: Sequence[Any] = ()) -> T | None:
        """Describe a key that is None if it is missing."""
        return cast(T, Key(self, words, list(examples)))

    def required(self, words: str, *, examples: Sequence[Any] = ()) -> T:
        """Describe a key that must be there."""
        return cast(T, Key(self, words, list(examples), is_required=True))


def text(parse: Callable[[str], T], schema: Schema = ANY_TEXT) -> Kind[T]:
    """Return the kind of a text that `parse` converts."""

    def read(node: Node, place: Place) -> T:
        if not isinstance(node, ScalarNode) or not isinstance(value := node.plain(), str):
            raise WrongKindError(TEXT)
        return parse(value)

    return Kind(schema, read, nothing="")


_TRUTHS = dict.fromkeys(("true", "yes", "on", "y", "t", "1"), True) | dict.fromkeys(
    ("false", "no", "off", "n", "f", "0"), False
)


def _truth(node: Node, place: Place) -> bool:
    if not isinstance(node, ScalarNode) or (value := _TRUTHS.get(node.text.lower())) is None:
        raise WrongKindError(TRUTH)
    return value


def _number(node: Node, place: Place) -> float:
    try:
        value = float(node.text) if isinstance(node, ScalarNode) else None
    except ValueError:
        value = None
    if value is None or not isfinite(value):
        raise WrongKindError(NUMBER)
    return value


YES_OR_NO = Kind({"type": "boolean"}, _truth, nothing=False)
DECIMAL = Kind({"type": "number"}, _number)


def listed(item: Kind[T]) -> Kind[tuple[T, ...]]:
    """Return the kind of a list."""

    def read(node: Node, place: Place) -> tuple[T, ...]:
        if not isinstance(node, SequenceNode):
            raise WrongKindError(LIST)
        values = [place.read(item, child) for child in node.nodes]
        is_valid = [value is not None for value in values]
        if not all(is_valid):
            node.nodes[:] = compress(node.nodes, is_valid)
        return tuple(value for value in values if value is not None)

    return Kind({"type": "array", "items": item.schema}, read, item.tables, nothing=())


def several(item: Kind[T], *, at_least_one: bool = False) -> Kind[tuple[T, ...]]:
    """Return the kind of a list of which a single item needs no brackets."""
    list_kind = listed(item)

    def read(node: Node, place: Place) -> tuple[T, ...] | None:
        is_text = isinstance(node, ScalarNode) and isinstance(node.plain(), str)
        if is_text or (item.tables and isinstance(node, MappingNode)):
            value = item.read(node, place)
            return None if value is None else (value,)
        if at_least_one and isinstance(node, SequenceNode) and not node.nodes:
            raise EmptyError
        values = list_kind.read(node, place)
        return None if at_least_one and not values else values

    return Kind({"anyOf": [item.schema, list_kind.schema]}, read, item.tables, nothing=())


def either(one: Kind[T], other: Kind[V]) -> Kind[T | V]:
    """Return the kind of a text of the first kind, or of another value."""

    def read(node: Node, place: Place) -> T | V | None:
        is_text = isinstance(node, ScalarNode) and isinstance(node.plain(), str)
        return one.read(node, place) if is_text else other.read(node, place)

    return Kind({"anyOf": [one.schema, other.schema]}, read, other.tables, nothing=other.nothing)


def named(names: Kind[str], values: Kind[T], schema: Schema | None = None) -> Kind[dict[str, T]]:
    """Return the kind of a mapping whose keys are names that the analyst chooses."""

    def read(node: Node, place: Place) -> dict[str, T]:
        if not isinstance(node, MappingNode):
            raise WrongKindError(NAMES)
        entries = {}
        for pair in list(node.pairs):
            name = place.read(names, pair.key)
            value = place.inside(pair.key.text).read(values, pair.value, pair.key)
            if name in entries:
                message = _("the same as another one, spelt otherwise: `{name}`", name=name)
                place.add(pair.key.start, message)
            if name is None or value is None or name in entries:
                node.pairs.remove(pair)
            else:
                entries[name] = value
        return entries

    full_schema = {"type": "object", "additionalProperties": values.schema, **(schema or {})}
    return Kind(full_schema, read, values.tables, nothing={})


# --- tables -------------------------------------------------------------------------


def one_of(choices: Sequence[str], node: MappingNode, none: str) -> Iterator[tuple[int, str]]:
    """Yield a problem if a mapping has `none` of some keys, or several of them."""
    present = [pair.key for pair in node.pairs if pair.key.text in choices]
    if not present and not any(nearest(pair.key.text, choices) for pair in node.pairs):
        yield node.start, none
    for key in present[1:]:
        message = _("`{key}` beside `{other}`; one is enough", key=key.text, other=present[0].text)
        yield key.start, message


class Key(NamedTuple):
    """A key of a table. `Table` puts the value, or the default, in its place."""

    kind: Kind[Any]
    words: str
    examples: list[Any]
    default: Any = None
    is_required: bool = False


class Table:
    """A mapping of `feeds.yaml`. An attribute is the value of its key, or the default."""

    keys: ClassVar[dict[str, tuple[str, Key]]] = {}
    """Attribute and description by the name in the file."""
    noun: ClassVar[str] = ""
    """The name of the mapping in messages."""
    short: ClassVar[str] = ""
    """The key that a bare text stands for; empty when there is no short form."""
    bare: ClassVar[Schema] = {}
    """Other short forms of the mapping, as JSON Schema."""
    needs: ClassVar[Schema] = {}
    """The combinations of keys that are valid, as JSON Schema."""
    written: frozenset[str] = frozenset()
    """The keys in the file, also those whose value is not valid."""

    def __init_subclass__(cls) -> None:
        own_keys = {
            name.rstrip("_"): (name, value)
            for name, value in vars(cls).items()
            if isinstance(value, Key)
        }
        inherited = [base.keys for base in reversed(cls.__bases__) if issubclass(base, Table)]
        cls.keys = {name: key for keys in (*inherited, own_keys) for name, key in keys.items()}
        for attribute, definition in own_keys.values():
            setattr(cls, attribute, definition.default)

    def __init__(self, written: frozenset[str] = frozenset(), **values: Any) -> None:
        self.__dict__.update(values, written=written)

    @classmethod
    def unfit_keys(cls, node: MappingNode) -> Iterator[tuple[int, str]]:
        """Yield the places of keys that conflict, with the reasons."""
        return iter(())

    @classmethod
    def from_node(cls, node: Node, place: Place) -> Self | None:
        """Return the values of a mapping; invalid values are reported and removed from the node."""
        if cls.short and isinstance(node, ScalarNode) and isinstance(node.plain(), str):
            attribute, short_key = cls.keys[cls.short]
            value = short_key.kind.read(node, place.inside(cls.short))
            return None if value is None else cls(frozenset({cls.short}), **{attribute: value})
        if not isinstance(node, MappingNode):
            raise WrongKindError(TABLE)
        for index, message in cls.unfit_keys(node):
            place.add(index, message)
        written = frozenset(pair.key.text for pair in node.pairs)
        values = {}
        for pair in list(node.pairs):
            name = pair.key.text
            value = None
            if name in cls.keys:
                attribute, definition = cls.keys[name]
                value = place.inside(name).read(definition.kind, pair.value, pair.key)
            else:
                place.add(pair.key.start, cls.unknown_key(name))
            if value is None:
                node.pairs.remove(pair)
            else:
                values[attribute] = value
        missing = [name for name, (_attribute, key) in cls.keys.items() if key.is_required]
        missing = [name for name in missing if name not in (pair.key.text for pair in node.pairs)]
        for name in missing:
            if name not in written:
                noun = pgettext("this", cls.noun)
                place.add(node.start, _("this {noun} has no `{key}`", noun=noun, key=name))
        return None if missing else cls(written, **values)

    @classmethod
    def unknown_key(cls, name: str) -> str:
        """Return a message about an unknown key, with the key that was probably meant."""
        message = _("unknown key `{key}`", key=name)
        if hint := nearest(name, cls.keys):
            return message + hint
        return clauses([message, _("known are {names}", names=", ".join(cls.keys))])


@overload
def table(cls: type[S]) -> Kind[S]: ...
@overload
def table(cls: type[S], make: Callable[[S], V]) -> Kind[V]: ...
def table(cls: type[Any], make: Callable[[Any], Any] | None = None) -> Kind[Any]:
    """Return the kind of a mapping that `make` converts; it may raise ValueError."""

    def read(node: Node, place: Place) -> Any:
        values = cls.from_node(node, place)
        return values if values is None or make is None else make(values)

    return Kind({"$ref": f"#/$defs/{_name(cls)}"}, read, (cls,), nothing=None if make else cls())


# --- JSON Schema ---------------------------------------------------------------------


def json_schema(file: type[Table], title: str) -> Schema:
    """Return the JSON Schema of a file, by which editors complete and explain its keys."""
    definitions = {_name(cls): _table_schema(cls, _name(cls)) for cls in _tables(file)}
    dialect = "https://json-schema.org/draft/2020-12/schema"
    return {"$schema": dialect, "$defs": definitions, **_table_schema(file, title)}


def _tables(cls: type[Table]) -> Iterator[type[Table]]:
    for _attribute, definition in cls.keys.values():
        for inner in definition.kind.tables:
            yield inner
            yield from _tables(inner)


def _name(cls: type[Table]) -> str:
    return cls.__name__.removesuffix("Keys")


def _table_schema(cls: type[Table], title: str) -> Schema:
    schema: Schema = {
        "title": title,
        "description": cls.__doc__,
        "type": "object",
        "properties": {name: _schema(name, key) for name, (_attribute, key) in cls.keys.items()},
        "additionalProperties": False,
    }
    if required := [name for name, (_attribute, key) in cls.keys.items() if key.is_required]:
        schema["required"] = required
    schema |= cls.needs
    bare = cls.bare
    if cls.short:
        short = cls.keys[cls.short][1]
        item = short.kind.schema
        info = {"title": cls.short, "description": short.words}
        bare = {**item.get("anyOf", [item])[0], **info}
    return {"title": title, "anyOf": [bare, schema]} if bare else schema


def _schema(name: str, definition: Key) -> Schema:
    schema = {"title": name, **definition.kind.schema}
    if definition.words:
        schema["description"] = definition.words
    if definition.examples:
        schema["examples"] = definition.examples
    if definition.default and isinstance(definition.default, str | bool):
        schema["default"] = str(definition.default) if isinstance(definition.default, str) else True
    return schema
