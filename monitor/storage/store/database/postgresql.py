"""Stores in PostgreSQL: connections to them, and notices of commits."""

from __future__ import annotations

import logging
import re
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import lru_cache
from select import select
from typing import Any, TypeVar, cast

import psycopg
from psycopg.adapt import Dumper
from psycopg.pq import TransactionStatus
from psycopg.types.numeric import Int8Dumper

from monitor.base.errors import NoStoreError, StoreError, StoreTakenError
from monitor.base.translation import Message, gettext as _
from monitor.storage.store.database import printers
from monitor.storage.store.database.addresses import Address, connect, parse_address, refusal
from monitor.storage.store.database.columns import Kind
from monitor.storage.store.database.schema import VERSION, prepare
from monitor.storage.store.database.tables import TABLES

log = logging.getLogger("tocsin")

WITH_TRIGGERS = "alerts", "acts", "decisions", "evidence"
_TABLE_OR_INDEX = re.compile(r"^CREATE (?:UNIQUE |UNLOGGED )?(?:TABLE|INDEX) (\w+)", re.MULTILINE)
FETCH_SIZE = 500
"""Rows that are fetched at once, when a whole table is read."""
CHANNEL = "tocsin"
"""The channel of PostgreSQL for notices of commits."""
_KEY = "hashtextextended('tocsin ' || current_schema(), 0)"
_LOCK = f"SELECT pg_advisory_xact_lock({_KEY})"
"""One writer at a time, so that ids are given in the order in which they are committed."""
WAIT_MS = 8_000
"""Milliseconds after which who waits for the writer looks whether that one stands still, and waits
anew behind all others."""
STILL_MS = 6_000
"""Milliseconds without a word from the process of the writer after which it stands still: it was
stopped, or its machine sleeps. While it speaks in other sessions it may be computing, and has four
times as long."""
LOADING = "tocsin move"
"""The name of a session that fills an empty store: it may take its time."""
_END_STILL_WRITER = f"""
SELECT w.application_name, pg_terminate_backend(w.pid)
FROM pg_locks JOIN pg_stat_activity w USING (pid)
WHERE locktype = 'advisory' AND granted AND w.datname = current_database() AND objsubid = 1
AND (classid::bigint << 32 | objid::bigint) = {_KEY}
AND w.wait_event_type = 'Client' AND w.application_name <> '{LOADING}'
AND w.state_change < clock_timestamp() - ?1 * interval '1 ms' * CASE WHEN EXISTS (
  SELECT 1 FROM pg_stat_activity o WHERE o.application_name = w.application_name
  AND o.state_change > clock_timestamp() - ?1 * interval '1 ms') THEN 4 ELSE 1 END
"""
_CLAIM = "SELECT pg_try_advisory_lock{}(hashtextextended('monitor ' || current_schema(), 0))"
"""The lock of a claim ends with its session; many sessions may share it."""

T = TypeVar("T")


class _TextDumper(Dumper):
    """Text without NUL, which PostgreSQL refuses."""

    oid = 25

    def dump(self, obj: str) -> bytes:
        return obj.replace("\0", "").encode()


_LISTS: dict[Kind, tuple[str, Callable[[Any], Any]]] = {
    Kind.INTEGER: ("bigint[]", int),
    Kind.NUMBER: ("bigint[]", int),
    Kind.REAL: ("float8[]", float),
    Kind.TEXT: ("text[]", str),
    Kind.LONG_TEXT: ("text[]", str),
    Kind.BLOB: ("bytea[]", bytes),
    Kind.BOOLEAN: ("boolean[]", bool),
}
"""The type of a list of values of a column, and the type of its values in Python."""


