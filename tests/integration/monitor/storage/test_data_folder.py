"""Whose a data folder is: others neither own it nor write there; what cannot be written is read."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
import threading
from contextlib import closing
from pathlib import Path

import pytest
from support import flow
from support.newsroom import Newsroom

from monitor.base.errors import MonitorError, StoreError
from monitor.model.config import StoreAddress
from monitor.storage import data_folder
from monitor.storage.maintenance import indexer
from monitor.storage.store.sql.store import Store

pytestmark = pytest.mark.costly

CONFIG = "feeds: [https://a.test/rss]\nwatchlists: [Alibaba]\n"
ROOT = os.geteuid() == 0


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("lived")
    flow.life(folder / "var").live(flow.ROUNDS)
    with closing(Store(StoreAddress(folder / "var"))) as store:
        indexer.catch_up(store)
    (folder / "feeds.yaml").write_text(CONFIG, encoding="utf-8")
    return folder


@pytest.fixture
def room(lived: Path, tmp_path: Path) -> Newsroom:
    """A newsroom with articles and alerts, searchable."""
    shutil.copytree(lived, tmp_path / "room")
    return Newsroom(tmp_path / "room")


def _without_privileges(room: Newsroom, *args: str) -> subprocess.CompletedProcess[str]:
    """Run tocsin as a user to whom permissions apply; to root they do not."""
    prefix = ["setpriv", "--inh-caps=-all", "--bounding-set=-all"] if ROOT else []
    command = [*prefix, sys.executable, "-m", "monitor", *args]
    root = str(Path(__file__).parents[3])
    return subprocess.run(
        command, cwd=room.folder, capture_output=True, text=True, check=False,
        env={**os.environ, "PYTHONPATH": root, "PYTHONDONTWRITEBYTECODE": "1"},
    )  # fmt: skip


@pytest.mark.skipif(ROOT and not shutil.which("setpriv"), reason="needs setpriv")
def test_a_folder_that_cannot_be_written_is_read(room: Newsroom) -> None:
    folders = [room.data, room.data / "index", room.folder]
    for folder in folders:
        folder.chmod(0o500)
    try:
        for command in (
            ("status",), ("search", "espionnage"), ("alerts",), ("feeds",), ("verify",),
            ("trend", "espionnage"),
        ):  # fmt: skip
            done = _without_privileges(room, *command)
            assert done.returncode == 0, done.stderr
            assert done.stdout == room.here(*command).stdout, command
        done = _without_privileges(room, "run", "--once")
        assert done.returncode == 1
        assert "may it be written to?" in done.stderr
        assert "Traceback" not in done.stderr
    finally:
        for folder in folders:
            folder.chmod(0o700)


def test_a_folder_that_others_may_write_is_closed_to_them(
    room: Newsroom, caplog: pytest.LogCaptureFixture
) -> None:
    room.data.chmod(0o770)
    data_folder.claim(room.data)
    assert room.data.stat().st_mode & 0o777 == 0o700
    assert "others could write there" in caplog.text
    room.data.chmod(0o750)  # the owner lets others read it
    data_folder.claim(room.data)
    assert room.data.stat().st_mode & 0o777 == 0o750


def test_a_new_disk_is_made_private(tmp_path: Path) -> None:
    tmp_path.chmod(0o1777)
    data_folder.claim(tmp_path)
    assert tmp_path.stat().st_mode & 0o777 == 0o700
    with pytest.raises(MonitorError):
        data_folder.claim(Path("/tmp"))


def test_a_folder_that_is_for_more_than_tocsin_is_refused(tmp_path: Path) -> None:
    (tmp_path / "letters.txt").touch()
    tmp_path.chmod(0o777)
    with pytest.raises(MonitorError, match="folder of its own"):
        Store(StoreAddress(tmp_path))
    assert tmp_path.stat().st_mode & 0o777 == 0o777
    assert not (tmp_path / "newsroom.db").exists()


@pytest.mark.skipif(not ROOT, reason="gives files to another user")
def test_what_belongs_to_somebody_else_is_refused(room: Newsroom) -> None:
    for path in (room.data, room.data / "newsroom.db", next((room.data / "index").glob("*.toc"))):
        os.chown(path, 12345, -1)
        for command in (("run", "--once"), ("reindex",)):
            done = room.here(*command)
            assert done.returncode == 1
            assert "belongs to user 12345, and tocsin runs as root" in done.stderr
        assert room.here("status").returncode == 0
        os.chown(path, 0, -1)
    os.chown(room.data, 12345, -1)
    assert "belongs to user 12345" in room.here("stop").stderr


LOST = {
    "deleted": lambda data: [path.unlink() for path in data.glob("newsroom.db*")],
    "emptied": lambda data: [path.write_bytes(b"") for path in data.glob("newsroom.db*")],
}


@pytest.mark.parametrize("kind", LOST)
def test_a_lost_store_is_not_begun_anew(room: Newsroom, kind: str) -> None:
    LOST[kind](room.data)
    for command in (("run", "--once"), ("status",), ("search", "espionnage"), ("reindex",)):
        done = room.here(*command)
        assert done.returncode == 1, command
        assert "missing or empty, and the search index of its articles is there" in done.stderr
        assert "tocsin restore" in done.stderr
    shutil.rmtree(room.data / "index")
    with closing(Store(StoreAddress(room.data))) as store:  # a new store, as requested
        assert not store.article_ids()


@pytest.mark.parametrize("index", [True, False])
def test_a_store_that_has_lost_its_articles_is_not_gone_on_with(
    room: Newsroom, index: bool
) -> None:
    with closing(sqlite3.connect(room.data / "newsroom.db")) as sql, sql:
        for table in ("alerts", "articles", "outbox"):
            sql.execute(f"DELETE FROM {table}")
    if not index:
        shutil.rmtree(room.data / "index")
    with pytest.raises(StoreError, match="no article any more"):
        Store(StoreAddress(room.data))
    if index:
        assert (
            "3 articles are found by the index and not in the store any more"
            in room.here("search", "espionnage").stderr
        )


def test_a_file_may_go_while_a_folder_is_looked_through(tmp_path: Path) -> None:
    """SQLite removes its files when the last viewer ends, whatever a monitor does meanwhile."""
    stop = threading.Event()

    def come_and_go() -> None:
        while not stop.is_set():
            (tmp_path / "newsroom.db-shm").touch()
            (tmp_path / "newsroom.db-shm").unlink()

    viewers = threading.Thread(target=come_and_go)
    viewers.start()
    try:
        for _look in range(2_000):
            data_folder.claim(tmp_path)
    finally:
        stop.set()
        viewers.join()
