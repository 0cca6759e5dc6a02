"""Schedules the next poll: pure decisions from the feed, its state, an answer and the time.

    success   max(interval, max-age, ttl); hints count up to 31 days
    429, 503  Retry-After, at least a minute; a 429 without it waits four hours
    410       never again
    else      max(interval, 5 min), doubling; a poll that somebody asked for doubles nothing
    quarantine    1 h, doubling with each document that exceeds the limits of matching or
              indexing; over after a day without one
    ceiling   24 h, but never earlier than a server asked
    a day     after the first failure the feed is polled in any case, since an alert is due then

The interval is the one in `feeds.yaml`, else 15 minutes, and down to 5 minutes where a feed
turns over so fast that entries could be missed. Jitter only ever lengthens a delay.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec.structs import replace

from monitor.base.article import Timestamp
from monitor.base.errors import FeedError, FetchError
from monitor.model.feed import Feed, FeedState, SourceKind
from monitor.model.poll import Fetched, Hints, NotModified, ParsedFeed

MINUTE, HOUR, DAY = 60.0, 3_600.0, 86_400.0

DEFAULT = 15 * MINUTE
SHORTEST = 1.0
"""Shortest interval; the configuration permits less than a minute only in `network.allow`."""
ADAPTED = 5 * MINUTE
"""Shortest adaptive interval."""
CEILING = DAY
LONGEST_HINT = 31 * DAY
BACK_OFF = 5 * MINUTE
TOO_MANY = 4 * HOUR
QUARANTINE = HOUR
OUTAGE = MINUTE
"""Seconds until the next try while the network is down."""
CATCH_UP = 10.0
"""Requests a second for feeds that are long overdue."""
_OVERLAP = 0.5
"""Share of a feed's entries that should be known already when it is polled."""
_STEPPED = 60.0
"""Seconds by which a poll may lie in the future before the clock must have been set back."""


def due(states: Mapping[str, FeedState], feeds: Sequence[Feed], until: Timestamp) -> list[Feed]:
    """Return the feeds that are due by a time, the longest overdue first.

    A feed without a state is new, and due.
    """
    feed_states = {feed.url: states.get(feed.url, FeedState()) for feed in feeds if feed.enabled}
    due_feeds = [feed for feed in feeds if feed.enabled and _is_due(feed_states[feed.url], until)]
    return sorted(due_feeds, key=lambda feed: feed_states[feed.url].next_due)


def spread(
    feeds: Sequence[Feed], states: Mapping[str, FeedState], now: Timestamp
) -> list[tuple[float, Feed]]:
    """Return feeds with the seconds to wait before each is polled.

    Feeds that are overdue by more than a minute (after sleep, an outage, a restart) come at most
    `CATCH_UP` a second; new ones, those just due and those somebody asked for come at once; the
    others when they are due.
    """
    late_count = 0
    planned: list[tuple[float, Feed]] = []
    for feed in feeds:
        state = states.get(feed.url, FeedState())
        overdue = is_overdue(state, now)
        wait = 0.0 if _was_set_back(state, now) else max(0.0, state.next_due - now)
        planned.append((late_count / CATCH_UP if overdue else wait, feed))
        late_count += overdue
    return planned


def is_overdue(state: FeedState, now: Timestamp) -> bool:
    """Tell whether a poll is late by more than a minute; not one that somebody asked for."""
    return not (state.last_poll is None or state.is_wanted) and now - state.next_due > MINUTE


def after_read(
    feed: Feed,
    state: FeedState,
    fetched: Fetched,
    parsed: ParsedFeed,
    *,
    known: int,
    overlap: int | None = None,
    is_older: bool = False,
    now: Timestamp,
    jitter: float,
) -> FeedState:
    """Return the state after a new body.

    Args:
        feed: The feed.
        state: Its state before.
        fetched: The answer of the server.
        parsed: Its document.
        known: Number of entries that the feed had before, at whichever poll.
        overlap: Number of these that the poll before had; `known` if that is not known.
        is_older: Whether it lacks the newest entries and has no others: it is empty, or a copy
            from a cache.
        now: The time of the poll.
        jitter: Between 0 and 1.
    """
    total = len(parsed.entries)
    overlap = known if overlap is None else overlap
    # A document of which every entry was known is an older one, from another server.
    blind = state.last_ok is not None and total > known and overlap == 0
    if feed.source.kind is SourceKind.MAILBOX:  # it begins behind the last one
        blind, known = False, total
    hints = replace(fetched.hints, ttl=parsed.ttl if parsed.ttl else fetched.hints.ttl)
    interval = _interval(feed, _adapted(state, total, 0 if blind else known, now))
    # A server that repeats its ETag for a changed body would answer 304 to the next change.
    has_changed = fetched.digest != state.body_hash  # not an index, the sitemaps of which changed
    is_repeated = has_changed and fetched.etag is not None and fetched.etag == state.etag
    return replace(
        _success(state, interval, hints, now, jitter),
        compared_at=state.compared_at if is_older else now,
        etag=None if is_repeated else fetched.etag,
        last_modified=None if is_repeated else fetched.last_modified,
        body_hash=fetched.digest,
        blind=blind,
        title=parsed.title or state.title,
        link=parsed.link or state.link,
        lang=state.lang or parsed.lang,
    )


