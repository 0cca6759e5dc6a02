"""The state of the newsroom in words: the status bar, and what an empty stream says."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import tzinfo
from typing import TYPE_CHECKING, NamedTuple

from index.analysis.text_cleaning import line
from index.article import Timestamp
from monitor import signs
from monitor.formatting import counted
from monitor.model.feed import Health
from monitor.model.status import Status
from tui.view import times
from tui.view.alerts import short_count
from tui.view.styled_text import Line, fit, width, wrap

if TYPE_CHECKING:
    from monitor.model.feed import FeedHealth
    from monitor.model.watchlist import WatchlistCount


STALE_AFTER = 15.0
"""Seconds without a heartbeat after which the monitor counts as stale."""


def monitor_state(status: Status, now: Timestamp) -> tuple[str, str]:
    """Return the monitor's state as (words, style): live, starting, stale or none."""
    if status.monitor is None:
        return f"{signs.FAILED} no monitor", "bad"
    if status.pulse is None:
        return f"{signs.NOT_YET} starting", "late"
    silence = now - status.pulse
    if silence > STALE_AFTER:
        return f"{signs.LOOK} stale {times.age(silence)}", "bad"
    return f"{signs.OK} live {times.age(silence)}", "ok"


def status_problem(status: Status) -> str:
    """Return the problem that the status bar shows, empty when there is none."""
    if status.store_damage:
        return status.store_damage
    if status.network_down:
        return f"network: {status.network_down}"
    if status.config_error:
        place = status.config_error.find("line ")
        return f"feeds.yaml {status.config_error[max(0, place) :]} (not loaded)"
    return ""


class StatusPart(NamedTuple):
    """A part of the status bar."""

    line: Line
    opens: str = ""
    """Name of what a click on it opens; empty for nothing."""


def status_parts(
    status: Status | None,
    now: Timestamp,
    zone: tzinfo | None,
    cells: int,
    paused_alerts: int | None = None,
) -> list[StatusPart]:
    """Return the parts of the status bar; where there is no room the least important are left out.

    Args:
        status: The status; None before it is known.
        now: The present time.
        zone: The time zone; None is the machine's.
        cells: Width of the bar.
        paused_alerts: Alerts that wait while the stream is paused; None while it is not.
    """
    brand: Line = [(" TOCSIN ", "brand")]
    clock = times.clock(now, zone) + " "
    if status is None:
        return _align_right([StatusPart(brand), StatusPart([(" opening…", "quiet")])], clock, cells)
    words, style = monitor_state(status, now)
    shown = [StatusPart(brand), StatusPart([(f" {words}", style)], "monitor")]
    problem = status_problem(status)
    optional = _optional_parts(status, paused_alerts)
    if problem and cells < 100:
        optional = [part for part in optional if part.opens in ("pause", "untriaged")]
    for part in optional:
        if _width(shown) + width(part.line) >= cells:
            break
        shown.append(part)
    room = cells - _width(shown) - 3
    if problem and room > 8:
        clock = clock if room > len(clock) + 24 else ""
        text = f"{signs.LOOK} {problem}"
        text = fit(text, min(len(text), room - len(clock))).rstrip()
        opens = "monitor" if status.store_damage or status.network_down else "rules"
        shown += [StatusPart([("  ", "")]), StatusPart([(text, "bad")], opens)]
    return _align_right(shown, clock, cells)


def status_line(
    status: Status | None,
    now: Timestamp,
    zone: tzinfo | None,
    cells: int,
    paused_alerts: int | None = None,
) -> Line:
    """Return the status bar as one line; the arguments are those of `status_parts`."""
    parts = status_parts(status, now, zone, cells, paused_alerts)
    return [run for part in parts for run in part.line]


def _optional_parts(status: Status, paused_alerts: int | None) -> list[StatusPart]:
    untriaged = f"  {short_count(status.untriaged)} new"
    paused = [StatusPart([(f"  {signs.RESTS} PAUSED, {paused_alerts} wait", "late")], "pause")]
    rules = [StatusPart([(f"  rules {signs.OK}", "quiet")], "rules")]
    silences = [StatusPart([(f"  {len(status.mutes)} silenced", "quiet")], "silences")]
    gaps: Line = [(f"  gaps {status.blind}", "late" if status.blind else "quiet")]
    return [
        *(paused if paused_alerts is not None else []),
        StatusPart([(untriaged, "new" if status.untriaged else "quiet")], "untriaged"),
        *_unsent(status),
        StatusPart([("  feeds ", "quiet"), *_feeds(status)], "feeds"),
        StatusPart(gaps, "gaps"),
        *(silences if status.mutes else []),
        *(rules if status.monitor and not status.config_error else []),
    ]


