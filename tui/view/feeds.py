"""A feed as a row and as a page, and the coverage gaps of the last week."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from typing import TYPE_CHECKING, NamedTuple

from rich.cells import cell_len

from index.analysis.text_cleaning import line
from index.article import Timestamp
from monitor import signs
from monitor.formatting import span
from monitor.ingest.coverage_gaps import describe_gap, format_interval
from monitor.ingest.feed_health import WORST, describe_poll
from monitor.ingest.publication_rate import describe_interval
from monitor.model.feed import Coverage, FeedHealth, Gap, GapKind, Health
from tui.view import times
from tui.view.alerts import short_count
from tui.view.styled_text import Line, fit, wrap

if TYPE_CHECKING:
    from monitor.model.feed import Poll, Setting


HEALTH_GLYPHS = {
    Health.OK: (signs.OK, "ok"),
    Health.NEW: (signs.NOT_YET, "quiet"),
    Health.LATE: (signs.LOOK, "late"),
    Health.BLIND: (signs.LOOK, "late"),
    Health.SILENT: (signs.LOOK, "late"),
    Health.FAILING: (signs.FAILED, "bad"),
    Health.GONE: (signs.FAILED, "bad"),
    Health.QUARANTINED: (signs.LOOK, "late"),
    Health.PAUSED: (signs.RESTS, "quiet"),
}

NEVER = float("inf")


def feed_row(feed: FeedHealth, cells: int) -> Line:
    """Return a feed with a problem on one line: glyph, name, reason."""
    glyph, style = HEALTH_GLYPHS[feed.health]
    free = cells - 3 - cell_len(line(feed.words))
    name = max(min(18, max(8, cells * 2 // 5)), min(cell_len(line(feed.feed.name)), free))
    return [
        (f"{glyph} ", style),
        (fit(feed.feed.name, name), "plain"),
        (" ", ""),
        (fit(feed.words, max(1, cells - name - 3)), "quiet"),
    ]


class FeedOrder(NamedTuple):
    """An order of feeds."""

    label: str
    key: Callable[[FeedHealth], tuple[float | str, ...]]


FEED_ORDERS = (
    FeedOrder("worst first", lambda f: (WORST.index(f.health), -f.state.failures)),
    FeedOrder("by name", lambda f: (f.feed.name.casefold(),)),
    FeedOrder("longest unread first", lambda f: (f.state.last_ok or 0.0,)),
    FeedOrder("next due first", lambda f: (NEVER if _is_idle(f) else f.state.next_due,)),
    FeedOrder("most articles first", lambda f: (-f.articles,)),
)


class FeedColumns(NamedTuple):
    """Cells of each column; 0 is not shown."""

    name: int
    next: int
    every: int
    articles: int
    habit: int


def feed_columns(cells: int) -> FeedColumns:
    """Return the width of each column in lines of so many cells."""
    name = min(30, max(10, cells // 4))
    return FeedColumns(
        name,
        6 if cells >= 50 else 0,
        7 if cells >= 90 else 0,
        9 if cells >= 70 else 0,
        11 if cells >= 110 else 0,
    )


def feed_table_header(cells: int) -> Line:
    """Return the header of the feed table."""
    wide = feed_columns(cells)
    line: Line = [
        ("  ", ""),
        (fit("feed", wide.name), "quiet"),
        (" ", ""),
        (fit("state", 8), "quiet"),
        (fit("read", 6, right=True), "quiet"),
    ]
    for name, room in (("next", wide.next), ("every", wide.every), ("articles", wide.articles)):
        line.append((fit(name, room, right=True), "quiet"))
    if wide.habit:
        line += [("  ", ""), (fit("publishes", wide.habit - 2), "quiet")]
    used = 17 + sum(wide)
    return [*line, ("  ", ""), (fit("reason", max(1, cells - used - 2)), "quiet")]


def feed_table_row(feed: FeedHealth, cells: int, now: Timestamp) -> Line:
    """Return a feed as a row: health, last success, next poll, interval, articles, reason."""
    glyph, style = HEALTH_GLYPHS[feed.health]
    state, wide = feed.state, feed_columns(cells)
    last = "never" if state.last_ok is None else times.age(now - state.last_ok)
    line: Line = [
        (f"{glyph} ", style),
        (fit(feed.feed.name, wide.name), "plain"),
        (" ", ""),
        (fit("gap" if feed.health is Health.BLIND else feed.health, 8), style),
        (fit(last, 6, right=True), "quiet"),
    ]
    if wide.next:
        line.append((fit(_next(feed, now), wide.next, right=True), "quiet"))
    if wide.every:
        line.append((fit(_interval(feed), wide.every, right=True), "quiet"))
    if wide.articles:
        line.append((fit(short_count(feed.articles), wide.articles, right=True), "quiet"))
    if wide.habit:
        habit = describe_interval(state.usual) if state.usual else ""
        line += [("  ", ""), (fit(habit, wide.habit - 2), "quiet")]
    used = 17 + sum(wide)
    return [*line, ("  ", ""), (fit(feed.words, max(1, cells - used - 2)), "plain")]


def _is_idle(feed: FeedHealth) -> bool:
    return feed.health in (Health.PAUSED, Health.GONE)


def _next(feed: FeedHealth, now: Timestamp) -> str:
    if _is_idle(feed):
        return "–"
    wait = feed.state.next_due - now
    return times.age(wait) if wait >= 1 else "now"


def _interval(feed: FeedHealth) -> str:
    """Return the interval between polls, with a tilde where tocsin chose it."""
    if feed.feed.every is not None:
        return times.age(feed.feed.every)
    return f"~{times.age(feed.state.delay)}"


def select_feeds(feeds: Sequence[FeedHealth], state: Health | None, order: int) -> list[FeedHealth]:
    """Return feeds in an order.

    Args:
        feeds: The feeds to choose from.
        state: Only feeds with this health; None for all.
        order: Index into `FEED_ORDERS`.
    """
    chosen = [feed for feed in feeds if state is None or feed.health is state]
    return sorted(chosen, key=FEED_ORDERS[order].key)


def state_rows(feeds: Sequence[FeedHealth]) -> list[tuple[Health | None, Line]]:
    """Return a row for all feeds, then one for each state that occurs, the worst first."""
    count = Counter(feed.health for feed in feeds)
    rows: list[tuple[Health | None, Line]] = [(None, [(f"  all  {len(feeds)}", "plain")])]
    for health in WORST:
        if count[health]:
            glyph, style = HEALTH_GLYPHS[health]
            rows.append(
                (health, [(f"{glyph} ", style), (f"{health.label}  {count[health]}", "plain")])
            )
    return rows


MAX_POLLS = 30
"""Polls that a feed's page lists."""
WEEK = 7 * 86_400.0


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedBackground:
    """What a feed's page shows beside its health."""

    polls: Sequence[Poll] = ()
    """The last polls, the newest first."""
    gaps: Sequence[Gap] = ()
    """Coverage gaps of the last week, the earliest first."""
    watchlists: Sequence[str] = ()
    """Watchlists that may have missed articles because of the gaps."""
    settings: Sequence[Setting] = ()
    """The settings in feeds.yaml, and where they are."""


