"""Tests of trends: counts by the local clock, and marks where no feed was read."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st
from support.article_archive import FEEDS, article, blind, fill, leave
from support.properties import examples

from index.evaluation.spans import MemoryDocument, evaluate
from index.query.parser import parse_query
from index.search import MatchedArticles
from monitor.base.article import Article
from monitor.base.errors import MonitorError
from monitor.model.config import StoreAddress
from monitor.model.search import BucketSize, Filter, GroupBy
from monitor.presentation.service.statistics import Statistics
from monitor.storage.search import trends
from monitor.storage.search.search import ArchiveSearch
from monitor.storage.search.trends import (
    Interval,
    is_inside,
    merge_intervals,
    missed_seconds,
    series,
)
from monitor.storage.store.sql.views import Views

HOUR, DAY = 3_600.0, 86_400.0
PARIS = ZoneInfo("Europe/Paris")
ZONES = [
    PARIS,
    ZoneInfo("America/New_York"),
    ZoneInfo("America/Havana"),  # its clock is set at midnight
    ZoneInfo("America/Sao_Paulo"),  # there was no midnight when summer began
    ZoneInfo("Australia/Lord_Howe"),  # by half an hour
    ZoneInfo("Asia/Kolkata"),  # half past everywhere else
    ZoneInfo("Pacific/Apia"),  # 2011-12-30 never was
    ZoneInfo("UTC"),
]
ZONE = st.sampled_from(ZONES)


def at(text: str, zone: ZoneInfo = PARIS) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=zone).timestamp()


# --- buckets --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    [
        ("Europe/Paris", "2026-03-28", 24),
        ("Europe/Paris", "2026-03-29", 23),
        ("Europe/Paris", "2026-10-25", 25),
        ("America/Sao_Paulo", "2018-11-04", 23),
        ("America/Havana", "2024-11-03", 25),
        ("Australia/Lord_Howe", "2026-04-05", 24.5),
        ("Pacific/Apia", "2011-12-29", 24),
    ],
)
def test_a_day_has_the_hours_it_has(zone: str, day: str, hours: float) -> None:
    noon_time = at(f"{day}T12:00", ZoneInfo(zone))
    start, end = trends.edges(noon_time, noon_time, BucketSize.DAY, ZoneInfo(zone))
    assert (end - start) / HOUR == hours
    assert trends.label(start, BucketSize.DAY, ZoneInfo(zone)) == day


def test_the_hour_that_comes_twice_is_two_and_the_one_that_is_skipped_none() -> None:
    def hours(day: str) -> list[str]:
        edges = trends.edges(at(f"{day}T01:10"), at(f"{day}T03:50"), BucketSize.HOUR, PARIS)
        return [trends.label(start, BucketSize.HOUR, PARIS)[11:] for start in edges[:-1]]

    assert hours("2026-10-25") == ["01:00+02:00", "02:00+02:00", "02:00+01:00", "03:00+01:00"]
    assert hours("2026-03-29") == ["01:00+01:00", "03:00+02:00"]


@pytest.mark.parametrize(
    ("day", "size", "label", "days"),
    [
        ("2027-01-01", BucketSize.WEEK, "2026-W53", 7),
        ("2026-10-25", BucketSize.WEEK, "2026-W43", 7 + 1 / 24),
        ("2026-02-14", BucketSize.MONTH, "2026-02", 28),
        ("2024-02-29", BucketSize.MONTH, "2024-02", 29),
        ("2026-10-31", BucketSize.MONTH, "2026-10", 31 + 1 / 24),
        ("2026-12-31", BucketSize.MONTH, "2026-12", 31),
    ],
)
def test_weeks_begin_on_monday_and_months_on_their_first(
    day: str, size: BucketSize, label: str, days: float
) -> None:
    bucket_start, bucket_end = trends.edges(at(f"{day}T09:30"), at(f"{day}T09:31"), size, PARIS)
    assert trends.label(bucket_start, size, PARIS) == label
    assert (bucket_end - bucket_start) / DAY == pytest.approx(days)
    assert datetime.fromtimestamp(bucket_start, PARIS).strftime("%H:%M") == "00:00"


def key(moment: float, size: BucketSize, zone: ZoneInfo) -> object:
    """Return a value that identifies the bucket of a moment, by the calendar."""
    local = datetime.fromtimestamp(moment, zone)
    match size:
        case BucketSize.HOUR:
            return local.date(), local.hour, local.utcoffset()
        case BucketSize.DAY:
            return local.date()
        case BucketSize.WEEK:
            return local.isocalendar()[:2]
        case BucketSize.MONTH:
            return local.year, local.month


MOMENT = st.floats(at("2010-01-01"), at("2027-06-01"))


@given(first=MOMENT, span=st.floats(0, 40 * DAY), size=st.sampled_from(BucketSize), zone=ZONE)
def test_buckets_are_those_of_the_calendar(
    first: float, span: float, size: BucketSize, zone: ZoneInfo
) -> None:
    edges = trends.edges(first, first + span, size, zone)
    assert edges[0] <= first <= first + span <= edges[-1]
    assert edges[-2] < first + span or len(edges) == 2
    keys = [key(start, size, zone) for start in edges[:-1]]
    assert len(set(keys)) == len(keys)
    for start, end in pairwise(edges):
        assert start < end
        inner = (start, (start + end) / 2, end - 0.001)
        assert len({key(moment, size, zone) for moment in inner}) == 1


@given(span=st.floats(0, 4_000 * DAY))
def test_what_is_chosen_fits_into_eighty_columns_and_finer_ones_would_not(span: float) -> None:
    size = trends.choose_interval(span)
    size_index = list(BucketSize).index(size)
    assert trends.estimate(0.0, span, size) <= 64 or size is BucketSize.MONTH
    assert size_index == 0 or trends.estimate(0.0, span, list(BucketSize)[size_index - 1]) >= 60


# --- coverage -------------------------------------------------------------------------

EDGE = st.integers(0, 60).map(float)
GAPS = st.lists(st.tuples(EDGE, EDGE).map(lambda pair: (min(pair), max(pair))), max_size=8)


@given(gaps=GAPS, cuts=st.sets(EDGE, min_size=2))
def test_seconds_missed_are_those_inside(gaps: list[Interval], cuts: set[float]) -> None:
    merged, edges = merge_intervals(gaps), sorted(cuts)
    middles = [second + 0.5 for second in range(61)]
    expected = [any(start <= middle < end for start, end in gaps) for middle in middles]
    assert [is_inside(merged, middle) for middle in middles] == expected
    assert missed_seconds(edges, merged) == [
        sum(gap for middle, gap in zip(middles, expected, strict=True) if start < middle < end)
        for start, end in pairwise(edges)
    ]
    assert all(earlier[1] < later[0] for earlier, later in pairwise(merged))


def dates_of(feed: int, interval: float, hours: int, gaps: Sequence[Interval]) -> dict[int, float]:
    """Return the dates of a feed's articles: one in each interval, none in gaps."""
    dates = {feed * 100_000 + n: (n + 0.5) * interval for n in range(int(hours * HOUR / interval))}
    return {id: date for id, date in dates.items() if not is_inside(gaps, date)}


