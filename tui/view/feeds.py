"""A feed as a row and as a page, and the coverage gaps of the last week."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from datetime import tzinfo
from typing import NamedTuple

from msgspec import Struct
from rich.cells import cell_len

from index.analysis.folding import fold
from monitor.base import signs
from monitor.base.article import Timestamp
from monitor.base.formatting import due_in, short_span, span
from monitor.base.text_cleaning import line
from monitor.base.translation import gettext as _, mark, mark_all, ngettext, number, pgettext
from monitor.intake.ingest.coverage_gaps import describe_gap, format_interval
from monitor.intake.ingest.feed_health import WORST, describe_interval, describe_poll
from monitor.model.feed import Coverage, Feed, FeedHealth, Gap, GapKind, Health, Poll, Setting
from monitor.model.shown_names import source_name
from monitor.presentation import times
from monitor.presentation.spans import Line, Run, fit, wrap
from tui.view.alerts import short_count

_ROLES = {signs.OK: "ok", signs.LOOK: "late", signs.FAILED: "bad"}
HEALTH_GLYPHS = {health: (health.sign, _ROLES.get(health.sign, "quiet")) for health in Health}
"""The sign of each health, and its role."""

NEVER = float("inf")


def feed_name_cells(feeds: Sequence[FeedHealth], cells: int) -> int:
    """Return the width of the names of feeds with problems, in lines of so many cells."""
    longest = max((cell_len(line(feed.feed.name)) for feed in feeds), default=0)
    reason = max((cell_len(line(feed.words)) for feed in feeds), default=0)
    return min(longest, max(cells * 3 // 5, cells - 3 - reason))


def feed_row(feed: FeedHealth, cells: int, name_cells: int) -> Line:
    """Return a feed with a problem on one line: glyph, name, reason."""
    glyph, style = HEALTH_GLYPHS[feed.health]
    return [
        (f"{glyph} ", style),
        (fit(feed.feed.name, name_cells), "plain"),
        (" ", ""),
        (fit(feed.words, max(1, cells - name_cells - 3)), "quiet"),
    ]


FEED_ORDERS: Sequence[tuple[str, Callable[[FeedHealth], tuple[float | str, ...]]]] = (
    (mark("worst first"), lambda feed: (WORST.index(feed.health), -feed.state.failures)),
    (mark("by name"), lambda feed: (feed.feed.name.casefold(),)),
    (mark("longest not polled first"), lambda feed: (feed.state.last_ok or 0.0,)),
    (mark("next due first"), lambda feed: (NEVER if _is_idle(feed) else feed.state.next_due,)),
    (mark("most articles first"), lambda feed: (-feed.articles,)),
)
"""The orders of feeds, each with its label."""
_HEADERS = mark_all(
    "column", "feed", "state", "read", "next", "every", "articles", "publishes", "reason"
)


class FeedColumns(NamedTuple):
    """Cells of each column; 0 is not shown."""

    name: int
    state: int
    read: int
    next: int
    interval: int
    articles: int
    habit: int


def feed_columns(cells: int, feeds: Sequence[FeedHealth] = ()) -> FeedColumns:
    """Return the width of each column in lines of so many cells.

    The names of these feeds take what they need if their reasons have room too, else about a
    quarter; a habit that none has takes no room.
    """
    feed, state, read, next, interval, articles, publishes, _reason = _headers()
    states = [_state_name(health) for health in Health if health is not Health.QUARANTINED]
    habits = [describe_interval(f.state.usual) for f in feeds if f.state.usual]
    columns = FeedColumns(
        0,
        1 + _widest(state, *states),
        1 + max(5, _widest(read, _("never"))),
        1 + max(5, _widest(next, pgettext("column", "now"))) if cells >= 50 else 0,
        1 + max(6, _widest(interval)) if cells >= 90 else 0,
        1 + max(8, _widest(articles)) if cells >= 70 else 0,
        2 + _widest(publishes, *habits) if habits and cells >= 110 else 0,
    )
    names = _widest(feed, *(line(f.feed.name) for f in feeds))
    reasons = _widest("", *(line(f.words) for f in feeds))
    room = cells - 5 - sum(columns)
    limit = max(min(30, cells // 3), room - reasons)
    minimum = min(30, max(10, cells // 4))
    return columns._replace(name=names if names <= limit else max(minimum, room - reasons))


def _headers() -> list[str]:
    return [pgettext("column", header) for header in _HEADERS]


def _widest(*texts: str) -> int:
    return max(map(cell_len, texts))


def _state_name(health: Health) -> str:
    """Return a health in one word."""
    return pgettext("health", "gap") if health is Health.BLIND else health.label


def feed_table_header(cells: int, widths: FeedColumns) -> Line:
    return _table_line(("  ", ""), _headers(), ("quiet", "quiet", "quiet"), cells, widths)


def feed_table_row(feed: FeedHealth, cells: int, now: Timestamp, widths: FeedColumns) -> Line:
    """Return a feed as a row: health, last success, next poll, interval, articles, reason.

    A feed that is well has no reason: the other columns say all of it.
    """
    glyph, style = HEALTH_GLYPHS[feed.health]
    state = feed.state
    values = [
        feed.feed.name,
        _state_name(feed.health),
        _("never") if state.last_ok is None else short_span(now - state.last_ok),
        _next(feed, now),
        _interval(feed),
        short_count(feed.articles),
        describe_interval(state.usual) if state.usual else "",
        "" if feed.health is Health.OK and widths.next else feed.words,
    ]
    return _table_line((f"{glyph} ", style), values, ("plain", style, "plain"), cells, widths)


def _table_line(
    glyph: Run, values: Sequence[str], styles: Sequence[str], cells: int, widths: FeedColumns
) -> Line:
    """Return the values of all columns as a line; name, state and reason have a style each."""
    name, state, *numbers, habit, reason = values
    row = [
        glyph,
        (fit(name, widths.name), styles[0]),
        (" ", ""),
        (fit(state, widths.state), styles[1]),
    ]
    rooms = (widths.read, widths.next, widths.interval, widths.articles)
    row += [
        (fit(text, room, right=True), "quiet") for text, room in zip(numbers, rooms, strict=True)
    ]
    if widths.habit:
        row += [("  ", ""), (fit(habit, widths.habit - 2), "quiet")]
    return [*row, ("  ", ""), (fit(reason, max(1, cells - 5 - sum(widths))), styles[2])]


def _is_idle(feed: FeedHealth) -> bool:
    return feed.health in (Health.PAUSED, Health.GONE)


def _next(feed: FeedHealth, now: Timestamp) -> str:
    if _is_idle(feed):
        return "–"
    wait = feed.state.next_due - now
    return short_span(wait) if wait >= 1 else pgettext("column", "now")


def _interval(feed: FeedHealth) -> str:
    """Return the interval between polls, with a tilde where tocsin chose it."""
    if feed.feed.every is not None:
        return short_span(feed.feed.every)
    return f"~{short_span(feed.state.delay)}"


def select_feeds(
    feeds: Sequence[FeedHealth], state: Health | None, order: int, words: str = ""
) -> list[FeedHealth]:
    """Return feeds in an order.

    Args:
        feeds: The feeds to choose from.
        state: Only feeds with this health; None for all.
        order: Index into `FEED_ORDERS`.
        words: Only feeds with these in name, address or tags, in any case and without accents.
    """
    terms = fold(words).split()
    selected = [
        feed
        for feed in feeds
        if (state is None or feed.health is state) and _has_words(feed.feed, terms)
    ]
    return sorted(selected, key=FEED_ORDERS[order][1])


def _has_words(feed: Feed, words: Sequence[str]) -> bool:
    searchable = fold(" ".join((feed.name, feed.url, *feed.tags))) if words else ""
    return all(word in searchable for word in words)


def state_rows(feeds: Sequence[FeedHealth]) -> list[tuple[Health | None, Line]]:
    """Return a row for all feeds, then one for each state that occurs, the worst first."""
    counts = Counter(feed.health for feed in feeds)
    rows: list[tuple[Health | None, Line]] = [(None, [(f"  {_('all')}  {len(feeds)}", "plain")])]
    for health in WORST:
        if counts[health]:
            glyph, style = HEALTH_GLYPHS[health]
            rows.append(
                (health, [(f"{glyph} ", style), (f"{health.label}  {counts[health]}", "plain")])
            )
    return rows


MAX_POLLS = 30
"""Polls that a feed's page lists."""
WEEK = 7 * 86_400.0


