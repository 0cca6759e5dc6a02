"""Statements and transactions, in the SQL that every database of a store understands.

Placeholders are `?`, or `?1`, `?2` where one value is used more than once. `Connection` has the
SQL in which the databases differ.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import lru_cache
from itertools import repeat
from typing import Any, Protocol, TypeVar

from msgspec import convert

from monitor.base.errors import LeaseLostError, StoreError
from monitor.base.translation import gettext as _, shown
from monitor.storage.fencing import SOLE, lease_in_hand

BUSY_MS = 5_000
"""Milliseconds that the monitor waits for another writer."""
TRIAGE_BUSY_MS = 2_000
"""Milliseconds that a viewer waits for another writer before its triage fails."""
UNBOUNDED = 1 << 62
"""A LIMIT that no result reaches, and an id above all others."""
CHUNK = 500
"""Values in one IN (…): SQLite's own limit was 999 for a long time."""


T = TypeVar("T")
K = TypeVar("K")
V = TypeVar("V")
Row = dict[str, Any]
"""The values of a row, by the names of its columns."""


class Connection(Protocol):
    """A connection to the database of a store. Its methods raise `Error`."""

    is_shared: bool
    """Whether several machines can have the store open."""
    has_lists: bool
    """Whether a list is one value: statements use `= ANY (?)` instead of `IN (?, ?, …)`."""
    commits: str
    """The query for a number that changes with each commit of another connection."""
    numbers: str
    """A table with the column `value`: the numbers of a JSON list, which is its placeholder."""
    entry_key: str
    """The key of `entries`, after ON CONFLICT."""

    @property
    def Error(self) -> type[Exception]:  # noqa: N802 - its name in the Python database API
        """The error of the database."""

    def indexed_by(self, index: str, /) -> str:
        """Return the SQL that chooses an index of the table before it; empty if none is needed."""

    def joined(self, column: str, /) -> str:
        """Return the SQL for the values of a group, separated by commas; NULL for none."""

    def json_list(self, column: str, /) -> str:
        """Return the SQL for the values of a group as a JSON list."""

    def truncated(self, number: str, /) -> str:
        """Return the SQL for a positive number without its fraction."""

    @property
    def is_outdated(self) -> bool:
        """Whether the connection must be opened again to see later commits."""

    def execute(self, query: str, values: Sequence[Any] = ..., /) -> Any:
        """Run a statement; return a cursor, as in the Python database API."""

    def executemany(self, query: str, rows: Iterable[Sequence[Any]], /) -> Any:
        """Run a statement once for each row of values."""

    def insert(
        self, table: str, columns: str, rows: Sequence[Sequence[Any]], *, or_ignore: bool = False
    ) -> None:
        """Insert rows; thousands at once are cheap.

        Args:
            table: The table.
            columns: The columns, separated by commas.
            rows: The values of each row; truth values may be numbers.
            or_ignore: Whether to leave out rows that exist already.
        """

    def begin(self) -> None:
        """Begin a transaction that writes; it waits for other writers."""

    def end_still_writer(self) -> bool:
        """End the session of a writer that stands still; return whether there was one."""

    def commit(self) -> None:
        """Commit the transaction, durably."""

    def rollback(self) -> None:
        """Roll back the transaction, if there is one."""

    def stream(self, query: str) -> Iterator[tuple[Any, ...]]:
        """Yield the rows of a query within a transaction, without holding all of them."""

    def begin_loading(self) -> None:
        """Begin a transaction that fills an empty store, with triggers disabled."""

    def last_numbers(self) -> dict[str, int]:
        """Return the highest number that each table with numbered rows ever gave."""

    def end_loading(self, numbers: Mapping[str, int]) -> None:
        """Reserve the numbers up to these, enable the triggers, and commit."""

    def claim(self, *, alone: bool) -> None:
        """Refuse exclusive users of the store, or all others; raises AlreadyRunningError."""

    def close(self) -> None:
        """Close the connection."""

    def begin_reading(self) -> None:
        """Begin a transaction whose reads all see the store at one moment."""

    def version(self) -> int:
        """Return the version of the tables, 0 if there are none."""

    def add_column(self, table: str, column: str) -> None:
        """Add a column to a table of an earlier version, with its default."""

    def add_table(self, name: str) -> None:
        """Add a table to those of an earlier version."""

    def create_tables(self) -> None:
        """Make the tables of a new store."""

    def set_version(self, version: int) -> None:
        """Note the version of the tables."""

    def last_given(self, table: str) -> int:
        """Return the highest number that a row of `alerts` or `evidence` ever had."""

    def altered_schema(self) -> list[str]:
        """Return the names of tables, indices and triggers that are not those of a new store."""

    def find_damage(self, is_ended: Callable[[], bool] = ...) -> str:
        """Read all of a store; return the first damage, empty if there is none.

        Writers go on meanwhile. 1 GB takes some seconds. Raises StoreError.
        """

    def refusal(self, error: Exception, consequence: str = "") -> StoreError:
        """Return an error that says what the database refused, the consequence and the remedy."""


def marks(count: int) -> str:
    """Return placeholders for a number of values; none is NULL: IN and NOT IN match nothing."""
    return ", ".join("?" * count) or "NULL"


@lru_cache
def upsert(table: str, columns: str, key: str) -> str:
    """Return the statement that inserts a row, or updates the row with its key."""
    names, keys = columns.split(", "), key.split(", ")
    assignments = ", ".join(f"{name} = excluded.{name}" for name in names if name not in keys)
    return (
        f"INSERT INTO {table} ({columns}) VALUES ({marks(len(names))})"
        f" ON CONFLICT ({key}) DO UPDATE SET {assignments}"
    )


