"""Tests of PostgreSQL only: cut connections, upgrades, addresses, guards."""

from __future__ import annotations

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from pathlib import Path

import psycopg
import pytest
from support.databases import cut_connections
from support.newsroom import until
from support.small_store import ALIBABA, SmallStore, arrival, opened

from monitor.base.errors import StoreError, StoreTakenError
from monitor.model.config import StoreAddress
from monitor.storage.store.database.addresses import parse_address, refusal
from monitor.storage.store.database.connection import select_in
from monitor.storage.store.database.postgresql import open_database
from monitor.storage.store.database.schema import VERSION
from monitor.storage.store.database.sqlite import open_database as open_sqlite
from monitor.storage.store.database.tables import TABLES
from monitor.storage.store.sql.evidence import EvidenceReader
from monitor.storage.store.sql.store import Store
from monitor.storage.store.sql.views import Views

pytestmark = [pytest.mark.costly, pytest.mark.database]


@pytest.fixture
def room(postgresql: str) -> Iterator[SmallStore]:
    room = opened(StoreAddress(url=postgresql))
    yield room
    room.store.close()


def execute(address: str, *statements: str) -> list[tuple[object, ...]]:
    """Execute statements as the owner of the database; return the last rows."""
    with psycopg.connect(address, autocommit=True) as session:
        for statement in statements:
            result = session.execute(statement)
        return result.fetchall() if result.description else []


# --- many rows, and many values -------------------------------------------------------------


@pytest.mark.parametrize(
    "rows",
    [
        [],
        [(1, 0.5, "a", b"\x00", True)],
        [(1, 0.5, '{a,"b"}', b"\x00", True), (1 << 62, -1e300, "l'État\\", b"", False)],
        [(1, None, "a", b"x", 1), (2, 0.5, "b", None, 0), (3, None, "c", b"y", 1)],
        [(1, 1, "a", b"x", 1), (2, 0.5, "b", b"y", False)],
        [(1, 0.5, "a\0b", b"a\0b", True), (2, 0.5, "\0", b"\0", True)],
    ],
)
def test_many_rows_are_inserted_as_they_are_in_their_order(
    postgresql: str, rows: list[tuple[object, ...]]
) -> None:
    sql = open_database(postgresql, create=True, busy_ms=1_000)
    columns = "failures, every, name, etag, gone"
    numbered_rows = [(*row, f"https://a.test/{index}") for index, row in enumerate(rows)]
    sql.insert("feeds", f"{columns}, url", numbered_rows)
    expected = [
        tuple(value.replace("\0", "") if isinstance(value, str) else value for value in row)
        for row in rows
    ]
    actual = sql.execute(f"SELECT {columns} FROM feeds ORDER BY number").fetchall()
    assert actual == expected
    texts = [text for _, _, text, *_ in expected]
    again = select_in(sql, "SELECT name FROM feeds WHERE failures > ? AND name IN ({0})", texts, 0)
    assert sorted(text for (text,) in again) == sorted(texts)
    sql.close()


# --- connections that are cut --------------------------------------------------------------


def test_a_connection_that_was_cut_while_nothing_was_done_is_made_anew(room: SmallStore) -> None:
    room.save(arrival(1, ALIBABA))
    assert room.ids() == [1]
    before = room.views.version()
    cut_connections(room.address.url)
    room.save(arrival(2, ALIBABA))
    assert room.ids() == [1, 2]
    assert room.views.version() != before


def test_what_was_being_stored_when_it_was_cut_is_not_stored(room: SmallStore) -> None:
    def cut_half_way() -> None:
        with room.store.batch() as batch:
            number = batch.next_article()
            batch.drop([1])
            cut_connections(room.address.url)
            batch.drop([number])

    room.save(arrival(1, ALIBABA))
    with pytest.raises(StoreError, match=r"nothing was changed; .*(try again|is it running)"):
        cut_half_way()
    assert room.ids() == [1]
    room.save(arrival(2, ALIBABA))
    assert room.ids() == [1, 2]