class FeedBackground(Struct, frozen=True, kw_only=True):
    """The content of a feed's page beside its health."""

    polls: Sequence[Poll] = ()
    """The last polls, the newest first."""
    gaps: Sequence[Gap] = ()
    """Coverage gaps of the last week, the earliest first."""
    watchlists: Sequence[str] = ()
    """Watchlists that may have missed articles because of the gaps."""
    settings: Sequence[Setting] = ()
    """The settings in feeds.yaml, and where they are."""


def feed_page(
    feed: FeedHealth, background: FeedBackground, cells: int, now: Timestamp, zone: tzinfo | None
) -> list[Line]:
    """Return a feed as a page: its state, settings, coverage gaps and last polls."""
    state = feed.state
    failures = ngettext("{count} in a row", "{count} in a row", state.failures)
    last_ok = _("never") if state.last_ok is None else times.full(state.last_ok, zone)
    rows = [
        (_("title"), line(state.title)),
        (_("address"), line(feed.feed.url)),
        (_("site"), line(state.link)),
        (_("tags"), ", ".join(map(line, feed.feed.tags))),
        (_("language"), state.lang or feed.feed.lang),
        (_("articles"), number(feed.articles)),
        (_("last poll"), _ago(state.last_poll, now) or _("never")),
        (_("last success"), last_ok),
        (_("next poll"), _("never") if state.gone else due_in(state.next_due - now)),
        (_("last article"), _ago(state.published, now)),
        (_("publishes"), describe_interval(state.usual) if state.usual else ""),
        (_("failures"), failures if state.failures else ""),
        (_("reason"), line(state.reason)),
        (_("coverage gap"), _("no entry in common between the last two polls") * state.blind),
    ]
    label_cells = 1 + max(12, *(cell_len(name) for name, value in rows))
    lines: list[Line] = [*wrap(line(feed.feed.name), cells, "title")]
    lines += [*wrap(line(feed.words), cells, "plain"), []]
    for name, value in rows:
        if value:
            lines += _row(name, value, cells, label_cells)
    if background.settings:
        lines += [[], *wrap(_("Settings in feeds.yaml"), cells, "title")]
    for setting in background.settings:
        source = line(source_name(setting.source))
        lines += _row(setting.key, f"{line(setting.value)} ({source})", cells, label_cells)
    lines += _gap_lines(background, cells, now, zone, label_cells)
    if background.polls:
        lines += [[], *wrap(_("Last polls"), cells, "title")]
    for poll in background.polls[:MAX_POLLS]:
        lines += _row(_ago(poll.at, now), line(describe_poll(poll)), cells, label_cells)
    return lines


