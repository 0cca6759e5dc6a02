"""Connections to a store in PostgreSQL."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, ClassVar, TypeVar, cast

import psycopg
from psycopg.adapt import Dumper
from psycopg.pq import TransactionStatus
from psycopg.types.numeric import Int8Dumper

from monitor.base.errors import NoStoreError, StoreError, StoreTakenError
from monitor.base.formatting import clauses
from monitor.base.translation import gettext as _
from monitor.base.translation import mark
from monitor.storage.store.postgresql.address import Address, parse_address
from monitor.storage.store.postgresql.dialect import of_columns, translate
from monitor.storage.store.postgresql.schema import GUARDS, every_table, translate_tables
from monitor.storage.store.sql.schema import VERSION
from monitor.storage.store.sql.upgrades import RENUMBERED, UPGRADES, renew_shingles

WITH_TRIGGERS = "alerts", "acts", "decisions", "evidence"
STREAMED = 500
"""Rows that are fetched at once, when all of a table are read."""
CHANNEL = "tocsin"
"""Where PostgreSQL tells those who listen that something was committed."""
_LOCK = "SELECT pg_advisory_xact_lock(hashtextextended('tocsin ' || current_schema(), 0))"
"""One writer at a time, so that ids are given in the order in which they are committed."""
_CLAIM = "SELECT pg_try_advisory_lock{}(hashtextextended('monitor ' || current_schema(), 0))"
"""It is gone with the session that has it; many sessions may share it."""
IDLE_MS = 30_000
"""Milliseconds after which a writer that does nothing in its transaction is cut off: it was stopped
in the middle of it, or its machine is gone, and all others wait for it."""

_NO_TLS = "SSL was required"
_REMEDIES = {
    "08": mark("is it running, and can this machine reach it?"),
    "22P05": mark("make the database anew with encoding UTF8"),
    "25006": mark("it is read only: a standby, or a user who may not write"),
    "28": mark("are user and password right, and does the server let this machine in?"),
    "3D000": mark("make the database first: createdb"),
    "42501": mark("this user may not do that; whoever runs the database can grant it"),
    "53": mark("the server lacks disk, memory or connections"),
    "55P03": mark("another program is writing to it"),
    _NO_TLS: mark(
        "the server has no TLS: set `ssl = on` there, or end the address with ?sslmode=disable"
        " where nobody else is on the network"
    ),
    "57P": mark("the server is stopping or starting; try again in a moment"),
}
"""What to do about an error, by the beginning of its code (appendix A of PostgreSQL's manual)."""

_LOGIN_ERRORS = (
    (_NO_TLS, _NO_TLS),
    ("no password supplied", "28"),
    (r"database \".*\" does not exist", "3D000"),
    ("connection slots|too many clients", "53"),
    ("the database system is", "57P"),
    ("FATAL", "28"),
)
"""What servers and libpq say of a login that fails, and its code: libpq gives none."""

T = TypeVar("T")


class _TextDumper(Dumper):
    """Text without NUL, which PostgreSQL refuses."""

    oid = 25

    def dump(self, obj: str) -> bytes:
        return obj.replace("\0", "").encode()


class PostgresqlConnection:
    """See `Connection`. It connects again by itself when it was cut, but in a transaction."""

    IS_SHARED: ClassVar[bool] = True
    HAS_LISTS: ClassVar[bool] = True
    COMMITS: ClassVar[str] = "SELECT commits FROM store"
    Error: type[Exception] = psycopg.Error
    is_outdated = False

    def __init__(self, address: Address, busy_ms: int, *, read_only: bool) -> None:
        self._address = address
        self._busy_ms = busy_ms
        self._read_only = read_only
        self._in_transaction = False
        self._claimed = ""
        self._session = self._connect()

    def __del__(self) -> None:
        if session := getattr(self, "_session", None):  # threads of viewers end
            session.close()

    def execute(self, query: str, values: Sequence[Any] = (), /) -> psycopg.Cursor[Any]:
        """Run a statement."""
        text, numbered = translate(query)
        parameters = _by_number(values) if numbered else values
        return self._run(partial(_execute, query=text, parameters=parameters))

    def executemany(self, query: str, rows: Iterable[Sequence[Any]], /) -> psycopg.Cursor[Any]:
        """Run a statement once for each row of values."""
        text, numbered = translate(query)
        parameters = [_by_number(row) if numbered else row for row in rows]
        return self._run(partial(_executemany, query=text, rows=parameters))

    def script(self, statements: str) -> None:
        """Run statements that have no values, in the words of PostgreSQL."""
        self._run(partial(_execute, query=statements, parameters=None))

    def begin(self) -> None:
        """Begin a transaction that writes; it waits for those of others."""
        self.script(f"BEGIN; SET LOCAL idle_in_transaction_session_timeout = {IDLE_MS}; {_LOCK}")
        self._in_transaction = True

    def begin_reading(self) -> None:
        """Begin a transaction in which all that is read is of one moment."""
        self.script("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        self._in_transaction = True

    def commit(self) -> None:
        """End the transaction; what it wrote is there to stay."""
        self.script(f"UPDATE store SET commits = commits + 1; NOTIFY {CHANNEL}; COMMIT")
        self._in_transaction = False

    def rollback(self) -> None:
        """End the transaction, if there is one, as if it had not been."""
        self._in_transaction = False
        if self._session.info.transaction_status not in (
            TransactionStatus.IDLE,
            TransactionStatus.UNKNOWN,
        ):
            self._session.rollback()

    def stream(self, query: str) -> Iterator[tuple[Any, ...]]:
        """Yield the rows of a query within a transaction, without holding all of them."""
        with self._session.cursor(name="stream") as cursor:
            cursor.itersize = STREAMED
            yield from cursor.execute(cast(Any, query))

    def begin_loading(self) -> None:
        """Begin a transaction that fills an empty store: triggers do nothing in it."""
        self.begin()
        self.script("SET LOCAL idle_in_transaction_session_timeout = 0")
        for table in WITH_TRIGGERS:
            self.script(f"ALTER TABLE {table} DISABLE TRIGGER USER")

    def load(self, table: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
        """Insert rows of another store; its truth values may be numbers."""
        found = self.execute(
            "SELECT column_name, data_type FROM information_schema.columns"
            " WHERE table_schema = current_schema() AND table_name = ?",
            (table,),
        )
        kinds = dict(found.fetchall())
        truths = [place for place, name in enumerate(columns) if kinds[name] == "boolean"]
        names = ", ".join(columns)
        with (
            self._session.cursor() as cursor,
            cursor.copy(cast(Any, f"COPY {table} ({names}) FROM STDIN")) as copy,
        ):
            for row in rows:
                values = list(row)
                for place in truths:
                    values[place] = bool(values[place])
                copy.write_row(values)

    def last_numbers(self) -> dict[str, int]:
        """Return the highest number that was given, by table that gives numbers."""
        numbers = {table: self._last_of(sequence) for table, sequence in self._sequences().items()}
        return {**numbers, **{table: self.last_given(table) for table in ("alerts", "evidence")}}

    def end_loading(self, numbers: Mapping[str, int]) -> None:
        """Give no number again up to these, and let the triggers do their work; then commit."""
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
        """Return the sequence of each table that gives numbers."""
        found = self.execute(
            "SELECT table_name, pg_get_serial_sequence(quote_ident(table_name), column_name)"
            " FROM information_schema.columns"
            " WHERE table_schema = current_schema() AND is_identity = 'YES'"
        )
        return dict(found.fetchall())

    def _last_of(self, sequence: str) -> int:
        return int(
            self._value(f"SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM {sequence}")
        )

    def claim(self, *, alone: bool) -> None:
        """Refuse those who want the store alone, or all others; raises AlreadyRunningError."""
        claim = _CLAIM.format("" if alone else "_shared")
        if not self._value(claim):
            raise StoreTakenError(self._address.name, alone=alone)
        self._claimed = claim

    def close(self) -> None:
        """Close the connection."""
        self._session.close()

    def last_given(self, table: str) -> int:
        """Return the highest number that a row of `alerts` or `evidence` ever had."""
        return int(self._value("SELECT number FROM given WHERE name = ?", table))

    def altered_guards(self) -> list[str]:
        """Return the triggers of the evidence that are missing or altered."""
        found = self.execute(
            "SELECT t.tgname, p.prosrc FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid"
            " WHERE t.tgrelid = 'evidence'::regclass AND t.tgenabled = 'O'"
        )
        there = dict(found.fetchall())
        return sorted(name for name, guard in GUARDS.items() if guard[1] not in there.get(name, ""))

    def find_damage(self, ended: Callable[[], bool] = bool) -> str:
        """Return nothing: damaged pages are found by the server, when it reads them."""
        return ""

    def message(self, error: Exception, so: str = "") -> str:
        """Return what is wrong with the store, what that means, and what to do."""
        return describe(self._address, error, so)

    def version(self) -> int:
        """Return the version of the tables, 0 if there are none."""
        there = self._value("SELECT to_regclass('store')")
        return int(self._value("SELECT version FROM store")) if there else 0

    def encoding(self) -> str:
        """Return how the database writes text."""
        return str(self._value("SHOW server_encoding"))

    def _value(self, query: str, *values: Any) -> Any:
        return (self.execute(query, values).fetchone() or (None,))[0]

    def _run(self, work: Callable[[psycopg.Connection[Any]], T]) -> T:
        """Do something with the session; once more with a new one if it was cut before."""
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
        if self._claimed and not self._value(self._claimed):
            self._session.close()
            raise psycopg.OperationalError(_("another monitor watches this store by now"))

    def _connect(self) -> psycopg.Connection[Any]:
        session = psycopg.connect(autocommit=True, **cast(Any, self._address.parameters))
        session.adapters.register_dumper(str, _TextDumper)
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
    """Return a connection to the store at an address, made if `create`.

    Raises:
        StoreError: It cannot be reached, is not there, or of another version.
    """
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
                migrate(connection, parsed, version)
        except BaseException:
            connection.close()
            raise
    except psycopg.Error as error:
        raise StoreError(describe(parsed, error)) from error
    return connection


def migrate(connection: PostgresqlConnection, address: Address, version: int) -> None:
    """Bring a store to the current version, in one transaction.

    Raises:
        StoreError: The store was written by a newer version.
    """
    if version > VERSION:
        raise StoreError(
            _(
                "{file}: written by a newer tocsin (store version {version}); update tocsin",
                file=address.name,
                version=version,
            )
        )
    if (encoding := connection.encoding()) != "UTF8":
        raise StoreError(
            _(
                "{database}: its encoding is {encoding}; make the database anew:"
                " createdb --encoding=UTF8 --template=template0",
                database=address.name,
                encoding=encoding,
            )
        )
    connection.begin()
    version = connection.version()  # another program may have been faster
    if version == 0:
        connection.script(every_table())
    for old in range(version or VERSION, VERSION):
        connection.script(translate_tables(UPGRADES[old], empty=False))
    if 0 < version < RENUMBERED:
        renew_shingles(connection)
    if version != VERSION:
        connection.execute("UPDATE store SET version = ?", (VERSION,))
    connection.commit()


def describe(address: Address, error: Exception, so: str = "") -> str:
    """Return what is wrong with a store, what that means, and what to do."""
    code = getattr(error, "sqlstate", None) or _login_code(str(error))
    remedy = next((words for start, words in _REMEDIES.items() if code.startswith(start)), "")
    diagnosis = getattr(error, "diag", None)
    said = (diagnosis and diagnosis.message_primary) or str(error).splitlines()[0]
    shown = _("{file}: {error}", file=address.name, error=f"{said}{so}")
    return clauses([shown, _(remedy)]) if remedy else shown


def _login_code(said: str) -> str:
    return next((code for pattern, code in _LOGIN_ERRORS if re.search(pattern, said)), "08")


def _by_number(values: Sequence[Any]) -> dict[str, Any]:
    return {str(number): value for number, value in enumerate(values, 1)}


def _execute(session: psycopg.Connection[Any], query: str, parameters: Any) -> psycopg.Cursor[Any]:
    return session.execute(cast(Any, query), parameters)


def _executemany(
    session: psycopg.Connection[Any], query: str, rows: Sequence[Any]
) -> psycopg.Cursor[Any]:
    """Run a statement for each row, without waiting for the answer to each."""
    cursor = session.cursor()
    if len(rows) > 1 and query.startswith("INSERT"):
        columns = [[*column] for column in zip(*rows, strict=True)]
        kinds = [{type(value) for value in column if value is not None} for column in columns]
        one_kind = all(len(kind) == 1 for kind in kinds)
        if one_kind and (inserting := of_columns(query, tuple(kind for (kind,) in kinds))):
            return cursor.execute(cast(Any, inserting), columns)
    if rows:
        cursor.executemany(cast(Any, query), rows)
    return cursor
