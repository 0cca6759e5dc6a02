"""Tests of the health of a feed, as one word and as a sentence."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from monitor.intake.ingest import feed_health
from monitor.model.feed import Feed, FeedState, Health

MINUTE, HOUR, DAY = 60.0, 3_600.0, 86_400.0
NOW = 1_800_000_000.0
FEED = Feed(url="https://lemonde.example/rss", name="Le Monde")
POLLED = FeedState(last_poll=NOW - 900, last_ok=NOW - 900, next_due=NOW)
SILENT = replace(POLLED, published=NOW - 5 * DAY, usual=DAY, silent_after=3 * DAY)


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        (FeedState(), "not polled yet"),
        (replace(POLLED, gone=True, failures=1), "gone (410): not asked any more"),
        (replace(POLLED, next_due=NOW + 720), "ok, next in 12 min"),
        (replace(POLLED, next_due=NOW), "ok, next now"),
        (
            replace(POLLED, failures=4, reason="503 Service Unavailable; x", next_due=NOW + 120),
            "503 Service Unavailable ×4, retry in 2 min",
        ),
        (
            replace(POLLED, failures=1, reason="not HTTP", next_due=NOW + 6 * HOUR),
            "not HTTP, retry in 6 h",
        ),
        (
            replace(POLLED, blind=True, next_due=NOW + 300),
            "coverage gap: turns over faster than it is read; next in 5 min",
        ),
        (
            replace(POLLED, published=NOW - 4 * DAY, usual=HOUR, silent_after=DAY),
            "nothing new for 4 d, usually hourly; next now",
        ),
        (
            replace(POLLED, last_ok=NOW - 3 * HOUR, last_poll=NOW - 3 * HOUR, next_due=NOW - HOUR),
            "ok, next now",
        ),
        (
            replace(
                POLLED,
                last_ok=NOW - 3 * HOUR,
                last_poll=NOW - 3 * HOUR,
                next_due=NOW - 2.7 * HOUR,
            ),
            "last read 3 h ago, overdue",
        ),
        (replace(POLLED, next_due=0.0), "ok, next now"),  # somebody asked for a poll
        (replace(POLLED, next_due=NOW + 0.4), "ok, next now"),
    ],
)
def test_health_in_words(state, expected):
    assert feed_health.describe_health(FEED, state, NOW) == expected


@pytest.mark.parametrize(
    ("state", "enabled", "word"),
    [
        (SILENT, True, Health.SILENT),
        (replace(SILENT, published=NOW - 2 * DAY), True, Health.OK),
        (replace(SILENT, silent_after=None), True, Health.OK),
        # the worst state is reported
        (replace(SILENT, blind=True), True, Health.BLIND),
        (replace(SILENT, next_due=NOW - HOUR), True, Health.LATE),
        (replace(SILENT, failures=1), True, Health.FAILING),
        (replace(SILENT, failures=1, gone=True), True, Health.GONE),
        (replace(SILENT, gone=True), False, Health.PAUSED),
        (FeedState(), True, Health.NEW),
        # a monitor that was off for a month noticed no silence
        (replace(SILENT, published=NOW - 31 * DAY, last_ok=NOW - 30 * DAY), True, Health.OK),
    ],
)
def test_one_word(state: FeedState, enabled: bool, word: Health) -> None:
    assert feed_health.health(replace(FEED, enabled=enabled), state, NOW) is word


def test_an_interval_that_is_too_long_is_named() -> None:
    words = feed_health.describe_health(replace(FEED, every=HOUR), replace(POLLED, blind=True), NOW)
    assert words == "coverage gap: turns over faster than every: 1h; next now"


@pytest.mark.usefixtures("french")
@pytest.mark.parametrize(
    ("state", "health", "trouble"),
    [
        (
            replace(
                POLLED, failures=4, reason="503 Service Unavailable\N{NO-BREAK SPACE}; prié de …",
                next_due=NOW + 120,
            ),
            "503 Service Unavailable ×4, nouvel essai dans 2 min",
            "en échec\N{NO-BREAK SPACE}: 503 Service Unavailable ×4",
        ),
        (
            replace(POLLED, gone=True, failures=1),
            "disparu (410)\N{NO-BREAK SPACE}: n’est plus relevé",
            "disparu (410)\N{NO-BREAK SPACE}: n’est plus relevé",
        ),
        (replace(POLLED, next_due=NOW), "à jour, prochain relevé maintenant", ""),
        (
            SILENT,
            "rien de nouveau depuis 5 j, d’habitude tous les jours"
            "\N{NO-BREAK SPACE}; prochain relevé maintenant",
            "silencieux\N{NO-BREAK SPACE}: rien de nouveau depuis 5 j,"
            " d’habitude tous les jours",
        ),
    ],
)  # fmt: skip
def test_health_in_french_words(state: FeedState, health: str, trouble: str) -> None:
    assert feed_health.describe_health(FEED, state, NOW) == health
    assert feed_health.describe_trouble(FEED, state, NOW) == trouble