def _gap_lines(
    background: FeedBackground, cells: int, now: Timestamp, zone: tzinfo | None, label_cells: int
) -> list[Line]:
    """Return the coverage gaps of the feed, and the watchlists that they affect."""
    if not background.gaps:
        return []
    lines: list[Line] = [[], *wrap(_("Coverage gaps of the last week"), cells, "title")]
    for gap in reversed(background.gaps):
        duration = span((now if gap.end is None else gap.end) - gap.start)
        when = format_interval(gap.start, gap.end, now, zone)
        lines += _row(_("coverage gap"), _gap_words(gap, when, duration), cells, label_cells)
    if background.watchlists:
        names = ", ".join(map(line, background.watchlists))
        lines += _row(_("affects"), names, cells, label_cells)
    return lines


def _gap_words(gap: Gap, when: str, duration: str) -> str:
    return _("{when}, {duration}: {kind}", when=when, duration=duration, kind=gap.kind.label)


def _row(name: str, value: str, cells: int, label_cells: int) -> list[Line]:
    first, *next_lines = wrap(value, max(1, cells - label_cells), "plain")
    label, blank = (fit(name, label_cells), "quiet"), (" " * label_cells, "")
    return [[label, *first], *([blank, *runs] for runs in next_lines)]


def _ago(at: Timestamp | None, now: Timestamp) -> str:
    return "" if at is None else _("{age} ago", age=span(now - at))


_GAP_GLYPHS = {GapKind.BLIND: (f"{signs.LOOK} ", "late"), GapKind.DOWN: (f"{signs.FAILED} ", "bad")}


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
        coverage: The gaps of each watchlist.
        cells: Width of the lines.
        now: The present time.
        zone: The time zone; None is the machine's.
    """
    if not gaps:
        text = _("No coverage gaps: each poll had an entry in common with the one before it.")
        return wrap(text, cells, "plain")
    lines = wrap(_("By watchlist"), cells, "title")
    groups: dict[str, list[str]] = defaultdict(list)
    for item in coverage:
        groups[describe_gap(item, now, zone)].append(line(item.watchlist))
    for text, names in groups.items():
        lines += [*wrap(", ".join(names), cells, "list"), *wrap(text, cells, "plain", "    ")]
    lines += [[], *wrap(_("By feed"), cells, "title")]
    name_cells = max(6, min(30, cells // 3))
    for gap in sorted(gaps, key=lambda gap: -gap.start):
        duration = span((now if gap.end is None else gap.end) - gap.start)
        words = _gap_words(gap, format_interval(gap.start, gap.end, now, zone), duration)
        lines.append(
            [
                _GAP_GLYPHS[gap.kind],
                (fit(gap.feed.name, name_cells), "plain"),
                (" ", ""),
                (fit(words, max(1, cells - name_cells - 3)), "quiet"),
            ]
        )
    return lines
