"""Statements and transactions, in the SQL that every database of a store understands.

A store is opened by its address: a folder has an SQLite file (`monitor.storage.store.sqlite`),
`postgresql://…` is a database of PostgreSQL (`monitor.storage.store.postgresql`).
Placeholders are `?`, or `?1`, `?2` where one value is named more than once.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import lru_cache
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

from monitor.base.errors import LeaseLostError, StoreError, requires_extra
from monitor.base.translation import gettext as _
from monitor.storage.fencing import SOLE, lease_in_hand

if TYPE_CHECKING:
    from monitor.model.store_address import StoreAddress

BUSY_MS = 5_000
"""Milliseconds that the monitor waits for another writer."""
TRIAGE_BUSY_MS = 2_000
"""Milliseconds that a viewer waits for another writer before its triage fails."""
EVERY = 1 << 62
"""A LIMIT that is none, and an id beyond all."""
CHUNK = 500
"""Values in one IN (…): SQLite's own limit was 999 for a long time."""


class Cursor(Protocol):
    """What came of a statement."""

    @property
    def rowcount(self) -> int:
        """How many rows it changed."""

    @property
    def description(self) -> Any:
        """The columns of its rows, their names first."""

    def fetchone(self) -> Any:
        """Return the next row, None if there is none."""

    def fetchall(self) -> list[Any]:
        """Return the rows that are left."""

    def __iter__(self) -> Iterator[Any]:
        """Yield the rows that are left."""