def test_a_store_is_used_alone_until_the_connection_is_gone(room: SmallStore) -> None:
    room.store.claim(alone=True)
    with closing(Store(room.address)) as other:
        with pytest.raises(StoreTakenError, match="uses this store"):
            other.claim(alone=True)
        with pytest.raises(StoreTakenError, match="uses this store"):
            other.claim(alone=False)
        cut_connections(room.address.url)
        other.claim(alone=False)
        with pytest.raises(StoreError, match="another monitor watches this store by now"):
            room.save(arrival(1))

    def is_saved() -> bool:
        with suppress(StoreError):
            room.save(arrival(1))
            return True
        return False

    until(is_saved, 10)  # the server ends the other session a moment after it is closed


# --- versions ---------------------------------------------------------------------------------


def columns(address: str) -> list[tuple[object, ...]]:
    return execute(
        address,
        "SELECT table_name, column_name, data_type, is_nullable, column_default"
        " FROM information_schema.columns WHERE table_schema = current_schema() ORDER BY 1, 2",
    )


def test_a_store_of_a_newer_version_is_not_touched(room: SmallStore) -> None:
    execute(room.address.url, "UPDATE store SET version = 99")
    try:
        with pytest.raises(StoreError, match="newer tocsin"):
            Store(room.address)
        with pytest.raises(StoreError, match="newer tocsin"):
            Views(room.address).totals()
    finally:
        execute(room.address.url, f"UPDATE store SET version = {VERSION}")


def test_a_database_without_a_store_is_left_alone(postgresql_server: str) -> None:
    execute(postgresql_server, "CREATE SCHEMA IF NOT EXISTS nothing")
    empty = f"{postgresql_server}&options=-csearch_path%3Dnothing"
    with pytest.raises(StoreError, match="no archive here yet"):
        Views(StoreAddress(url=empty)).totals()
    assert columns(empty) == []
    with closing(Store(StoreAddress(url=empty))) as store:
        assert store.feeds.every() == []
    execute(postgresql_server, "DROP SCHEMA nothing CASCADE")


def test_monitors_that_start_together_make_one_store(postgresql_server: str) -> None:
    for _ in range(6):
        execute(postgresql_server, "CREATE SCHEMA fresh")
        address = StoreAddress(url=f"{postgresql_server}&options=-csearch_path%3Dfresh")
        with ThreadPoolExecutor(4) as threads:
            for store in threads.map(Store, [address] * 4):
                store.close()
        execute(postgresql_server, "DROP SCHEMA fresh CASCADE")


# --- evidence -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM evidence",
        "TRUNCATE evidence",
        "UPDATE evidence SET record = ''",
        "INSERT INTO evidence (number, kind, record, hash) VALUES (99, 'rule', '', '')",
    ],
)
def test_the_store_itself_refuses_to_change_records(statement: str, room: SmallStore) -> None:
    room.save(arrival(1, ALIBABA))
    with pytest.raises(psycopg.errors.RaiseException, match="evidence is"):
        execute(room.address.url, statement)


def test_a_guard_that_is_off_or_altered_is_named(room: SmallStore) -> None:
    room.save(arrival(1, ALIBABA))
    with EvidenceReader(room.address) as reader:
        assert reader.altered_schema() == []
        assert reader.highest_number() == reader.count_records() > 0
    try:
        execute(room.address.url, "ALTER TABLE evidence DISABLE TRIGGER evidence_is_final")
        with EvidenceReader(room.address) as reader:
            assert reader.altered_schema() == ["evidence_is_final"]
    finally:
        execute(room.address.url, "ALTER TABLE evidence ENABLE TRIGGER evidence_is_final")
    execute(
        room.address.url,
        "CREATE FUNCTION evil() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$;"
        "CREATE TRIGGER evil BEFORE INSERT ON alerts FOR EACH ROW EXECUTE FUNCTION evil()",
    )
    try:
        with EvidenceReader(room.address) as reader:
            assert reader.altered_schema() == ["evil"]
    finally:
        execute(room.address.url, "DROP FUNCTION evil CASCADE")