def _unsent(status: Status) -> list[StatusPart]:
    """Return the numbers of deliveries that wait and that have failed for good, unless zero."""
    counts = ((status.unsent, "unsent", "quiet"), (status.dead, "undelivered", "bad"))
    return [
        StatusPart([(f"  {short_count(count)} {word}", style)], "deliveries")
        for count, word, style in counts
        if count
    ]


def _feeds(status: Status) -> Line:
    """Return how many feeds are well, have a warning, and fail."""
    count = {health: status.feeds.get(health, 0) for health in Health}
    bad = count[Health.FAILING] + count[Health.GONE]
    line: Line = [(f"{count[Health.OK]}{signs.OK}", "ok" if count[Health.OK] else "quiet")]
    if count[Health.NEW]:
        line.append((f" {count[Health.NEW]}{signs.NOT_YET}", "quiet"))
    warned = (Health.LATE, Health.BLIND, Health.SILENT, Health.QUARANTINED)
    warnings = sum(count[health] for health in warned)
    line.append((f" {warnings}{signs.LOOK}", "late" if warnings else "quiet"))
    line.append((f" {bad}{signs.FAILED}", "bad" if bad else "quiet"))
    return line


def _width(shown: Iterable[StatusPart]) -> int:
    return sum(width(part.line) for part in shown)


def _align_right(shown: list[StatusPart], right: str, cells: int) -> list[StatusPart]:
    """Return parts with a text at the right end of the bar, if it fits."""
    gap = cells - _width(shown) - len(right)
    return [*shown, StatusPart([(" " * gap, ""), (right, "quiet")])] if gap > 0 else shown


_DEMO = "Or try `tocsin demo` first: it opens a demo newsroom and needs no internet."
EmptyState = tuple[str, list[str]]
"""A headline and paragraphs."""
_DOWN = (Health.FAILING, Health.GONE)


def empty_state(
    status: Status | None,
    feeds: Sequence[FeedHealth],
    watchlists: Sequence[WatchlistCount],
    filter: str,
    feeds_hint: str,
) -> EmptyState:
    """Return what a stream without alerts shows.

    Args:
        status: The status; None before it is known.
        feeds: The feeds and their health.
        watchlists: The watchlists.
        filter: The filter of the stream, as written.
        feeds_hint: How to add feeds; empty for the usual way.
    """
    if status is None:
        return "Opening the archive…", []
    if filter:
        hints = ["f changes the filter, F shows all alerts.", "/ searches the whole archive."]
        return f"No alert passes the filter {line(filter)}.", hints
    if not feeds:
        hint = feeds_hint or "Add feeds to feeds.yaml; tocsin loads the file when you save it."
        return "No feeds yet.", [hint, _DEMO]
    polled = [feed for feed in feeds if feed.health is not Health.PAUSED]
    if polled and all(feed.health in _DOWN for feed in polled):
        return _unreachable(status, polled)
    return _no_alerts(status, feeds, watchlists)


def _unreachable(status: Status, feeds: Sequence[FeedHealth]) -> EmptyState:
    """Return what is shown when no feed can be polled, with the reasons."""
    count = Counter(feed.words for feed in feeds)
    reasons = [f"network: {status.network_down}"] if status.network_down else []
    reasons += [f"{words} ({counted(times, 'feed')})" for words, times in count.most_common(3)]
    return "No feed can be reached.", [*reasons, "e shows each feed with its reason.", _DEMO]


def _no_alerts(
    status: Status, feeds: Sequence[FeedHealth], watchlists: Sequence[WatchlistCount]
) -> EmptyState:
    """Return what is shown when no article has matched, or none can match."""
    if not watchlists:
        return "No watchlists yet.", [
            "Add a watchlist to feeds.yaml: a name, and the terms that raise an alert.",
            f"The archive has {counted(status.articles, 'article')}; / searches it.",
        ]
    if status.monitor is None:
        hint = "`tocsin` starts the monitor; new alerts then appear here."
        return "The monitor is not running.", [hint]
    names = ", ".join(watchlist.name for watchlist in watchlists[:8])
    more = "…" if len(watchlists) > 8 else ""
    new = [feed for feed in feeds if feed.health is Health.NEW]
    read = f"{counted(status.articles, 'article')} read; none matches yet."
    first = f"{len(new)} of {counted(len(feeds), 'feed')} are being polled for the first time."
    return "No alerts yet.", [
        f"Watching {counted(len(feeds), 'feed')} for {names}{more}.",
        first if new else read,
        "/ searches the archive, ? lists the keys.",
    ]


def empty_state_lines(headline: str, paragraphs: Sequence[str], cells: int) -> list[Line]:
    """Return an empty state as wrapped lines."""
    lines: list[Line] = [[]]
    lines += wrap(headline, cells, "title", "  ")
    for paragraph in paragraphs:
        lines += [[], *wrap(paragraph, cells, "plain", "  ")]
    return lines
