"""Killed before any step, and started again, the monitor loses nothing and doubles nothing."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Callable
from hashlib import blake2b
from pathlib import Path

import pytest
from msgspec import field
from support import ROOT, flow
from support.flow import A, B, C, Fuse, ManualMonitor, life, rows
from support.planted_bugs import EtagFirst

from monitor.intake.parse.document import parse
from monitor.storage.store.sql.store import Store

OF_THE_STORY = {
    "feeds": "url, etag, body_hash, failures, reason, gone, blind, title, lang, articles",
    "articles": "*",
    "entries": "*",
    "carriers": "*",
    "versions": "*",
    "pages": "*",
    "shingles": "*",
    "alerts": "*",
    "matches": "*",
    "counts": "*",
    "outbox": "*",
    "evidence": "*",
    "latency": "*",
    "last_documents": "*",
}
"""Tables that must not depend on the interruption: all but the log of polls and its times."""


def contents(folder: Path) -> dict[str, list[tuple[object, ...]]]:
    return {
        table: sorted(rows(folder, f"SELECT {columns} FROM {table}"), key=repr)
        for table, columns in OF_THE_STORY.items()
    }


def missing_entries(folder: Path) -> list[str]:
    """Return the entries that a feed's ETag says are stored, and are not."""
    if not rows(folder, "SELECT 1 FROM sqlite_master WHERE name = 'feeds'"):
        return []
    press = flow.scenario()
    missing = []
    for number, url, etag in rows(
        folder, "SELECT number, url, etag FROM feeds WHERE etag IS NOT NULL"
    ):
        body = press.editions[url][int(etag.strip(b'"'))]
        assert isinstance(body, bytes)
        ids = {guid for (guid,) in rows(folder, "SELECT guid FROM entries WHERE feed = ?", number)}
        missing += [entry.guid for entry in parse(body, url).entries if entry.guid not in ids]
    return missing


class Moments(Fuse):
    """Kills nothing: keeps the state that a kill would leave before each step, if it is new."""

    life: ManualMonitor | None = None
    kills: dict[bytes, tuple[int, int, dict[str, bytes]]] = field(default_factory=dict)
    """By hash of a state: its first step, the round, and the files with their contents."""

    def step(self, before: str = "") -> None:
        super().step(before)
        assert self.life
        files = sorted(self.life.folder.glob("newsroom.db*"))
        disk = {path.name: path.read_bytes() for path in files if not path.name.endswith("-shm")}
        state = blake2b(repr((self.life.press.round, sorted(disk))).encode())
        for content in disk.values():
            state.update(content)
        self.kills.setdefault(state.digest(), (self.steps, self.life.press.round, disk))


def moments(folder: Path, store: Callable[[Path], Store] = Store) -> Moments:
    """Run without interruption; return all states that kills could leave."""
    fuse = Moments()
    fuse.life = life(folder, fuse, store)
    fuse.life.live(flow.ROUNDS)
    return fuse


def resume(
    folder: Path, round: int, disk: dict[str, bytes], store: Callable[[Path], Store]
) -> list[str]:
    """Start again from the state after a kill; return the entries that `behind` finds."""
    folder.mkdir()
    for name, content in disk.items():
        (folder / name).write_bytes(content)
    missing = missing_entries(folder)
    life(folder, store=store).live(range(round, len(flow.ROUNDS)))
    return missing


@pytest.fixture(scope="module")
def baseline(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Moments]:
    """Return the folder of a run without interruption, and its moments."""
    folder = tmp_path_factory.mktemp("whole")
    return folder, moments(folder)


def test_the_scenario_has_everything_in_it(baseline: tuple[Path, Moments]) -> None:
    folder, record = baseline
    assert record.steps > 150
    assert len(record.kills) > 10
    alerts = rows(
        folder,
        "SELECT watchlist, url, merged_into IS NOT NULL FROM alerts JOIN articles a"
        " ON a.id = article ORDER BY 1, 2",
    )
    assert alerts == [
        ("Alibaba", "https://ex.org/ailleurs", 1),
        ("Alibaba", "https://ex.org/deux", 0),
        ("Alibaba", "https://ex.org/un", 0),
        ("Cainiao", "https://ex.org/page", 0),
        ("espionnage", "https://ex.org/ailleurs", 1),
        ("espionnage", "https://ex.org/trois", 0),
        ("espionnage", "https://ex.org/un", 0),
    ]
    assert rows(folder, "SELECT count(*) FROM versions") == [(1,)]
    assert rows(folder, "SELECT count(*) FROM carriers") == [(1,)]
    assert rows(folder, "SELECT count(*) FROM pages") == [(0,)]
    by_feed = dict(rows(folder, "SELECT url, articles FROM feeds"))
    assert by_feed == {A: 3, B: 1, C: 2}
    assert {guid for (guid,) in rows(folder, "SELECT guid FROM entries WHERE feed = 1")} == {
        "new-a1",
        "new-a2",
        "new-a3",
    }


def test_killed_before_any_step_nothing_is_lost_or_doubled(
    baseline: tuple[Path, Moments], tmp_path: Path
) -> None:
    folder, record = baseline
    expected = contents(folder)
    for step, round, disk in record.kills.values():
        assert resume(tmp_path / str(step), round, disk, Store) == [], step
        assert contents(tmp_path / str(step)) == expected, step


def test_killed_by_the_kernel_nothing_is_lost_or_doubled(
    baseline: tuple[Path, Moments], tmp_path: Path
) -> None:
    folder, record = baseline
    points = range(7, record.steps, record.steps // 5)
    done = subprocess.run(
        [sys.executable, flow.__file__, tmp_path, *map(str, points)],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
        cwd=ROOT,
    )
    assert done.stdout.split("\n")[:-1] == [f"{point} {-signal.SIGKILL}" for point in points]
    for point in points:
        crashed = tmp_path / str(point)
        assert missing_entries(crashed) == []
        life(crashed).live(flow.ROUNDS)
        actual, expected = contents(crashed), contents(folder)
        assert len(actual["articles"]) == len(expected["articles"])
        assert [a[1:3] for a in actual["alerts"]] == [a[1:3] for a in expected["alerts"]]


def test_the_sweep_catches_an_etag_committed_first(tmp_path: Path) -> None:
    (tmp_path / "whole").mkdir()
    caught_at = [
        step
        for step, round, disk in moments(tmp_path / "whole", EtagFirst).kills.values()
        if resume(tmp_path / str(step), round, disk, EtagFirst)
    ]
    assert len(caught_at) > 5
