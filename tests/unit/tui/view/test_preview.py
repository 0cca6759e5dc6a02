"""Tests of the preview of a watchlist."""

from __future__ import annotations

from datetime import UTC

import pytest
from support.fake_newsroom import NOW

from monitor.watchlists.backtest import WatchlistPreview
from tui.view.pages import preview_lines


@pytest.mark.parametrize(
    ("matched", "expected"),
    [
        (0, "0 of 900 articles of the last 30 days match"),
        (1, "1 of 900 articles of the last 30 days"),
        (60, "60 of 900 articles of the last 30 days, about 2.0 a day"),
    ],
)
def test_a_rate_that_rounds_to_nothing_is_not_said(matched: int, expected: str) -> None:
    (first, *_) = preview_lines(WatchlistPreview(900, matched, (), ()), (), 30, 80, NOW, UTC)
    assert "".join(text for text, _ in first) == expected