class Connection(Protocol):
    """A connection to the database of a store. What its methods raise is an `Error`."""

    IS_SHARED: ClassVar[bool]
    """Whether several machines can have it open."""
    HAS_LISTS: ClassVar[bool]
    """Whether a list is one value: a statement says `= ANY (?)` and not `IN (?, ?, …)`."""
    COMMITS: ClassVar[str]
    """The query for a number that changes with each commit of another connection."""

    @property
    def Error(self) -> type[Exception]:  # noqa: N802 - its name in the Python database API
        """What goes wrong in the database."""

    @property
    def is_outdated(self) -> bool:
        """Whether it must be opened again to see what is stored."""

    def execute(self, query: str, values: Sequence[Any] = ..., /) -> Cursor:
        """Run a statement."""

    def executemany(self, query: str, rows: Iterable[Sequence[Any]], /) -> Cursor:
        """Run a statement once for each row of values."""

    def begin(self) -> None:
        """Begin a transaction that writes; it waits for those of others."""

    def commit(self) -> None:
        """End the transaction; what it wrote is there to stay."""

    def rollback(self) -> None:
        """End the transaction, if there is one, as if it had not been."""

    def stream(self, query: str) -> Iterator[tuple[Any, ...]]:
        """Yield the rows of a query within a transaction, without holding all of them."""

    def begin_loading(self) -> None:
        """Begin a transaction that fills an empty store: triggers do nothing in it."""

    def load(self, table: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
        """Insert rows of another store; its truth values may be numbers."""

    def last_numbers(self) -> dict[str, int]:
        """Return the highest number that was given, by table that gives numbers."""

    def end_loading(self, numbers: Mapping[str, int]) -> None:
        """Give no number again up to these, and let the triggers do their work; then commit."""

    def claim(self, *, alone: bool) -> None:
        """Refuse those who want the store alone, or all others; raises AlreadyRunningError."""

    def close(self) -> None:
        """Close the connection."""

    def begin_reading(self) -> None:
        """Begin a transaction in which all that is read is of one moment."""

    def last_given(self, table: str) -> int:
        """Return the highest number that a row of `alerts` or `evidence` ever had."""

    def altered_guards(self) -> list[str]:
        """Return the triggers and indices of the evidence that are missing or altered."""

    def find_damage(self, ended: Callable[[], bool] = ...) -> str:
        """Read all of a store; return the first thing that is wrong, empty if nothing is.

        Writers go on meanwhile. 1 GB takes some seconds. Raises StoreError.
        """

    def message(self, error: Exception, so: str = "") -> str:
        """Return what is wrong with the store, what that means, and what to do."""


def open_database(
    address: StoreAddress, *, create: bool, busy_ms: int = BUSY_MS, read_only: bool = False
) -> Connection:
    """Return a connection to the store at an address.

    Args:
        address: Where the store is.
        create: Whether to make a store where there is none.
        busy_ms: Milliseconds to wait for another writer.
        read_only: Whether to refuse to write.

    Raises:
        StoreError: It is not there, lost, not a store, or of another version.
        MonitorError: With `create`: others can write to the folder.
    """
    if address.is_shared:
        with requires_extra("postgresql", _("a store in PostgreSQL")):
            from monitor.storage.store.postgresql.connection import open_database as open_postgresql

        return open_postgresql(address.url, create=create, busy_ms=busy_ms, read_only=read_only)
    from monitor.storage.store import sqlite

    return sqlite.open_database(address.folder, create=create, busy_ms=busy_ms, read_only=read_only)


def marks(count: int) -> str:
    """Return placeholders for that many values."""
    return ", ".join("?" * count)


@lru_cache
def upsert(table: str, columns: str, key: str) -> str:
    """Return the statement that inserts a row, or replaces the columns of the one with its key."""
    names, keys = columns.split(", "), key.split(", ")
    replaced = ", ".join(f"{name} = excluded.{name}" for name in names if name not in keys)
    return (
        f"INSERT INTO {table} ({columns}) VALUES ({marks(len(names))})"
        f" ON CONFLICT ({key}) DO UPDATE SET {replaced}"
    )


def select_in(
    sql: Connection, query: str, values: Collection[Any], *before: Any
) -> Iterator[tuple[Any, ...]]:
    """Yield the rows of a query with `IN ({0})`, run once for each chunk of the values.

    Args:
        sql: The connection.
        query: The query; it may name the values more than once.
        values: What to put there.
        before: Values of the placeholders that come before.
    """
    for statement, chunk in _in_chunks(sql, query, values, before):
        yield from sql.execute(statement, chunk)


def change_in(sql: Connection, statement: str, values: Collection[Any]) -> None:
    """Run a statement with `IN ({0})` once for each chunk of the values."""
    for changing, chunk in _in_chunks(sql, statement, values, ()):
        sql.execute(changing, chunk)


def _in_chunks(
    sql: Connection, query: str, values: Collection[Any], before: tuple[Any, ...]
) -> Iterator[tuple[str, tuple[Any, ...]]]:
    ordered, first = list(values), len(before) + 1
    if sql.HAS_LISTS:
        if ordered:
            yield query.replace("IN ({0})", f"= ANY (?{first})"), (*before, ordered)
        return
    for at in range(0, len(ordered), CHUNK):
        chunk = ordered[at : at + CHUNK]
        yield query.format(_numbers(first, len(chunk))), (*before, *chunk)


@lru_cache
def _numbers(first: int, count: int) -> str:
    return ", ".join(f"?{number}" for number in range(first, first + count))


@contextmanager
def reading(connection: Connection) -> Iterator[Connection]:
    """Read without a transaction. Raises StoreError when the store cannot be read."""
    try:
        yield connection
    except connection.Error as error:
        raise StoreError(connection.message(error)) from error


@contextmanager
def transaction(connection: Connection) -> Iterator[Connection]:
    """Commit everything done inside, or nothing. Raises StoreError when the store refuses.

    LeaseLostError when it is done under a lease that is in other hands by now.
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
            raise StoreError(connection.message(error, _("; nothing was changed"))) from error
        raise


def _require_lease(connection: Connection) -> None:
    """Make sure of the lease under which this is done; it stays until the transaction ends."""
    lease = lease_in_hand()
    if lease == SOLE:
        return
    query = "SELECT 1 FROM leases WHERE id = ? AND epoch = ? FOR SHARE"
    if not connection.execute(query, lease).fetchone():
        raise LeaseLostError(_("another monitor does this by now; nothing was changed"))


class StoreConnection:
    """A connection to a store, as its readers use it: its errors are a StoreError."""

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

    def number(self, query: str) -> int:
        """Return the one number that a query selects."""
        ((value,),) = self.read(query)
        return int(value)

    def select_in(self, query: str, values: Collection[Any]) -> Iterator[tuple[Any, ...]]:
        """Yield the rows of a query with `IN ({0})`, run once for each chunk of the values."""
        with reading(self.sql) as sql:
            yield from select_in(sql, query, values)


class ViewerConnection(StoreConnection):
    """A viewer's connections to a store: one for each of its threads."""

    def __init__(
        self, address: StoreAddress, *, read_only: bool = False, busy_ms: int = TRIAGE_BUSY_MS
    ) -> None:
        self._address = address
        self._read_only = read_only
        self._busy_ms = busy_ms
        self._local = threading.local()
        self._listening = threading.Lock()
        self._listener: Connection | None = None

    @property
    def sql(self) -> Connection:
        """The connection of this thread."""
        connection: Connection | None = getattr(self._local, "connection", None)
        if connection is None or connection.is_outdated:
            connection = self._open(read_only=self._read_only)
            self._local.connection = connection
        return connection

    def let_go(self) -> None:
        """Close the files of threads that ask nothing now: each keeps pages of its own."""
        if not self._address.is_shared:
            self._local = threading.local()  # a question that is being answered keeps its own

    def listen(self, query: str) -> tuple[int, tuple[Any, ...]]:
        """Return a number that changes with each commit, and the one row of a query.

        The connection never commits anything itself.
        """
        with self._listening:
            if self._listener is None or self._listener.is_outdated:
                self._listener = self._open(read_only=True)
            listener = StoreConnection(self._listener)
            ((commits,),) = listener.read(self._listener.COMMITS)
            ((*row,),) = listener.read(query)
            return int(commits), tuple(row)

    def _open(self, *, read_only: bool) -> Connection:
        return open_database(
            self._address, create=False, busy_ms=self._busy_ms, read_only=read_only
        )
