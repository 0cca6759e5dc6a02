"""Tests of the outlet that published a story first."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from monitor.model.alert import Outlet, StoryTimeline
from monitor.presentation.story import outlet_lines, published_first

NOW = 1_700_000_000.0
FIRST = Outlet(name="Les Échos", article=1, seen=NOW, lag=0.0, published=NOW - 60)
SECOND = Outlet(name="Reuters", article=2, seen=NOW + 240, lag=240.0, copied=True)


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        (NOW - 60, NOW - 3_600, "Reuters"),
        (NOW - 60, NOW - 61, None),  # within a minute they agree
        (NOW - 3_600, NOW - 60, None),
        (None, NOW - 3_600, None),  # nothing to compare it with
        (NOW + 9_999, NOW - 3_600, None),
        (NOW - 60, None, None),
        (NOW - 60, NOW + 999, None),  # dated after it was seen
        (NOW - 60, 0.0, None),  # 1970
        (NOW - 60, NOW - 4 * 86_400, None),
    ],
)
def test_what_the_publishers_say_of_the_order(
    first: float | None, second: float | None, expected: str | None
) -> None:
    outlets = (replace(FIRST, published=first), replace(SECOND, published=second))
    first_outlet = published_first(outlets)
    assert (first_outlet.name if first_outlet else None) == expected


@pytest.mark.parametrize(
    ("outlets", "words"),
    [
        ((), []),
        ((FIRST, SECOND), ["≡ Les Échos, Reuters +4 min"]),
        ((FIRST, replace(SECOND, lag=0.2)), ["≡ Les Échos, Reuters"]),
        ((FIRST, SECOND, replace(SECOND, name="AFP")), ["≡ Les Échos, Reuters +4 min, +1"]),
        ((FIRST, SECOND, replace(SECOND, lag=900.0)), ["≡ Les Échos, Reuters +4 min"]),
    ],
)
def test_who_was_first_and_by_how_long(outlets: tuple[Outlet, ...], words: list[str]) -> None:
    assert list(outlet_lines(StoryTimeline(outlets), 2)) == words
