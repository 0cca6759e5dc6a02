"""The real monitor on a disk that fills up: it says so once, keeps what it has, and goes on."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from support.newsroom import Item, Newsroom, rss, until
from support.scripted_server import Reply, Web

MEGABYTES = 24
HASTY = [
    sys.executable,
    "-c",
    "from monitor import cli; from monitor.runtime import daemon;"
    " daemon.STORE_REST = 8.0; cli.main()",
    "run",
]
"""`tocsin run`, which tries again after 8 s instead of 30."""


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Path]:
    """Mount a disk of a few megabytes."""
    if os.name != "posix" or os.geteuid() != 0:
        pytest.skip("only root may mount a disk")
    place = tmp_path / "small"
    place.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={MEGABYTES}m", "tmpfs", str(place)],
        capture_output=True,
        check=False,
    )
    if mounted.returncode:
        pytest.skip("no disk can be mounted here")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)


@contextmanager
def run_logged(room: Newsroom, log_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Run a monitor, its log in a file on another disk."""
    with (
        log_path.open("wb") as log,
        subprocess.Popen(HASTY, cwd=room.folder, stdout=log, stderr=log) as process,
    ):
        try:
            yield process
        finally:
            process.terminate()


def item(number: int) -> Item:
    return Item(f"Alibaba, épisode {number}", f"Texte {number}.", link=f"https://ex.org/{number}")


def test_a_full_disk_is_said_once_and_everything_comes_when_there_is_room(
    web: Web, small: Path, tmp_path: Path
) -> None:
    room = Newsroom(tmp_path)
    (tmp_path / "var").symlink_to(small)
    log_path = tmp_path / "said"
    web.on("/feed", Reply(body=rss(item(0))))
    room.watch([{"url": web.url("/feed"), "name": "J", "every": "1s"}], ["Alibaba"])
    with run_logged(room, log_path) as process:
        until(lambda: room.counts() == (1, 1, 0))
        ballast = small / "ballast"
        fill(ballast)
        web.on("/feed", Reply(body=rss(*map(item, range(60)))))
        until(lambda: "make room on its disk" in log_path.read_text(encoding="utf-8"))
        assert room.counts()[0] in {1, 60}  # a batch is there or it is not
        assert process.poll() is None
        listing = room.tocsin("alerts", "--format", "jsonl")  # reading goes on
        assert listing.returncode == 0, listing.stderr
        assert "épisode 0" in listing.stdout
        complaints = log_path.read_text(encoding="utf-8").count("make room on its disk")
        ballast.unlink()
        until(lambda: room.counts() == (60, 60, 0))
        assert complaints == 1
    assert room.sql("PRAGMA integrity_check") == [("ok",)]


def fill(path: Path) -> None:
    """Write until nothing more fits."""
    with path.open("wb", buffering=0) as file:
        for size in (1 << 16, 1 << 12, 1):
            try:
                while file.write(b"\0" * size) == size:
                    pass
            except OSError:
                continue
