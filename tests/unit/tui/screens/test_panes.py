"""Which panes fit which terminal."""

from __future__ import annotations

import pytest

from tui.screens.panes import ScreenLayout, screen_layout


@pytest.mark.parametrize(
    ("size", "form"),
    [
        ((40, 10), ScreenLayout.SMALL),
        ((80, 24), ScreenLayout.SMALL),
        ((80, 50), ScreenLayout.TALL),
        ((120, 40), ScreenLayout.NORMAL),
        ((120, 15), ScreenLayout.SMALL),
        ((200, 50), ScreenLayout.WIDE),
    ],
)
def test_shapes(size: tuple[int, int], form: ScreenLayout) -> None:
    assert screen_layout(*size) is form
