"""Killed at any moment, the monitor tells of everything, and of nothing twice.

This is a slice of `make chaos`, which tries every moment, and kills real processes too.
"""

from __future__ import annotations

import gc
import random
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from support import planted_bugs
from support.busy_half_hour import Moment, Recorder, record, resumed

SLICE = 6
"""Moments of so many that are tried: another choice each time, named when it fails."""


@pytest.fixture
def folder() -> Iterator[Path]:
    shm = Path("/dev/shm")  # thousands of transactions that wait for no disk
    with tempfile.TemporaryDirectory(dir=shm if shm.is_dir() else None) as made:
        yield Path(made)
    gc.collect()  # moments hold tens of megabytes, and each other


def recorded(folder: Path, **how: Any) -> Recorder:
    (folder / "whole").mkdir()
    return record(folder / "whole", **how)


def test_killed_at_any_moment_everything_is_told_and_nothing_twice(folder: Path) -> None:
    whole = recorded(folder)
    assert whole.half_hour and whole.half_hour.broken() == []
    assert len(whole.moments) > 100
    seed = random.randrange(1_000_000)
    for moment in random.Random(seed).sample(whole.moments, SLICE):
        half_hour = resumed(moment, folder / "resumed").live()
        assert half_hour.broken() == [], (seed, moment.step, moment.before)


def between(moment: Moment) -> bool:
    return moment.before == planted_bugs.BETWEEN


def connects(moment: Moment) -> bool:
    return moment.before in {"connect", "request"}


@pytest.mark.parametrize(
    ("bug", "where", "found"),
    [
        ({"store": planted_bugs.EtagFirst}, between, "lost"),
        ({"store": planted_bugs.AlertsFirst}, between, "lost message"),
        ({"store": planted_bugs.NoOutbox}, connects, "lost message"),
        ({"planted": (planted_bugs.marked_before_it_is_sent,)}, connects, "lost message"),
    ],
    ids=["the ETag first", "the alert first", "no outbox", "marked before it is sent"],
)
def test_a_planted_bug_is_caught(
    bug: dict[str, Any], where: Callable[[Moment], bool], found: str, folder: Path
) -> None:
    whole = recorded(folder, **bug)
    assert whole.half_hour and whole.half_hour.broken() == []  # it is one that only a kill shows
    moments = [moment for moment in whole.moments if where(moment)]
    random.Random(1).shuffle(moments)
    said = (resumed(moment, folder / "resumed", **bug).live().broken() for moment in moments)
    assert any(words.startswith(found) for broken in said for words in broken)


def test_a_key_that_changes_is_caught_without_a_kill(folder: Path) -> None:
    bug = {"planted": (planted_bugs.a_key_of_each_try,)}
    assert any("keys" in words for words in recorded(folder, **bug).half_hour.broken())  # type: ignore[union-attr]
