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
from support.busy_half_hour import BusyHalfHour, Moment, Recorder, record, resume

SLICE = 2
"""The number of moments that are tried: random ones, whose seed a failure names."""


@pytest.fixture
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as temporary:
        yield Path(temporary)
    gc.collect()  # moments are large, and refer to each other


def run(folder: Path, **options: Any) -> Recorder:
    (folder / "whole").mkdir()
    recorder = record(folder / "whole", **options)
    assert recorder.half_hour and recorder.half_hour.broken() == []
    return recorder


def test_killed_at_any_moment_everything_is_told_and_nothing_twice(folder: Path) -> None:
    recorder = run(folder)
    assert len(recorder.moments) > 100
    seed = random.randrange(1_000_000)
    for moment in random.Random(seed).sample(recorder.moments, SLICE):
        half_hour = resume(moment, folder / "resumed").live()
        assert half_hour.broken() == [], (seed, moment.step, moment.before)


def between_halves(moments: Sequence[Moment]) -> list[Moment]:
    """Return the moments between two halves of what should be one transaction."""
    return [moment for moment in moments if moment.before == planted_bugs.BETWEEN]


def before_request(moments: Sequence[Moment]) -> list[Moment]:
    """Return the moments right before a channel gets a message."""
    return [a for a, b in itertools.pairwise(moments) if a.message_counts != b.message_counts]


@pytest.mark.parametrize(
    ("bug", "choose", "expected_words"),
    [
        ({"store": planted_bugs.EtagFirst}, between_halves, "lost"),
        ({"store": planted_bugs.AlertsFirst}, between_halves, "lost message"),
        ({"store": planted_bugs.NoOutbox}, before_request, "lost message"),
        ({"bugs": (planted_bugs.marked_before_it_is_sent,)}, before_request, "lost message"),
    ],
    ids=["the ETag first", "the alert first", "no outbox", "marked before it is sent"],
)
def test_a_planted_bug_is_caught(
    bug: dict[str, Any],
    choose: Callable[[Sequence[Moment]], list[Moment]],
    expected_words: str,
    folder: Path,
) -> None:
    moments = choose(run(folder, **bug).moments)  # the bug is one that only a kill shows
    resumes = (resume(moment, folder / "resumed", **bug) for moment in reversed(moments))
    broken = (half_hour.live().broken() for half_hour in resumes)  # the last are over soonest
    assert any(words.startswith(expected_words) for problems in broken for words in problems)


def test_a_key_that_changes_is_caught_without_a_kill(folder: Path) -> None:
    half_hour = BusyHalfHour(folder, bugs=(planted_bugs.a_key_of_each_try,)).live()
    assert any("keys" in words for words in half_hour.broken())
