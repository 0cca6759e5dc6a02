"""Debian's Miniflux on the corpus, in a PostgreSQL cluster of its own.

Miniflux stores entries and indexes their text (in PostgreSQL) in one step. Its cost includes the
processor time of the database, but not the memory.
"""

from __future__ import annotations

import base64
import csv
import os
import pwd
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple
from xml.sax.saxutils import quoteattr

from msgspec import Struct
from msgspec.structs import replace

from bench.measure import Cost, cost, cpu_with_ended

_USER, _PASSWORD = "bench", "bench-bench"


class Database(Struct, frozen=True):
    """A running cluster: the folder of its socket, and its first process."""

    folder: Path
    pid: int

    def psql(self, statement: str) -> str:
        """Run SQL, and return its only value."""
        return _as_postgres("psql", "-h", str(self.folder), "-d", "postgres", "-Atc", statement)

    def miniflux(self, **options: str) -> dict[str, str]:
        """Return the environment of Miniflux."""
        return {
            "DATABASE_URL": f"host={self.folder} user=postgres dbname=postgres sslmode=disable",
            "RUN_MIGRATIONS": "1", "CREATE_ADMIN": "1", "BATCH_SIZE": "100000",
            "ADMIN_USERNAME": _USER, "ADMIN_PASSWORD": _PASSWORD,
            "DISABLE_SCHEDULER_SERVICE": "1", "LOG_LEVEL": "error", "FORCE_REFRESH_INTERVAL": "0",
            **options,
        }  # fmt: skip


def available() -> str:
    """Return a message about missing programs; empty if Miniflux can run."""
    if shutil.which("miniflux") is None:
        return "miniflux is not installed (apt-get install miniflux postgresql)"
    if not _programs():
        return "PostgreSQL is not installed"
    return "" if os.geteuid() == 0 else "a cluster of its own is started by root only"


@contextmanager
def database(folder: Path) -> Iterator[Database]:
    """Run a new cluster while the block runs."""
    home = folder / "postgres"
    home.mkdir()
    shutil.chown(home, "postgres")
    folder.chmod(0o755)
    control = str(_programs() / "pg_ctl")
    _as_postgres(str(_programs() / "initdb"), "-D", str(home / "data"), "-A", "trust")
    options = f"-k {home} -c listen_addresses=''"
    start = ["-D", str(home / "data"), "-w", "-l", str(home / "log"), "-o", options, "start"]
    _as_postgres(control, *start)
    pid = int((home / "data" / "postmaster.pid").read_text().split()[0])
    try:
        cluster = Database(home, pid)
        cluster.psql("CREATE EXTENSION IF NOT EXISTS hstore")
        yield cluster
    finally:
        _as_postgres(control, "-D", str(home / "data"), "-m", "immediate", "stop")


@contextmanager
def serving(running: Database) -> Iterator[str]:
    """Serve Miniflux while the block runs; yield the address of its API."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = os.environ | running.miniflux(LISTEN_ADDR=f"127.0.0.1:{port}")
    server = subprocess.Popen(["miniflux"], env=environment, stdout=subprocess.DEVNULL)
    try:
        yield f"http://127.0.0.1:{port}/v1/"
    finally:
        server.terminate()
        server.wait()


def login() -> dict[str, str]:
    """Return the headers of its only user."""
    return {"Authorization": f"Basic {base64.b64encode(f'{_USER}:{_PASSWORD}'.encode()).decode()}"}


def await_answer(address: str) -> None:
    """Wait until the API answers."""
    _once_up(urllib.request.Request(f"{address}me", headers=login()))


def subscribe(running: Database, urls: list[str]) -> None:
    """Subscribe to feeds without fetching them."""
    with serving(running) as address:
        outlines = "".join(f"<outline text='f' xmlUrl={quoteattr(url)}/>" for url in urls)
        opml = f"<opml version='2.0'><body>{outlines}</body></opml>".encode()
        _once_up(urllib.request.Request(f"{address}import", opml, login()))


class StoredEntry(NamedTuple):
    """An entry as if a feed had delivered it."""

    feed: str
    """The address of the feed."""
    url: str
    title: str
    content: str
    published: float


def fill(running: Database, entries: Iterable[StoredEntry]) -> None:
    """Store unread entries of subscribed feeds, with the text index of Miniflux."""
    file = running.folder / "entries.csv"
    with file.open("w", encoding="utf-8", newline="") as written:
        csv.writer(written).writerows(entries)
    file.chmod(0o644)
    running.psql(
        "CREATE TABLE brought (feed text, url text, title text, content text, published float)"
    )
    running.psql(f"COPY brought FROM '{file}' CSV")
    running.psql(
        "INSERT INTO entries (user_id, feed_id, hash, published_at, title, url, content, author,"
        " document_vectors, changed_at) SELECT f.user_id, f.id, md5(b.url),"
        " to_timestamp(b.published), b.title, b.url, b.content, '',"
        " setweight(to_tsvector(b.title), 'A') || setweight(to_tsvector(b.content), 'B'), now()"
        " FROM brought b JOIN feeds f ON f.feed_url = b.feed"
    )
    running.psql("DROP TABLE brought")
    running.psql("VACUUM ANALYZE entries")


def refresh(running: Database) -> Cost:
    """Refresh every feed, due or not."""
    running.psql("UPDATE feeds SET next_check_at = now() - interval '1 day'")
    before = cpu_with_ended(running.pid)
    spent = cost(["miniflux", "-refresh-feeds"], running.miniflux(POLLING_PARSING_ERROR_LIMIT="0"))
    if missed := running.psql("SELECT count(*) FROM feeds WHERE next_check_at < now()"):
        assert missed == "0", f"{missed} feeds were not refreshed"
    return replace(spent, cpu=spent.cpu + cpu_with_ended(running.pid) - before)


def entries(running: Database) -> int:
    """Return the number of entries."""
    return int(running.psql("SELECT count(*) FROM entries"))


def _once_up(request: urllib.request.Request) -> None:
    for _ in range(2_400):  # it makes its tables first
        try:
            urllib.request.urlopen(request, timeout=60).close()
            return
        except urllib.error.HTTPError:
            raise
        except OSError:
            time.sleep(0.05)
    raise RuntimeError("miniflux does not answer")


def _programs() -> Path:
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    return folders[-1] if folders else Path()


def _as_postgres(*command: str) -> str:
    owner = pwd.getpwnam("postgres")
    completed = subprocess.run(
        command, user=owner.pw_uid, group=owner.pw_gid, extra_groups=[], cwd="/",
        stdout=subprocess.PIPE, text=True, check=True,
    )  # fmt: skip
    return completed.stdout.strip()
