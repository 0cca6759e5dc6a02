"""Tests of the rows of alerts, feeds and watchlists."""

from __future__ import annotations

from datetime import UTC, tzinfo
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from support.fake_newsroom import NOW, FakeNewsroom, feed_health

from monitor.model.alert import Alert, AlertState, StoryAlerts, Verdict
from monitor.model.feed import Health
from monitor.model.watchlist import Baseline, Severity, WatchlistCount
from monitor.presentation.spans import Line, width
from monitor.presentation.story import ListedStory
from tui.view.alerts import (
    WatchlistColumns,
    short_count,
    spark,
    story_row,
    watchlist_columns,
    watchlist_row,
)
from tui.view.feeds import (
    feed_columns,
    feed_name_cells,
    feed_row,
    feed_table_header,
    feed_table_row,
)
from tui.widgets.watchlist_pane import total_count

words = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)


def text(line: list[tuple[str, str]]) -> str:
    return "".join(run for run, _ in line)


# --- rows ----------------------------------------------------------------------


def row_of(*alerts: Alert) -> ListedStory:
    story = StoryAlerts(alerts)
    return ListedStory(story, story.newest)


def line(row: ListedStory, cells: int, now: float, zone: tzinfo, **options: Any) -> Line:
    return story_row(row, cells, now, zone, **options)


@given(words, words, st.integers(20, 200))
def test_a_row_takes_exactly_its_cells(title: str, feed: str, cells: int) -> None:
    alert = replace(FakeNewsroom().alerts([1])[0], title=title, feed=feed, watchlist=title)
    other = replace(alert, id=2, watchlist=feed, starred=True, tags=(title or "t",))
    assert width(line(row_of(alert), cells, NOW, UTC)) == cells
    assert width(line(row_of(alert, other), cells, NOW, UTC, list_cells=cells)) == cells


def test_an_outlet_is_not_cut_where_its_headline_leaves_room() -> None:
    alert = replace(FakeNewsroom().alerts([1])[0], feed="Le Courrier du Hainaut", title="Grève")
    longer = replace(alert, title="Grève des contrôleurs aériens : un vol sur deux annulé à Orly")
    assert text(line(row_of(alert), 80, NOW, UTC)).rstrip("1≡ ").endswith("du Hainaut")
    assert "Le Courrier" in text(line(row_of(longer), 80, NOW, UTC))
    assert "du Hainaut" not in text(line(row_of(longer), 80, NOW, UTC))


def test_the_name_of_a_feed_takes_what_its_reason_leaves() -> None:
    feed = feed_health(1, "Le Portail logistique", Health.FAILING, "gone")
    late_feed = feed_health(2, "FT", Health.LATE, "last read 2 h ago, overdue")
    assert "Le Portail logistique gone" in text(feed_row(feed, 40, feed_name_cells([feed], 40)))
    names = feed_name_cells([feed, late_feed], 40)
    rows = [text(feed_row(health, 40, names)) for health in (feed, late_feed)]
    assert rows[0].index("gone") == rows[1].index("last read")


@given(words, st.integers(30, 200))
def test_other_rows_take_exactly_their_cells(name: str, cells: int) -> None:
    count = WatchlistCount(
        name=name, severity=Severity.LOW, total=12345678, untriaged=999, spark=(1, 2)
    )
    feed = feed_health(1, name, Health.FAILING, name)
    columns = watchlist_columns([count], cells)
    for silence_end in ("", "22:30"):
        row = watchlist_row(count, cells, chosen=True, columns=columns, silenced=silence_end)
        assert width(row) == cells
    assert width(feed_row(feed, cells, feed_name_cells([feed], cells))) == cells
    wide_columns = feed_columns(cells, [feed])
    assert width(feed_table_row(feed, cells, NOW, wide_columns)) == cells
    assert width(feed_table_header(cells, wide_columns)) == cells


def test_the_name_of_a_watchlist_is_not_cut_while_there_is_room_beside_it() -> None:
    new = WatchlistCount(
        name="Espionnage en Belgique", severity=Severity.LOW, total=0, untriaged=9, spark=()
    )
    assert watchlist_columns([new], 28) == WatchlistColumns(0, 0)
    row = text(watchlist_row(new, 28, chosen=False, columns=watchlist_columns([new], 28)))
    assert row == " Espionnage en Belgique   •9"
    paced = replace(new, name="Ports", pace=Baseline(today=3, usual=9.0))
    columns = watchlist_columns([new, paced], 40)
    assert "3/9" in text(watchlist_row(paced, 40, chosen=False, columns=columns))
    assert new.name in text(watchlist_row(new, 40, chosen=False, columns=columns))