@given(
    hours=st.lists(st.integers(0, 24), min_size=2, max_size=2, unique=True).map(sorted),
    extra=st.integers(0, 30),
)
def test_estimates_are_what_steady_feeds_would_have_brought(hours: list[int], extra: int) -> None:
    gap = (hours[0] * HOUR, hours[1] * HOUR)
    full_dates, lossy_dates = dates_of(1, 180, 48, []), dates_of(2, 60, 48, [gap])
    first = gap[0] + (gap[1] - gap[0]) / 2
    late_dates = {900_000 + n: first for n in range(extra)}  # some of those in the gap
    trend = series(
        "x",
        MatchedArticles(
            dates={**full_dates, **lossy_dates, **late_dates},
            by_feed={1: frozenset(full_dates), 2: frozenset([*lossy_dates, *late_dates])},
        ),
        [0.0, 24 * HOUR, 48 * HOUR],
        (0.0, 48 * HOUR),
        {2: [gap]},
    )
    full_count = 24 * (20 + 60)
    share = 1 - 0.75 * (hours[1] - hours[0]) / 24
    assert trend.counts == (20 * 24 + 60 * (24 - hours[1] + hours[0]) + extra, full_count)
    assert trend.covered == (pytest.approx(share), 1)
    assert trend.marked == (share < 0.995, False)
    assert trend.corrected[1] is None
    if share < 0.5:
        assert trend.corrected[0] is None
    elif share < 0.995:
        assert trend.corrected[0] == pytest.approx(max(full_count, trend.counts[0]))