def feed_page(
    feed: FeedHealth,
    polls: Sequence[Poll],
    cells: int,
    now: Timestamp,
    zone: tzinfo | None,
    background: FeedBackground | None = None,
) -> list[Line]:
    """Return a feed as a page: its state, settings, coverage gaps and last polls.

    Args:
        feed: The feed.
        polls: Its last polls, the newest first, if there is no `background`.
        cells: Width of the lines.
        now: The present time.
        zone: The time zone; None is the machine's.
        background: What else is known.
    """
    background = background or FeedBackground(polls=polls)
    state = feed.state
    last_poll = "never" if state.last_poll is None else f"{times.age(now - state.last_poll)} ago"
    last_ok = "never" if state.last_ok is None else times.full(state.last_ok, zone)
    rows = [
        ("title", line(state.title)),
        ("address", line(feed.feed.url)),
        ("site", line(state.link)),
        ("tags", ", ".join(map(line, feed.feed.tags))),
        ("language", state.lang or feed.feed.lang),
        ("articles", str(feed.articles)),
        ("last poll", last_poll),
        ("last success", last_ok),
        ("next poll", "never" if state.gone else _in(state.next_due - now)),
        ("last article", _ago(state.published, now)),
        ("publishes", describe_interval(state.usual) if state.usual else ""),
        ("failures", f"{state.failures} in a row" if state.failures else ""),
        ("reason", line(state.reason)),
        ("coverage gap", "no entry in common between the last two polls" * state.blind),
    ]
    lines: list[Line] = [*wrap(line(feed.feed.name), cells, "title")]
    lines += [*wrap(line(feed.words), cells, "plain"), []]
    for name, value in rows:
        if value:
            lines += _row(name, value, cells)
    if background.settings:
        lines += [[], *wrap("Settings in feeds.yaml", cells, "title")]
    for setting in background.settings:
        lines += _row(setting.key, f"{line(setting.value)} ({line(setting.source)})", cells)
    lines += _gap_lines(background, cells, now, zone)
    if background.polls:
        lines += [[], *wrap("Last polls", cells, "title")]
    for poll in background.polls[:MAX_POLLS]:
        lines += _row(f"{times.age(now - poll.at)} ago", line(describe_poll(poll)), cells)
    return lines


