"""Tests of the status bar."""

from __future__ import annotations

from datetime import UTC
from typing import Any

import pytest
from hypothesis import given, strategies as st
from msgspec.structs import replace
from support.fake_newsroom import NOW, FakeNewsroom

from monitor.model.lease import SharingMonitor
from monitor.presentation.spans import Line, width
from tui.view.status import STALE_AFTER, status_parts

words = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)


OTHER = SharingMonitor(
    number=1, host="press-1", pid=4711, folder="/var/tocsin", since=NOW, seen_at=NOW,
    silence=2.0, lost=False, buckets=1_024,
)  # fmt: skip


def status_line(*args: Any) -> Line:
    return [run for part in status_parts(*args) for run in part.line]


def text(line: list[tuple[str, str]]) -> str:
    return "".join(run for run, _ in line)


@pytest.mark.parametrize(
    ("pulse", "is_watching", "expected"),
    [
        (NOW - 3, True, "✓ live 3s"),
        (NOW - STALE_AFTER - 120, True, "! stale 2m"),
        (NOW + 60, True, "✓ live 0s"),
        (None, True, "◌ starting"),
        (None, False, "✗ no monitor"),
    ],
)
def test_the_status_is_in_words(pulse: float | None, is_watching: bool, expected: str) -> None:
    newsroom = FakeNewsroom()
    newsroom.pulse, newsroom.watching = pulse, is_watching
    assert expected in text(status_line(newsroom.status(), NOW, UTC, 120))


def test_a_monitor_of_another_machine_is_one_unless_it_is_lost() -> None:
    newsroom = FakeNewsroom()
    newsroom.watching = False
    remote_status = replace(newsroom.status(), monitors=(OTHER,))
    assert "✓ live elsewhere" in text(status_line(remote_status, NOW, UTC, 120))
    lost_status = replace(remote_status, monitors=(replace(OTHER, lost=True),))
    assert "✗ no monitor" in text(status_line(lost_status, NOW, UTC, 120))


def test_a_monitor_that_is_not_heard_of_is_named_until_an_alert_tells_of_it() -> None:
    frozen = replace(OTHER, silence=12.0)
    status = replace(FakeNewsroom().status(), monitors=(OTHER, frozen))
    assert "! press-1/4711 stands still" in text(status_line(status, NOW, UTC, 120))
    for monitors in ((OTHER,), (replace(frozen, lost=True),)):
        status = replace(status, monitors=monitors)
        assert "press-1" not in text(status_line(status, NOW, UTC, 120))


@given(st.integers(20, 220), words)
def test_the_status_line_never_runs_over(cells: int, problem: str) -> None:
    newsroom = FakeNewsroom()
    newsroom.config_error = problem
    line = status_line(newsroom.status(), NOW, UTC, cells)
    assert width(line) <= max(cells, 20)


def test_trouble_is_told_even_on_a_narrow_screen() -> None:
    newsroom = FakeNewsroom()
    newsroom.config_error = "line 4, column 3: no such language"
    assert "line 4" in text(status_line(newsroom.status(), NOW, UTC, 80))
    newsroom.network_down = "the network seems down"
    for cells in (80, 120, 200):  # the mistake in the file matters more
        assert "line 4" in text(status_line(newsroom.status(), NOW, UTC, cells))
    newsroom.config_error = ""
    assert "! the network seems down" in text(status_line(newsroom.status(), NOW, UTC, 80))
    newsroom.store_damage = "newsroom.db is damaged"
    assert "is damaged" in text(status_line(newsroom.status(), NOW, UTC, 120))


@pytest.mark.parametrize(
    ("unsent", "dead", "expected"),
    [
        (0, 0, "new  feeds"),
        (2, 0, "new  2 unsent  feeds"),
        (2, 1, "2 unsent  1 undelivered  feeds"),
    ],
)
def test_what_did_not_reach_anybody_is_counted(unsent: int, dead: int, expected: str) -> None:
    status = replace(FakeNewsroom().status(), unsent=unsent, dead=dead)
    assert expected in text(status_line(status, NOW, UTC, 120))