def test_a_feed_that_brings_nothing_of_it_does_not_matter() -> None:
    dates = dates_of(1, HOUR, 24, [])
    matched = MatchedArticles(dates=dates, by_feed={1: frozenset(dates)})
    trend = series("x", matched, [0.0, DAY], (0.0, DAY), {2: [(0.0, DAY)]})
    assert trend.covered == (1.0,)


# --- the archive ----------------------------------------------------------------------

NOW = at("2026-11-01T10:00", ZoneInfo("UTC"))
TITLE = st.lists(st.sampled_from(["grève", "port", "Liège", "Alibaba"]), max_size=3).map(" ".join)


@st.composite
def archives(draw: st.DrawFn) -> list[Article]:
    """Draw articles around nights in which clocks are set."""
    nights = [at("2026-10-25", ZoneInfo("UTC")), at("2026-03-29", ZoneInfo("UTC")), NOW - DAY]
    return [
        article(
            id,
            draw(TITLE),
            date=(first := min(draw(st.sampled_from(nights)) + draw(st.floats(0, 30 * HOUR)), NOW)),
            feeds=draw(st.lists(st.integers(1, 4), min_size=1, max_size=2, unique=True).map(tuple)),
            lang=draw(st.sampled_from(["fr", "en", ""])),
            published=draw(st.none() | st.floats(-40 * DAY, 10 * DAY).map(lambda d: first + d)),
        )
        for id in range(1, draw(st.integers(2, 30)))
    ]


def stats(folder: Path, zone: ZoneInfo = PARIS) -> Statistics:
    views = Views(StoreAddress(folder))
    return Statistics(ArchiveSearch(folder, views, lambda: NOW, zone), views, lambda: NOW, zone)


@pytest.mark.costly
@settings(max_examples=examples(25), suppress_health_check=list(HealthCheck))
@given(
    articles=archives(),
    text=st.sampled_from(
        ["grève", "grève OR port", "-grève port", '"port Liège"', "since:2026-10 port"]
    ),
    size=st.sampled_from(BucketSize),
    zone=ZONE,
    group_by=st.sampled_from([None, GroupBy.LANG, GroupBy.FEED]),
    since=st.none() | st.floats(NOW - 60 * DAY, NOW),
)
def test_counts_are_those_of_reading_everything(
    articles: list[Article],
    text: str,
    size: BucketSize,
    zone: ZoneInfo,
    group_by: GroupBy | None,
    since: float | None,
) -> None:
    with TemporaryDirectory() as name:
        folder = Path(name)
        fill(folder, articles)
        trend = stats(folder, zone).trend([text], Filter(since=since), bucket=size, split=group_by)
        stored_articles = Views(StoreAddress(folder)).articles.between(0, 1_000, limit=1_000)
    october = datetime(2026, 10, 1, tzinfo=zone).timestamp()
    query = parse_query(text)
    expected: Counter[tuple[str, object]] = Counter()
    for stored_article, _ in stored_articles:
        document = MemoryDocument.of(stored_article, lambda facet: stored_article.date >= october)  # noqa: B023
        if evaluate(query.root, document) and (since is None or stored_article.date >= since):
            names = {
                None: [query.text],
                GroupBy.LANG: [stored_article.lang or "und"],
                GroupBy.FEED: [FEEDS[number - 1].name for number in stored_article.feeds],
            }[group_by]
            expected.update((name, key(stored_article.date, size, zone)) for name in names)
    actual = {
        (row.name, key(start, size, zone)): count
        for row in trend.series
        for start, count in zip(trend.edges, row.counts, strict=False)
        if count
    }
    assert actual == expected
    assert all(len(row.counts) == len(trend.edges) - 1 == len(trend.labels) for row in trend.series)


@pytest.fixture
def week(tmp_path: Path) -> Path:
    """A week with one article on a strike each hour; feed B is read from the third day on."""
    start = at("2026-10-19")
    hourly = [
        article(n + 1, f"Grève {n}", date=start + n * HOUR + 60, feeds=(1 + (n % 2 and n > 48),))
        for n in range(7 * 24 + 1)
    ]
    fill(tmp_path, hourly)
    return tmp_path


def test_nobody_watched_a_feed_before_it_was_first_read(week: Path) -> None:
    (strike_series,) = (
        stats(week).trend(["grève"], Filter(until=at("2026-10-26")), bucket=BucketSize.DAY).series
    )
    assert strike_series.counts == (24, 24, 24, 24, 24, 24, 25)
    assert strike_series.marked == (True, True, True, False, False, False, False)
    rates = {1: 108 / (7 * 24), 2: 0.5}  # an hour: A brought 48 alone, then every other one
    assert strike_series.covered[0] == pytest.approx(rates[1] / sum(rates.values()), abs=0.01)


