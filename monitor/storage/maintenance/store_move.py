"""Moves a whole store into an empty one: from SQLite to PostgreSQL, and back."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager, suppress
from itertools import islice
from pathlib import Path
from typing import Any

from msgspec import Struct

from monitor.base.errors import StoreError
from monitor.base.translation import gettext as _, number
from monitor.model.config import STORE_FILE, StoreAddress
from monitor.model.status import Progress
from monitor.storage.store import store_name
from monitor.storage.store.database.connection import Connection, reading
from monitor.storage.store.database.opening import open_database
from monitor.storage.store.database.tables import TABLES

CHUNK = 500
"""Rows between two reports of progress."""
MOVING = "moving"
"""The folder beside the place of an SQLite file in which the file is filled."""


class TableContent(Struct, frozen=True):
    """The rows of a table in any order, as number and digest."""

    rows: int = 0
    digest: int = 0
    """Sum of the hashes of its rows."""

    def with_rows(self, rows: Sequence[Sequence[Any]]) -> TableContent:
        """Return the content with more rows."""
        digest = sum(map(_digest, rows), self.digest) % (1 << 128)
        return TableContent(self.rows + len(rows), digest)


def move_store(source: StoreAddress, target: StoreAddress, progress: Progress) -> dict[str, int]:
    """Copy all of a store into an empty one, in one transaction; return the rows by table.

    The source is left as it is. What was copied is read again and compared, table by table, before
    it is committed: if anything differs, or this is interrupted, the target stays empty.

    Args:
        source: A store that nobody writes to meanwhile.
        target: The place of no store yet, or an empty store.
        progress: Called now and then.

    Raises:
        StoreError: One of them cannot be opened, the target is not empty, or they differ.
        AlreadyRunningError: A monitor watches one of them.
    """
    with ExitStack() as stack:
        destination = (
            target
            if target.is_shared
            else StoreAddress(stack.enter_context(_filled_file(target.folder)))
        )
        reader = stack.enter_context(closing(open_database(source, create=False)))
        writer = stack.enter_context(closing(open_database(destination, create=True)))
        reader.claim(alone=True)
        writer.claim(alone=True)
        with reading(reader), reading(writer):
            _refuse_filled(writer, target)
            reader.begin_reading()
            writer.begin_loading()
            try:
                contents = {table: _copy(reader, writer, table, progress) for table in TABLES}
                for table, content in contents.items():
                    progress(table, 0, content.rows)
                    if (copy := _content(writer, table)) != content:
                        raise StoreError(
                            _(
                                "{table}: {found} rows arrived of {count}, or not as they were;"
                                " nothing was copied",
                                table=table,
                                found=number(copy.rows),
                                count=number(content.rows),
                            )
                        )
                writer.end_loading(reader.last_numbers())
            except BaseException:
                with suppress(writer.Error):
                    writer.rollback()
                raise
    return {table: content.rows for table, content in contents.items()}


@contextmanager
def _filled_file(folder: Path) -> Iterator[Path]:
    """Yield a folder in which to fill an SQLite file; the file is moved out when it is complete."""
    if (folder / STORE_FILE).exists():
        raise StoreError(
            _("{file}: exists already, and nothing was changed", file=folder / STORE_FILE)
        )
    work_folder = folder / MOVING
    shutil.rmtree(work_folder, ignore_errors=True)  # an interrupted move may have left it
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        yield work_folder
        (work_folder / STORE_FILE).rename(folder / STORE_FILE)
    finally:
        shutil.rmtree(work_folder, ignore_errors=True)


def _refuse_filled(writer: Connection, target: StoreAddress) -> None:
    for table in ("feeds", "articles", "evidence"):
        if writer.execute(f"SELECT 1 FROM {table} LIMIT 1").fetchone():
            raise StoreError(
                _("{store}: it is not empty, and nothing was changed", store=store_name(target))
            )


def _copy(reader: Connection, writer: Connection, table: str, progress: Progress) -> TableContent:
    columns = ", ".join(_columns(reader, table))
    writer.execute(f"DELETE FROM {table}")  # some tables of a new store have a row
    (total,) = reader.execute(f"SELECT count(*) FROM {table}").fetchone()

    def insert(rows: Sequence[Sequence[Any]], done: int) -> None:
        writer.insert(table, columns, rows)
        progress(table, done, total)

    return _content(reader, table, insert)


def _content(
    connection: Connection,
    table: str,
    consume: Callable[[Sequence[Sequence[Any]], int], None] = lambda rows, done: None,
) -> TableContent:
    """Return the content of a table; `consume` gets chunks of rows, and the number done by then."""
    content = TableContent()
    stream = connection.stream(f"SELECT {', '.join(_columns(connection, table))} FROM {table}")
    while rows := list(islice(stream, CHUNK)):
        content = content.with_rows(rows)
        consume(rows, content.rows)
    return content


def _columns(connection: Connection, table: str) -> list[str]:
    """Return the columns of a table, in the same order in every database."""
    cursor = connection.execute(f"SELECT * FROM {table} LIMIT 0")
    return sorted(column[0] for column in cursor.description or ())


def _digest(row: Sequence[Any]) -> int:
    """Return a hash of a row, the same for each database that holds it."""
    values = [_plain(value) for value in row]
    return int.from_bytes(hashlib.blake2b(repr(values).encode(), digest_size=16).digest())


def _plain(value: Any) -> Any:
    if isinstance(value, bool):
        return int(value)
    return value.replace("\0", "") if isinstance(value, str) else value
