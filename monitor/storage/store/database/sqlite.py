"""The store in SQLite: opening the file of a newsroom, and the disk space that it takes."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from index.archive import archive_engine
from monitor.base.errors import NoStoreError, StoreError
from monitor.base.files import file_signature
from monitor.base.formatting import clauses
from monitor.base.translation import gettext as _, mark
from monitor.model.config import STORE_FILE, StoreAddress
from monitor.storage import data_folder
from monitor.storage.store.database.connection import BUSY_MS, marks
from monitor.storage.store.database.schema import VERSION, prepare

WRITER_CACHE, VIEWER_CACHE = 8_000, 2_000
"""Kilobytes of pages that a connection of the monitor, or of a viewer, keeps.

A viewer has one connection a thread, and each fills its cache: those of a dashboard had 32 MB. The
operating system keeps the pages too.
"""
APPLICATION = 0x746F6373
"""The application id in the header of an SQLite file of tocsin."""
TICK = 100_000
"""Instructions of SQLite's virtual machine between two checks for an interrupt."""

RESTORE = mark("`tocsin restore --force` puts back a backup")
"""The remedy for a store that is damaged or lost."""

_UNWRITABLE = sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY
_UNREAD = (
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_INTERRUPT,
    sqlite3.SQLITE_LOCKED,
    sqlite3.SQLITE_NOMEM,
)
"""Codes of errors after which the pages are not known to be damaged."""
_REMEDIES = {
    sqlite3.SQLITE_BUSY: mark("another program is writing to it"),
    sqlite3.SQLITE_CANTOPEN: mark("may it be read, and its folder be written to?"),
    sqlite3.SQLITE_CORRUPT: mark("it is damaged; `tocsin restore --force` puts back a backup"),
    sqlite3.SQLITE_FULL: mark("make room on its disk"),
    sqlite3.SQLITE_IOERR: mark("is its disk full, or failing?"),
    sqlite3.SQLITE_LOCKED: mark("another program is writing to it"),
    sqlite3.SQLITE_NOTADB: mark("it is damaged; `tocsin restore --force` puts back a backup"),
    sqlite3.SQLITE_READONLY: mark("may it and its folder be written to?"),
}
"""The remedy for an error of SQLite, by its primary code (https://sqlite.org/rescode.html)."""


class SqliteConnection(sqlite3.Connection):
    """See `Connection`. It closes when it is no longer referenced: threads of viewers end."""

    is_shared = False
    has_lists = False
    commits = "PRAGMA data_version"
    numbers = "json_each(?)"
    entry_key = "feed, guid"
    _triggers: Sequence[tuple[str, str]] = ()

    frozen: tuple[Path, object] | None = None
    """The file and its signature, for a connection that does not notice writers."""

    def indexed_by(self, index: str) -> str:
        return f"INDEXED BY {index}"

    def joined(self, column: str) -> str:
        return f"group_concat({column})"

    def json_list(self, column: str) -> str:
        return f"json_group_array({column})"

    def truncated(self, number: str) -> str:
        return f"cast({number} AS INTEGER)"

    def __del__(self) -> None:
        self.close()

    def insert(
        self, table: str, columns: str, rows: Sequence[Sequence[Any]], *, or_ignore: bool = False
    ) -> None:
        values = marks(columns.count(",") + 1)
        conflict = " ON CONFLICT DO NOTHING" if or_ignore else ""  # not a message
        self.executemany(f"INSERT INTO {table} ({columns}) VALUES ({values}){conflict}", rows)

    def begin(self) -> None:
        self.execute("BEGIN IMMEDIATE")  # not a message

    def commit(self) -> None:
        self.execute("COMMIT")

    def rollback(self) -> None:
        if self.in_transaction:  # a full disk has rolled back already
            self.execute("ROLLBACK")

    def stream(self, query: str) -> Iterator[tuple[Any, ...]]:
        yield from self.execute(query)

    def begin_loading(self) -> None:
        self.begin()
        self._triggers = self.execute(
            "SELECT name, sql FROM sqlite_master WHERE type = 'trigger'"
        ).fetchall()
        for name, _sql in self._triggers:
            self.execute(f"DROP TRIGGER {name}")  # not a message

    def last_numbers(self) -> dict[str, int]:
        return dict(self.execute("SELECT name, seq FROM main.sqlite_sequence").fetchall())

    def end_loading(self, numbers: Mapping[str, int]) -> None:
        self.execute("DELETE FROM main.sqlite_sequence")
        self.executemany(
            "INSERT INTO main.sqlite_sequence (name, seq) VALUES (?, ?)", [*numbers.items()]
        )
        for _name, sql in self._triggers:
            self.execute(sql)
        self.commit()

    def claim(self, *, alone: bool) -> None:
        """Do nothing: the data folder has a lock."""

    def end_still_writer(self) -> bool:
        return False  # all are on this machine

    def begin_reading(self) -> None:
        self.execute("BEGIN")
        self.execute("SELECT count(*) FROM feeds").fetchone()  # the first read fixes the moment

    def version(self) -> int:
        return int(self.execute("PRAGMA user_version").fetchone()[0])

    def add_column(self, table: str, column: str) -> None:
        from monitor.storage.store.database import printers  # as in `statements`

        self.execute(printers.sqlite_column(table, column))

    def add_table(self, name: str) -> None:
        from monitor.storage.store.database import printers  # as in `statements`

        for statement in printers.sqlite_table(name):
            self.execute(statement)

    def create_tables(self) -> None:
        for statement in statements():
            self.execute(statement)
        self.execute(f"PRAGMA application_id = {APPLICATION}")

    def set_version(self, version: int) -> None:
        self.execute(f"PRAGMA user_version = {version}")

    def last_given(self, table: str) -> int:
        row = self.execute(
            "SELECT seq FROM main.sqlite_sequence WHERE name = ?", (table,)
        ).fetchone()
        return int(row[0]) if row else 0

    def altered_schema(self) -> list[str]:
        with closing(sqlite3.connect(":memory:")) as model:
            for statement in statements():
                model.execute(statement)
            return sorted({name for _kind, name, _sql in _schema(model) ^ _schema(self)})

    def find_damage(self, is_ended: Callable[[], bool] = bool) -> str:
        self.set_progress_handler(is_ended, TICK)
        try:
            return find_damage(self)
        finally:
            self.set_progress_handler(None, 0)

    def refusal(self, error: Exception, consequence: str = "") -> StoreError:
        return StoreError(_message(STORE_FILE, error, consequence))

    @property
    def is_outdated(self) -> bool:
        return self.frozen is not None and (
            file_signature(self.frozen[0]) != self.frozen[1] or _has_log(self.frozen[0])
        )