def test_nobody_watches_a_feed_after_it_was_left(week: Path) -> None:
    leave(week, 2, at("2026-10-26T00:00"))
    trend = stats(week).trend(["grève"], bucket=BucketSize.DAY)
    (strikes,) = trend.series
    marked_days = {day for day, mark in zip(trend.labels, strikes.marked, strict=True) if mark}
    assert {day for day in marked_days if day > "2026-10-21"} == set(trend.labels[7:])


def test_a_feed_with_a_coverage_gap_marks_its_days_and_another_feeds_trend_is_none_of_it(
    week: Path,
) -> None:
    blind(week, 2, at("2026-10-23T06:00"), at("2026-10-23T18:00"))
    trend = stats(week).trend(["grève"], bucket=BucketSize.DAY, split=GroupBy.FEED)
    by_feed = {series.name: series for series in trend.series}
    day = trend.labels.index("2026-10-23")
    assert not any(by_feed["A"].marked)
    assert by_feed["B"].marked[day]
    assert by_feed["B"].covered[day] == pytest.approx(0.5)
    assert by_feed["B"].corrected[day] == pytest.approx(12)


def test_days_without_an_article_are_there(week: Path) -> None:
    trend = stats(week).trend(
        ["grève", "alibaba"], Filter(since=at("2026-10-17")), bucket=BucketSize.DAY
    )
    assert trend.labels[0] == "2026-10-17"
    assert trend.labels[-1] == "2026-11-01"
    assert [query_series.counts[0] for query_series in trend.series] == [0, 0]
    assert trend.series[1].total == 0
    assert trend.until == NOW < trend.edges[-1]


@pytest.mark.parametrize(
    ("queries", "filter", "since", "until"),
    [
        (["grève"], Filter(), "2026-10-19T00:01", None),
        (["grève since:2026-10"], Filter(), "2026-10-01", None),
        (["grève until:2026-10-21"], Filter(), "2026-10-19T00:01", "2026-10-22"),
        (["grève (since:2026-10-20)"], Filter(), "2026-10-20", None),
        (["grève OR since:2026-10-01"], Filter(), "2026-10-19T00:01", None),
        (["grève since:2026-10", "grève"], Filter(), "2026-10-01", None),
        (["grève since:2026-10", "port since:2026-09"], Filter(), "2026-09-01", None),
        (["grève since:2026-10"], Filter(since=at("2026-10-20")), "2026-10-20", None),
        (["nothing"], Filter(since=at("2026-10-20")), "2026-10-20", None),
    ],
)
def test_it_begins_and_ends_as_asked(
    week: Path, queries: list[str], filter: Filter, since: str, until: str | None
) -> None:
    trend = stats(week).trend(queries, filter, bucket=BucketSize.MONTH)
    assert trend.since == at(since)
    assert trend.until == (NOW if until is None else at(until))


def test_too_many_buckets_are_refused_with_what_to_do(week: Path) -> None:
    with pytest.raises(MonitorError, match="count by longer stretches, or set --since"):
        stats(week).trend(["grève"], Filter(since=0.0), bucket=BucketSize.HOUR)


def test_summer_time_ends_in_the_middle_of_the_count(week: Path) -> None:
    trend = stats(week).trend(["grève"], bucket=BucketSize.HOUR)
    (strike_series,) = trend.series
    lengths = [end - start for start, end in pairwise(trend.edges)]
    assert set(lengths) == {HOUR}
    assert strike_series.counts[: 7 * 24 + 1] == (1,) * (7 * 24 + 1)
    repeated_labels = trend.labels[6 * 24 + 2 : 6 * 24 + 4]
    assert repeated_labels == ("2026-10-25T02:00+02:00", "2026-10-25T02:00+01:00")
    assert bisect_right(trend.edges, at("2026-10-26")) - 1 == 7 * 24 + 1
    assert trend.edges[0] == at("2026-10-19")
    assert trend.edges[-1] == NOW


def test_a_moment_just_before_the_hour_is_before_it() -> None:
    last = 1_811_800_799.999_999_8  # datetime rounds it to the full hour
    assert trends.edges(last, last, BucketSize.HOUR, PARIS) == (
        last // HOUR * HOUR,
        1_811_800_800.0,
    )
