"""Who decided what about the alerts of a story: what is the same for several is said once."""

from __future__ import annotations

from datetime import UTC

from msgspec.structs import replace
from support.fake_newsroom import NOW, FakeNewsroom

from monitor.model.triage import Decision
from monitor.presentation.spans import Line
from tui.view.article import standing_lines
from tui.view.pages import history_lines


def text(lines: list[Line]) -> str:
    return "\n".join("".join(piece for piece, _ in line) for line in lines)


def noted(alert: int) -> Decision:
    return Decision(
        act=alert, at=NOW, alert=alert, who="ana", undoes=None, why="",
        before={"note": ""}, after={"note": "call the desk"},
    )  # fmt: skip


def test_decisions_and_notes_of_a_story_are_told_once() -> None:
    first = replace(FakeNewsroom().alerts([1])[0], watchlist="Trump", note="call the desk")
    alerts = [first, replace(first, id=2, watchlist="putin")]
    told = text(history_lines([(each, [noted(each.id)]) for each in alerts], 80, UTC))
    assert told.count("ana: note") == 1
    assert told.count("\n  call the desk") == 1
    assert "raised by Trump, putin" in told
    other = replace(first, id=3, watchlist="Moscow", note="")
    told = text(history_lines([(first, [noted(1)]), (other, [])], 80, UTC))
    assert "raised by Trump\n" in told
    assert "raised by Moscow" in told


def test_what_holds_for_the_alerts_of_a_story_is_told_once() -> None:
    first = replace(FakeNewsroom().alerts([1])[0], watchlist="Trump", suppressed="backfill")
    noted_ones = [replace(first, id=n, watchlist=f"list {n}", note="call") for n in (2, 3)]
    told = text(standing_lines([first, *noted_ones], {}, {}, 120, UTC))
    assert told.count("not notified: published before") == 2
    assert told.count("✎ call") == 1
    assert "list 2  " in told.splitlines()[2]
    assert "list 3  new" in told.splitlines()[2]
