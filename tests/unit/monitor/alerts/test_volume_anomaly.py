"""What is usual, and what is a surprise: rarely by chance, always when it is tenfold."""

from __future__ import annotations

import math
import sqlite3
from contextlib import closing
from datetime import datetime
from itertools import count
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from support.article_archive import article, fill, ring

from index.query.parser import parse_query
from monitor.alerts.volume_anomaly import CHANCE, LEAST, WEEKS, pace, windows
from monitor.model.config import Watchlist
from monitor.model.watchlist import Baseline
from monitor.search.search import ArchiveSearch
from monitor.service.statistics import Statistics
from monitor.store.sql.views import SqlViews
from monitor.store.sqlite import FILE

HOUR, DAY = 3_600.0, 86_400.0
PARIS = ZoneInfo("Europe/Paris")
NOW = datetime(2026, 11, 25, 15, 30, tzinfo=PARIS).timestamp()  # a Wednesday
BEFORE = st.lists(st.integers(0, 300), min_size=2, max_size=WEEKS)


def poisson(number: int, rate: float) -> float:
    return math.exp(number * math.log(rate) - rate - math.lgamma(number + 1))


@pytest.mark.parametrize("weeks", [2, 3, 5, 8])
@pytest.mark.parametrize("rate", [0.05, 0.3, 1.0, 2.5, 7.0, 20.0])
def test_a_constant_rate_surprises_no_more_often_than_stated(weeks: int, rate: float) -> None:
    chance = 0.0
    most = int(rate * weeks + 8 * math.sqrt(rate * weeks) + 8)
    for total in range(most):
        before = [total // weeks + (week < total % weeks) for week in range(weeks)]
        first = next(today for today in count() if pace(today, before).surprise)
        tail = 1 - sum(poisson(today, rate) for today in range(first))
        chance += poisson(total, rate * weeks) * tail
    assert chance <= CHANCE


@given(before=BEFORE, more=st.integers(0, 50))
def test_ten_times_the_usual_number_always_is_a_surprise(before: list[int], more: int) -> None:
    usual = sum(before) / len(before)
    if usual >= 1:
        assert pace(math.ceil(10 * usual) + more, before).surprise


@example(before=[230, 224, 204, 254, 248], today=1_929)  # 1e-323, which half of is 1e-323 again
@given(before=BEFORE, today=st.integers(0, 2_000))
def test_more_is_no_less_of_a_surprise_and_too_few_never_are(before: list[int], today: int) -> None:
    found = pace(today, before)
    assert found == Baseline(
        today=today,
        usual=sum(before) / len(before),
        weeks=len(before),
        surprise=found.surprise,
    )
    if found.surprise:
        assert today >= max(LEAST, 2 * found.usual)
        assert pace(today + 1, before).surprise


@pytest.mark.parametrize(
    ("today", "before", "surprise"),
    [
        (1, [0] * 8, False),
        (2, [0] * 8, False),
        (4, [0] * 8, True),
        (6, [1] * 8, False),
        (7, [1] * 8, True),
        (1_900, [1_000] * 8, False),  # not even twice as many
        (2_000, [1_000] * 8, True),
        (60, [0, 40, 2, 1, 0, 3, 50, 1], False),  # it comes in bursts
        (60, [12, 11, 13, 12, 12, 14, 11, 12], True),  # the same mean, steadily
    ],
)
def test_what_is_a_surprise(today: int, before: list[int], surprise: bool) -> None:
    assert pace(today, before).surprise is surprise


@pytest.mark.parametrize("before", [[], [0], [9]])
def test_one_week_tells_nothing(before: list[int]) -> None:
    assert pace(100, before) == Baseline(today=100, weeks=len(before))


def test_the_same_time_of_the_same_weekday_by_the_local_clock() -> None:
    today, *earlier = windows(NOW, PARIS)
    assert today == (datetime(2026, 11, 25, tzinfo=PARIS).timestamp(), NOW)
    assert len(earlier) == WEEKS
    for week, (start, end) in enumerate(earlier, 1):
        spoken = [datetime.fromtimestamp(moment, PARIS) for moment in (start, end)]
        assert [f"{moment:%a %H:%M}" for moment in spoken] == ["Wed 00:00", "Wed 15:30"]
        summer = HOUR if week > 4 else 0.0  # until 2026-10-25
        assert start == today[0] - week * 7 * DAY - summer


# --- from the store -------------------------------------------------------------------

STRIKE = Watchlist(name="Grève", query=parse_query("grève"))


def paces(folder: Path) -> dict[str, Baseline]:
    views = SqlViews(folder)
    return Statistics(
        ArchiveSearch(folder, views, lambda: NOW, PARIS), views, lambda: NOW, PARIS
    ).baselines()


def newsroom(folder: Path, days: int) -> Path:
    """Return a newsroom that has watched for so many days, an article every hour."""
    first = NOW - days * DAY
    fill(
        folder,
        [article(n + 1, "Grève", date=first + n * HOUR) for n in range(days * 24)],
        [STRIKE],
    )
    return folder


def test_alerts_of_the_weeks_before_are_what_is_usual(tmp_path: Path) -> None:
    newsroom(tmp_path, 60)
    noon = NOW - 3.5 * HOUR
    ring(tmp_path, "Grève", [noon - week * 7 * DAY for week in range(1, 9)])
    ring(tmp_path, "Grève", [noon - 7 * DAY + 6 * HOUR, noon - DAY])  # later in the day, yesterday
    ring(tmp_path, "Grève", [noon] * 8)
    ring(tmp_path, "Grève", [noon] * 100, backfill=True)
    assert paces(tmp_path) == {"Grève": Baseline(today=8, usual=1.0, weeks=8, surprise=True)}


def test_weeks_before_the_newsroom_or_without_articles_do_not_count(tmp_path: Path) -> None:
    assert paces(newsroom(tmp_path / "young", 20))["Grève"].weeks == 2
    assert paces(newsroom(tmp_path / "new", 3))["Grève"] == Baseline()
    away = newsroom(tmp_path / "away", 60)
    with closing(sqlite3.connect(away / FILE)) as sql, sql:  # three weeks off
        sql.execute(
            "DELETE FROM articles WHERE seen BETWEEN ? AND ?", (NOW - 30 * DAY, NOW - 9 * DAY)
        )
    assert paces(away)["Grève"].weeks == 5


def test_weeks_before_the_watchlist_do_not_count(tmp_path: Path) -> None:
    folder = newsroom(tmp_path, 60)
    with closing(sqlite3.connect(folder / FILE)) as sql, sql:
        (last,) = sql.execute(
            "SELECT max(id) FROM articles WHERE seen < ?", (NOW - 24 * DAY,)
        ).fetchone()
        sql.execute("INSERT INTO backfills VALUES ('Grève', 'x', ?, ?)", (last, last))
    assert paces(folder)["Grève"].weeks == 3


def test_an_empty_store_has_no_usual(tmp_path: Path) -> None:
    fill(tmp_path, [], [STRIKE])
    assert paces(tmp_path).get("Grève", Baseline()) == Baseline()
