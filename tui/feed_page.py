"""A feed laid out for reading: its health, its habit, its last polls."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import tzinfo

from index.article import Timestamp
from index.text import line
from monitor.habits import often
from monitor.health import told
from monitor.model import FeedHealth, Poll
from tui import moment
from tui.ink import Line, fit, wrap


def details(
    feed: FeedHealth, polls: Sequence[Poll], cells: int, now: Timestamp, zone: tzinfo | None
) -> list[Line]:
    """Return all that is known of a feed as lines, with its last polls, the newest first."""
    state = feed.state
    asked = "never" if state.last_poll is None else f"{moment.age(now - state.last_poll)} ago"
    answered = "never" if state.last_ok is None else moment.full(state.last_ok, zone)
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
        ("publishes", often(state.usual) if state.usual else ""),
        ("failures", f"{state.failures} in a row" if state.failures else ""),
        ("reason", line(state.reason)),
        ("blind", "the last answer held nothing known before: some may be missed" * state.blind),
    ]
    lines: list[Line] = [*wrap(line(feed.feed.name), cells, "title")]
    lines += [*wrap(line(feed.words), cells, "plain"), []]
    for name, value in rows:
        if value:
            first, *more = wrap(value, cells - 13, "plain")
            lines.append([(fit(name, 13), "quiet"), *first])
            lines += [[(" " * 13, ""), *rest] for rest in more]
    if polls:
        lines += [[], *wrap("Last polls", cells, "title")]
    for poll in polls:
        at = f"{moment.age(now - poll.at)} ago"
        first, *more = wrap(line(told(poll)), cells - 13, "plain")
        lines.append([(fit(at, 13), "quiet"), *first])
        lines += [[(" " * 13, ""), *rest] for rest in more]
    return lines


def _ago(at: Timestamp | None, now: Timestamp) -> str:
    return "" if at is None else f"{moment.age(now - at)} ago"


def _next(seconds: float) -> str:
    return f"in {moment.age(seconds)}" if seconds >= 1 else "now"