@pytest.mark.parametrize(
    "made",
    [
        "TABLE strange (number BIGINT)",
        "VIEW strange AS SELECT 1",
        "MATERIALIZED VIEW strange AS SELECT 1",
        "INDEX strange ON alerts (severity)",
    ],
)
def test_what_others_made_in_the_schema_is_named(made: str, room: SmallStore) -> None:
    execute(room.address.url, f"CREATE {made}")
    try:
        with EvidenceReader(room.address) as reader:
            assert reader.altered_schema() == ["strange"]
    finally:
        kind = made.partition(" strange")[0]
        execute(room.address.url, f"DROP {kind} strange")


def test_a_missing_index_is_named(room: SmallStore) -> None:
    ((definition,),) = execute(
        room.address.url, "SELECT pg_get_indexdef('articles_by_seen'::regclass)"
    )
    execute(room.address.url, "DROP INDEX articles_by_seen")
    try:
        with EvidenceReader(room.address) as reader:
            assert reader.altered_schema() == ["articles_by_seen"]
    finally:
        execute(room.address.url, definition)


def test_a_viewer_that_must_change_nothing_cannot(room: SmallStore) -> None:
    room.save(arrival(1, ALIBABA))
    views = Views(room.address, read_only=True)
    assert len(views.alerts.get([1])) == 1
    with pytest.raises(StoreError, match="read only"):
        views.feeds.poll_now()


# --- addresses --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("address", "mode"),
    [
        ("postgresql://db.test/news", "require"),
        ("postgresql://192.0.2.7/news", "require"),
        ("postgresql://127.0.0.1,db.test/news", "require"),
        ("postgresql://db.test/news?sslmode=disable", "disable"),
        ("postgresql://db.test/news?sslmode=verify-full", "verify-full"),
        ("postgresql://localhost/news", None),
        ("postgresql://[::1]/news", None),
        ("postgresql:///news?host=/run/postgresql", None),
        ("postgresql:///news", None),
    ],
)
def test_only_this_machine_is_asked_without_encryption(address: str, mode: str | None) -> None:
    assert parse_address(address).parameters.get("sslmode") == mode


def test_the_name_of_a_store_has_no_secret() -> None:
    parsed = parse_address("postgresql://me:secret@db.test:5433/news?sslpassword=secret")
    assert parsed.name == "postgresql://me@db.test:5433/news"
    assert "secret" not in repr(parsed)


def test_a_database_in_another_encoding_is_refused(postgresql_server: str) -> None:
    execute(
        postgresql_server,
        "DROP DATABASE IF EXISTS latin",
        "CREATE DATABASE latin ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0",
    )
    latin_url = re.sub(r"/tocsin_\w+", "/latin", postgresql_server)
    with pytest.raises(StoreError, match="its encoding is LATIN1; make the database anew"):
        open_database(latin_url, create=True, busy_ms=1_000)
    execute(postgresql_server, "DROP DATABASE latin")


def test_both_databases_have_the_same_tables(postgresql: str, tmp_path: Path) -> None:
    Store(StoreAddress(url=postgresql)).close()
    names = {table: set[str]() for table in TABLES}
    with closing(open_sqlite(StoreAddress(tmp_path), create=True)) as sql:
        for table in TABLES:
            names[table] = {row[1] for row in sql.execute(f"PRAGMA table_info({table})")}
    postgresql_names = {table: set[str]() for table, *_ in columns(postgresql)}
    for table, name, *_ in columns(postgresql):
        postgresql_names[table].add(str(name))
    assert postgresql_names.keys() - names.keys() == {"store", "given"}
    assert {table: postgresql_names[table] for table in names} == names


@pytest.mark.parametrize(
    ("reason", "advice"),
    [
        ("Connection refused", "is it running"),
        ("server does not support SSL, but SSL was required", "no TLS"),
        ('FATAL:  password authentication failed for user "lea"', "user and password"),
        ("fe_sendauth: no password supplied", "user and password"),
        ('FATAL:  database "news" does not exist', "createdb"),
        ("FATAL:  sorry, too many clients already", "connections"),
        ("FATAL:  the database system is starting up", "in a moment"),
    ],
)
def test_who_is_not_let_in_is_told_why(reason: str, advice: str) -> None:
    address = parse_address("postgresql://lea@db.example.org/news")
    error = psycopg.OperationalError(f'connection to server at "db.example.org" failed: {reason}')
    assert advice in str(refusal(address, error))
