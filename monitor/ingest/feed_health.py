"""The health of a feed, and the outcome of a poll, in words. Pure."""

from __future__ import annotations

from index.article import Timestamp
from monitor.formatting import counted, span
from monitor.ingest.publication_rate import describe_interval, is_silent
from monitor.model.feed import Feed, FeedState, Health, Outcome, Poll

MINUTE = 60.0
WORST = (
    Health.FAILING,
    Health.GONE,
    Health.LATE,
    Health.BLIND,
    Health.SILENT,
    Health.NEW,
    Health.OK,
    Health.PAUSED,
)
"""From the worst to the best."""


def health(feed: Feed, state: FeedState, now: Timestamp) -> Health:
    """Return how a feed is doing."""
    if not feed.enabled:
        return Health.PAUSED
    if state.gone:
        return Health.GONE
    if state.failures:
        return Health.FAILING
    if state.last_ok is None:
        return Health.NEW
    if is_late(state, now):
        return Health.LATE
    if state.blind:
        return Health.BLIND
    return Health.SILENT if is_silent(state) else Health.OK


def is_late(state: FeedState, now: Timestamp) -> bool:
    """Return whether a poll is overdue by more than its whole delay, a minute at least."""
    if state.last_poll is None:
        return False
    return now - state.next_due > max(MINUTE, state.next_due - state.last_poll)


def describe_health(feed: Feed, state: FeedState, now: Timestamp) -> str:
    """Return a feed's health in words: `503 Service Unavailable ×4, retry in 2 min`."""
    when = f"in {span(state.next_due - now)}" if state.next_due > now else "now"
    match health(feed, state, now):
        case Health.PAUSED:
            return "paused: `enabled: false` in feeds.yaml"
        case Health.GONE:
            return "gone (410): not asked any more"
        case Health.FAILING:
            times = f" ×{state.failures}" if state.failures > 1 else ""
            return f"{state.reason.partition(';')[0]}{times}, retry {when}"
        case Health.NEW:
            return "not polled yet"
        case Health.LATE:
            return f"last read {span(now - (state.last_ok or now))} ago, overdue"
        case Health.BLIND:
            return f"{_too_fast(feed)}, some may be missed; next {when}"
        case Health.SILENT:
            return f"{_quiet(state)}; next {when}"
        case Health.OK:
            return f"ok, next {when}"


def describe_poll(poll: Poll) -> str:
    """Return the outcome of a poll in words: `200: 20 entries, 18 known, 2 new; 0.3 s`."""
    status = f"{poll.status}: " if poll.status else ""
    took = f"; {poll.seconds:.1f} s" if poll.seconds >= 0.05 else ""
    moved = f"; answered by {poll.moved}" if poll.moved else ""
    if poll.outcome is Outcome.FAILED:
        code = "" if poll.reason.startswith(str(poll.status)) else status
        return f"{code}{poll.reason}{took}{moved}"
    if poll.outcome is Outcome.UNCHANGED:
        return f"{status}unchanged{took}{moved}"
    changed = f", {poll.changed} changed" if poll.changed else ""
    blind = "; nothing known from the poll before: some may be missed" if poll.blind else ""
    entries = counted(poll.entries, "entry", "entries")
    return f"{status}{entries}, {poll.known} known, {poll.new} new{changed}{blind}{took}{moved}"


def _too_fast(feed: Feed) -> str:
    if feed.every is None:
        return "turns over faster than it is read"
    return f"turns over faster than every: {span(feed.every).replace(' ', '')}"


def _quiet(state: FeedState) -> str:
    quiet = span((state.last_ok or 0.0) - (state.published or 0.0))
    return f"nothing new for {quiet}, usually {describe_interval(state.usual or 0.0)}"
