"""A feed laid out for reading, and what may have been missed in the last week."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import tzinfo
from typing import TYPE_CHECKING

from index.analysis.text_cleaning import line
from index.article import Timestamp
from monitor.formatting import span
from monitor.ingest.coverage_gaps import describe_gap, format_interval
from monitor.ingest.feed_health import describe_poll
from monitor.ingest.publication_rate import describe_interval
from monitor.model.feed import Coverage, Gap, GapKind
from tui.view import times
from tui.view.styled_text import Line, fit, wrap

if TYPE_CHECKING:
    from monitor.model.feed import FeedHealth, Poll
    from monitor.model.request_options import Setting


POLLS = 30
"""Polls that are listed."""
WEEK = 7 * 86_400.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Background:
    """What is known of a feed beyond its health."""

    polls: Sequence[Poll] = ()
    """Its last polls, the newest first."""
    gaps: Sequence[Gap] = ()
    """When it was blind or not read, the earliest first."""
    watchlists: Sequence[str] = ()
    """Those that may have missed something by that."""
    settings: Sequence[Setting] = ()
    """What feeds.yaml says of it, and where."""


def details(
    feed: FeedHealth,
    polls: Sequence[Poll],
    cells: int,
    now: Timestamp,
    zone: tzinfo | None,
    known: Background | None = None,
) -> list[Line]:
    """Return all that is known of a feed as lines, with its last polls, the newest first."""
    known = known or Background(polls=polls)
    state = feed.state
    asked = "never" if state.last_poll is None else f"{times.age(now - state.last_poll)} ago"
    answered = "never" if state.last_ok is None else times.full(state.last_ok, zone)
    rows = [
        ("title", line(state.title)),
        ("address", line(feed.feed.url)),
        ("site", line(state.link)),
        ("tags", ", ".join(map(line, feed.feed.tags))),
        ("language", state.lang or feed.feed.lang),
        ("articles", str(feed.articles)),
        ("last asked", asked),
        ("last answer", answered),
        ("asked again", "never" if state.gone else _next(state.next_due - now)),
        ("last news", _ago(state.published, now)),
        ("publishes", describe_interval(state.usual) if state.usual else ""),
        ("failures", f"{state.failures} in a row" if state.failures else ""),
        ("reason", line(state.reason)),
        ("blind", "the last answer held nothing known before: some may be missed" * state.blind),
    ]
    lines: list[Line] = [*wrap(line(feed.feed.name), cells, "title")]
    lines += [*wrap(line(feed.words), cells, "plain"), []]
    for name, value in rows:
        if value:
            lines += _row(name, value, cells)
    if known.settings:
        lines += [[], *wrap("Set in feeds.yaml", cells, "title")]
    for setting in known.settings:
        lines += _row(setting.key, f"{line(setting.words)} ({line(setting.whence)})", cells)
    lines += _missed(known, cells, now, zone)
    if known.polls:
        lines += [[], *wrap("Last polls", cells, "title")]
    for poll in known.polls[:POLLS]:
        lines += _row(f"{times.age(now - poll.at)} ago", line(describe_poll(poll)), cells)
    return lines


def _missed(known: Background, cells: int, now: Timestamp, zone: tzinfo | None) -> list[Line]:
    """Return when the feed was not seen in the last week, and whom that concerns."""
    if not known.gaps:
        return []
    lines: list[Line] = [[], *wrap("Not seen in the last week", cells, "title")]
    for gap in reversed(known.gaps):
        lasted = span((now if gap.end is None else gap.end) - gap.start)
        when = format_interval(gap.start, gap.end, now, zone)
        lines += _row(f"{gap.kind}", f"{when}, {lasted}", cells)
    if known.watchlists:
        lines += _row("concerns", ", ".join(map(line, known.watchlists)), cells)
    return lines


def _row(name: str, value: str, cells: int) -> list[Line]:
    first, *more = wrap(value, max(1, cells - 13), "plain")
    return [[(fit(name, 13), "quiet"), *first], *([(" " * 13, ""), *rest] for rest in more)]


def _ago(at: Timestamp | None, now: Timestamp) -> str:
    return "" if at is None else f"{times.age(now - at)} ago"


def _next(seconds: float) -> str:
    return f"in {times.age(seconds)}" if seconds >= 1 else "now"


_MARKS = {GapKind.BLIND: ("! ", "late"), GapKind.DOWN: ("✗ ", "bad")}


def missed(
    gaps: Sequence[Gap],
    covered: Sequence[Coverage],
    cells: int,
    now: Timestamp,
    zone: tzinfo | None,
) -> list[Line]:
    """Return the intervals in which feeds were not seen, the latest first, and whom they concern.

    Blind is a feed of which all was new at once, down one that was not read.
    """
    if not gaps:
        return wrap(
            "Nothing was missed: each read had something in common with the one before.",
            cells,
            "plain",
        )
    lines = wrap("By watchlist", cells, "title")
    alike: dict[str, list[str]] = defaultdict(list)
    for one in covered:
        alike[describe_gap(one, now, zone)].append(line(one.watchlist))
    for reason, names in alike.items():
        lines += [*wrap(", ".join(names), cells, "list"), *wrap(reason, cells, "plain", "    ")]
    lines += [[], *wrap("By feed", cells, "title")]
    name = max(6, min(30, cells // 3))
    for gap in sorted(gaps, key=lambda gap: -gap.start):
        lasted = span((now if gap.end is None else gap.end) - gap.start)
        when = f"{gap.kind} {format_interval(gap.start, gap.end, now, zone)}, {lasted}"
        lines.append(
            [
                _MARKS[gap.kind],
                (fit(gap.feed.name, name), "plain"),
                (" ", ""),
                (fit(when, max(1, cells - name - 3)), "quiet"),
            ]
        )
    return lines