def test_a_silence_says_until_when_where_there_are_no_numbers() -> None:
    count = WatchlistCount(name="Ports", severity=Severity.LOW, total=0, untriaged=0, spark=())
    columns = watchlist_columns([count], 28)
    row = watchlist_row(count, 28, chosen=False, columns=columns, silenced="22:30")
    assert "to 22:30" in text(row)
    long_named = replace(count, name="Espionnage économique en Belgique")
    row = watchlist_row(long_named, 28, chosen=False, columns=columns, silenced="22:30")
    assert "… ‖ to 22:30" in text(row)


@pytest.mark.parametrize(
    ("changes", "glyphs"),
    [
        ({}, " •   "),
        ({"state": AlertState.ACKNOWLEDGED}, "     "),
        ({"starred": True}, " •★  "),
        ({"note": "call him"}, " • ✎ "),
        ({"verdict": Verdict.NOISE}, " ☒   "),
        ({"verdict": Verdict.NOISE, "starred": True, "note": "x"}, " ☒★✎ "),
        ({"published": None}, "∅•   "),
        ({"published": NOW + 1e6}, "›•   "),
        ({"backfill": True}, "‹•   "),
    ],
)
def test_glyphs_carry_the_meaning(changes: dict[str, object], glyphs: str) -> None:
    alert = replace(FakeNewsroom().alerts([1])[0], **changes)  # type: ignore[arg-type]
    assert text(line(row_of(alert), 80, NOW, UTC))[8:13] == glyphs


def test_each_severity_has_its_own_glyph() -> None:
    alert = FakeNewsroom().alerts([1])[0]
    rows = [line(row_of(replace(alert, severity=s)), 80, NOW, UTC) for s in Severity]
    assert len({text(row)[0] for row in rows}) == 3


def test_a_row_has_the_watchlists_of_its_story_and_the_highest_severity() -> None:
    alert = FakeNewsroom().alerts([1])[0]
    low_alert = replace(alert, id=1, watchlist="Cainiao", severity=Severity.LOW)
    high_alert = replace(alert, id=2, watchlist="Alibaba", severity=Severity.HIGH)
    row_text = text(line(row_of(low_alert, high_alert), 120, NOW, UTC, list_cells=20))
    assert "Alibaba · Cainiao" in row_text
    assert row_text[0] == text(line(row_of(high_alert), 120, NOW, UTC))[0]
    assert "Alibaba +1 " in text(line(row_of(low_alert, high_alert), 80, NOW, UTC, list_cells=11))


def test_the_headline_has_what_the_outlet_leaves() -> None:
    alert = replace(FakeNewsroom().alerts([1])[0], title="x" * 200, feed="FT", copies=0)
    headline = text(line(row_of(alert), 120, NOW, UTC, list_cells=10)).count("x")
    assert headline > 120 - 14 - 11 - len("  FT") - 4 - 3


@given(st.lists(st.integers(0, 10**6), max_size=30))
def test_a_sparkline_scales_to_its_largest(counts: list[int]) -> None:
    bars = spark(counts)
    assert len(bars) == 12
    last = counts[-12:]
    assert ("█" in bars) == (max(last, default=0) > 0)
    last_bars = bars[12 - len(last) :]
    assert [bar == " " for bar in last_bars] == [n == 0 for n in last]


@pytest.mark.parametrize(
    ("number", "expected"), [(0, "0"), (9999, "9999"), (12345, "12.3k"), (999_999, "1M")]
)
def test_a_tally_is_short(number: int, expected: str) -> None:
    assert short_count(number) == expected


def test_all_watchlists_add_up() -> None:
    counts = FakeNewsroom(40).watchlists()
    total = total_count(counts, 12)
    assert (total.total, total.untriaged) == (40, 12)
    assert total.spark[1] == sum(count.spark[1] for count in counts)
    paced = [replace(count, pace=Baseline(today=3, usual=2.0)) for count in counts]
    assert total_count(paced, 12).pace == Baseline()  # a story in two watchlists counts once


def test_the_watchlist_that_is_filtered_by_is_named_first() -> None:
    alert = replace(FakeNewsroom().alerts([1])[0], watchlist="Russia", severity=Severity.HIGH)
    row = row_of(alert, replace(alert, id=2, watchlist="Tech", severity=Severity.LOW))
    assert " Russia +1 " in text(line(row, 70, NOW, UTC, list_cells=9))
    assert " Tech +1 " in text(line(row, 70, NOW, UTC, list_cells=9, first=["Tech"]))


def test_an_old_article_has_its_day_where_there_is_room() -> None:
    alert = replace(FakeNewsroom().alerts([1])[0], backfill=True, published=1_483_747_200.0)
    assert " 2017 · " in text(line(row_of(alert), 80, NOW, UTC))
    assert " 7 Jan 2017 · " in text(line(row_of(alert), 120, NOW, UTC))
