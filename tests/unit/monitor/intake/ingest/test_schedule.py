"""Tests of the schedule of polls: every row of the politeness table, and invariants."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st
from msgspec.structs import replace

from monitor.base.errors import FetchError, ParseError
from monitor.intake.ingest import schedule
from monitor.model.feed import Feed, FeedState
from monitor.model.poll import Entry, Fetched, Hints, NotModified, ParsedFeed

MINUTE, HOUR, DAY = 60.0, 3_600.0, 86_400.0
NOW = 1_800_000_000.0
FEED = Feed(url="https://lemonde.example/rss", name="Le Monde")
POLLED = FeedState(
    etag=b'"1"',
    last_poll=NOW - 900,
    last_ok=NOW - 900,
    next_due=NOW,
    body_hash=b"old",
    compared_at=NOW - 900,
)


def error_of(status: int | None = None, retry: float | None = None, network: bool = False):
    return FetchError(FEED.url, "reason", status=status, retry_after=retry, network=network)


def body(**fields) -> Fetched:
    defaults = {"url": FEED.url, "body": b"<rss/>", "etag": b'"2"', "digest": b"new"}
    return Fetched(**defaults | fields)


def feed_of(entries: int, **fields) -> ParsedFeed:
    entry = Entry(guid="", url="", title="t", summary="")
    return ParsedFeed(entries=(entry,) * entries, **fields)


def read(
    feed=FEED, state=POLLED, response=None, parsed=None, *, known=10, now=NOW, jitter=0.0
) -> FeedState:
    return schedule.after_read(
        feed,
        state,
        response or body(),
        parsed or feed_of(10),
        known=known,
        now=now,
        jitter=jitter,
    )


# --- after a success -------------------------------------------------------------


@pytest.mark.parametrize(
    ("interval", "max_age", "ttl", "delay"),
    [
        (None, None, None, 15 * MINUTE),
        (MINUTE, None, None, MINUTE),
        (1.0, None, None, 1.0),
        (30 * DAY, None, None, DAY),
        (None, 600.0, None, 15 * MINUTE),
        (None, 2 * HOUR, None, 2 * HOUR),
        (None, None, HOUR, HOUR),
        (None, HOUR, 2 * HOUR, 2 * HOUR),
        (MINUTE, 300.0, None, 300.0),
        (None, 365 * DAY, None, 31 * DAY),
        (None, None, float("inf"), 31 * DAY),
    ],
)
def test_the_delay_is_the_largest_of_interval_and_hints(interval, max_age, ttl, delay):
    feed = replace(FEED, every=interval)
    hints = Hints(max_age=max_age)
    state = read(feed, response=body(hints=hints), parsed=feed_of(10, ttl=ttl))
    assert state.next_due - NOW == delay
    again = schedule.after_unchanged(
        feed, POLLED, NotModified(hints=Hints(max_age=max_age, ttl=ttl)), NOW, 0.0
    )
    assert again.next_due - NOW == delay


def test_a_read_forgets_the_failures_and_keeps_what_it_learned():
    failed = replace(POLLED, failures=4, reason="503", lang="fr", title="Old")
    state = read(state=failed, parsed=feed_of(10, title="Le Monde", link="https://l/", lang="en"))
    assert (state.failures, state.reason, state.last_ok, state.last_poll) == (0, "", NOW, NOW)
    assert (state.etag, state.body_hash) == (b'"2"', b"new")
    assert (state.title, state.link, state.lang) == ("Le Monde", "https://l/", "fr")


def test_an_etag_that_is_repeated_over_a_changed_body_is_not_trusted():
    state = read(response=body(etag=b'"1"', last_modified=b"Tue, 24 Nov 2026 10:00:00 GMT"))
    assert (state.etag, state.last_modified, state.body_hash) == (None, None, b"new")


def test_304_ends_a_failure_and_the_next_poll_is_unconditional():
    failed_state = schedule.after_failure(FEED, POLLED, error_of(network=True), NOW - HOUR, 0.0)
    state = schedule.after_unchanged(FEED, failed_state, NotModified(), NOW, 0.0)
    assert (state.failures, state.reason, state.failing_since, state.last_ok) == (0, "", None, NOW)
    assert (state.etag, state.last_modified) == (None, None)
    assert state.next_due - NOW == 15 * MINUTE
    after = schedule.after_unchanged(FEED, state, body(), NOW + 900, 0.0)
    assert (after.failures, after.etag) == (0, b'"2"')


def test_304_when_all_was_well_keeps_the_validators():
    state = schedule.after_unchanged(FEED, POLLED, NotModified(), NOW, 0.0)
    assert (state.etag, state.failures, state.last_ok) == (b'"1"', 0, NOW)


# --- adaptive interval -----------------------------------------------------------


@pytest.mark.parametrize(
    ("total", "known_count", "gap", "interval", "blind"),
    [
        (20, 20, 900, 900, False),  # nothing new
        (20, 15, 900, 900, False),  # a quarter is new: no reason to hurry
        (20, 10, 900, 900, False),
        (20, 5, 900, 600, False),  # three quarters are new: sooner
        (20, 0, 900, 450, True),  # no overlap: something may have been missed
        (20, 0, 300, 300, True),  # not below five minutes unasked
        (20, 0, 8 * HOUR, 900, True),  # after a night it says little
        (0, 0, 900, 900, False),
    ],
)
def test_overlap_sets_the_interval(total, known_count, gap, interval, blind):
    before = replace(POLLED, last_ok=NOW - gap, last_poll=NOW - gap, compared_at=NOW - gap)
    state = read(state=before, parsed=feed_of(total), known=known_count)
    assert (state.next_due - NOW, state.blind) == (interval, blind)


def test_the_first_read_of_a_feed_has_no_coverage_gap():
    state = read(state=FeedState(), known=0)
    assert (state.blind, state.next_due - NOW) == (False, 15 * MINUTE)


def test_an_interval_that_was_asked_for_is_kept_but_coverage_gaps_are_told():
    state = read(replace(FEED, every=HOUR), known=0)
    assert (state.blind, state.next_due - NOW) == (True, HOUR)


def test_a_fast_feed_that_falls_quiet_comes_back_to_the_default_in_steps():
    state = replace(POLLED, last_poll=NOW - 300, next_due=NOW)
    delays = []
    now = NOW
    for _ in range(3):
        state = schedule.after_unchanged(FEED, state, NotModified(), now, 0.0)
        delays.append(state.next_due - now)
        now = state.next_due
    assert delays == [600, 900, 900]


# --- after a failure -------------------------------------------------------------


@pytest.mark.parametrize(
    ("error", "interval", "delays"),
    [
        # 5xx, network, anything unreadable: max(interval, 5 min doubling), at most a day,
        # and once more when it fails for a day
        (error_of(500), None, [15, 15, 20, 40, 80, 160, 320, 640, 150, 1440, 1440]),
        (error_of(network=True), 60.0, [5, 10, 20, 40, 80, 160, 320, 640, 165, 1440]),
        (ParseError(FEED.url, "no feed in it"), None, [15, 15, 20]),
        (error_of(403), None, [15, 15, 20]),
        (error_of(503), None, [15, 15, 20]),
        (error_of(500), 12 * HOUR, [720, 720, 720]),
        # 429 and 503 with Retry-After: that, a minute at least, 31 days at most
        (error_of(503, 120), None, [2, 2, 2]),
        (error_of(503, 1), None, [1]),
        (error_of(429, 7200), None, [120, 120]),
        (error_of(429, 1e9), None, [31 * 24 * 60]),
        (error_of(429, 0), 1.0, [1]),
        (error_of(500, 10), None, [15]),  # other statuses have no such delay
        # 429 without it: four hours
        (error_of(429), None, [240, 240]),
        (error_of(429), 12 * HOUR, [720]),
        (error_of(404), None, [15, 15, 20]),
        (error_of(404), MINUTE, [5, 10, 20]),
    ],
)
def test_the_back_off_in_minutes(error, interval, delays):
    feed, state, now, observed_delays = replace(FEED, every=interval), POLLED, NOW, []
    for _ in delays:
        state = schedule.after_failure(feed, state, error, now, 0.0)
        observed_delays.append((state.next_due - now) / MINUTE)
        now = state.next_due
    assert observed_delays == delays
    assert (state.failures, state.reason) == (len(delays), error.reason)


def test_a_failure_keeps_the_validators_and_the_last_success():
    state = schedule.after_failure(FEED, POLLED, error_of(500), NOW, 0.0)
    assert (state.etag, state.last_ok, state.body_hash) == (b'"1"', NOW - 900, b"old")


@pytest.mark.parametrize(
    ("error", "wait", "retry"),
    [
        (error_of(404), 10 * MINUTE, 10 * MINUTE),  # of the 20 minutes after the third failure
        (error_of(500), 5 * MINUTE, 15 * MINUTE),
        (error_of(503, 2 * HOUR), MINUTE, 2 * HOUR),  # the server's delay always counts
        (error_of(429), MINUTE, 4 * HOUR),
    ],
)
def test_a_poll_that_somebody_asked_for_lengthens_no_back_off(error, wait, retry):
    feed, state, now = replace(FEED, every=MINUTE), POLLED, NOW
    for _ in range(3):
        state = schedule.after_failure(feed, state, error_of(500), now, 0.0)
        now = state.next_due
    now = state.last_poll + wait
    again = schedule.after_failure(feed, state, error, now, 0.0)
    assert (again.failures, again.next_due - now) == (3, retry)


def test_the_first_failure_counts_before_the_time_that_a_server_named():
    state = replace(POLLED, asked_until=NOW + HOUR)
    assert schedule.after_failure(FEED, state, error_of(500), NOW, 0.0).failures == 1


def test_410_is_the_end():
    state = schedule.after_failure(FEED, POLLED, error_of(410), NOW, 0.0)
    assert state.gone
    assert schedule.due({FEED.url: state}, [FEED], NOW + 365 * DAY) == []


# --- what is due -----------------------------------------------------------------


def test_due_is_what_is_new_or_overdue_the_longest_overdue_first():
    feeds = [replace(FEED, url=f"https://{name}.example/", name=name) for name in "abcde"]
    states = {
        "https://a.example/": replace(POLLED, next_due=NOW - 5),
        "https://b.example/": replace(POLLED, next_due=NOW + 5),
        "https://c.example/": replace(POLLED, next_due=NOW - 50),
        "https://d.example/": replace(POLLED, gone=True, next_due=0),
    }
    paused_feed = replace(FEED, url="https://p.example/", enabled=False)
    assert [f.name for f in schedule.due(states, [*feeds, paused_feed], NOW)] == ["e", "c", "a"]


@pytest.mark.parametrize(
    ("step", "is_due"), [(0, False), (-1, False), (-30 * MINUTE, True), (-10 * 365 * DAY, True)]
)
def test_a_clock_set_back_leaves_no_feed_waiting(step, is_due):
    state = schedule.after_unchanged(FEED, POLLED, NotModified(), NOW, 0.0)
    assert bool(schedule.due({FEED.url: state}, [FEED], NOW + step)) is is_due
    if is_due:  # one poll corrects it
        state = schedule.after_unchanged(FEED, state, NotModified(), NOW + step, 0.0)
        assert not schedule.due({FEED.url: state}, [FEED], NOW + step)


def test_after_a_sleep_at_most_ten_requests_a_second():
    feeds = [replace(FEED, url=f"https://{n}.example/") for n in range(300)]
    states = {feed.url: replace(POLLED, next_due=NOW - HOUR) for feed in feeds}
    plan = schedule.spread(schedule.due(states, feeds, NOW), states, NOW)
    starts = sorted(wait for wait, _ in plan)
    assert {feed.url for _, feed in plan} == {feed.url for feed in feeds}
    for start, later_start in zip(starts, starts[10:], strict=False):
        assert later_start - start >= 1.0 - 1e-9
    assert starts[-1] < 30


def test_new_feeds_those_just_due_and_those_asked_for_do_not_wait():
    feeds = [replace(FEED, url=f"https://{n}.example/") for n in range(40)]
    states = {feed.url: replace(POLLED, next_due=NOW - 1) for feed in feeds[:20]}
    states |= {feed.url: replace(POLLED, next_due=0.0) for feed in feeds[10:20]}
    assert [wait for wait, _ in schedule.spread(feeds, states, NOW)] == [0.0] * 40


def test_what_is_due_in_a_moment_waits_until_it_is():
    feeds = [replace(FEED, url=f"https://{n}.example/", name=f"{n}") for n in range(4)]
    states = {
        feed.url: replace(POLLED, next_due=NOW + after)
        for feed, after in zip(feeds, (0.75, -5.0, 0.25, 1.5), strict=True)
    }
    plan = schedule.spread(schedule.due(states, feeds, NOW + 1.0), states, NOW)
    assert [(feed.name, wait) for wait, feed in plan] == [("1", 0.0), ("2", 0.25), ("0", 0.75)]
    earlier_now = NOW - HOUR
    plan = schedule.spread(schedule.due(states, feeds, earlier_now + 1.0), states, earlier_now)
    assert [wait for wait, _ in plan] == [0.0] * 4


# --- the network -----------------------------------------------------------------


def test_an_outage_grows_no_back_off():
    state = replace(POLLED, failures=2, reason="503")
    after = schedule.after_outage(state, NOW, 0.0)
    assert (after.failures, after.reason, after.next_due - NOW) == (2, "503", MINUTE)


# --- an edited interval -----------------------------------------------------------


@pytest.mark.parametrize(
    ("interval", "state", "expected"),
    [
        (MINUTE, {}, MINUTE),
        (6 * HOUR, {}, 6 * HOUR),
        (None, {}, 15 * MINUTE),  # the interval was removed
        (MINUTE, {"asked_until": NOW + HOUR}, HOUR),  # as the server asked, or backing off
        (6 * HOUR, {"asked_until": NOW + HOUR}, 6 * HOUR),
        (6 * HOUR, {"next_due": 0.0}, -NOW),  # somebody has just asked for a poll
        (MINUTE, {"last_poll": None, "next_due": 0.0}, -NOW),
    ],
)
def test_an_edited_interval_holds_from_the_last_poll_on(interval, state, expected):
    before = replace(POLLED, **{"last_poll": NOW, "last_ok": NOW, "next_due": NOW + 900, **state})
    after = schedule.after_edit(replace(FEED, every=interval), before, 0.0)
    assert after.next_due - NOW == expected
    if before.next_due:
        assert after.delay == expected


def test_what_a_server_asked_for_is_remembered():
    read_state = read(response=body(hints=Hints(max_age=HOUR)))
    assert read_state.asked_until == NOW + HOUR
    assert schedule.after_edit(replace(FEED, every=1.0), read_state, 0.0).next_due == NOW + HOUR
    refused = schedule.after_failure(FEED, POLLED, error_of(429, 2 * HOUR), NOW, 0.0)
    assert schedule.after_edit(replace(FEED, every=1.0), refused, 0.0).next_due == NOW + 2 * HOUR


def test_an_unchanged_feed_has_no_coverage_gap():
    blind = replace(POLLED, blind=True)
    assert not schedule.after_unchanged(FEED, blind, NotModified(), NOW, 0.0).blind


def test_304_after_an_outage_is_as_good_as_ever():
    """The network failed and not the server: the next poll stays conditional."""
    network_back = replace(schedule.after_outage(POLLED, NOW, 0.0), failures=1, reason="no route")
    after = schedule.after_unchanged(FEED, network_back, NotModified(), NOW, 0.0)
    assert (after.failures, after.reason, after.etag) == (0, "", POLLED.etag)


# --- what must always hold -------------------------------------------------------

seconds = st.floats(0, 1e9)
waits = st.none() | seconds
jitters = st.floats(0, 1, exclude_max=True)
feeds = st.builds(
    lambda interval: replace(FEED, every=interval), st.none() | st.floats(1, 400 * DAY, width=32)
)
states = st.builds(
    lambda failures, ago, delay, is_read: FeedState(
        failures=failures,
        reason="r" if failures else "",
        last_poll=NOW - ago,
        next_due=NOW + delay,
        last_ok=NOW - ago if is_read else None,
        etag=b'"1"',
    ),
    st.integers(0, 10_000),
    st.floats(-DAY, 400 * DAY),
    st.floats(-400 * DAY, 31 * DAY),
    st.booleans(),
)
errors = st.builds(
    error_of, st.none() | st.sampled_from([400, 401, 403, 404, 410, 429, 500, 503, 599]), waits
)
LONGEST = 31 * DAY + 5 * MINUTE
ROUNDING = 1e-6
"""The rounding error, in seconds, of the difference of two timestamps."""


hints = st.builds(Hints, max_age=waits, ttl=waits)
counts = st.tuples(st.integers(0, 50), st.integers(0, 50)).map(sorted)


@given(feeds, states, hints, jitters, counts)
def test_a_success_is_never_followed_earlier_than_the_server_said(
    feed, state, promise, jitter, known_of_total
):
    known, total = known_of_total
    response, parsed = body(hints=Hints(max_age=promise.max_age)), feed_of(total, ttl=promise.ttl)
    for after in (
        read(feed, state, response, parsed, known=known, jitter=jitter),
        schedule.after_unchanged(feed, state, NotModified(hints=promise), NOW, jitter),
    ):
        delay = after.next_due - NOW
        assert delay >= min(max(promise.max_age or 0, promise.ttl or 0), 31 * DAY) - ROUNDING
        assert delay >= (5 * MINUTE if feed.every is None else min(feed.every, DAY)) - ROUNDING
        assert delay <= LONGEST


@given(feeds, states, errors, jitters)
def test_a_failure_is_never_followed_too_early_or_never(feed, state, error, jitter):
    after = schedule.after_failure(feed, state, error, NOW, jitter)
    delay = after.next_due - NOW
    if error.status in {429, 503} and error.retry_after is not None:
        assert delay >= max(MINUTE, min(error.retry_after, 31 * DAY)) - ROUNDING
    else:
        assert delay <= DAY + 5 * MINUTE
        assert delay >= (5 * MINUTE if feed.every is None else min(feed.every, DAY)) - 1e-6
    assert MINUTE <= delay <= LONGEST
    assert after.failures == state.failures + 1
    assert after.gone == (error.status == 410)


@given(feeds, states, errors.filter(lambda error: error.status != 410), jitters)
def test_whatever_happens_a_feed_is_asked_again(feed, state, error, jitter):
    after = schedule.after_failure(feed, state, error, NOW, jitter)
    assert schedule.due({feed.url: after}, [feed], after.next_due) == [feed]
    assert not schedule.due({feed.url: after}, [feed], after.next_due - 1)


@given(feeds, states, errors)
def test_the_back_off_only_grows(feed, state, error):
    earlier_state = schedule.after_failure(feed, state, error, NOW, 0.0)
    later_state = schedule.after_failure(
        feed, replace(state, failures=state.failures + 1), error, NOW, 0.0
    )
    assert later_state.next_due >= earlier_state.next_due


@given(feeds, states, errors, jitters)
def test_jitter_only_adds_and_adds_little(feed, state, error, jitter):
    delay = schedule.after_failure(feed, state, error, NOW, 0.0).next_due - NOW
    jittered_delay = schedule.after_failure(feed, state, error, NOW, jitter).next_due - NOW
    assert delay - 1e-6 <= jittered_delay <= delay + min(delay / 10, 5 * MINUTE) + 1e-6
