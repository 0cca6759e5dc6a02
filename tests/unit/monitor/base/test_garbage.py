from __future__ import annotations

import gc
from collections.abc import Iterator
from pathlib import Path

import pytest

from monitor.base.garbage import collector_paused
from monitor.config.loading import load
from monitor.judgement.match.matcher import WatchlistMatcher


@pytest.fixture
def full_collections() -> Iterator[list[int]]:
    """Return a list of the collected generations; it grows, with the usual thresholds."""
    old_threshold = gc.get_threshold()
    gc.set_threshold(700, 10, 10)
    generations: list[int] = []

    def note_collection(phase: str, info: dict[str, int]) -> None:
        if phase == "start":
            generations.append(info["generation"])

    gc.callbacks.append(note_collection)
    yield generations
    gc.callbacks.remove(note_collection)
    gc.set_threshold(*old_threshold)


def test_no_garbage_is_collected_while_watchlists_are_read_and_indexed(
    tmp_path: Path, full_collections: list[int]
) -> None:
    file = tmp_path / "feeds.yaml"
    rows = (f"- {{name: w{number}, terms: [mot{number}, autre~]}}" for number in range(400))
    file.write_text(
        "feeds: [{url: 'https://a.example/'}]\nwatchlists:\n" + "\n".join(rows), encoding="utf-8"
    )
    load(file)  # what is imported is imported now
    full_collections.clear()
    config = load(file)
    WatchlistMatcher(config.watchlists)
    assert len(full_collections) <= 4


def test_the_collector_goes_on_behind_the_last_pause() -> None:
    with collector_paused():
        with collector_paused():
            assert not gc.isenabled()
        assert not gc.isenabled()
    assert gc.isenabled()


def test_a_collector_that_is_off_stays_off() -> None:
    gc.disable()
    try:
        with collector_paused():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()


def test_what_was_read_of_a_configuration_is_freed_without_the_collector(tmp_path: Path) -> None:
    file = tmp_path / "feeds.yaml"
    file.write_text(
        "".join(
            ["watchlists: []\nfeeds:\n", *(f"- url: https://{n}.example/\n" for n in range(1000))]
        ),
        encoding="utf-8",
    )
    load(file)
    with collector_paused():
        before = len(gc.get_objects())
        load(file)
        assert len(gc.get_objects()) - before < 1000
