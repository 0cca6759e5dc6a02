"""Tests of the latency of news: the measured times, the excluded times, the slowest step."""

from __future__ import annotations

import json
import math
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given, strategies as st
from msgspec.structs import replace
from support import flow
from support.store_with_alerts import ALIBABA, FEED, NOW, raised

from monitor.cli import main_group
from monitor.cli.status import duration, latency_lines
from monitor.judgement.alerts.latency import latency, spread
from monitor.model.config import StoreAddress
from monitor.model.delivery import DeliveryAttempt
from monitor.model.feed import Source
from monitor.model.latency import ArticleTimes, DeliveryTimes, Step
from monitor.model.poll import Fetched, ParsedFeed
from monitor.storage.store.sql.store import Store
from monitor.storage.store.sql.views import Views


@pytest.fixture
def store(tmp_path: Path):
    with closing(Store(StoreAddress(tmp_path))) as store:
        store.subscribe((replace(FEED, number=0),), (ALIBABA,))
        yield store


# --- what is clocked -------------------------------------------------------------------


def test_an_article_that_raises_an_alert_is_clocked_at_each_step(
    store: Store, tmp_path: Path
) -> None:
    first, second = raised(store), raised(store)
    views = Views(StoreAddress(tmp_path))
    assert views.deliveries.latency(NOW).articles[0] == ArticleTimes(
        article=first, feed=1, published=NOW - 600, seen=NOW - 3, matched=NOW, searchable=None,
        edited=False,
    )  # fmt: skip
    tickets = store.unindexed(9)
    store.mark_indexed(tickets[0].number, NOW + 2)
    assert [row.searchable for row in views.deliveries.latency(NOW).articles] == [NOW + 2, None]
    store.mark_indexed(tickets[1].number, NOW + 5)
    store.mark_indexed(tickets[1].number, NOW + 9)
    assert [row.searchable for row in views.deliveries.latency(NOW).articles] == [NOW + 2, NOW + 5]
    assert [row.article for row in views.deliveries.latency(NOW).articles] == [first, second]
    assert views.deliveries.latency(NOW + 1).articles == []


def test_what_was_there_before_is_not(store: Store, tmp_path: Path) -> None:
    raised(store, backfill=True)
    assert Views(StoreAddress(tmp_path)).deliveries.latency(0).articles == []


def test_an_edit_that_raises_an_alert_says_so(store: Store, tmp_path: Path) -> None:
    id = raised(store, backfill=True)
    with store.batch() as batch:
        batch._sql.execute("DELETE FROM alerts")
    raised(store, new=False, id=id)
    ((is_edited),) = [
        times.edited for times in Views(StoreAddress(tmp_path)).deliveries.latency(0).articles
    ]
    assert is_edited


def test_it_goes_with_its_article(store: Store, tmp_path: Path) -> None:
    id = raised(store)
    with store.batch() as batch:
        batch.drop([id])
    assert Views(StoreAddress(tmp_path)).deliveries.latency(0).articles == []


def test_a_clock_that_is_set_back_makes_nothing_negative(store: Store, tmp_path: Path) -> None:
    raised(store, received=NOW + 50)
    raised(store, received=NOW - 3)
    store.mark_indexed(9, NOW - 100)
    rows = Views(StoreAddress(tmp_path)).deliveries.latency(0).articles
    assert [(row.seen, row.searchable) for row in rows] == [(NOW, NOW), (NOW - 3, NOW)]


def test_the_whole_way_of_the_real_pipeline(tmp_path: Path) -> None:
    flow.life(tmp_path).live(flow.ROUNDS)
    clocked_times = Views(StoreAddress(tmp_path)).deliveries.latency(0).articles
    articles = {times.article: times for times in clocked_times}
    alert_rows = flow.rows(tmp_path, "SELECT article FROM alerts WHERE NOT backfill AND article")
    assert set(articles) == {id for (id,) in alert_rows} != set()


