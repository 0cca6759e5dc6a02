"""What a description of tables is made of: columns, indices, keys."""

from __future__ import annotations

import enum
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, NamedTuple


class Kind(enum.Enum):
    """The type of a column."""

    INTEGER = enum.auto()
    REAL = enum.auto()
    TEXT = enum.auto()
    LONG_TEXT = enum.auto()
    """Text of publishers: it may be longer than the 2,704 bytes that an ordered index of
    PostgreSQL takes, which has its hash instead."""
    BLOB = enum.auto()
    BOOLEAN = enum.auto()
    NUMBER = enum.auto()
    """The key of its table, which the database counts up; it gives no number twice."""


REQUIRED = object()
"""The default of a column without default: every row must set it."""


class Column(NamedTuple):
    """A column."""

    kind: Kind
    name: str
    default: Any = REQUIRED
    """None for a column that may be NULL."""
    comment: str = ""
    unique: bool = False
    in_key: bool = False
    """Whether it is in the primary key. Its columns come first: quick_check of SQLite 3.40 would
    report NULLs otherwise."""


def declaration(column: Column, types: Mapping[Kind, str], literal: Callable[[Any], str]) -> str:
    """Return a column for CREATE TABLE and ALTER TABLE ADD COLUMN.

    Args:
        column: The column.
        types: The type of each kind in the database.
        literal: Returns a default in the SQL of the database.
    """
    words = [column.name, types[column.kind]]
    if column.default is not None:
        words.append("NOT NULL")
    if column.default not in (None, REQUIRED):
        words.append(f"DEFAULT {literal(column.default)}")
    if column.unique:
        words.append("UNIQUE")
    return " ".join(words)


class Index(NamedTuple):
    """An index."""

    name: str
    columns: str
    """The columns, separated by commas."""
    condition: str = ""
    """The condition of the rows in it; empty for all."""


class Table(NamedTuple):
    """A table."""

    columns: dict[str, Column]
    indices: tuple[Index, ...]
    comment: str
    unique: tuple[str, ...]
    """Sets of columns that are unique, each separated by commas."""
    is_kept: bool
    """Whether it survives a crash of the server; else it is written without waiting for a disk."""

    @property
    def key(self) -> list[str]:
        """The columns of the primary key; none of a table of one row."""
        return [name for name, column in self.columns.items() if column.in_key]


def table(
    *parts: str | list[Column] | Index, unique: tuple[str, ...] = (), is_kept: bool = True
) -> Table:
    """Return a table of a comment, columns and indices."""
    return Table(
        {column.name: column for part in parts if isinstance(part, list) for column in part},
        tuple(part for part in parts if isinstance(part, Index)),
        "".join(part for part in parts if isinstance(part, str)),
        unique,
        is_kept,
    )


def _columns(
    kind: Kind,
    names: str,
    default: Any = REQUIRED,
    comment: str = "",
    *,
    unique: bool = False,
    key: bool = False,
) -> list[Column]:
    """Return columns with the same properties, by their names, separated by commas."""
    in_key = key or kind is Kind.NUMBER
    return [Column(kind, name, default, comment, unique, in_key) for name in names.split(", ")]


integer, real, text, long_text, blob, boolean, number = (partial(_columns, kind) for kind in Kind)