_TRIGGER = "CREATE TRIGGER"


def _schema(connection: sqlite3.Connection) -> set[tuple[str, str, str]]:
    """Return kind, name and statement of what a database defines, without comments."""
    rows = connection.execute("SELECT type, name, sql FROM sqlite_master WHERE sql <> ''")
    return {(kind, name, _normalized(kind, sql)) for kind, name, sql in rows}


def _normalized(kind: str, sql: str) -> str:
    """Return a statement without comments; the columns of a table sorted: upgrades add some."""
    sql = re.sub(r"\s*--.*", "", sql)
    if kind != "table":
        return sql
    head, _bracket, body = sql.partition("(")
    body, _bracket, tail = body.rpartition(")")
    return ", ".join((head.strip(), *sorted(map(str.strip, body.split(","))), tail.strip()))


def take_rows_only(path: Path) -> list[str]:
    """Give a store of strangers the triggers of a new one; drop all others, and views.

    Returns:
        The names of its tables and indices that are not those of a new store.
    """
    with closing(_open_connection(str(path), BUSY_MS, VIEWER_CACHE)) as connection:
        for kind, name in connection.execute(
            "SELECT type, name FROM sqlite_master WHERE type IN ('trigger', 'view')"
        ).fetchall():
            connection.execute(f'DROP {kind} "{name.replace(chr(34), chr(34) * 2)}"')
        prepare(connection, str(path))
        for statement in statements():
            if statement.startswith(_TRIGGER):
                connection.execute(statement.replace(_TRIGGER, f"{_TRIGGER} IF NOT EXISTS", 1))
        return connection.altered_schema()


def statements() -> list[str]:
    """Return the statements that make the tables of a new store, and their triggers."""
    from monitor.storage.store.database import printers  # 300 values, for new stores only

    return [*printers.sqlite_statements()]


def open_database(
    address: StoreAddress, *, create: bool, busy_ms: int = BUSY_MS, read_only: bool = False
) -> SqliteConnection:
    """Return a connection to the store in the data folder, made if `create`.

    It is only for reading with `read_only`, or where the file cannot be written.

    Raises:
        StoreError: It does not exist, is lost, not a store, or of another version.
        MonitorError: With `create`: others can write to the folder.
    """
    path = address.folder / STORE_FILE
    if create:
        data_folder.claim(address.folder)
    if not path.exists() or not path.stat().st_size:
        _refuse_missing(address, create=create)
    try:
        connection, version = _connect(path, busy_ms, create=create)
        if version == 0:
            _refuse_missing(address, create=create)
        if version != VERSION:
            prepare(connection, str(path))
            path.chmod(0o600)
        if create:
            _refuse_emptied(address, connection)
        if read_only:
            connection.execute("PRAGMA query_only = ON")
    except sqlite3.Error as error:
        raise StoreError(_message(str(path), error)) from error
    return connection