def test_an_article_is_seen_when_its_answer_is_there_not_when_it_is_stored(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    life, parse = flow.life(tmp_path), flow.Reader.parse

    async def parse_slowly(
        reader: flow.Reader, response: Fetched, source: Source, **options: bool
    ) -> ParsedFeed:
        life.now += 7
        return await parse(reader, response, source, **options)

    monkeypatch.setattr(flow.Reader, "parse", parse_slowly)
    life.live(flow.ROUNDS)
    polled_times = [
        times
        for times in Views(StoreAddress(tmp_path)).deliveries.latency(0).articles
        if times.matched > times.seen
    ]
    assert polled_times
    assert all(times.matched - times.seen >= 7 for times in polled_times)


# --- what it comes to ------------------------------------------------------------------


def times_of(**fields: object) -> ArticleTimes:
    defaults = ArticleTimes(
        article=1, feed=1, published=NOW - 600, seen=NOW, matched=NOW + 1, searchable=NOW + 3,
        edited=False,
    )  # fmt: skip
    return replace(defaults, **fields)  # type: ignore[arg-type]


def test_dates_that_say_nothing_are_left_out_and_counted() -> None:
    report = latency(
        [
            times_of(),
            times_of(published=None),
            times_of(published=NOW + 1),
            times_of(edited=True, published=NOW - 1e6),
            times_of(searchable=None),
        ],
        [
            DeliveryTimes(1, "mail", NOW, NOW + 9e3, True),
            DeliveryTimes(2, "mail", NOW, NOW + 2, False),
        ],
        {1: "A"},
    )
    assert {step: step_spread.count for step, step_spread in report.steps.items()} == {
        Step.SEEN: 2, Step.MATCHED: 5, Step.SEARCHABLE: 4, Step.DELIVERED: 1,
    }  # fmt: skip
    assert report.steps[Step.SEEN].p95 == 600
    assert report.left_out == {
        "undated": 1,
        "dated in the future": 1,
        "edited later": 1,
        "not noted as searchable": 1,
        "delayed by quiet hours or a digest": 1,
    }
    assert report.channels["mail"].p95 == 2


@pytest.mark.usefixtures("french")
def test_what_is_left_out_is_told_in_french() -> None:
    report = latency([times_of(), times_of(published=None), times_of(edited=True)], [], {1: "A"})
    assert "1 sans date, 1 modifié ensuite" in "\n".join(latency_lines(report))


def test_the_slowest_is_named_first() -> None:
    report = latency(
        [times_of(), times_of(feed=2, published=NOW - 9000), times_of(feed=3, searchable=NOW + 99)],
        [
            DeliveryTimes(1, "mail", NOW, NOW + 2, False),
            DeliveryTimes(2, "chat", NOW, NOW + 5, False),
        ],
        {1: "A", 2: "B", 3: "C"},
    )
    assert [feed.name for feed in report.feeds] == ["B", "C", "A"]
    assert list(report.channels) == ["chat", "mail"]
    assert (report.slowest, report.slowest_own) == (Step.SEEN, Step.SEARCHABLE)
    empty_report = latency([], [], {})
    assert (empty_report.slowest, empty_report.slowest_own, empty_report.steps) == (None, None, {})


@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=50))
def test_half_and_nineteen_of_twenty_took_no_longer(seconds: list[float]) -> None:
    result = spread(seconds)
    assert result is not None
    assert result.count == len(seconds)
    for share, bound in ((0.5, result.p50), (0.95, result.p95)):
        assert bound in seconds
        assert sum(value <= bound for value in seconds) >= math.ceil(share * len(seconds))
        assert sum(value < bound for value in seconds) < math.ceil(share * len(seconds))


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.0, "0.00 s"), (0.237, "0.24 s"), (0.999, "1.0 s"), (3.14, "3.1 s"), (9.96, "10 s"),
     (42.4, "42 s"), (900.0, "15 min"), (7200.0, "2 h")],
)  # fmt: skip
def test_durations_have_the_digits_that_matter(seconds: float, words: str) -> None:
    assert duration(seconds) == words


# --- the command -----------------------------------------------------------------------


def run(folder: Path, *arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(main_group, ["--data", str(folder), "status", *arguments])
    return result.exit_code, result.stdout


def test_the_command(store: Store, tmp_path: Path) -> None:
    raised(store, channels=("mail", "chat"))
    raised(store, channels=("chat",), bundle="9")
    store.mark_indexed(9, NOW + 2)
    store.deliveries.save_attempts([DeliveryAttempt(delivery=n) for n in (1, 2, 3)], NOW + 4)
    code, output = run(tmp_path, "--latency", "--since", "2023")
    assert code == 0
    lines = output.splitlines()
    assert lines[1].split() == ["published", "to", "seen", "2", "10", "min", "10", "min"]
    assert lines[4].split() == ["matched", "to", "delivered", "2", "4.0", "s", "4.0", "s"]
    assert lines[5].startswith("slowest: published to seen, 10 min (p95): the feed:")
    assert "1 delayed by quiet hours or a digest" in output
    data = json.loads(run(tmp_path, "--latency", "--since", "2023", "--format", "json")[1])
    assert data["steps"]["seen to matched"] == {"count": 2, "p50": 3.0, "p95": 3.0}
    assert (data["slowest"], data["slowest_own"]) == ("published to seen", "matched to delivered")
    assert data["channels"]["mail"]["count"] == 1
    assert data["feeds"][0]["feed"] == "A"
    assert "no new article raised an alert" in run(tmp_path, "--latency", "--since", "1h")[1]
    assert run(tmp_path, "--since", "7d")[0] == 2
