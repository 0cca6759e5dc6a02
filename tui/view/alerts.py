"""Alerts and watchlists as rows of styled text."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import tzinfo
from typing import NamedTuple

from rich.cells import cell_len

from monitor.base import signs
from monitor.base.article import Timestamp
from monitor.base.formatting import shown_title, sparkline
from monitor.base.text_cleaning import line as safe_line
from monitor.base.translation import gettext as _, mark_all, number, pgettext
from monitor.model.alert import Alert, AlertState, StoryAlerts, Verdict
from monitor.model.shown_names import list_name
from monitor.model.watchlist import SEVERITY_SIGNS, WatchlistCount
from monitor.presentation import times
from monitor.presentation.spans import Line, fit, width, wrap
from monitor.presentation.story import ListedStory

DATE_MARKS = {"undated": signs.UNDATED, "future": signs.FUTURE, "": " "}
"""Marks of a publication date that is missing or in the future."""


def triage_glyphs(story: StoryAlerts) -> Line:
    """Return three cells: verdict or state, the star, and the sign of a note."""
    return [
        _state_glyph(story),
        (signs.STAR if story.starred else " ", "star"),
        (signs.NOTE if story.noted else " ", "copies"),
    ]


def _state_glyph(story: StoryAlerts) -> tuple[str, str]:
    if story.verdict is not Verdict.NONE:
        return (signs.NOISE, "quiet") if story.verdict is Verdict.NOISE else (signs.RELEVANT, "ok")
    if story.state is AlertState.CLOSED:
        return signs.CLOSED, "quiet"
    return (signs.NEW, "new") if story.state is AlertState.NEW else (" ", "quiet")


def watchlist_badges(names: Sequence[str], cells: int) -> str:
    """Return the names of watchlists in so many cells: all, or the first and a count of others."""
    label = " · ".join(safe_line(list_name(name)) for name in names)
    if cell_len(label) <= cells or len(names) == 1:
        return fit(label, cells)
    suffix = f" {signs.MORE}{len(names) - 1}"
    first = safe_line(list_name(names[0]))
    return fit(fit(first, min(cell_len(first), cells - len(suffix))) + suffix, cells)


class AlertColumns(NamedTuple):
    """Cells of each column of the alerts with the blanks beside it; 0 is not shown."""

    signs: int
    """Severity, escalated or marked, the anomaly of the date, and triage."""
    time: int
    published: int
    watchlist: int
    headline: int
    outlet: int
    others: int


_NAMES = mark_all(
    "column", "severity", "time", "published", "watchlist", "headline", "outlet", "others"
)
COLUMNS = dict(zip(AlertColumns._fields, _NAMES, strict=True))
"""The names of the columns by their fields; the alerts can be sorted by each."""
CAN_BE_HIDDEN = ("time", "published", "watchlist", "outlet", "others")
HIDDEN = ("published",)
"""The columns that are hidden at first."""
NEWEST_FIRST = "time"
"""The column by which the alerts are sorted at first."""
LIST_CELLS, OUTLET_CELLS = 24, 26
"""Cells that the names of watchlists, and those of outlets, take at most."""


def alert_columns(
    cells: int, lists: int = 14, outlets: int = 16, hidden: Collection[str] = HIDDEN
) -> AlertColumns:
    """Return the columns of alerts in rows of so many cells; the headline takes what is left.

    The names of watchlists and outlets want so many cells. Narrow rows lack columns.
    """
    share = max(8, cells // 7)
    widths = {
        "signs": 7,
        "time": 6,
        "published": 10 if cells >= 60 else 0,
        "watchlist": 1 + min(lists, LIST_CELLS, share) if cells >= 50 else 0,
        "outlet": 1 + min(outlets, OUTLET_CELLS, max(10, share)) if cells >= 60 else 0,
        "others": 5 if cells >= 50 else 0,
    }
    widths |= {field: 0 for field in hidden if field in CAN_BE_HIDDEN}
    return AlertColumns(headline=max(2, cells - sum(widths.values())), **widths)


def alert_header(columns: AlertColumns, order: str) -> list[tuple[str, str]]:
    """Return (text, column) from left to right; the column that gives the order has a sign."""
    names = {field: pgettext("column", name) for field, name in COLUMNS.items()}
    names |= {"signs": "", "others": signs.OUTLETS}
    labels = {field: signs.SORTED * (field == order) + name for field, name in names.items()}
    left = [
        (f"{fit(labels[field], cells - 1)} " if cells else "", field)
        for field, cells in columns._asdict().items()
        if field in ("published", "watchlist", "headline")
    ]
    return [
        (fit(labels["signs"], 2), "signs"),
        (fit(labels["time"], columns.time, right=True), "time"),
        (" " * (columns.signs - 2), "signs"),
        *left,
        (" " * bool(columns.outlet) + fit(labels["outlet"], columns.outlet - 1), "outlet"),
        (fit(labels["others"], columns.others, right=True), "others"),
    ]


def story_row(
    listed: ListedStory,
    columns: AlertColumns,
    now: Timestamp,
    zone: tzinfo | None,
    *,
    marked: bool = False,
    first: Collection[str] = (),
) -> Line:
    """Return a story on one line: its state, watchlists, headline, outlet, and other outlets.

    Args:
        listed: The story.
        columns: The columns of the list.
        now: The present time: times of today are shown as hours.
        zone: The time zone; None is the machine's.
        marked: Whether the analyst marked it, for an action on several stories.
        first: The watchlists that the list is filtered by, which are named first.
    """
    story, alert = listed.unsilenced, listed.lead
    time = fit(times.short(alert.stirred_at, now, zone), columns.time, right=True)
    row = _state(story, alert, time, marked=marked)
    if columns.published:
        published = times.short(alert.published, now, zone) if alert.published else ""
        row.append((fit(published, columns.published), "quiet"))
    if columns.watchlist:
        names = sorted(story.watchlists, key=lambda name: name not in first)
        row += [(watchlist_badges(names, columns.watchlist - 1), "list"), (" ", "")]
    reason, title, tags = _headline(story, alert, columns.headline - 1)
    room = columns.headline - 1 - width(reason) - cell_len(tags)
    triaged = story.state is not AlertState.NEW or story.verdict is Verdict.NOISE
    row += [*reason, (fit(title, room), "quiet" if triaged else "plain"), (f"{tags} ", "copies")]
    if columns.outlet:
        row += [(" ", ""), (fit(alert.publisher, columns.outlet - 1), "quiet")]
    copies = f"{signs.OUTLETS}{alert.copies}" if alert.copies else ""
    return [*row, (fit(copies, columns.others, right=True), "copies")]


def _date_anomaly(alert: Alert) -> str:
    """Return the anomaly of the date of an article; a feed and a watchlist have none."""
    return "" if alert.article is None else times.date_anomaly(alert.published, alert.raised_at)


def _has_escalated(alert: Alert) -> bool:
    return alert.stirred_at != alert.raised_at


def _state(story: StoryAlerts, alert: Alert, time: str, *, marked: bool) -> Line:
    """Return the severity, the time of the last event, the anomaly of the date, and triage."""
    anomaly = _date_anomaly(alert)
    is_old = alert.backfill and alert.published is not None and not anomaly
    mark = signs.MARKED if marked else signs.ESCALATED if _has_escalated(alert) else " "
    return [
        (SEVERITY_SIGNS[story.severity] if alert.id > 0 else " ", f"{story.severity}"),
        (mark, "accent"),
        (time, "quiet"),
        (signs.OLDER if is_old else DATE_MARKS[anomaly], "late" if anomaly else "quiet"),
        *triage_glyphs(story),
        (" ", ""),
    ]


def _headline(story: StoryAlerts, alert: Alert, room: int) -> tuple[Line, str, str]:
    """Return the reason of an escalation, the headline, and assignees and tags after it."""
    reason: Line = []
    if _has_escalated(alert) and room >= 30:
        words = safe_line(alert.escalations[-1].words).partition(":")[0]
        limit = max(room // 4, min(18, room - 12))
        reason = [(fit(words, min(cell_len(words), limit)), "late"), (" · ", "quiet")]
    people = [signs.ASSIGNED + safe_line(name) for name in story.assignees]
    tags = " ".join([*people, *(signs.TAG + tag for tag in story.tags)]) if room >= 24 else ""
    tags = " " + fit(tags, min(cell_len(tags), room // 3 - 1)) if tags else ""
    return reason, safe_line(shown_title(alert.title)), tags


def unusual_page(
    alert: Alert, stories: Sequence[Alert], cells: int, now: Timestamp, zone: tzinfo | None
) -> list[Line]:
    """Return an alert about a watchlist itself, with the last stories of the watchlist."""
    lines = [
        *wrap(
            safe_line(_("{name}: {text}", name=list_name(alert.watchlist), text=alert.title)),
            cells,
            "title",
        )
    ]
    if stories:
        lines += [[], [(_("Its last stories"), "quiet")]]
    for story in stories:
        when = f"{times.short(story.raised_at, now, zone)}  "
        words = safe_line(f"{shown_title(story.title)} · {story.publisher}")
        lines.append([(when, "quiet"), (fit(words, max(1, cells - len(when))), "plain")])
    return lines


def spark(counts: Sequence[int], cells: int = 12) -> str:
    """Return the last `cells` counts as bars, scaled to the largest; zero is a blank."""
    return sparkline(counts[-cells:], cells).rjust(cells)


class WatchlistColumns(NamedTuple):
    """Widths of the columns beside the name of a watchlist, in cells; 0 is not shown."""

    bars: int = 12
    """Width of the bars of the last day."""
    pace: int = 8
    """Width of the stories of today and their usual number."""


def watchlist_columns(counts: Sequence[WatchlistCount], cells: int) -> WatchlistColumns:
    """Return the columns of watchlists in lines of so many cells.

    The bars shrink, and numbers that no watchlist has take no room, before a name is cut.
    """
    names = [safe_line(list_name(count.name)) for count in counts if count.spark]
    longest = max(map(cell_len, names), default=0)
    paces = max((cell_len(_pace(count)) for count in counts), default=0)
    pace = min(8, paces + 1) if paces else 0
    bars = min(12, cells - 8 - pace - longest)
    return WatchlistColumns(bars if bars >= 3 else 0, pace)


def _pace(count: WatchlistCount) -> str:
    """Return the stories of today and their usual number, as far as there is one to tell."""
    baseline = count.pace
    today = short_count(baseline.today) if baseline.today or baseline.usual is not None else ""
    return today + ("" if baseline.usual is None else f"/{short_count(round(baseline.usual))}")


def watchlist_row(
    count: WatchlistCount,
    cells: int,
    *,
    chosen: bool,
    columns: WatchlistColumns = WatchlistColumns(),
    silenced: str = "",
) -> Line:
    """Return a watchlist on one line: name, the last day as bars, today/usual, untriaged.

    Args:
        count: The watchlist and its counts; `⇈` marks an unusual number of stories today.
        cells: Width of the line.
        chosen: Whether the stream is filtered by it.
        columns: The columns beside its name.
        silenced: The end of its silence, shown in place of bars and counts; empty without one.
    """
    bars, pace = columns
    bars *= bool(count.spark)  # a name may have their room
    side_cells = pace + 1 + (bars + 1 if bars else 0)
    until = f"{signs.RESTS} {_('to {time}', time=silenced)}" if silenced else ""
    side_cells = max(side_cells, min(1 + cell_len(until), cells - 10)) if silenced else side_cells
    untriaged = f"{signs.NEW}{short_count(count.untriaged)}" if count.untriaged else ""
    baseline = count.pace
    line: Line = [
        (signs.CHOSEN if chosen else " ", "accent"),
        (
            fit(list_name(count.name), max(4, cells - 5 - side_cells)),
            "accent" if chosen else "quiet" if silenced else "plain",
        ),
    ]
    if silenced:
        line += [(" ", ""), (fit(until, side_cells - 1), "late")]
    else:
        line += [(" " + spark(count.spark, bars), f"{count.severity}")] if bars else []
        line += [
            (fit(_pace(count), pace, right=True), "new" if baseline.unusual else "quiet"),
            (signs.SPIKE if baseline.surprise else signs.QUIET if baseline.quiet else " ", "high"),
        ]
    line.append((fit(untriaged, 4, right=True), "new"))
    used_cells = sum(cell_len(text) for text, _ in line)
    return [*line, (" " * (cells - used_cells), "")] if used_cells < cells else line


def baseline_text(count: WatchlistCount) -> str:
    """Return today's stories beside the usual number by this time; empty without a baseline."""
    baseline = count.pace
    if baseline.usual is None:
        return ""
    usual = _three_digits(baseline.usual)
    return _("today {today}, usual {usual} by now", today=number(baseline.today), usual=usual)


def short_count(count: int) -> str:
    """Return a count in at most five cells: `999`, `12.3k`, `1.2M`."""
    if count < 10_000:
        return str(count)
    if count < 999_500:
        return f"{_three_digits(count / 1000)}k"
    return f"{_three_digits(count / 1e6)}M"


def _three_digits(value: float) -> str:
    """Return a number of at most three digits, and no zeros at its end."""
    return number(value, len(f"{value:.3g}".partition(".")[2]) if value < 999.5 else 0)
