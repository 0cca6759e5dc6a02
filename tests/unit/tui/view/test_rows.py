"""What is shown of moments, rows, articles and states, without a screen."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from support.fake_newsroom import NOW, FakeNewsroom, feed_health

from index.article import Article
from monitor.model.alert import AlertState, Verdict
from monitor.model.article import ArticleDetails
from monitor.model.feed import Health
from monitor.model.severity import Severity
from monitor.model.status import WatchlistCount
from tui.view import times
from tui.view.article_page import lay_out, places
from tui.view.empty_state import guidance
from tui.view.feed_row import feed_table_row, heads
from tui.view.layout import Shape, shape
from tui.view.line_breaking import breaks
from tui.view.rows import alert_row, feed_row, spark, tally, watchlist_row
from tui.view.status_bar import STALE_AFTER, status_line
from tui.view.styled_text import cut, fit, width, wrap
from tui.widgets.watchlist_pane import total

PARIS = ZoneInfo("Europe/Paris")
words = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)


def text(line: list[tuple[str, str]]) -> str:
    return "".join(piece for piece, _ in line)


# --- moments -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(-5, "0s"), (0, "0s"), (3.9, "3s"), (59, "59s"), (60, "1m"), (7200, "2h"), (5 * 86400, "5d")],
)
def test_an_age_is_one_unit_and_never_negative(seconds: float, said: str) -> None:
    assert times.age(seconds) == said


@pytest.mark.parametrize(
    ("at", "said"),
    [
        (NOW - 600, "23:20"),
        (NOW - 86400, "23 Nov"),
        (NOW - 400 * 86400, "2025"),
        (1e18, "?"),
        (float("inf"), "?"),
        (float("nan"), "?"),
    ],
)
def test_a_moment_is_short(at: float, said: str) -> None:
    assert times.short(at, NOW, UTC) == said


def test_clocks_say_their_zone_on_both_sides_of_a_change() -> None:
    change = 1_792_890_000.0  # 2026-10-25 01:00 UTC, when Paris leaves summer time
    assert times.full(change - 1, PARIS) == "2026-10-25 02:59 CEST"
    assert times.full(change, PARIS) == "2026-10-25 02:00 CET"
    assert times.clock(change - 1, PARIS) == "02:59:59 CEST"


@given(st.one_of(st.none(), st.floats(-1e12, 1e12)), st.floats(0, 4e9))
def test_only_far_ahead_is_the_future(published: float | None, seen: float) -> None:
    odd = times.dated(published, seen)
    assert (odd == "undated") == (published is None)
    assert (odd == "future") == (published is not None and published > seen + times.FUTURE_SLACK)


# --- ink -----------------------------------------------------------------------


@given(words, st.integers(0, 40))
def test_fitted_text_takes_exactly_its_cells(said: str, cells: int) -> None:
    assert cell_len(fit(said, cells)) == cells
    assert cell_len(fit(said, cells, right=True)) == cells


@given(st.text(st.characters(categories=["L", "Zs", "P"]), max_size=200), st.integers(2, 30))
def test_breaking_loses_nothing_and_fits(paragraph: str, cells: int) -> None:
    lines = breaks(paragraph, cells)
    assert "".join(paragraph[a:b] for a, b in lines) == paragraph
    assert all(cell_len(paragraph[a:b].rstrip()) <= cells for a, b in lines)


@given(words, st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)), max_size=5))
def test_cutting_keeps_every_character(said: str, marks: list[tuple[int, int]]) -> None:
    spans = [(min(m), max(m), "hit") for m in marks]
    line = cut(said, spans, 0, len(said))
    assert text(line) == said
    inked = sum(len(piece) for piece, ink in line if ink == "hit")
    assert inked == len({n for a, b, _ in spans for n in range(a, b) if n < len(said)})


def test_wrapping_keeps_words_whole_and_folds_those_too_long() -> None:
    assert [text(line) for line in wrap("un deux trois", 8)] == ["un deux", "trois"]
    assert [text(line) for line in wrap("abcdefghij k", 4)] == ["abcd", "efgh", "ij k"]
    assert [text(line) for line in wrap("日本語の記事", 5)] == ["日本", "語の", "記事"]


# --- rows ----------------------------------------------------------------------


@given(words, words, st.integers(20, 200))
def test_a_row_takes_exactly_its_cells(title: str, feed: str, cells: int) -> None:
    alert = replace(FakeNewsroom().alerts([1])[0], title=title, feed=feed, watchlist=title)
    assert width(alert_row(alert, cells, NOW, UTC)) == cells


@given(words, st.integers(30, 200))
def test_other_rows_take_exactly_their_cells(name: str, cells: int) -> None:
    count = WatchlistCount(
        name=name, severity=Severity.LOW, total=12345678, untriaged=999, spark=(1, 2)
    )
    feed = feed_health(1, name, Health.FAILING, name)
    assert width(watchlist_row(count, cells, chosen=True)) == cells
    assert width(feed_row(feed, cells)) == cells
    assert width(feed_table_row(feed, cells, NOW)) == cells == width(heads(cells))


@pytest.mark.parametrize(
    ("changes", "glyphs"),
    [
        ({}, "• "),
        ({"state": AlertState.ACKNOWLEDGED}, "  "),
        ({"starred": True}, "★ "),
        ({"verdict": Verdict.NOISE}, "× "),
        ({"published": None}, "?•"),
        ({"published": NOW + 1e6}, "»•"),
        ({"backfill": True}, "‹•"),
    ],
)
def test_glyphs_carry_the_meaning(changes: dict[str, object], glyphs: str) -> None:
    alert = replace(FakeNewsroom().alerts([1])[0], **changes)  # type: ignore[arg-type]
    assert glyphs in text(alert_row(alert, 80, NOW, UTC))[8:12]


def test_each_severity_has_its_own_glyph() -> None:
    alert = FakeNewsroom().alerts([1])[0]
    rows = [alert_row(replace(alert, severity=s), 80, NOW, UTC) for s in Severity]
    assert len({text(row)[0] for row in rows}) == 3


@given(st.lists(st.integers(0, 10**6), max_size=30))
def test_a_sparkline_scales_to_its_largest(counts: list[int]) -> None:
    bars = spark(counts)
    assert len(bars) == 12
    last = counts[-12:]
    assert ("█" in bars) == (max(last, default=0) > 0)
    shown = bars[12 - len(last) :]
    assert [bar == " " for bar in shown] == [n == 0 for n in last]


@pytest.mark.parametrize(
    ("number", "said"), [(0, "0"), (9999, "9999"), (12345, "12.3k"), (999_999, "1M")]
)
def test_a_tally_is_short(number: int, said: str) -> None:
    assert tally(number) == said


def test_all_watchlists_add_up() -> None:
    counts = FakeNewsroom(40).watchlists()
    every = total(counts)
    assert (every.total, every.untriaged) == (40, 18)
    assert every.spark[1] == sum(count.spark[1] for count in counts)


# --- the status line -----------------------------------------------------------


@pytest.mark.parametrize(
    ("pulse", "watching", "said"),
    [
        (NOW - 3, True, "● live 3s"),
        (NOW - STALE_AFTER - 120, True, "◌ stale 2m"),
        (NOW + 60, True, "● live 0s"),
        (None, True, "◌ starting"),
        (None, False, "○ nobody watches"),
    ],
)
def test_the_pulse_is_in_words(pulse: float | None, watching: bool, said: str) -> None:
    newsroom = FakeNewsroom()
    newsroom.pulse, newsroom.watching = pulse, watching
    assert said in text(status_line(newsroom.status(), NOW, UTC, 120))


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
    newsroom.network_down = "no route to any host"
    assert "no route" in text(status_line(newsroom.status(), NOW, UTC, 120))


@pytest.mark.parametrize(
    ("unsent", "dead", "said"),
    [
        (0, 0, "new  feeds"),
        (2, 0, "new  2 unsent  feeds"),
        (2, 1, "2 unsent  1 undelivered  feeds"),
    ],
)
def test_what_did_not_reach_anybody_is_counted(unsent: int, dead: int, said: str) -> None:
    status = replace(FakeNewsroom().status(), unsent=unsent, dead=dead)
    assert said in text(status_line(status, NOW, UTC, 120))


# --- an empty stream -----------------------------------------------------------


def said_by(newsroom: FakeNewsroom, filtered: str = "", hint: str = "") -> str:
    head, paragraphs = guidance(
        newsroom.status(), newsroom.feeds(), newsroom.watchlists(), filtered, hint
    )
    return "\n".join([head, *paragraphs])


def test_empty_states_teach() -> None:
    newsroom = FakeNewsroom(0)
    assert "All quiet" in said_by(newsroom)
    assert "F shows all" in said_by(newsroom, "watch:chips")
    newsroom.watching = False
    assert "Nobody watches" in said_by(newsroom)
    newsroom.lists = ()
    assert "Nothing to watch for" in said_by(newsroom)
    newsroom.health = [feed_health(n, f"f{n}", Health.FAILING, "no route") for n in range(3)]
    unreachable = said_by(newsroom)
    assert "No feed can be reached" in unreachable
    assert "no route (3 feeds)" in unreachable
    assert "tocsin demo" in unreachable
    newsroom.health = []
    assert "tocsin demo" in said_by(newsroom, hint="add feeds so")
    assert "add feeds so" in said_by(newsroom, hint="add feeds so")


# --- an article ----------------------------------------------------------------


def reading(**changes: object) -> ArticleDetails:
    base = Article(id=1, feeds=(1,), url="https://a.example/1", title="Titre", summary="", seen=NOW)
    return ArticleDetails(article=replace(base, **changes), feed="Le Monde", alerts=())  # type: ignore[arg-type]


def test_matches_are_inked_where_they_are() -> None:
    page = lay_out(reading(body="a grève b\nc grève d"), (("body", 2, 7), ("body", 12, 17)), 60)
    for line in page.matches:
        assert ("grève", "hit") in page.lines[line]
    assert len(page.matches) == 2


def test_the_match_stepped_to_stands_out() -> None:
    page = lay_out(reading(body="a grève b grève"), (("body", 2, 7), ("body", 10, 15)), 60, None, 1)
    inks = [ink for line in page.lines for word, ink in line if word == "grève"]
    assert inks == ["hit", "hit-now"]


@given(
    st.text(st.characters(categories=["L", "Zs", "P", "Cc", "Cf"]), max_size=300),
    st.lists(st.tuples(st.integers(0, 300), st.integers(1, 20)), max_size=8),
    st.integers(10, 120),
)
def test_every_match_has_a_line(body: str, starts: list[tuple[int, int]], cells: int) -> None:
    spans = {("body", a, min(a + n, len(body))) for a, n in starts if a < len(body)}
    page = lay_out(reading(body=body), places((), spans), cells)
    assert all(0 <= line < len(page.lines) for line in page.matches)


def test_marks_stay_on_their_words_in_text_that_is_not_clean() -> None:
    body = "\x1b[31mUne\x1b[0m grève\u202e ici"
    at = body.index("grève")
    page = lay_out(reading(body=body), (("body", at, at + 5),), 60)
    assert any(("grève", "hit") in line for line in page.lines)


def test_a_summary_that_opens_the_body_is_told_once() -> None:
    page = lay_out(reading(summary="Le début…", body="Le début et la suite"), (), 60)
    assert sum("Le début" in text(line) for line in page.lines) == 1
    page = lay_out(reading(summary="Un chapeau", body="Le texte"), (), 60)
    assert any("Un chapeau" in text(line) for line in page.lines)


def test_matches_in_a_summary_that_opens_the_body_are_shown_there() -> None:
    article = reading(summary="La grève dure…", body="La grève dure depuis lundi")
    page = lay_out(article, (("summary", 3, 8), ("body", 3, 8)), 60)
    assert len(page.matches) == 1
    assert ("grève", "hit") in page.lines[page.matches[0]]
    same = reading(title="La grève", summary="La grève")
    assert len(lay_out(same, (("summary", 3, 8),), 60).matches) == 1


def test_dates_that_cannot_be_are_told() -> None:
    said = "\n".join(text(line) for line in lay_out(reading(published=None), (), 80, UTC).lines)
    assert "undated, first seen 2026-11-24 23:30 UTC" in said
    ahead = reading(published=NOW + 1e7)
    assert any("dated ahead" in text(line) for line in lay_out(ahead, (), 80, UTC).lines)


# --- shapes --------------------------------------------------------------------


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