def _gap_lines(
    background: FeedBackground, cells: int, now: Timestamp, zone: tzinfo | None
) -> list[Line]:
    """Return the coverage gaps of the feed, and the watchlists that they affect."""
    if not background.gaps:
        return []
    lines: list[Line] = [[], *wrap("Coverage gaps of the last week", cells, "title")]
    for gap in reversed(background.gaps):
        duration = span((now if gap.end is None else gap.end) - gap.start)
        when = format_interval(gap.start, gap.end, now, zone)
        lines += _row("coverage gap", f"{when}, {duration}: {gap.kind.label}", cells)
    if background.watchlists:
        lines += _row("affects", ", ".join(map(line, background.watchlists)), cells)
    return lines


def _row(name: str, value: str, cells: int) -> list[Line]:
    first, *more = wrap(value, max(1, cells - 13), "plain")
    return [[(fit(name, 13), "quiet"), *first], *([(" " * 13, ""), *rest] for rest in more)]


def _ago(at: Timestamp | None, now: Timestamp) -> str:
    return "" if at is None else f"{times.age(now - at)} ago"


def _in(seconds: float) -> str:
    return f"in {times.age(seconds)}" if seconds >= 1 else "now"


_GAP_GLYPHS = {
    GapKind.BLIND: (f"{signs.LOOK} ", "late"),
    GapKind.DOWN: (f"{signs.FAILED} ", "bad"),
}


def gaps_page(
    gaps: Sequence[Gap],
    coverage: Sequence[Coverage],
    cells: int,
    now: Timestamp,
    zone: tzinfo | None,
) -> list[Line]:
    """Return coverage gaps, the latest first, and the watchlists that they affect.

    Args:
        gaps: Times in which articles of a feed may have been missed.
        coverage: What the gaps mean for each watchlist.
        cells: Width of the lines.
        now: The present time.
        zone: The time zone; None is the machine's.
    """
    if not gaps:
        text = "No coverage gaps: each poll had an entry in common with the one before it."
        return wrap(text, cells, "plain")
    lines = wrap("By watchlist", cells, "title")
    groups: dict[str, list[str]] = defaultdict(list)
    for each in coverage:
        groups[describe_gap(each, now, zone)].append(line(each.watchlist))
    for text, names in groups.items():
        lines += [*wrap(", ".join(names), cells, "list"), *wrap(text, cells, "plain", "    ")]
    lines += [[], *wrap("By feed", cells, "title")]
    name = max(6, min(30, cells // 3))
    for gap in sorted(gaps, key=lambda gap: -gap.start):
        duration = span((now if gap.end is None else gap.end) - gap.start)
        when = f"{format_interval(gap.start, gap.end, now, zone)}, {duration}: {gap.kind.label}"
        lines.append(
            [
                _GAP_GLYPHS[gap.kind],
                (fit(gap.feed.name, name), "plain"),
                (" ", ""),
                (fit(when, max(1, cells - name - 3)), "quiet"),
            ]
        )
    return lines
