"""Which panes fit which terminal."""

from __future__ import annotations

import pytest

from tui.view.layout import Shape, shape


@pytest.mark.parametrize(
    ("size", "form"),
    [
        ((40, 10), Shape.SMALL),
        ((80, 24), Shape.SMALL),
        ((80, 50), Shape.TALL),
        ((120, 40), Shape.NORMAL),
        ((120, 15), Shape.SMALL),
        ((200, 50), Shape.WIDE),
    ],
)
def test_shapes(size: tuple[int, int], form: Shape) -> None:
    assert shape(*size) is form
