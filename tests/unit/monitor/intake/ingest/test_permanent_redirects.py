"""Tests of the confirmation of permanent redirects."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given, strategies as st
from support.flow import HOUR, START

from monitor.intake.ingest.feed_health import (
    NOWHERE,
    REDIRECTS,
    SPAN,
    is_confirmed,
    updated_redirect,
)
from monitor.model.feed import PermanentRedirect

OLD, NEW = "https://old.example/rss", "https://new.example/rss"

SEQUENCES: list[tuple[str, list[tuple[float, str | None]], bool]] = [
    ("three in a day", [(0, NEW), (12, NEW), (24, NEW)], True),
    ("three in less", [(0, NEW), (12, NEW), (23.9, NEW)], False),
    ("two in a week", [(0, NEW), (168, NEW)], False),
    ("many in a day", [(n / 4, NEW) for n in range(97)], True),
    ("to two places in turn", [(0, NEW), (12, OLD), (24, NEW), (48, NEW)], False),
    ("interrupted", [(0, NEW), (20, None), (24, NEW), (25, NEW)], False),
    ("interrupted, then again", [(0, None), (1, NEW), (20, NEW), (26, NEW)], True),
    ("never", [(n, None) for n in range(99)], False),
    ("with a clock set back", [(0, NEW), (1, NEW), (-48, NEW), (-47, NEW)], False),
]


def redirect_after(answers: Sequence[tuple[float, str | None]]) -> PermanentRedirect | None:
    """Return the redirect that is noted after answers at these hours."""
    before: PermanentRedirect | None = None
    for hours, target in answers:
        now = updated_redirect(before, target, START + hours * HOUR)
        before = before if now is None else None if now == NOWHERE else now
    return before


@pytest.mark.parametrize(("answers", "expected"), [row[1:] for row in SEQUENCES],
                         ids=[row[0] for row in SEQUENCES])  # fmt: skip
def test_what_is_believed(answers: list[tuple[float, str | None]], expected: bool) -> None:
    redirect = redirect_after(answers)
    assert bool(redirect and is_confirmed(redirect)) is expected


@given(st.lists(st.tuples(st.floats(0, 100), st.sampled_from([OLD, NEW, None])), max_size=30))
def test_only_the_last_unbroken_run_to_one_place_counts(steps: list[Any]) -> None:
    hours = 0.0
    answers = [(hours := hours + wait, target) for wait, target in steps]
    run: list[float] = []
    for at, target in reversed(answers):
        if target is None or target != answers[-1][1]:
            break
        run.append(at)
    redirect = redirect_after(answers)
    expected = len(run) >= REDIRECTS and (START + run[0] * HOUR) - (START + run[-1] * HOUR) >= SPAN
    assert bool(redirect and is_confirmed(redirect)) is expected
    assert (redirect.times if redirect else 0) == len(run)