def after_unchanged(
    feed: Feed, state: FeedState, answer: Fetched | NotModified, now: Timestamp, jitter: float
) -> FeedState:
    """Return the state after a 304, or after the very body that is stored already.

    After a failure of the server, the next poll is unconditional: a server that says 304 and
    has no good document then fails again, and does so until it has one.
    """
    interval = _interval(feed, _relaxed(state))
    compared_at = now if state.compared_at == state.last_ok else state.compared_at
    success = _success(state, interval, answer.hints, now, jitter)
    success = replace(success, blind=False, compared_at=compared_at)
    if isinstance(answer, Fetched):
        return replace(success, etag=answer.etag, last_modified=answer.last_modified)
    outage = state.failures == 1 and state.failing_since is None
    is_kept = outage or not state.failures or feed.source.kind is SourceKind.MAILBOX
    return success if is_kept else replace(success, etag=None, last_modified=None)


def after_breach(state: FeedState, breach: str, now: Timestamp) -> FeedState:
    """Return the state of a feed whose articles exceed the limits of matching or indexing.

    `after_read` then counts the answer, and schedules the next poll later.
    """
    return replace(state, breaches=state.breaches + 1, breached_at=now, breach=breach)


def after_failure(
    feed: Feed, state: FeedState, error: FeedError, now: Timestamp, jitter: float
) -> FeedState:
    """Return the state after a failed poll: with the time of the next try, and the reason.

    A poll before its time, which somebody asked for, does not lengthen the back-off.
    """
    is_early = bool(state.failures) and now < state.asked_until
    failures = state.failures + (not is_early)
    since = now if state.failing_since is None else state.failing_since
    status = error.status if isinstance(error, FetchError) else None
    retry = _retry(feed, error, failures, now - since)
    if is_early and status not in {429, 503}:
        retry = min(retry, state.asked_until - now)
    return replace(
        state,
        failures=failures,
        failing_since=since,
        reason=error.reason,
        gone=status == 410,
        last_poll=now,
        next_due=now + _jittered(retry, jitter),
        asked_until=now + retry,
    )


def after_outage(state: FeedState, now: Timestamp, jitter: float) -> FeedState:
    """Return the state after a poll that failed in an outage: the back-off does not grow.

    The beginning of failures by the feed itself is then unknown.
    """
    return replace(
        state, failing_since=None, last_poll=now, next_due=now + _jittered(OUTAGE, jitter)
    )


def after_edit(feed: Feed, state: FeedState, jitter: float) -> FeedState:
    """Return the state after an edit of the interval, which applies at once.

    A feed that is due stays due; the back-off and the hints of the server still apply.
    """
    if state.last_poll is None or state.next_due <= state.last_poll:
        return state
    interval = _interval(feed, DEFAULT)
    due = max(state.last_poll + _jittered(interval, jitter), state.asked_until)
    return replace(state, next_due=due, delay=max(interval, due - state.last_poll))


def _is_due(state: FeedState, now: Timestamp) -> bool:
    return not state.gone and (state.next_due <= now or _was_set_back(state, now))


def _was_set_back(state: FeedState, now: Timestamp) -> bool:
    """Tell whether the clock was set back: every feed would wait for the old time again."""
    return state.last_poll is not None and state.last_poll - now > _STEPPED


def _interval(feed: Feed, adaptive_interval: float) -> float:
    """Return the interval of `feeds.yaml`, else the adaptive one."""
    return adaptive_interval if feed.every is None else min(max(feed.every, SHORTEST), CEILING)


def _adapted(state: FeedState, total: int, known: int, now: Timestamp) -> float:
    """Return the interval after which half of the entries should still be known."""
    new = total - known
    if state.compared_at is None or new <= 0:
        return DEFAULT
    return _clamped((now - state.compared_at) * (1 - _OVERLAP) * total / new)


def _relaxed(state: FeedState) -> float:
    """Return twice the last delay: an unchanged feed comes back to the default in steps."""
    if state.last_poll is None:
        return DEFAULT
    return _clamped(2 * (state.next_due - state.last_poll))


def _clamped(interval: float) -> float:
    return min(max(interval, ADAPTED), DEFAULT)


def _success(
    state: FeedState, interval: float, hints: Hints, now: Timestamp, jitter: float
) -> FeedState:
    hint = min(max(hints.max_age or 0.0, hints.ttl or 0.0), LONGEST_HINT)
    if state.breached_at is not None and now - state.breached_at >= DAY:
        state = replace(state, breaches=0, breached_at=None, breach="")
    delay = max(interval, hint, _quarantine(state))
    return replace(
        state,
        delay=delay,
        next_due=now + _jittered(delay, jitter),
        asked_until=now + max(hint, _quarantine(state)),
        last_poll=now,
        last_ok=now,
        first_ok=state.first_ok or now,
        failures=0,
        failing_since=None,
        reason="",
        gone=False,
    )


def _quarantine(state: FeedState) -> float:
    """Return the seconds until a feed in quarantine is polled again; 0 for any other feed."""
    return min(QUARANTINE * 2.0 ** min(state.breaches - 1, 16), CEILING) if state.breaches else 0.0


def _retry(feed: Feed, error: FeedError, failures: int, failing: float) -> float:
    """Return the seconds until the next try, after so many failures in so many seconds."""
    status = error.status if isinstance(error, FetchError) else None
    retry_after = error.retry_after if isinstance(error, FetchError) else None
    if status in {429, 503} and retry_after is not None:
        return min(max(retry_after, MINUTE), LONGEST_HINT)
    interval = _interval(feed, DEFAULT)
    if status == 429:
        return max(interval, TOO_MANY)
    doubled = BACK_OFF * 2.0 ** min(failures - 1, 16)
    retry = min(max(interval, doubled), CEILING)
    remaining = DAY - failing  # until it has failed for a day, when an alert is due
    return remaining if max(interval, BACK_OFF) <= remaining < retry else retry


def _jittered(seconds: float, jitter: float) -> float:
    """Return a delay up to a tenth longer, five minutes at most: feeds must not march in step."""
    return seconds + min(seconds / 10, 5 * MINUTE) * jitter
