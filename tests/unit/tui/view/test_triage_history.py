"""Tests of the decisions about a story: what holds for several alerts is said once."""

from __future__ import annotations

from datetime import UTC

import pytest
from msgspec.structs import replace
from support.fake_newsroom import NOW, FakeNewsroom

from monitor.model.triage import Decision
from monitor.model.watchlist import FEED_HEALTH
from monitor.presentation.spans import Line
from tui.bell import bell_text
from tui.view.article import standing_lines
from tui.view.pages import history_lines


def text(lines: list[Line]) -> str:
    return "\n".join("".join(run for run, _ in line) for line in lines)


def note_decision(alert: int) -> Decision:
    return Decision(
        act=alert, at=NOW, alert=alert, who="ana", undoes=None, why="",
        before={"note": ""}, after={"note": "call the desk"},
    )  # fmt: skip


def test_decisions_and_notes_of_a_story_are_told_once() -> None:
    first = replace(FakeNewsroom().alerts([1])[0], watchlist="Trump", note="call the desk")
    alerts = [first, replace(first, id=2, watchlist="putin")]
    history = text(history_lines([(alert, [note_decision(alert.id)]) for alert in alerts], 80, UTC))
    assert history.count("ana: note") == 1
    assert history.count("\n  call the desk") == 1
    assert "raised by Trump, putin" in history
    other = replace(first, id=3, watchlist="Moscow", note="")
    history = text(history_lines([(first, [note_decision(1)]), (other, [])], 80, UTC))
    assert "raised by Trump\n" in history
    assert "raised by Moscow" in history


def test_what_holds_for_the_alerts_of_a_story_is_told_once() -> None:
    first = replace(FakeNewsroom().alerts([1])[0], watchlist="Trump", suppressed="backfill")
    noted_alerts = [replace(first, id=n, watchlist=f"list {n}", note="call") for n in (2, 3)]
    standing = text(standing_lines([first, *noted_alerts], {}, {}, 120, UTC))
    assert standing.count("not notified: published before") == 2
    assert standing.count("✎ call") == 1
    assert "list 2  " in standing.splitlines()[2]
    assert "list 3  new" in standing.splitlines()[2]


@pytest.mark.usefixtures("french")
def test_alerts_about_feeds_have_their_name_in_the_language_of_the_reader() -> None:
    alert = replace(FakeNewsroom().alerts([1])[0], watchlist=FEED_HEALTH)
    lines = standing_lines([alert], {}, {}, 80, UTC) + history_lines([(alert, [])], 80, UTC)
    assert "feed health" not in text(lines)
    assert text(lines).count("santé des flux") == 2
    assert "santé des flux" in bell_text([alert])
