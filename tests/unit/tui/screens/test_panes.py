"""Tests of the panes that fit a terminal."""

from __future__ import annotations

import pytest

from index.errors import QueryError
from monitor.presentation.spans import width
from tui.screens.panes import ScreenLayout, feed_pane_lines, screen_layout
from tui.widgets.fields import error_pointer


@pytest.mark.parametrize(
    ("size", "form"),
    [
        ((40, 10), ScreenLayout.SMALL),
        ((80, 24), ScreenLayout.SMALL),
        ((80, 50), ScreenLayout.TALL),
        ((120, 40), ScreenLayout.NORMAL),
        ((120, 15), ScreenLayout.SMALL),
        ((180, 50), ScreenLayout.NORMAL),
        ((200, 50), ScreenLayout.WIDE),
    ],
)
def test_shapes(size: tuple[int, int], form: ScreenLayout) -> None:
    assert screen_layout(*size) is form


@pytest.mark.parametrize(
    ("query", "cells"),
    [
        ("port (", 5),
        ("grève (", 6),
        ("gre\u0300ve (", 6),
        ("日本 (", 5),
        ("日本 AND 中国 (", 14),
        ("a\t(", 4),
        ("", 0),
    ],
)
def test_the_caret_stands_under_the_mistake(query: str, cells: int) -> None:
    error = QueryError("this bracket is never closed", max(0, len(query) - 1))
    for offset in (0, 2):
        line = error_pointer(error, query, 80, indent=3, scrolled=offset)
        pointer = "".join(text for text, _ in line)
        caret = max(3, 3 + cells - offset)
        assert pointer == " " * caret + "^ this bracket is never closed"


@pytest.mark.parametrize("screen", [30, 60, 80])
def test_a_message_that_has_no_room_behind_the_caret_stands_before_it(screen: int) -> None:
    error = QueryError("日本 is no word", 55, "write another one")
    line = error_pointer(error, "x" * 56, screen, indent=3)
    caret = min(58, screen - 1)
    before = "".join(text for text, _ in line).partition("^")[0]
    assert width([(before, "")]) == caret
    assert ("日本 is no word" in before) is (screen > 30)


@pytest.mark.parametrize(
    ("watchlists", "feeds", "lines"),
    [
        (7, 45, 37),  # what seven watchlists leave
        (7, 2, 4),  # what they need
        (60, 45, 23),  # half
        (60, 1, 3),
        (0, 0, 3),
    ],
)
def test_feeds_and_watchlists_share_their_side_by_what_they_have(
    watchlists: int, feeds: int, lines: int
) -> None:
    assert feed_pane_lines(46, watchlists, feeds) == lines