def select_in(
    sql: Connection, query: str, values: Collection[Any], *leading: Any
) -> Iterator[tuple[Any, ...]]:
    """Yield the rows of a query with `IN ({0})`, run once for each chunk of the values.

    Args:
        sql: The connection.
        query: The query; it may contain `IN ({0})` more than once.
        values: The values of `IN`.
        leading: Values of the placeholders before it.
    """
    for statement, chunk in _in_chunks(sql, query, values, leading):
        yield from sql.execute(statement, chunk)


def by_name(cursor: Any) -> Iterator[Row]:
    """Yield the rows of a statement by the names of their columns."""
    names = [column[0] for column in cursor.description]
    return map(dict, map(zip, repeat(names), cursor))  # without Python code for each row


def values_of(kind: type[T], rows: Iterable[Row]) -> list[T]:
    """Return rows as values whose fields have the names of the columns."""
    if hasattr(kind, "reason"):
        rows = (row | {"reason": shown(row["reason"])} for row in rows)
    return [convert(row, kind, strict=False) for row in rows]


def grouped(pairs: Iterable[tuple[K, V]]) -> dict[K, tuple[V, ...]]:
    """Return the values of each key, in their order."""
    groups: dict[K, list[V]] = defaultdict(list)
    for key, value in pairs:
        groups[key].append(value)
    return {key: tuple(values) for key, values in groups.items()}


def rows_in(sql: Connection, query: str, values: Collection[Any]) -> Iterator[Row]:
    """Yield rows by name of a query with `IN ({0})`, run once for each chunk of the values."""
    for statement, chunk in _in_chunks(sql, query, values, ()):
        yield from by_name(sql.execute(statement, chunk))


def change_in(sql: Connection, statement: str, values: Collection[Any]) -> None:
    """Run a statement with `IN ({0})` once for each chunk of the values."""
    for query, chunk in _in_chunks(sql, statement, values, ()):
        sql.execute(query, chunk)


def _in_chunks(
    sql: Connection, query: str, values: Collection[Any], leading: tuple[Any, ...]
) -> Iterator[tuple[str, tuple[Any, ...]]]:
    items, first = list(values), len(leading) + 1
    if sql.has_lists:
        if items:
            yield query.replace("IN ({0})", f"= ANY (?{first})"), (*leading, items)
        return
    for start in range(0, len(items), CHUNK):
        chunk = items[start : start + CHUNK]
        yield query.format(_numbers(first, len(chunk))), (*leading, *chunk)


@lru_cache
def _numbers(first: int, count: int) -> str:
    return ", ".join(f"?{number}" for number in range(first, first + count))


@contextmanager
def reading(connection: Connection) -> Iterator[Connection]:
    """Read without a transaction. Raises StoreError when the store cannot be read."""
    try:
        yield connection
    except connection.Error as error:
        raise connection.refusal(error) from error


@contextmanager
def transaction(connection: Connection) -> Iterator[Connection]:
    """Commit all writes of the block, or none. Raises StoreError when the store refuses.

    Raises LeaseLostError when another monitor holds the lease of this task by now.
    """
    try:
        connection.begin()
        _require_lease(connection)
        yield connection
        connection.commit()
    except BaseException as error:
        with suppress(connection.Error):  # a disk that fails; closing rolls back too
            connection.rollback()
        if isinstance(error, connection.Error):
            raise connection.refusal(error, _("; nothing was changed")) from error
        raise


def _require_lease(connection: Connection) -> None:
    """Check the lease of this task, and lock it until the transaction ends."""
    lease = lease_in_hand()
    if lease == SOLE:
        return
    query = "SELECT 1 FROM leases WHERE id = ? AND epoch = ? FOR SHARE"
    if not connection.execute(query, lease).fetchone():
        raise LeaseLostError(_("another monitor does this by now; nothing was changed"))


class StoreConnection:
    """A connection to a store for readers: its errors are StoreErrors."""

    def __init__(self, sql: Connection) -> None:
        self._sql = sql

    @property
    def sql(self) -> Connection:
        """The connection of this thread."""
        return self._sql

    def read(self, query: str, values: Sequence[Any] = ()) -> Iterator[tuple[Any, ...]]:
        """Yield the rows of a query. Raises StoreError when the store cannot be read."""
        with reading(self.sql) as sql:
            yield from sql.execute(query, values)

    def rows(self, query: str, values: Sequence[Any] = ()) -> Iterator[Row]:
        """Yield the rows of a query by name. Raises StoreError when the store cannot be read."""
        with reading(self.sql) as sql:
            yield from by_name(sql.execute(query, values))

    def values(self, kind: type[T], query: str, values: Sequence[Any] = ()) -> list[T]:
        """Return the rows of a query as values whose fields have the names of the columns.

        Raises:
            StoreError: The store cannot be read.
        """
        return values_of(kind, self.rows(query, values))

    def number(self, query: str) -> int:
        """Return the one number that a query selects."""
        ((value,),) = self.read(query)
        return int(value)

    def select_in(self, query: str, values: Collection[Any]) -> Iterator[tuple[Any, ...]]:
        """Yield the rows of a query with `IN ({0})`, run once for each chunk of the values."""
        with reading(self.sql) as sql:
            yield from select_in(sql, query, values)

    def rows_in(self, query: str, values: Collection[Any]) -> Iterator[Row]:
        """Yield rows by name of a query with `IN ({0})`, run once for each chunk of the values."""
        with reading(self.sql) as sql:
            yield from rows_in(sql, query, values)


class StoreViews:
    """Reads of a store about one subject, and the writes that belong to them."""

    def __init__(self, connection: StoreConnection) -> None:
        self._connection = connection
