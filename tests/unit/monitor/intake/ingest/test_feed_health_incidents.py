"""Tests that an incident raises one alert: when it begins, and not while it lasts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import pytest
from hypothesis import given, strategies as st
from msgspec.structs import replace

from monitor.base.errors import FetchError
from monitor.intake.ingest import feed_health, schedule
from monitor.intake.ingest.feed_health import Reissue
from monitor.model.alert import AlertKind, BegunIncident, FeedIncident
from monitor.model.feed import Feed, FeedState
from monitor.model.poll import NotModified
from monitor.model.watchlist import Severity

MINUTE, HOUR, DAY = 60.0, 3_600.0, 86_400.0
NOW = 1_800_000_000.0
FEED = Feed(url="https://lesechos.example/rss", name="Les Échos")
READ = FeedState(last_poll=NOW, last_ok=NOW, next_due=NOW + 900, failures=0)
SILENT = replace(READ, published=NOW - 4 * DAY, usual=HOUR, silent_after=DAY)
FAILED = replace(READ, failures=9, reason="503 Service Unavailable", failing_since=NOW - DAY)


def latest(**kinds: float | None) -> Mapping[AlertKind, FeedIncident]:
    """Return the last incidents by kind, with the time of their end; None if it lasts."""
    return {
        AlertKind(kind): FeedIncident(started_at=NOW - 99 * DAY, ended_at=end)
        for kind, end in kinds.items()
    }


def notices(
    state: FeedState, before: Mapping[AlertKind, FeedIncident], **options
) -> list[BegunIncident]:
    return list(feed_health.begun_incidents(FEED, state, before, NOW, **options))


@pytest.mark.parametrize(
    ("state", "severity", "title"),
    [
        (SILENT, Severity.LOW, "Les Échos: nothing new for 4 days; it usually publishes hourly"),
        (
            replace(FAILED, last_ok=NOW - DAY),
            Severity.MEDIUM,
            "Les Échos: cannot be read for 1 day: 503 Service Unavailable",
        ),
        (
            replace(FAILED, last_ok=None),
            Severity.MEDIUM,
            "Les Échos: could never be read, for 1 day: 503 Service Unavailable",
        ),
        (
            replace(FAILED, last_ok=NOW, failing_since=NOW, asked_until=NOW + 3 * DAY),
            Severity.MEDIUM,
            "Les Échos: cannot be read, and is not asked again for 3 days: 503 Service Unavailable",
        ),
        (
            replace(FAILED, gone=True),
            Severity.MEDIUM,
            "Les Échos: gone (410); it is not asked any more",
        ),
    ],
)
def test_trouble_in_words(state: FeedState, severity: Severity, title: str) -> None:
    assert [(n.severity, n.title) for n in notices(state, {})] == [(severity, title)]


@pytest.mark.parametrize(
    ("state", "before", "expected"),
    [
        (READ, {}, []),
        (replace(FAILED, failing_since=NOW - 23 * HOUR), {}, []),
        (replace(FAILED, failing_since=None), {}, []),  # the network failed
        (FAILED, latest(failing=NOW - 5), ["failing"]),  # the feed was read in between
        (FAILED, latest(failing=None), []),
        (FAILED, latest(gone=None), []),  # polled by hand: the alert was raised already
        (replace(FAILED, gone=True), latest(failing=None), ["gone"]),
        (replace(FAILED, gone=True), latest(gone=None), []),
        (SILENT, latest(silent=None), []),
        (SILENT, latest(silent=NOW - 9), ["silent"]),
        (replace(SILENT, published=NOW - HOUR), {}, []),
    ],
)
def test_an_incident_begins_once(state: FeedState, before, expected) -> None:
    assert [notice.kind for notice in notices(state, before)] == expected


@pytest.mark.parametrize(
    ("state", "before", "expected"),
    [
        (READ, latest(failing=None, gone=None, silent=None), ["failing", "gone", "silent"]),
        (READ, latest(failing=NOW - 5), []),
        (FAILED, latest(failing=None, gone=None), []),
        (replace(FAILED, failing_since=None), latest(failing=None), []),
        (SILENT, latest(silent=None, failing=None), ["failing"]),
        (READ, latest(reissued=None), []),  # nothing was read
    ],
)
def test_an_incident_ends_when_the_feed_answers_or_publishes(state, before, expected) -> None:
    assert list(feed_health.ended_incidents(state, before)) == expected


def test_silence_from_before_we_watched_does_not_ring() -> None:
    (notice,) = notices(SILENT, {}, first=True)
    assert not notice.is_news


@pytest.mark.parametrize(
    ("reissued", "known_count", "last", "begun", "ended"),
    [
        (30, 0, {}, True, False),
        (30, 2, {}, True, False),
        (2, 0, {}, False, False),
        (10, 20, {}, False, False),
        (30, 0, latest(reissued=None), False, False),  # at each poll: one notice
        (0, 30, latest(reissued=None), False, True),
        (30, 0, latest(reissued=NOW - 6 * DAY), False, False),
        (30, 0, latest(reissued=NOW - 7 * DAY), True, False),
    ],
)
def test_a_feed_with_new_ids_for_everything_is_told_once(reissued, known_count, last, begun, ended):
    reissue = Reissue(reissued, known_count)
    assert bool(notices(READ, last, reissue=reissue)) is begun
    assert bool(list(feed_health.ended_incidents(READ, last, reissue=reissue))) is ended


# --- lives of a feed -----------------------------------------------------------------

ERRORS = {
    "503": FetchError(FEED.url, "503", status=503),
    "404": FetchError(FEED.url, "404", status=404),
    "429": FetchError(FEED.url, "429", status=429, retry_after=3 * DAY),
    "410": FetchError(FEED.url, "410", status=410),
    "dns": FetchError(FEED.url, "no such host", network=True),
}


def events(polls: Iterable[str], every: float | None = None) -> list[tuple[float, AlertKind, bool]]:
    """Return (time, kind, whether it begins) of the incidents of a feed polled when it is due."""
    feed, state, now = replace(FEED, every=every), FeedState(), NOW
    last: dict[AlertKind, FeedIncident] = {}
    incidents: list[tuple[float, AlertKind, bool]] = []
    for poll in polls:
        if poll == "ok":
            answer = NotModified()
            state = schedule.after_unchanged(feed, replace(state, failures=0), answer, now, 0.5)
        elif poll == "outage":
            state = schedule.after_outage(state, now, 0.5)
        else:
            state = schedule.after_failure(feed, state, ERRORS[poll], now, 0.5)
        if poll != "outage":
            for kind in list(feed_health.ended_incidents(state, last)):
                last[kind] = replace(last[kind], ended_at=now)
                incidents.append((now - NOW, kind, False))
            for notice in feed_health.begun_incidents(feed, state, last, now):
                last[notice.kind] = FeedIncident(started_at=now, ended_at=None)
                incidents.append((now - NOW, notice.kind, True))
        now = max(now + 1, state.next_due)
    return incidents


@pytest.mark.parametrize("every", [None, 10.0, HOUR])
@pytest.mark.parametrize("error", ["503", "404", "dns"])
@pytest.mark.parametrize("before", [[], ["ok"]])
def test_a_feed_that_fails_raises_an_alert_when_it_has_for_a_day(before, error, every) -> None:
    ((at, kind, is_begun),) = events([*before, *[error] * 40], every)
    assert (kind, is_begun) == (AlertKind.FAILING, True)
    assert DAY <= at <= 25.5 * HOUR


def test_a_server_that_asks_for_three_days_is_told_at_once() -> None:
    assert events(["ok", "429", "429"])[0][1:] == (AlertKind.FAILING, True)


def test_gone_is_told_at_once_and_once() -> None:
    assert [event[1:] for event in events(["ok", "410", "410", "503", "503"])] == [("gone", True)]


def test_an_outage_raises_no_alert_and_the_day_begins_anew_after_it() -> None:
    polls = ["ok", "dns", *["outage"] * 3_000, "dns", "dns", "ok"]
    assert events(polls) == []


@given(st.lists(st.sampled_from(["ok", "outage", *ERRORS]), max_size=60))
def test_whatever_happens_beginnings_and_ends_take_turns(polls: list[str]) -> None:
    for kind in AlertKind:
        turns = [is_begun for _, incident_kind, is_begun in events(polls) if incident_kind == kind]
        assert turns == [n % 2 == 0 for n in range(len(turns))]
    if "ok" not in polls:
        assert len(events(polls)) <= 2  # failing, then gone
