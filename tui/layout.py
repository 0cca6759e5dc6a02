"""Which panes a screen of some size has room for."""

from __future__ import annotations

import enum


class Shape(enum.StrEnum):
    """How the panes share a screen."""

    SMALL = "small"
    """One pane at a time."""
    TALL = "tall"
    """The list above the reader."""
    NORMAL = "normal"
    """The same, with watchlists and feeds beside them."""
    WIDE = "wide"
    """Three columns: the reader has its own."""


def shape(width: int, height: int) -> Shape:
    """Return the shape of a screen of so many cells and lines."""
    if width < 100:
        return Shape.TALL if width >= 60 and height >= 34 else Shape.SMALL
    if height < 22:
        return Shape.SMALL
    return Shape.WIDE if width >= 170 else Shape.NORMAL
