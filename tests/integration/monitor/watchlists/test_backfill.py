"""A rule that is new or changed rings for what the archive already holds, exactly once."""

from __future__ import annotations

import random
import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, strategies as st
from msgspec.structs import replace
from support import flow
from support.flow import FEEDS, START, WATCHLISTS, Fuse, Killed
from support.newsroom import Item, Newsroom, rss, until
from support.scripted_server import Reply, Web

from index.query.parser import any_of, parse_query as understood
from monitor.base.errors import StoreError
from monitor.judgement.rule_version import rule_version
from monitor.model.config import StoreAddress
from monitor.model.watchlist import Severity, Watchlist
from monitor.storage.store.sql.store import Store
from monitor.watchlists import backfill as module
from monitor.watchlists.backfill import Backfill, BackfillStep

pytestmark = pytest.mark.costly

NOW = START + 1_000_000
STRIKE = Watchlist(name="Grève", query=understood("grève OR dockers"), severity=Severity.HIGH)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return the data folder of a newsroom that has run for a while, and then stopped."""
    flow.life(tmp_path).live(flow.ROUNDS)
    with closing(Store(StoreAddress(tmp_path))) as store:
        finish(store, WATCHLISTS)
    return tmp_path


def steps(store: Store, watchlists: Sequence[Watchlist]) -> Iterator[BackfillStep]:
    """Put watchlists in force, and yield each step of their backfill."""
    work = Backfill(store, lambda: NOW)
    feeds = store.subscribe(FEEDS, watchlists)
    work.begin(watchlists, feeds)
    while step := work.step():
        yield step


def finish(store: Store, watchlists: Sequence[Watchlist]) -> int:
    """Backfill to the end; return the number of matched articles."""
    return sum(step.articles for step in steps(store, watchlists))


def alerts(folder: Path, watchlist: str = "Grève") -> list[tuple[Any, ...]]:
    return flow.rows(
        folder,
        "SELECT article, severity, backfill, raised_at FROM alerts"
        " WHERE watchlist = ? ORDER BY article",
        watchlist,
    )


def all_matches(folder: Path) -> list[tuple[Any, ...]]:
    """Return alerts and matches, without the order in which they came."""
    return flow.rows(
        folder,
        "SELECT al.watchlist, al.article, al.backfill, al.raised_at, al.merged_into IS NULL,"
        " m.field, m.start, m.stop, m.text, m.term FROM alerts al"
        " LEFT JOIN matches m ON m.alert = al.id ORDER BY 1, 2, m.place",
    )


def test_a_new_watchlist_raises_alerts_for_what_was_there_and_says_so(folder: Path) -> None:
    before = all_matches(folder)
    with closing(Store(StoreAddress(folder))) as store:
        assert finish(store, (*WATCHLISTS, STRIKE)) > 0
    raised = alerts(folder)
    expected = flow.rows(folder, "SELECT id FROM articles WHERE title LIKE 'Grève%' ORDER BY id")
    assert [article for article, *_ in raised] == [id for (id,) in expected] != []
    assert {tuple(values) for _, *values in raised} == {("high", 1, NOW)}
    assert [row for row in all_matches(folder) if row[0] != "Grève"] == before


def test_an_article_is_matched_for_each_feed_that_carries_it(folder: Path) -> None:
    first = flow.rows(folder, "SELECT id, feed FROM articles WHERE title LIKE 'Grève%' LIMIT 1")
    ((article, feed),) = first
    with closing(Store(StoreAddress(folder))) as store:
        store._connection.execute(  # as if another feed had carried it as well
            "INSERT OR IGNORE INTO carriers SELECT ?, number, 0 FROM feeds WHERE number <> ?",
            (article, feed),
        )
        other = next(feed_row for feed_row in store.feeds.every() if feed_row.number != feed)
        finish(store, (*WATCHLISTS, replace(STRIKE, feeds=(other.name,))))
    assert article in {article for article, *_ in alerts(folder)}


def test_it_is_done_once_for_each_version_of_a_rule(folder: Path) -> None:
    with closing(Store(StoreAddress(folder))) as store:
        rules = (*WATCHLISTS, STRIKE)
        assert finish(store, rules) > 0
        assert finish(store, rules) == 0
        assert finish(store, rules[::-1]) == 0
        louder = replace(STRIKE, severity=Severity.LOW)
        assert finish(store, (*WATCHLISTS, louder)) == 0
        edited = replace(STRIKE, query=understood("espionnage"))
        assert finish(store, (*WATCHLISTS, edited)) > 0
        assert finish(store, WATCHLISTS) == 0
        assert finish(store, rules) > 0  # it was not watched in between


def test_a_newsroom_that_starts_has_nothing_to_look_through(tmp_path: Path) -> None:
    with closing(Store(StoreAddress(tmp_path))) as store:
        assert list(steps(store, WATCHLISTS)) == []


def test_alerts_of_copies_count_with_the_first(folder: Path) -> None:
    wire = Watchlist(name="Sûreté", query=understood('"sûreté de l’État"'))
    with closing(Store(StoreAddress(folder))) as store:
        finish(store, (*WATCHLISTS, wire))
    merged = flow.rows(
        folder, "SELECT merged_into IS NULL FROM alerts WHERE watchlist = 'Sûreté' ORDER BY article"
    )
    assert merged == [(1,), (0,)]


def test_a_step_stops_when_its_time_is_up(folder: Path) -> None:
    ticks = count(int(NOW))
    with closing(Store(StoreAddress(folder))) as store:
        work = Backfill(store, lambda: next(ticks))  # each look at the clock costs a second
        feeds = store.subscribe(FEEDS, (*WATCHLISTS, STRIKE))
        (stand,) = work.begin((*WATCHLISTS, STRIKE), feeds)
        progress = []
        while step := work.step():
            progress.append(step)
    assert [step.articles for step in progress] == [1] * stand.until
    assert [step.done for step in progress] == [()] * (stand.until - 1) + [("Grève",)]
    assert alerts(folder)


def test_a_rule_that_comes_later_catches_up_with_one_that_is_under_way(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "STEP", 2)
    page = Watchlist(name="Entrepôt", query=understood("entrepôt"))
    with closing(Store(StoreAddress(folder))) as store:
        next(steps(store, (*WATCHLISTS, STRIKE)))
        positions = {row.watchlist: row.upto for row in store.watchlists.backfills()}
        assert positions == {"Grève": 2}
        finish(store, (*WATCHLISTS, STRIKE, page))
        assert store.watchlists.backfills() == []
    apart = [alerts(folder), alerts(folder, "Entrepôt")]
    assert all(apart)
    with closing(Store(StoreAddress(folder))) as store:
        finish(store, WATCHLISTS)
        finish(store, (*WATCHLISTS, STRIKE, page))
    assert [alerts(folder), alerts(folder, "Entrepôt")] == apart


def test_killed_at_any_step_and_started_again_it_comes_to_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "STEP", 2)
    flow.life(tmp_path / "before").live(flow.ROUNDS)

    def fresh(name: str) -> Path:
        folder_copy = tmp_path / name
        folder_copy.mkdir()
        before, after = tmp_path / "before" / "newsroom.db", folder_copy / "newsroom.db"
        with closing(sqlite3.connect(before)) as old, closing(sqlite3.connect(after)) as new:
            old.backup(new)
        return folder_copy

    uninterrupted = fresh("whole")
    fuse = Fuse()
    with fuse.fitted(), closing(Store(StoreAddress(uninterrupted))) as store:
        finish(store, (*WATCHLISTS, STRIKE))
    expected = all_matches(uninterrupted)
    assert fuse.steps > 30
    for at in range(random.choice((1, 2)), fuse.steps + 1, 2):
        copy = fresh(str(at))
        with pytest.raises(Killed), Fuse(at).fitted():
            finish(Store(StoreAddress(copy)), (*WATCHLISTS, STRIKE))
        with closing(Store(StoreAddress(copy))) as store:
            finish(store, (*WATCHLISTS, STRIKE))
        assert all_matches(copy) == expected, at


def test_a_store_that_refuses_loses_nothing(folder: Path) -> None:
    with closing(Store(StoreAddress(folder))) as store:
        store._connection.execute("PRAGMA busy_timeout = 10")
        work = Backfill(store, lambda: NOW)
        feeds = store.subscribe(FEEDS, (*WATCHLISTS, STRIKE))
        work.begin((*WATCHLISTS, STRIKE), feeds)
        with closing(sqlite3.connect(folder / "newsroom.db", isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            with pytest.raises(StoreError):
                work.step()
            other.execute("ROLLBACK")
        while work.step():
            pass
    assert alerts(folder)


# --- the version of a rule -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("first", "other", "same"),
    [
        ("alibaba OR temu", "temu OR Alibaba", True),
        ("grève", "greve", True),
        ("alibaba  liège", "(alibaba AND liège)", True),
        ("alibaba OR temu", "alibaba AND temu", False),
        ("port", "port~", False),
        ("us", "US", False),
        ("a1 NEAR/5 b1", "a1 NEAR/6 b1", False),
        ("a1 NEAR/5 b1", "a1 W/5 b1", False),
        ("title:port", "port", False),
        ("port -anvers", "port", False),
        ("lang:fr port", "lang:en port", False),
    ],
)
def test_a_rule_is_new_when_it_means_something_else(first: str, other: str, same: bool) -> None:
    meanings = {rule_version(understood(text).root, (), ()) for text in (first, other)}
    assert (len(meanings) == 1) is same


@pytest.mark.parametrize(("lang", "feeds"), [(("fr",), ()), ((), ("tag:belgique",))])
def test_where_a_rule_looks_is_part_of_what_it_means(
    lang: tuple[str, ...], feeds: tuple[str, ...]
) -> None:
    root = STRIKE.query.root
    assert rule_version(root, (), ()) != rule_version(root, lang, feeds)


@given(st.permutations(["alibaba", "grève", "port d’Anvers", "espion*", "douane~"]))
def test_the_order_of_terms_means_nothing(terms: list[str]) -> None:
    query_, other = any_of(terms), any_of(sorted(terms))
    assert rule_version(query_.root, (), ()) == rule_version(other.root, (), ())


# --- the program ---------------------------------------------------------------------------


def news(words: Sequence[str]) -> bytes:
    return rss(
        *(Item(f"{word} {n}", f"Texte {n}.", f"id{n}") for n, word in enumerate(words)), lang="fr"
    )


def test_a_watchlist_added_to_the_file_looks_through_the_archive(web: Web, tmp_path: Path) -> None:
    newsroom = Newsroom(tmp_path)
    web.on("/one", Reply(body=news(["Alibaba", "Douane", "Douane", "Temu"] * 100)))
    feeds = [{"url": web.url("/one"), "name": "One", "every": "1s"}]
    newsroom.watch(feeds, ["Alibaba"])
    with newsroom.running("run"):
        until(lambda: newsroom.counts()[1] == 100)
        began = time.time()
        newsroom.watch(feeds, ["Alibaba", {"name": "Douanes", "terms": ["douane"]}])
        until(lambda: newsroom.counts()[1] == 300)
        until(lambda: newsroom.json("status", "--json")["backfill"] == [])
        rows = newsroom.sql("SELECT DISTINCT backfill, raised_at >= ? FROM alerts"
                            " WHERE watchlist = 'Douanes'", began - 1)  # fmt: skip
        assert rows == [(1, 1)]
    # And while nobody watches.
    newsroom.watch(feeds, ["Alibaba", {"name": "Douanes", "terms": ["douane"]}, "Temu"])
    done = newsroom.once("-v")
    assert done.returncode == 0, done.stderr
    assert "Temu: looked through the archive, 100 alerts" in done.stderr
    assert newsroom.counts()[1] == 400
    repeated = newsroom.once("-v")
    assert "archive" not in repeated.stderr
    assert newsroom.counts()[1] == 400


def test_status_tells_how_far_it_is(folder: Path) -> None:
    with closing(Store(StoreAddress(folder))) as store:
        Backfill(store, lambda: NOW).begin((*WATCHLISTS, STRIKE), store.subscribe(FEEDS, ()))
        (row,) = store.watchlists.backfills()
    newsroom = Newsroom(folder)
    done = newsroom.here("--data", str(folder), "status")
    assert f"backfill  0 of {row.until} articles: Grève" in done.stdout
    mapped = newsroom.json("--data", str(folder), "status", "--json")["backfill"]
    assert mapped == [{"watchlist": "Grève", "upto": 0, "until": row.until}]
