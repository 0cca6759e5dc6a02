"""How long the archive keeps what it has: what goes, what stays, what is known again."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from email.utils import formatdate
from itertools import groupby
from pathlib import Path
from typing import Any, cast

import pytest
from hypothesis import given, settings, strategies as st
from msgspec.structs import replace
from support import flow
from support.alert_storage import save_poll
from support.newsroom import Item, Newsroom, rss, until
from support.properties import examples
from support.scripted_server import Reply, Request, Web
from support.simulated_time import START, Town, World

from monitor.base.article import Article
from monitor.base.errors import StoreError
from monitor.model.config import FOR_EVER, Retention, StoreAddress
from monitor.model.feed import Feed, FeedState, Outcome, Poll
from monitor.model.poll import NO_ENTRY, ArticleChange, PollOutcome
from monitor.model.triage import Change
from monitor.model.watchlist import WatchlistMatch
from monitor.storage.maintenance import retention as keeping, retention as tidying
from monitor.storage.maintenance.retention import RetentionSweep, SweepResult, compact, disk_usage
from monitor.storage.store.sql.store import Store
from monitor.storage.store.sql.views import Views

pytestmark = pytest.mark.costly

NOW = 1_700_000_000.0
DAY = 86_400.0
FEEDS = (
    Feed(url="https://a.test/rss", name="Le Soir", tags=("belgique",)),
    Feed(url="https://b.test/rss", name="B"),
)
ALIBABA, SPIES, _ = flow.WATCHLISTS
YEAR = Retention(keep=365.25 * DAY)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with closing(Store(StoreAddress(tmp_path))) as store:
        store.subscribe(FEEDS, (ALIBABA, SPIES))
        yield store


def put(
    store: Store,
    days: float,
    *hits: str,
    feed: int = 1,
    copy_of: int = 0,
    summary: str = "Texte",
) -> int:
    """Store an article first seen so many days ago, with alerts of these watchlists."""
    watchlists = {w.name: w for w in (ALIBABA, SPIES)}
    with store.batch() as batch:
        id = batch.next_article()
        article = Article(
            id=id,
            feeds=(feed,),
            url=f"https://outlet-{feed}.org/{id}",
            title=f"Titre {copy_of or id}",
            summary=summary,
            seen=NOW - days * DAY,
            story=id,
        )
        arrival = ArticleChange(
            article=article,
            entry=replace(
                NO_ENTRY, key=str(id), fingerprint=str(id).encode(), canonical=article.url
            ),
            new=True,
            hits=tuple(WatchlistMatch(watchlist=watchlists[name], matches=()) for name in hits),
            copy_of=copy_of or None,
        )
        numbered = replace(FEEDS[feed - 1], number=feed)
        poll = Poll(at=NOW, outcome=Outcome.READ, new=1)
        save_poll(
            batch, PollOutcome(feed=numbered, state=FeedState(), poll=poll, changes=(arrival,))
        )
    return id


def sweep_all(store: Store, retention: Retention) -> SweepResult:
    sweep, result = RetentionSweep(store, retention, NOW), SweepResult()
    while (step := sweep.step()) != SweepResult():
        result += step
    return result


KEPT = {
    "by default": (YEAR, {"young", "rang", "rang, starred", "leads a young copy", "copy"}),
    "for ever": (Retention(), None),
    "of a tag": (
        replace(YEAR, spare=("tag:belgique",)),
        {"young", "rang", "rang, starred", "leads a young copy", "copy", "of Le Soir", "carried"},
    ),
    "of a feed, and alerts go": (
        replace(YEAR, spare=("feed:lesoir",), drop_alerts=True),
        {"young", "rang, starred", "leads a young copy", "copy", "of Le Soir", "carried"},
    ),
    "what a watchlist rang for": (
        replace(YEAR, spare=("watch:espionnage",), drop_alerts=True),
        {"young", "rang", "rang, starred", "leads a young copy", "copy"},
    ),
    "alerts, said twice": (
        replace(YEAR, spare=("has:alert",), drop_alerts=True),
        {"young", "rang", "rang, starred", "leads a young copy", "copy"},
    ),
}


@pytest.mark.parametrize("case", KEPT)
def test_what_is_kept(store: Store, tmp_path: Path, case: str) -> None:
    retention, expected = KEPT[case]
    ids = {
        "old": put(store, 400, feed=2),
        "young": put(store, 300, feed=2),
        "rang": put(store, 500, "espionnage", feed=2),
        "rang, starred": put(store, 500, "Alibaba", feed=2),
        "leads a young copy": (leader := put(store, 380, "Alibaba", feed=2)),
        "copy": put(store, 10, "Alibaba", feed=1, copy_of=leader),
        "of Le Soir": put(store, 400, feed=1),
        "carried": put(store, 400, feed=2),
    }
    views = Views(StoreAddress(tmp_path))
    views.triage.change([2], Change(starred=True), "", 0.0)
    spine_rows(tmp_path, "INSERT INTO carriers VALUES (?, 1, 0)", ids["carried"])
    result = sweep_all(store, retention)
    names_left = {name for name, id in ids.items() if views.articles.get([id])}
    assert names_left == (set(ids) if expected is None else expected)
    assert result.articles == len(ids) - len(names_left)
    totals = spine_rows(tmp_path, "SELECT total(articles) FROM feeds")
    assert totals == [(len(names_left),)]


def spine_rows(folder: Path, query: str, *values: object) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(folder / "newsroom.db")) as sql, sql:
        return sql.execute(query, values).fetchall()


@settings(max_examples=examples(20))
@given(
    st.lists(
        st.tuples(st.integers(0, 800), st.sets(st.sampled_from(["Alibaba", "espionnage"]))),
        max_size=12,
    ),
    st.integers(1, 800),
    st.booleans(),
)
def test_nothing_young_goes_and_nothing_old_stays(
    tmp_path_factory: pytest.TempPathFactory,
    articles: list[tuple[int, set[str]]],
    days: int,
    drop_alerts: bool,
) -> None:
    folder = tmp_path_factory.mktemp("kept")
    with closing(Store(StoreAddress(folder))) as store:
        store.subscribe(FEEDS, (ALIBABA, SPIES))
        ids = {put(store, age, *hits): (age, hits) for age, hits in articles}
        retention = Retention(keep=days * DAY, drop_alerts=drop_alerts)
        preview, sweep = SweepResult(), RetentionSweep(store, retention, NOW)
        while (step := sweep.step(dry=True)) != SweepResult():
            preview += step
        result = sweep_all(store, retention)
        live = set(store.article_ids())
        assert live == {
            id for id, (age, hits) in ids.items() if age <= days or (hits and not drop_alerts)
        }
        assert preview == result
        assert len(store.article_ids()) == len(live)
        assert {ticket.id for ticket in store.unindexed(9_999) if not ticket.article} == (
            set(ids) - live
        )
        alerts = sum(len(ids[id][1]) for id in live)
        stories = sum(bool(ids[id][1]) for id in live)
        assert Views(StoreAddress(folder)).totals() == (len(live), len(live), alerts, stories)
        assert sweep_all(store, retention).articles == 0


def test_steps_are_short(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeping, "STEP", 3)
    for days in range(400, 420):
        put(store, days, *(["Alibaba"] if days % 2 else []))
    sweep = RetentionSweep(store, YEAR, NOW)
    steps = [sweep.step() for _ in range(8)]
    assert [step.articles + step.spared for step in steps] == [3, 3, 3, 3, 3, 3, 2, 0]
    assert sum(step.articles for step in steps) == 10


def test_what_was_dropped_is_no_news_when_it_comes_again(tmp_path: Path) -> None:
    alive = flow.life(tmp_path)
    alive.live([0])
    before = flow.rows(tmp_path, "SELECT count(*) FROM articles")
    assert before > [(2,)]
    with closing(Store(StoreAddress(tmp_path))) as store:
        sweep = RetentionSweep(store, Retention(keep=DAY, drop_alerts=True), flow.START + 2 * DAY)
        while sweep.step() != SweepResult():
            pass
    assert flow.rows(tmp_path, "SELECT count(*) FROM articles") == [(0,)]
    highest = flow.rows(tmp_path, "SELECT max(article) FROM dropped")[0][0]
    flow.life(tmp_path).live([0, 1, 2])
    articles = flow.rows(tmp_path, "SELECT id, title FROM articles ORDER BY id")
    assert [title for _, title in articles] == [
        "Un procès pour espionnage",
        "Une page qui n’est plus là",
    ]
    assert articles[0][0] > highest  # a number is never given again
    assert flow.rows(tmp_path, "SELECT watchlist FROM alerts WHERE article > 0") == [
        ("espionnage",)
    ]


def test_dropping_gives_its_room_back(store: Store, tmp_path: Path) -> None:
    for days in range(400, 480):
        put(store, days, summary="Le port de Liège. " * 500)
    before = disk_usage(tmp_path).total
    sweep_all(store, YEAR)
    assert disk_usage(tmp_path).free > before / 2
    compact(tmp_path)
    assert disk_usage(tmp_path).free == 0
    assert disk_usage(tmp_path).total < before / 2
    put(store, 1)


def confirmed(now: float) -> bool:
    return True


# --- beside the watch ----------------------------------------------------------------------


def test_the_watch_drops_a_few_at_a_time(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeping, "STEP", 5)
    for days in range(400, 420):
        put(store, days)
    now = [NOW]
    counts: list[int] = []
    rule = [FOR_EVER]

    class EndError(BaseException):
        pass

    async def sleep(seconds: float) -> None:
        now[0] += seconds
        counts.append(len(store.article_ids()))
        if len(counts) == 3:
            rule[0] = YEAR
        if len(counts) > 3 and counts[-1] == 0 and now[0] > NOW + 2 * tidying.SWEEP_SECONDS:
            raise EndError

    async def thread(call: Callable[..., Any], *args: object) -> Any:
        return call(*args)

    tidy = tidying.RetentionRunner(
        store, cast(Any, thread), lambda: now[0], sleep, lambda: rule[0], confirmed
    )
    with pytest.raises(EndError):
        asyncio.run(tidy.run_forever(lambda error: None))
    assert counts[:4] == [20, 20, 20, 15]
    assert [count for count, _ in groupby(counts)] == [20, 15, 10, 5, 0]


def test_a_clock_that_is_set_back_puts_off_no_sweep(store: Store) -> None:
    times = [NOW + 9 * DAY, NOW]  # the clock is corrected after the first sweep
    now = [NOW]
    counts: list[int] = []

    async def sleep(seconds: float) -> None:
        counts.append(len(store.article_ids()))
        if not times:
            raise asyncio.CancelledError
        now[0] = times.pop(0)
        if not times:
            put(store, 900)

    async def thread(call: Callable[..., Any], *args: object) -> Any:
        return call(*args)

    tidy = tidying.RetentionRunner(
        store, cast(Any, thread), lambda: now[0], sleep, lambda: YEAR, confirmed
    )
    with pytest.raises(asyncio.CancelledError):
        asyncio.run(tidy.run_forever(lambda error: None))
    assert counts[-1] == 0


def test_a_refusal_is_told_and_the_sweep_goes_on(store: Store) -> None:
    put(store, 900)
    errors: list[StoreError] = []
    refusals = [StoreError("locked")]

    async def sleep(seconds: float) -> None:
        if len(store.article_ids()) == 0:
            raise asyncio.CancelledError

    async def thread(call: Callable[..., Any], *args: object) -> Any:
        if refusals:
            raise refusals.pop()
        return call(*args)

    tidy = tidying.RetentionRunner(
        store, cast(Any, thread), lambda: NOW, sleep, lambda: YEAR, confirmed
    )
    with pytest.raises(asyncio.CancelledError):
        asyncio.run(tidy.run_forever(errors.append))
    assert len(errors) == 1


@pytest.mark.parametrize("years", [-20, 20])
def test_a_clock_that_is_years_wrong_drops_nothing(tmp_path: Path, years: int) -> None:
    world = World()
    town = Town(world, Web(clock=lambda: world.elapsed))

    def answer(request: Request) -> Reply:
        count = 1 + int(world.elapsed / 1_200)
        dates = [formatdate(START + 1_200 * number) for number in range(count)]
        items = [Item(f"Un port {n}", guid=str(n), date=date) for n, date in enumerate(dates)]
        del items[:-10]
        return Reply(body=rss(*items))

    town.web.on("/rss", answer)
    feeds = [{"url": "http://a.example/rss", "every": "10m"}]
    config = {"feeds": feeds, "watchlists": ["rien"], "archive": {"keep": "30d"}}
    (tmp_path / "feeds.yaml").write_text(json.dumps(config), encoding="utf-8")

    async def leave() -> bool:
        for offset in (0, years * YEAR.keep, 0):  # type: ignore[operator]
            world.offset = offset
            await town.wait(tidying.SWEEP_SECONDS + 600)
        return True

    world.watch(tmp_path / "feeds.yaml", town, leave, tick=60.0)
    with closing(sqlite3.connect(tmp_path / "var" / "newsroom.db")) as sql:
        (count,) = sql.execute("SELECT count(*) FROM articles").fetchone()
    assert count == 1 + int((world.elapsed - 600) / 1_200)


def test_on_the_command_line(tmp_path: Path) -> None:
    home = Newsroom(tmp_path / "home")
    home.folder.mkdir()
    feeds = [{"url": "http://127.0.0.1:9/rss", "name": "B"}]
    lines = [
        {"title": f"Un port {year}", "url": f"https://ex.org/{year}", "published": f"{year}-01-01"}
        for year in range(2001, 2011)
    ]
    (home.folder / "a.json").write_text(json.dumps(lines), encoding="utf-8")
    home.watch(feeds, ["2005"])
    assert home.here("import", "a.json").returncode == 0
    assert "nothing is ever deleted" in home.here("vacuum", "--dry-run").stdout
    home.watch(feeds, ["2005"], archive={"keep": "10y"})
    preview = home.here("vacuum", "--dry-run").stdout
    assert "9 articles older than 10 years" in preview
    assert "1 article of that age kept" in preview
    assert home.counts()[0] == 10
    done = home.here("vacuum")
    assert done.returncode == 0
    assert "compacted" in done.stderr
    assert home.counts() == (1, 1, 0)
    output = home.here("search", "port", "--format", "urls").stdout
    assert output == "https://ex.org/2005\n"
    with home.running("run"):
        until((home.data / "monitor.json").exists)
        refusal = home.here("vacuum")
        assert (refusal.returncode, "nothing was compacted" in refusal.stderr) == (0, True)
    home.watch(feeds, ["2005"])
    assert home.here("import", "a.json").returncode == 0  # imported again explicitly
    assert home.counts()[0] == 1  # dropped articles stay dropped