def _connect(path: Path, busy_ms: int, *, create: bool) -> tuple[SqliteConnection, int]:
    """Return a connection and the version of the store, 0 for an empty one."""
    try:
        connection = _open_connection(str(path), busy_ms, WRITER_CACHE if create else VIEWER_CACHE)
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        return connection, connection.version()
    except sqlite3.OperationalError as error:
        if create or error.sqlite_errorcode & 0xFF not in _UNWRITABLE:
            raise
    uri = path.absolute().as_uri()
    try:
        connection = _open_connection(f"{uri}?mode=ro", busy_ms, VIEWER_CACHE)
        version = connection.version()
    except sqlite3.OperationalError:  # SQLite would have to write files beside it
        if _has_log(path):
            raise
        signature = file_signature(path)
        connection = _open_connection(f"{uri}?mode=ro&immutable=1", busy_ms, VIEWER_CACHE)
        version = connection.version()
        connection.frozen = path, signature
    return connection, version


def _open_connection(name: str, busy_ms: int, cache: int) -> SqliteConnection:
    connection = sqlite3.connect(
        name,
        timeout=busy_ms / 1000,
        isolation_level=None,
        check_same_thread=False,
        factory=SqliteConnection,
        uri=name.startswith("file:"),
    )
    connection.execute(f"PRAGMA cache_size = -{cache}")
    connection.execute("PRAGMA trusted_schema = OFF")
    return connection


def _has_log(path: Path) -> bool:
    """Return whether the write-ahead log beside a store has changes of it."""
    log = path.with_name(f"{path.name}-wal")
    return log.exists() and log.stat().st_size > 0


def _refuse_missing(address: StoreAddress, *, create: bool) -> None:
    """Raise StoreError if a store is lost, or if there is none to read."""
    if archive_engine(address.archive).holds_articles():
        raise StoreError(
            _(
                "{file}: it is missing or empty, and the search index of its articles is there;"
                " {advice}; to begin anew without one, delete {folder}",
                file=address.folder / STORE_FILE,
                advice=_(RESTORE),
                folder=address.archive,
            )
        )
    if not create:
        message = _("{folder}: no archive here yet; `tocsin run` starts one", folder=address.folder)
        raise NoStoreError(message)


_EMPTIED = """
SELECT EXISTS (SELECT 1 FROM outbox), EXISTS (
    SELECT 1 FROM evidence r WHERE r.kind = 'raised'
    AND NOT EXISTS (SELECT 1 FROM alerts WHERE id = r.alert)
    AND NOT EXISTS (SELECT 1 FROM evidence d WHERE d.alert = r.alert AND d.kind = 'dropped')
)
"""
"""Whether articles are to be removed from the index, and whether evidence names lost alerts."""


def _refuse_emptied(address: StoreAddress, connection: sqlite3.Connection) -> None:
    """Raise StoreError if a store has lost all its articles."""
    if connection.execute("SELECT 1 FROM articles LIMIT 1").fetchone():
        return
    ((is_queued, lost_alerts),) = connection.execute(_EMPTIED)
    if lost_alerts or (not is_queued and archive_engine(address.archive).holds_articles()):
        raise StoreError(
            _(
                "{file}: it has no article any more, and its evidence or the search index tells of"
                " some; {advice}; to begin anew without one, move {folder} away",
                file=address.folder / STORE_FILE,
                advice=_(RESTORE),
                folder=address.folder,
            )
        )


def _message(file: str, error: Exception, consequence: str = "") -> str:
    """Return a message: the error of a file, its consequence, and the remedy."""
    remedy = _REMEDIES.get(getattr(error, "sqlite_errorcode", 0) & 0xFF, "")
    message = _("{file}: {error}", file=file, error=f"{error}{consequence}")
    return clauses([message, _(remedy)]) if remedy else message


def find_damage(connection: sqlite3.Connection) -> str:
    """Read all pages of a database; return the first damage, empty if there is none.

    Raises:
        StoreError: They cannot be read now, whether damaged or not.
    """
    try:
        (result,) = connection.execute("PRAGMA quick_check(1)").fetchone()
    except sqlite3.DatabaseError as error:
        if error.sqlite_errorcode & 0xFF in _UNREAD:
            raise StoreError(_message(STORE_FILE, error)) from error
        result = str(error)
    return "" if result == "ok" else " ".join(str(result).split())
