"""Tests that a spike or silence of a watchlist raises one alert, with a beginning and an end."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC
from pathlib import Path

import pytest
from msgspec.structs import replace
from support import flow
from support.unusual_newsroom import (
    ALIBABA,
    DAY,
    FEED,
    HOUR,
    LOOK,
    NOW,
    UnusualNewsroom,
    save_story,
)

from index.query.parser import parse_query
from monitor.intake.article_import import ArticleImport, parse_article
from monitor.judgement.alerts.routing import Routing
from monitor.model.alert import AlertKind, SuppressionReason
from monitor.model.config import Route, StoreAddress
from monitor.model.watchlist import Baseline, Silence, Watchlist
from monitor.storage.store.sql.views import Views
from monitor.watchlists.backfill import Backfill
from monitor.watchlists.baselines import Baselines

BURST = [60.0 + n * 200 for n in range(16)]


@pytest.fixture
def newsroom(tmp_path: Path) -> Iterator[UnusualNewsroom]:
    unusual_newsroom = UnusualNewsroom(tmp_path)
    with closing(unusual_newsroom.store):
        yield unusual_newsroom


def test_a_spike_is_one_alert_with_an_end(newsroom: UnusualNewsroom) -> None:
    plans = newsroom.let(HOUR, BURST)
    (plan,) = plans
    (spike,) = plan.raised
    assert (spike.kind, spike.watchlist, spike.feed) == (AlertKind.SPIKE, "Alibaba", "")
    (end_plan,) = newsroom.let(12 * HOUR, [n * HOUR + 60 for n in range(12)])
    assert end_plan.usual_again == [("Alibaba", AlertKind.SPIKE)]
    assert end_plan.new == []
    (alert,) = newsroom.alerts
    assert (alert.kind, alert.article, alert.feed, alert.url) == (AlertKind.SPIKE, None, "", "")


def test_it_says_how_many_stories_are_usual_and_what_they_are_about(
    newsroom: UnusualNewsroom,
) -> None:
    newsroom.let(HOUR, BURST)
    (alert,) = newsroom.alerts
    assert " stories since " in alert.title
    _, _, headlines = alert.title.partition(" usual by now: ")
    assert headlines.startswith("Alibaba : grève à Zeebrugge")
    assert headlines.count(";") == 2


def test_it_is_recorded_with_its_stories(newsroom: UnusualNewsroom) -> None:
    (plan,) = newsroom.let(HOUR, BURST)
    (record,) = plan.records
    assert record.content["stories"] == len(record.content["alerts"])
    assert record.content["usual"] < 3
    assert record.rule == newsroom.watchlist


def test_a_restart_raises_no_second_one(newsroom: UnusualNewsroom) -> None:
    newsroom.let(HOUR, BURST)
    newsroom.restart()
    assert newsroom.let(HOUR / 2, BURST[:6]) == []
    assert len(newsroom.alerts) == 1


# --- a past that was not watched ---------------------------------------------------------


def import_past(newsroom: UnusualNewsroom, *, dated: bool = True, days: int = 30) -> None:
    """Import an article of the feed for each hour, with a date or without."""
    importer = ArticleImport(newsroom.store, lambda: (newsroom.watchlist,), lambda: newsroom.now)
    moments = [newsroom.now - n * HOUR - 60 * (n % 50) for n in range(1, days * 24)]
    articles = [
        {"title": f"Alibaba au port, nouvelle {at}", "feed": "A"} | ({"date": at} if dated else {})
        for at in moments
    ]
    importer.take(parse_article(article, newsroom.now) for article in articles)
    assert importer.alerts == len(moments)


def pattern(newsroom: UnusualNewsroom, watchlist: str = "Alibaba") -> Baseline:
    views = Views(StoreAddress(newsroom.folder))
    since, now = newsroom.now - DAY, newsroom.now
    return Baselines(views, UTC).between(since, now, now, lasting=True)[watchlist]


@pytest.fixture
def new_newsroom(tmp_path: Path) -> Iterator[UnusualNewsroom]:
    newsroom = UnusualNewsroom(tmp_path, is_new=True)
    with closing(newsroom.store):
        yield newsroom


@pytest.mark.parametrize("imported_last", [False, True])
def test_dated_imports_teach_what_is_usual(
    new_newsroom: UnusualNewsroom, imported_last: bool
) -> None:
    newsroom = new_newsroom
    if imported_last:
        newsroom.let(2 * HOUR)
    import_past(newsroom)
    newsroom.restart()
    assert newsroom.let(HOUR / 2, [60.0]) == []
    assert pattern(newsroom).usual == pytest.approx(24, rel=0.1)
    assert pattern(newsroom).weeks == 4
    (plan,) = newsroom.let(HOUR, BURST)
    assert [alert.kind for alert in plan.raised] == [AlertKind.SPIKE]


def test_an_imported_burst_of_today_is_a_spike(new_newsroom: UnusualNewsroom) -> None:
    import_past(new_newsroom)
    burst = [{"title": f"Alibaba : grève {n}", "feed": "A", "date": NOW - 2 * HOUR - 60 * n}
             for n in range(20)]  # fmt: skip
    importer = ArticleImport(new_newsroom.store, lambda: (ALIBABA,), lambda: NOW)
    importer.take(parse_article(article, NOW) for article in burst)
    (spike,) = new_newsroom.look().raised
    assert spike.kind is AlertKind.SPIKE


@pytest.mark.parametrize(("dated", "days"), [(False, 30), (True, 10)])
def test_imports_without_dates_or_of_few_days_teach_nothing(
    new_newsroom: UnusualNewsroom, dated: bool, days: int
) -> None:
    import_past(new_newsroom, dated=dated, days=days)
    assert new_newsroom.let(HOUR, BURST) == []
    assert pattern(new_newsroom).usual is None


PORTS = Watchlist(name="Ports", query=parse_query("port"), rule="2")


def test_a_backfill_teaches_what_is_usual_once_it_is_complete(newsroom: UnusualNewsroom) -> None:
    newsroom.store.subscribe([FEED], [ALIBABA, PORTS])
    backfill = Backfill(newsroom.store, lambda: newsroom.now)
    backfill.begin([ALIBABA, PORTS], [FEED])
    newsroom.watchlist = PORTS
    assert backfill.step() is not None
    newsroom.look()
    assert pattern(newsroom, "Ports").usual is None
    while backfill.step():
        pass
    assert pattern(newsroom, "Ports").usual == pattern(newsroom, "Alibaba").usual
    (plan,) = newsroom.let(HOUR, BURST)
    assert [(alert.kind, alert.watchlist) for alert in plan.raised] == [(AlertKind.SPIKE, "Ports")]


def test_after_an_edit_it_learns_anew(newsroom: UnusualNewsroom) -> None:
    edited = replace(ALIBABA, query=parse_query("alibaba AND port"), rule="3")
    newsroom.store.subscribe([FEED], [edited])
    backfill = Backfill(newsroom.store, lambda: newsroom.now)
    backfill.begin([edited], [FEED])
    while backfill.step():
        pass
    assert pattern(newsroom).usual is None


def test_the_first_read_of_a_feed_teaches_nothing(newsroom: UnusualNewsroom) -> None:
    before = pattern(newsroom)
    with newsroom.store.batch() as batch:
        for n in range(30):
            save_story(batch, newsroom.now - 2 * HOUR - n, f"Alibaba {n}", backfill=True)
    assert pattern(newsroom) == before


@pytest.mark.costly
@pytest.mark.parametrize(
    ("stories", "kinds"),
    [
        pytest.param([60.0 * n for n in range(1, 21)], ["quiet", "spike"], id="a burst"),
        pytest.param([n * 360.0 for n in range(1, 60)], ["spike"], id="a rise for six hours"),
        pytest.param([n * HOUR for n in range(1, 12)], [], id="nothing unusual"),
        pytest.param([], ["quiet"], id="nothing at all"),
    ],
)
def test_restarts_change_nothing(tmp_path: Path, stories: list[float], kinds: list[str]) -> None:
    """What is usual is in the store: a monitor that begins anew knows it, also amid a spike."""
    histories = []
    for restarts in (False, True):
        folder = tmp_path / f"{restarts}"
        folder.mkdir()
        newsroom = UnusualNewsroom(folder)
        with closing(newsroom.store):
            for start in range(0, 12 * int(HOUR), int(LOOK)):
                newsroom.let(LOOK, [at - start for at in stories if start < at <= start + LOOK])
                if restarts:
                    newsroom.restart()
            alerts = [(alert.kind, alert.raised_at, alert.title) for alert in newsroom.alerts]
        times = flow.rows(folder, "SELECT kind, started_at, ended_at FROM unusual")
        histories.append((alerts, times))
    assert histories[0] == histories[1]
    assert sorted(kind for kind, *_ in histories[0][0]) == kinds


def test_a_watchlist_may_ask_for_none(newsroom: UnusualNewsroom) -> None:
    newsroom.watchlist = replace(newsroom.watchlist, unusual=False)
    assert newsroom.let(HOUR, BURST) == []


def test_a_spike_is_over_when_nobody_asks_any_more(newsroom: UnusualNewsroom) -> None:
    newsroom.let(HOUR, BURST)
    newsroom.watchlist = replace(newsroom.watchlist, unusual=False)
    assert newsroom.look(LOOK).usual_again == [("Alibaba", AlertKind.SPIKE)]


def test_a_silence_is_one_alert_until_a_story_comes(newsroom: UnusualNewsroom) -> None:
    (plan,) = newsroom.let(DAY)
    (quiet_alert,) = plan.raised
    assert quiet_alert.kind is AlertKind.QUIET
    assert quiet_alert.title.startswith("no story since ")
    assert "The last one: Alibaba au port" in quiet_alert.title
    (end_plan,) = newsroom.let(HOUR, [60.0])
    assert end_plan.usual_again == [("Alibaba", AlertKind.QUIET)]


def test_no_silence_while_its_feed_is_not_read(newsroom: UnusualNewsroom) -> None:
    for _ in range(int(DAY / LOOK)):
        assert newsroom.look(LOOK).new == []


def test_a_sleep_is_neither_a_silence_nor_a_spike(newsroom: UnusualNewsroom) -> None:
    assert newsroom.look().new == []
    newsroom.now += 20 * HOUR
    assert newsroom.look().new == []
    assert newsroom.let(HOUR, BURST) == []


def test_no_spike_of_a_network_that_is_back(newsroom: UnusualNewsroom) -> None:
    newsroom.look()
    for _ in range(int(20 * HOUR / LOOK)):
        newsroom.now += LOOK
        plan = newsroom.watch.look(
            [newsroom.watchlist], newsroom.routing, newsroom.routing.zone,
            patience=3 * LOOK, network_down=True,
        )  # fmt: skip
        assert plan.new == []
    assert newsroom.let(HOUR, BURST) == []


def test_a_feed_that_fails_makes_neither_a_silence_nor_a_spike(newsroom: UnusualNewsroom) -> None:
    newsroom.let(HOUR, [60.0, 2_000.0])
    assert newsroom.fail(20) == []
    assert newsroom.let(HOUR, BURST) == []


def test_it_is_silenced_and_routed_as_its_watchlist(newsroom: UnusualNewsroom) -> None:
    newsroom.routing = Routing(
        channels=("desk", "other"), routes=(Route(to=("desk",), watch=("alibaba",)),)
    )
    (plan,) = newsroom.let(HOUR, BURST)
    assert [item.channel for notify in plan.notify for item in notify.deliveries] == ["desk"]
    newsroom.store.watchlists.silence(
        Silence(watchlist="Alibaba", by="", since=newsroom.now, until=newsroom.now + 9 * DAY)
    )
    plans = newsroom.let(3 * DAY)
    assert [a.suppressed for plan in plans for a in plan.raised] == [SuppressionReason.SILENCE]


def test_it_counts_as_no_story(newsroom: UnusualNewsroom) -> None:
    stories = [n * HOUR + 60.0 for n in range(3)]
    newsroom.let(3 * HOUR, stories)
    newsroom.let(HOUR, BURST)
    assert newsroom.alerts
    end = newsroom.now
    with newsroom.store.reading() as reading:
        assert len(reading.volumes.stories(end - HOUR)["Alibaba"]) == len(BURST)