class PostgresqlConnection:
    """See `Connection`. It reconnects by itself when it was cut, except in a transaction."""

    is_shared = True
    has_lists = True
    commits = "SELECT commits FROM store"
    numbers = (
        "(SELECT value::bigint AS value FROM json_array_elements_text(?::json) AS item (value))"
        " AS items"
    )
    entry_key = printers.conflict_key(TABLES["entries"])
    Error: type[Exception] = psycopg.Error
    is_outdated = False

    def __init__(self, address: Address, busy_ms: int, *, read_only: bool) -> None:
        self.address = address
        self._busy_ms = busy_ms
        self._read_only = read_only
        self._in_transaction = False
        self._claim_query = ""
        self._session = self._connect()

    def __del__(self) -> None:
        if session := getattr(self, "_session", None):  # threads of viewers end
            session.close()

    def indexed_by(self, index: str) -> str:
        """Return nothing: PostgreSQL chooses indices by itself."""
        return ""

    def joined(self, column: str) -> str:
        return f"string_agg({column}::text, ',')"

    def json_list(self, column: str) -> str:
        return f"coalesce(json_agg({column}), '[]')::text"

    def truncated(self, number: str) -> str:
        return f"cast(floor({number}) AS bigint)"

    def execute(self, query: str, values: Sequence[Any] = (), /) -> psycopg.Cursor[Any]:
        text = cast(Any, numbered(query))
        return self._run(lambda session: session.execute(text, values))

    def executemany(self, query: str, rows: Iterable[Sequence[Any]], /) -> psycopg.Cursor[Any]:
        text, values = cast(Any, numbered(query)), [*rows]

        def run(session: psycopg.Connection[Any]) -> psycopg.Cursor[Any]:
            cursor = session.cursor()
            if values:
                cursor.executemany(text, values)  # does not wait for the answer to each
            return cursor

        return self._run(run)

    def insert(
        self, table: str, columns: str, rows: Sequence[Sequence[Any]], *, or_ignore: bool = False
    ) -> None:
        if not rows:
            return
        statement, kinds = _insertion(table, columns)
        lists = [
            [None if value is None else _LISTS[kind][1](value) for value in column]
            for kind, column in zip(kinds, zip(*rows, strict=True), strict=True)
        ]
        self.execute(f"{statement}{' ON CONFLICT DO NOTHING' if or_ignore else ''}", lists)

    def script(self, statements: str) -> None:
        self._run(lambda session: session.execute(cast(Any, statements)))

    def begin(self) -> None:
        tries = max(1, self._busy_ms // WAIT_MS)
        while not self._in_transaction:
            try:
                self.script(
                    f"BEGIN; SET LOCAL lock_timeout = {min(self._busy_ms, WAIT_MS)}; {_LOCK};"
                    f" SET LOCAL lock_timeout = {self._busy_ms}"
                )
                self._in_transaction = True
            except psycopg.errors.LockNotAvailable:
                self.rollback()
                tries -= 1
                if not self.end_still_writer() and not tries:
                    raise

    def end_still_writer(self) -> bool:
        writers = self.execute(_END_STILL_WRITER, (STILL_MS,)).fetchall()
        for name, _is_ended in writers:
            log.warning(
                _(
                    "{store}: {writer} stood still while it wrote and others waited;"
                    " its session was ended",
                    store=self.address.name, writer=name,
                )
            )  # fmt: skip
        return bool(writers)

    def begin_reading(self) -> None:
        self.script("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        self._in_transaction = True

    def commit(self) -> None:
        self.script(f"UPDATE store SET commits = commits + 1; NOTIFY {CHANNEL}; COMMIT")
        self._in_transaction = False

    def rollback(self) -> None:
        self._in_transaction = False
        if self._session.info.transaction_status not in (
            TransactionStatus.IDLE,
            TransactionStatus.UNKNOWN,
        ):
            self._session.rollback()

    def stream(self, query: str) -> Iterator[tuple[Any, ...]]:
        with self._session.cursor(name="stream") as cursor:
            cursor.itersize = FETCH_SIZE
            yield from cursor.execute(cast(Any, query))

    def begin_loading(self) -> None:
        self.begin()
        self.script(f"SET LOCAL application_name = '{LOADING}'")
        for table in WITH_TRIGGERS:
            self.script(f"ALTER TABLE {table} DISABLE TRIGGER USER")

    def last_numbers(self) -> dict[str, int]:
        numbers = {table: self._last_of(sequence) for table, sequence in self._sequences().items()}
        return {**numbers, **{table: self.last_given(table) for table in ("alerts", "evidence")}}

    def end_loading(self, numbers: Mapping[str, int]) -> None:
        for table, sequence in self._sequences().items():
            if number := numbers.get(table):
                self.execute("SELECT setval(cast(? AS regclass), ?)", (sequence, number))
        for table in ("alerts", "evidence"):
            self.execute(
                "UPDATE given SET number = ? WHERE name = ?", (numbers.get(table, 0), table)
            )
        for table in WITH_TRIGGERS:
            self.script(f"ALTER TABLE {table} ENABLE TRIGGER USER")
        self.commit()

    def _sequences(self) -> dict[str, str]:
        return {
            table: self._value("SELECT pg_get_serial_sequence(?, ?)", table, name)
            for table, description in TABLES.items()
            for name, column in description.columns.items()
            if column.kind is Kind.NUMBER
        }

    def _last_of(self, sequence: str) -> int:
        return int(
            self._value(f"SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM {sequence}")
        )

    def claim(self, *, alone: bool) -> None:
        """Claim the store, shared or alone; raises StoreTakenError if others hold a claim."""
        claim = _CLAIM.format("" if alone else "_shared")
        if not self._value(claim):
            raise StoreTakenError(self.address.name)
        self._claim_query = claim

    def close(self) -> None:
        self._session.close()

    def last_given(self, table: str) -> int:
        return int(self._value("SELECT number FROM given WHERE name = ?", table))

    def altered_schema(self) -> list[str]:
        stored = self.execute(
            "SELECT t.tgname, p.prosrc FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid"
            " JOIN pg_class c ON c.oid = t.tgrelid WHERE t.tgenabled = 'O' AND NOT t.tgisinternal"
            " AND c.relnamespace = current_schema()::regnamespace"
            " UNION ALL SELECT c.relname, '' FROM pg_class c WHERE c.relkind NOT IN ('S', 't', 'I')"
            " AND c.relnamespace = current_schema()::regnamespace"
            " AND NOT EXISTS (SELECT 1 FROM pg_constraint k WHERE k.conindid = c.oid)"
            " AND NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.objid = c.oid AND d.deptype = 'e')"
        )
        definitions = "\n".join(printers.postgresql_statements())
        expected = {(name, "") for name in _TABLE_OR_INDEX.findall(definitions)}
        expected |= {
            (name, printers.function_body(statements))
            for name, (_event, statements) in printers.POSTGRESQL_TRIGGERS.items()
        }
        return sorted({name for name, _body in {*stored.fetchall()} ^ expected})

    def find_damage(self, is_ended: Callable[[], bool] = bool) -> str:
        """Return nothing: the server finds damaged pages when it reads them."""
        return ""

    def refusal(self, error: Exception, consequence: str = "") -> StoreError:
        return refusal(self.address, error, consequence)

    def version(self) -> int:
        # Not to_regclass: it may not see a table that another program made in this moment.
        visible = "SELECT 1 FROM pg_class WHERE relname = 'store' AND pg_table_is_visible(oid)"
        return int(self._value("SELECT version FROM store")) if self._value(visible) else 0

    def add_column(self, table: str, column: str) -> None:
        self.execute(printers.postgresql_column(table, column))

    def add_table(self, name: str) -> None:
        self.script(";".join(printers.postgresql_table(name)))

    def create_tables(self) -> None:
        self.script(";".join(printers.postgresql_statements()))

    def set_version(self, version: int) -> None:
        self.execute("UPDATE store SET version = ?", (version,))

    def _value(self, query: str, *values: Any) -> Any:
        return (self.execute(query, values).fetchone() or (None,))[0]

    def _run(self, work: Callable[[psycopg.Connection[Any]], T]) -> T:
        if self._session.closed:
            self._reconnect()
        try:
            return work(self._session)
        except psycopg.OperationalError:
            if self._in_transaction or not self._session.closed:
                raise
        self._reconnect()
        return work(self._session)

    def _reconnect(self) -> None:
        if self._in_transaction:
            raise psycopg.OperationalError(_("the connection was lost"))
        self._session = self._connect()
        if self._claim_query and not self._value(self._claim_query):
            self._session.close()
            raise psycopg.OperationalError(_("another monitor watches this store by now"))

    def _connect(self) -> psycopg.Connection[Any]:
        session = connect(self.address)
        session.cursor_factory = psycopg.RawCursor
        session.adapters.register_dumper(str, _TextDumper)
        session.adapters.register_dumper(Message, _TextDumper)
        session.adapters.register_dumper(int, Int8Dumper)
        session.execute(
            f"SET lock_timeout = {self._busy_ms:d};"
            f" SET default_transaction_read_only = {'on' if self._read_only else 'off'};"
            " SET client_min_messages = warning"
        )
        return session


def open_database(
    address: str, *, create: bool, busy_ms: int, read_only: bool = False
) -> PostgresqlConnection:
    """Return a connection to the store at an address, made if `create`; raises StoreError."""
    parsed = parse_address(address)
    try:
        connection = PostgresqlConnection(parsed, busy_ms, read_only=read_only)
        try:
            version = connection.version()
            if version == 0 and not create:
                raise NoStoreError(
                    _("{folder}: no archive here yet; `tocsin run` starts one", folder=parsed.name)
                )
            if version != VERSION:
                _require_utf8(connection)
                prepare(connection, parsed.name)
        except BaseException:
            connection.close()
            raise
    except psycopg.Error as error:
        raise refusal(parsed, error) from error
    return connection


def _require_utf8(connection: PostgresqlConnection) -> None:
    (encoding,) = connection.execute("SHOW server_encoding").fetchall()[0]
    if encoding != "UTF8":
        raise StoreError(
            _(
                "{database}: its encoding is {encoding}; make the database anew:"
                " createdb --encoding=UTF8 --template=template0",
                database=connection.address.name,
                encoding=encoding,
            )
        )


@lru_cache(2_000)
def numbered(query: str) -> str:
    """Return a statement with the placeholders of PostgreSQL: `$1` for `?1`, or the first `?`."""
    first, *parts = query.split("?")
    pieces, highest = [first], 0
    for part in parts:
        suffix = part.lstrip("0123456789")
        number = part[: len(part) - len(suffix)] or str(highest + 1)  # as SQLite counts
        highest = max(highest, int(number))
        pieces.append(f"${number}{suffix}")
    return "".join(pieces)


@lru_cache
def _insertion(table: str, columns: str) -> tuple[str, tuple[Kind, ...]]:
    """Return a statement that takes a list for each column, and the kinds of the columns.

    Thousands of rows take half the time of VALUES with 200 rows each.
    """
    kinds = tuple(TABLES[table].columns[name].kind for name in columns.split(", "))
    lists = ", ".join(f"${number}::{_LISTS[kind][0]}" for number, kind in enumerate(kinds, 1))
    return f"INSERT INTO {table} ({columns}) SELECT * FROM unnest({lists})", kinds


RETRY_SECONDS = 2.0
"""Seconds between two attempts to connect."""


class PostgresqlCommitListener:
    """See `CommitListener`. It reconnects by itself."""

    def __init__(self, address: str) -> None:
        self._address = parse_address(address)
        self._session: psycopg.Connection[Any] | None = None
        self._is_lost = False
        self._closed = threading.Event()

    def wait(self, seconds: float) -> bool:
        """Wait at most some seconds for a commit; return whether there may have been one.

        It returns True too when the connection is lost, and when it is established again:
        there may have been commits meanwhile.
        """
        try:
            if self._session is None:
                parameters = cast(Any, self._address.parameters)
                self._session = psycopg.connect(autocommit=True, **parameters)
                self._session.execute(f"LISTEN {CHANNEL}")  # not a message
                self._is_lost = False
                return True
            for patience in (0.0, seconds):
                if patience:  # psycopg itself would wake ten times a second
                    select([self._session], [], [], patience)
                for _notice in self._session.notifies(timeout=0.0, stop_after=1):
                    return True
            self._session.execute("SELECT 1")  # a connection may end unnoticed
            return False
        except (psycopg.Error, OSError, ValueError):  # closed meanwhile, in another thread
            self._hang_up()
            is_news, self._is_lost = not self._is_lost, True
            if not is_news:
                self._closed.wait(min(seconds, RETRY_SECONDS))
            return is_news

    def close(self) -> None:
        """Stop waiting."""
        self._closed.set()
        self._hang_up()

    def _hang_up(self) -> None:
        session, self._session = self._session, None
        if session is not None:
            with suppress(psycopg.Error):
                session.close()
