"""A PgBouncer between tocsin and its PostgreSQL: with sessions it is used, else refused."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict
from support.newsroom import Newsroom, until
from support.scripted_server import Web
from support.two_feed_newsroom import WATCHLISTS, subscriptions

PGBOUNCER = shutil.which("pgbouncer", path="/usr/sbin:/usr/bin:/usr/local/bin")
pytestmark = [
    pytest.mark.costly,
    pytest.mark.database,
    pytest.mark.skipif(PGBOUNCER is None, reason="PgBouncer is not installed"),
]

SETTINGS = """
[databases]
newsroom = host={host} dbname={dbname} user={user}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = any
pool_mode = {mode}
"""
Pooled = Callable[[str], str]
"""Returns the address of a PgBouncer with a mode of pooling."""


@pytest.fixture
def pooled(postgresql: str, tmp_path: Path) -> Iterator[Pooled]:
    with ExitStack() as stack:
        yield lambda mode: stack.enter_context(pgbouncer(postgresql, tmp_path, mode))


@contextmanager
def pgbouncer(address: str, folder: Path, mode: str) -> Iterator[str]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    settings = SETTINGS.format(port=port, mode=mode, **conninfo_to_dict(address))
    file = folder / "pgbouncer.ini"
    file.write_text(settings, encoding="ascii")
    command, user = [PGBOUNCER, "/dev/stdin"], None if os.geteuid() else "embedded_postgres"
    pooled_address = f"postgresql://postgres@127.0.0.1:{port}/newsroom"
    with (
        file.open("rb") as stdin,
        subprocess.Popen(command, user=user, stdin=stdin, stderr=subprocess.DEVNULL) as process,
    ):
        try:
            until(lambda: _answers(pooled_address), 30)
            yield pooled_address
        finally:
            process.terminate()


def _answers(address: str) -> bool:
    with suppress(psycopg.OperationalError), psycopg.connect(address):
        return True
    return False


@pytest.mark.parametrize("mode", ["transaction", "statement"])
def test_who_gets_another_session_for_each_transaction_is_refused(
    mode: str, pooled: Pooled, postgresql: str, server: Web, tmp_path: Path
) -> None:
    direct = Newsroom(tmp_path, {"TOCSIN_STORE": postgresql})
    direct.watch(subscriptions(server), WATCHLISTS)
    assert direct.once().returncode == 0
    newsroom = Newsroom(tmp_path, {"TOCSIN_STORE": pooled(mode)})
    for command in ("run --once", "status", "alerts", "apply feeds.yaml"):
        refused = newsroom.here(*command.split())
        assert refused.returncode == 1, command
        assert "pool_mode = session" in refused.stderr
        assert "Traceback" not in refused.stderr
    with psycopg.connect(postgresql) as session:  # nobody left settings to those who come after
        sessions = session.execute(
            "SELECT count(*) FROM pg_locks JOIN pg_database d ON d.oid = database"
            " WHERE locktype = 'advisory' AND datname = current_database()"
        )
        assert sessions.fetchone() == (0,)


def test_who_gets_a_session_of_its_own_is_served(
    pooled: Pooled, server: Web, tmp_path: Path
) -> None:
    newsroom = Newsroom(tmp_path, {"TOCSIN_STORE": pooled("session")})
    newsroom.watch(subscriptions(server), WATCHLISTS)
    assert newsroom.once().returncode == 0
    status = newsroom.here("status")
    assert (status.returncode, "articles  4" in status.stdout) == (0, True)
