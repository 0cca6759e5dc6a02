"""How a feed is doing, and what a poll came to, in words. Pure."""

from __future__ import annotations

from index.article import Timestamp
from monitor import model
from monitor.durations import span
from monitor.plural import counted
from monitor.polling.habits import is_silent, often

MINUTE = 60.0
WORST = (
    model.Health.FAILING,
    model.Health.GONE,
    model.Health.LATE,
    model.Health.BLIND,
    model.Health.SILENT,
    model.Health.NEW,
    model.Health.OK,
    model.Health.PAUSED,
)
"""From what is worst to what is well."""


def health(feed: model.Feed, state: model.FeedState, now: Timestamp) -> model.Health:
    """Return how a feed is doing."""
    if not feed.enabled:
        return model.Health.PAUSED
    if state.gone:
        return model.Health.GONE
    if state.failures:
        return model.Health.FAILING
    if state.last_ok is None:
        return model.Health.NEW
    if is_late(state, now):
        return model.Health.LATE
    if state.blind:
        return model.Health.BLIND
    return model.Health.SILENT if is_silent(state) else model.Health.OK


def is_late(state: model.FeedState, now: Timestamp) -> bool:
    """Return whether a poll is overdue by more than its whole delay, a minute at least."""
    if state.last_poll is None:
        return False
    return now - state.next_due > max(MINUTE, state.next_due - state.last_poll)


def words(feed: model.Feed, state: model.FeedState, now: Timestamp) -> str:
    """Return a feed's health in words: `503 Service Unavailable ×4, retry in 2 min`."""
    when = f"in {span(state.next_due - now)}" if state.next_due > now else "now"
    match health(feed, state, now):
        case model.Health.PAUSED:
            return "paused: `enabled: false` in feeds.yaml"
        case model.Health.GONE:
            return "gone (410): not asked any more"
        case model.Health.FAILING:
            times = f" ×{state.failures}" if state.failures > 1 else ""
            return f"{state.reason.partition(';')[0]}{times}, retry {when}"
        case model.Health.NEW:
            return "not polled yet"
        case model.Health.LATE:
            return f"last read {span(now - (state.last_ok or now))} ago, overdue"
        case model.Health.BLIND:
            return f"{_too_fast(feed)}, some may be missed; next {when}"
        case model.Health.SILENT:
            return f"{_quiet(state)}; next {when}"
        case model.Health.OK:
            return f"ok, next {when}"


def told(poll: model.Poll) -> str:
    """Return what a poll came to, in words: `200: 20 entries, 18 known, 2 new; 0.3 s`."""
    status = f"{poll.status}: " if poll.status else ""
    took = f"; {poll.seconds:.1f} s" if poll.seconds >= 0.05 else ""
    moved = f"; answered by {poll.moved}" if poll.moved else ""
    if poll.outcome is model.Outcome.FAILED:
        code = "" if poll.reason.startswith(str(poll.status)) else status
        return f"{code}{poll.reason}{took}{moved}"
    if poll.outcome is model.Outcome.UNCHANGED:
        return f"{status}unchanged{took}{moved}"
    changed = f", {poll.changed} changed" if poll.changed else ""
    blind = "; nothing known from the poll before: some may be missed" if poll.blind else ""
    entries = counted(poll.entries, "entry", "entries")
    return f"{status}{entries}, {poll.known} known, {poll.new} new{changed}{blind}{took}{moved}"


def _too_fast(feed: model.Feed) -> str:
    if feed.every is None:
        return "turns over faster than it is read"
    return f"turns over faster than every: {span(feed.every).replace(' ', '')}"


def _quiet(state: model.FeedState) -> str:
    quiet = span((state.last_ok or 0.0) - (state.published or 0.0))
    return f"nothing new for {quiet}, usually {often(state.usual or 0.0)}"
