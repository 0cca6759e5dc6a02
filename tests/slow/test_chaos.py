"""Killed at any moment, the monitor tells of everything, and of nothing twice.

This is a slice of `make chaos`, which tries every moment, and kills real processes too.
"""

from __future__ import annotations

import gc
import itertools
import random
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from support import planted_bugs
from support.busy_half_hour import BusyHalfHour, Moment, Recorder, record, resumed

SLICE = 2
"""Moments of so many that are tried: another choice each time, named when it fails."""


@pytest.fixture
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as made:
        yield Path(made)
    gc.collect()  # moments hold tens of megabytes, and each other


def recorded(folder: Path, **how: Any) -> Recorder:
    (folder / "whole").mkdir()
    whole = record(folder / "whole", **how)
    assert whole.half_hour and whole.half_hour.broken() == []
    return whole


def test_killed_at_any_moment_everything_is_told_and_nothing_twice(folder: Path) -> None:
    whole = recorded(folder)
    assert len(whole.moments) > 100
    seed = random.randrange(1_000_000)
    for moment in random.Random(seed).sample(whole.moments, SLICE):
        half_hour = resumed(moment, folder / "resumed").live()
        assert half_hour.broken() == [], (seed, moment.step, moment.before)


def between(moments: Sequence[Moment]) -> list[Moment]:
    """Return the moments between two halves of what should be one transaction."""
    return [moment for moment in moments if moment.before == planted_bugs.BETWEEN]


def asking(moments: Sequence[Moment]) -> list[Moment]:
    """Return the moments right before a channel is told something."""
    return [one for one, then in itertools.pairwise(moments) if one.asked != then.asked]


@pytest.mark.parametrize(
    ("bug", "where", "found"),
    [
        ({"store": planted_bugs.EtagFirst}, between, "lost"),
        ({"store": planted_bugs.AlertsFirst}, between, "lost message"),
        ({"store": planted_bugs.NoOutbox}, asking, "lost message"),
        ({"planted": (planted_bugs.marked_before_it_is_sent,)}, asking, "lost message"),
    ],
    ids=["the ETag first", "the alert first", "no outbox", "marked before it is sent"],
)
def test_a_planted_bug_is_caught(
    bug: dict[str, Any],
    where: Callable[[Sequence[Moment]], list[Moment]],
    found: str,
    folder: Path,
) -> None:
    moments = where(recorded(folder, **bug).moments)  # the bug is one that only a kill shows
    resumes = (resumed(moment, folder / "resumed", **bug) for moment in reversed(moments))
    said = (half_hour.live().broken() for half_hour in resumes)  # the last are over soonest
    assert any(words.startswith(found) for broken in said for words in broken)


def test_a_key_that_changes_is_caught_without_a_kill(folder: Path) -> None:
    half_hour = BusyHalfHour(folder, planted=(planted_bugs.a_key_of_each_try,)).live()
    assert any("keys" in words for words in half_hour.broken())
