"""Killed before any step, and started again, the monitor loses nothing and doubles nothing."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import spine
from planted import EtagFirst
from spine import A, B, C, Fuse, Killed, life, rows

from monitor.documents.parse import parse
from monitor.store.sqlite import SqliteStore

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
}
"""What must not depend on where it was interrupted: all but the log of polls and its times."""


def story(folder: Path) -> dict[str, list[tuple[object, ...]]]:
    return {
        table: sorted(rows(folder, f"SELECT {columns} FROM {table}"), key=repr)
        for table, columns in OF_THE_STORY.items()
    }


def behind(folder: Path) -> list[str]:
    """Return the entries that a feed's ETag says are stored, and are not."""
    if not rows(folder, "SELECT 1 FROM sqlite_master WHERE name = 'feeds'"):
        return []
    press = spine.scenario()
    missing = []
    for number, url, etag in rows(
        folder, "SELECT number, url, etag FROM feeds WHERE etag IS NOT NULL"
    ):
        body = press.editions[url][int(etag.strip(b'"'))]
        assert isinstance(body, bytes)
        has = {guid for (guid,) in rows(folder, "SELECT guid FROM entries WHERE feed = ?", number)}
        missing += [entry.guid for entry in parse(body, url).entries if entry.guid not in has]
    return missing


def interrupted(
    folder: Path, step: int, store: Callable[[Path], SqliteStore] = SqliteStore
) -> list[str]:
    """Live until a step, start again where it was; return what its ETags ran ahead of."""
    folder.mkdir()
    first = life(folder, Fuse(step), store)
    with pytest.raises(Killed):
        first.live(spine.ROUNDS)
    missing = behind(folder)
    life(folder, store=store).live(range(first.press.round, len(spine.ROUNDS)))
    return missing


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, int]:
    """A life without interruption, and its number of steps."""
    folder = tmp_path_factory.mktemp("whole")
    fuse = Fuse()
    life(folder, fuse).live(spine.ROUNDS)
    return folder, fuse.steps


def test_the_scenario_has_everything_in_it(whole: tuple[Path, int]) -> None:
    folder, steps = whole
    assert steps > 150
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


@pytest.mark.parametrize("first", range(1, 5))
def test_killed_before_any_step_nothing_is_lost_or_doubled(
    first: int, whole: tuple[Path, int], tmp_path: Path
) -> None:
    folder, steps = whole
    expected = story(folder)
    for step in range(first, steps + 1, 4):
        missing = interrupted(tmp_path / str(step), step)
        assert missing == [], step
        assert story(tmp_path / str(step)) == expected, step


def test_killed_by_the_kernel_nothing_is_lost_or_doubled(
    whole: tuple[Path, int], tmp_path: Path
) -> None:
    folder, steps = whole
    points = range(7, steps, steps // 12)
    done = subprocess.run(
        [sys.executable, spine.__file__, tmp_path, *map(str, points)],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
        cwd=Path(__file__).parents[2],
    )
    assert done.stdout.split("\n")[:-1] == [f"{point} {-signal.SIGKILL}" for point in points]
    for point in points:
        killed = tmp_path / str(point)
        assert behind(killed) == []
        life(killed).live(spine.ROUNDS)
        ours, expected = story(killed), story(folder)
        assert len(ours["articles"]) == len(expected["articles"])
        assert [a[1:3] for a in ours["alerts"]] == [a[1:3] for a in expected["alerts"]]


def test_the_sweep_catches_an_etag_committed_first(whole: tuple[Path, int], tmp_path: Path) -> None:
    _, steps = whole
    caught = [
        step for step in range(1, steps, 5) if interrupted(tmp_path / str(step), step, EtagFirst)
    ]
    assert len(caught) > 5
