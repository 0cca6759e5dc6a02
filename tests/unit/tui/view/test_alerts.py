"""Tests of the rows of alerts, feeds and watchlists."""

from __future__ import annotations

from datetime import UTC, tzinfo
from typing import Any

import pytest
from hypothesis import given, strategies as st
from msgspec.structs import replace
from support.fake_newsroom import NOW, FakeNewsroom, feed_health

from monitor.model.alert import Alert, AlertState, StoryAlerts, Verdict
from monitor.model.feed import Health
from monitor.model.watchlist import Baseline, Severity, WatchlistCount
from monitor.presentation.spans import Line, width
from monitor.presentation.story import ListedStory
from tui.view.alerts import (
    COLUMNS,
    HIDDEN,
    WatchlistColumns,
    alert_columns,
    alert_header,
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
    columns = {
        name: options.pop(name) for name in ("lists", "outlets", "hidden") if name in options
    }
    return story_row(row, alert_columns(cells, **columns), now, zone, **options)


@given(words, words, st.integers(20, 200))
def test_a_row_takes_exactly_its_cells(title: str, feed: str, cells: int) -> None:
    alert = replace(FakeNewsroom().alerts([1])[0], title=title, feed=feed, watchlist=title)
    other = replace(alert, id=2, watchlist=feed, starred=True, tags=(title or "t",))
    assert width(line(row_of(alert), cells, NOW, UTC)) == cells
    assert width(line(row_of(alert, other), cells, NOW, UTC, lists=cells, hidden=())) == cells


OUTLETS = ("FT", "Le Courrier du Hainaut", "新华社")


@pytest.mark.parametrize("cells", [76, 116, 196])
def test_every_column_begins_at_the_same_cell_in_every_row(cells: int) -> None:
    """Neither other outlets, nor tags, nor an escalation, nor a wide headline push the outlet."""
    alert = replace(FakeNewsroom().alerts([1])[0], title="見" * 90, copies=0)
    alerts = [
        replace(alert, feed=name, copies=copies, tags=tags, backfill=bool(copies))
        for name in OUTLETS
        for copies, tags in ((0, ()), (12, ("fraud",)), (120, ("a", "b")))
    ]
    columns = alert_columns(cells, 12, 22)
    rows = [text(story_row(row_of(a), columns, NOW, UTC)) for a in alerts]
    outlets = [a.feed[:2] for a in alerts]
    begins = {width([(row[: row.rindex(o)], "")]) for row, o in zip(rows, outlets, strict=True)}
    assert begins == {cells - columns.others - columns.outlet + 1}
    assert all(("≡" in row) is (a.copies > 0) for row, a in zip(rows, alerts, strict=True))


@pytest.mark.parametrize(("cells", "least"), [(76, 34), (116, 60), (196, 110)])
def test_the_headline_has_most_of_the_width_whatever_the_names(cells: int, least: int) -> None:
    columns = alert_columns(cells, 99, 99)
    alert = replace(FakeNewsroom().alerts([1])[0], title="x" * 300, feed="o" * 90, copies=3)
    row = text(story_row(row_of(alert), columns, NOW, UTC))
    assert row.count("x") + 2 == columns.headline > least
    without = alert_columns(cells, 99, 99, ("watchlist", "outlet", "others", "published"))
    assert without.headline > columns.headline + 20


@pytest.mark.parametrize("cells", [30, 55, 76, 116, 196])
@pytest.mark.parametrize("hidden", [(), HIDDEN, ("time", "outlet"), ("nonsense",)])
def test_the_header_stands_over_the_columns(cells: int, hidden: tuple[str, ...]) -> None:
    columns = alert_columns(cells, 12, 12, hidden)
    for order in COLUMNS:
        header = alert_header(columns, order)
        assert width(header) == cells
        assert sum("▾" in run for run, _column in header) == bool(getattr(columns, order))
    alert = replace(FakeNewsroom().alerts([1])[0], title="xyz", feed="FT", copies=7)
    row, names = text(story_row(row_of(alert), columns, NOW, UTC)), text(header)
    assert row.index("xyz") == names.index("headline"[: columns.headline - 2])
    if columns.outlet:
        assert row.index("FT") == names.index("outlet"[: columns.outlet - 2])


def test_a_row_has_one_time() -> None:
    old = replace(FakeNewsroom().alerts([1])[0], backfill=True, published=NOW - 9 * 3600)
    assert text(line(row_of(old), 116, NOW, UTC)).replace(" : ", "").count(":") == 1


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
        name="Espionnage en Belgique", severity=Severity.LOW, total=0, untriaged=9, spark=(0, 0)
    )
    assert watchlist_columns([new], 28) == WatchlistColumns(0, 0)
    row = text(watchlist_row(new, 28, chosen=False, columns=watchlist_columns([new], 28)))
    assert row == " Espionnage en Belgique   •9"
    paced = replace(new, name="Ports", pace=Baseline(today=3, usual=9.0))
    columns = watchlist_columns([new, paced], 40)
    assert "3/9" in text(watchlist_row(paced, 40, chosen=False, columns=columns))
    assert new.name in text(watchlist_row(new, 40, chosen=False, columns=columns))


def test_a_silence_says_until_when_where_there_are_no_numbers() -> None:
    count = WatchlistCount(name="Ports", severity=Severity.LOW, total=0, untriaged=0, spark=(0, 0))
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
    row_text = text(line(row_of(low_alert, high_alert), 120, NOW, UTC, lists=20))
    assert "Alibaba · Cainiao" in row_text
    assert row_text[0] == text(line(row_of(high_alert), 120, NOW, UTC))[0]
    assert "Alibaba +1 " in text(line(row_of(low_alert, high_alert), 80, NOW, UTC, lists=11))


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
    assert " Russia +1 " in text(line(row, 70, NOW, UTC, lists=9))
    assert " Tech +1 " in text(line(row, 70, NOW, UTC, lists=9, first=["Tech"]))


def test_the_day_of_publication_has_a_column_that_is_hidden_at_first() -> None:
    alert = replace(FakeNewsroom().alerts([1])[0], backfill=True, published=1_483_747_200.0)
    assert "2017" not in text(line(row_of(alert), 116, NOW, UTC))
    assert " 2017 " in text(line(row_of(alert), 116, NOW, UTC, hidden=()))
