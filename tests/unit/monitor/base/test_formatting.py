from datetime import UTC, datetime

import pytest

from monitor.base.formatting import (
    articles,
    date_and_time,
    exact,
    feeds,
    iso,
    month,
    seconds,
    short_span,
    span,
    sparkline,
    spelled,
    stories,
    stories_of,
    weekday,
)


@pytest.mark.parametrize(
    ("actual", "words"),
    [
        (articles(0), "0 articles"),
        (articles(1), "1 article"),
        (feeds(2), "2 feeds"),
        (stories(1), "1 story"),
        (stories(1_200), "1,200 stories"),
        (stories_of(1, 3), "1 story (3 alerts)"),
        (stories_of(1, 1), "1 story"),
    ],
)
def test_one_is_said_in_the_singular(actual: str, words: str) -> None:
    assert actual == words


@pytest.mark.parametrize(
    ("counts", "width", "bars"),
    [([], 4, ""), ([0, 4, 8], 4, " ▄█"), ([1, 1, 1, 1, 8], 3, "▁▂█"), ([3], 1, "█")],
)
def test_a_sparkline_sums_what_it_has_no_room_for(counts: list[int], width: int, bars: str) -> None:
    assert sparkline(counts, width) == bars


def test_a_moment_that_no_calendar_holds_has_no_date() -> None:
    assert iso(0.0) == "1970-01-01T00:00:00Z"
    assert iso(None) is iso(1e20) is None


@pytest.mark.usefixtures("french")
def test_durations_and_dates_in_french() -> None:
    assert [span(40.0), span(120.0), span(86_400.0 * 31)] == ["40 s", "2 min", "31 j"]
    assert exact(90.5) == "1 min 30,5 s"
    assert [spelled(3_600.0), spelled(86_400.0 * 4)] == ["1 heure", "4 jours"]
    summer_morning = datetime(2026, 8, 3, 7, 5, tzinfo=UTC)
    assert date_and_time(summer_morning) == "03/08/2026 07:05"
    assert (weekday(summer_morning), month(summer_morning)) == ("lun", "aoû")
    assert [short_span(360.0), short_span(5.0)] == ["6min", "5s"]
    for french, english in (("2j", "2d"), ("2sem", "2w"), ("3mois", "3mo"), ("1an", "1y")):
        assert seconds(french) == seconds(english)


@pytest.mark.parametrize(
    ("seconds", "words", "short", "spelled_words"),
    [
        (-5, "0 s", "0s", "0 seconds"),
        (3.9, "4 s", "4s", "4 seconds"),
        (60, "1 min", "1m", "1 minute"),
        (7200, "2 h", "2h", "2 hours"),
        (86_200, "1 d", "1d", "1 day"),
        (700 * 86_400, "700 d", "700d", "700 days"),
        (3_613 * 86_400, "10 y", "10y", "10 years"),
    ],
)
def test_a_duration_is_rounded_in_one_way(
    seconds: float, words: str, short: str, spelled_words: str
) -> None:
    assert (span(seconds), short_span(seconds), spelled(seconds)) == (words, short, spelled_words)
