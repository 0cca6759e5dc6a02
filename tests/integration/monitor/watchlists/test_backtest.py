"""Watchlists over the archive in several processes: what the matcher says, and a clean end."""

from __future__ import annotations

import os
import signal
import subprocess
from contextlib import closing
from pathlib import Path

import pytest
from msgspec.structs import replace
from support.newsroom import TOCSIN, Newsroom, until

from index.query.parser import any_of, parse_query
from monitor.base.article import Article
from monitor.judgement.match.matcher import WatchlistMatcher
from monitor.model.config import StoreAddress
from monitor.model.feed import Feed
from monitor.model.watchlist import Watchlist
from monitor.storage.store.sql.store import Store
from monitor.watchlists.backtest import (
    STRETCH,
    WORTH_A_PROCESS,
    ArchiveReplay,
    ArticleRange,
    replay,
)

pytestmark = pytest.mark.costly

FEED = Feed(url="https://one.example/rss", name="Une", tags=("port",), number=1)
OTHER = Feed(url="https://two.example/rss", name="Deux", number=2)
QUERIES = (
    "port NEAR/2 Anvers",
    "espionnage~ AND NOT Liège",
    "2 OF (port*, douane, Liège)",
    "tag:port AND lang:fr",
    '"port de Liège" OR =PORT',
)
WATCHLISTS = (
    *(Watchlist(name=text, query=parse_query(text)) for text in QUERIES),
    Watchlist(name="Fr", query=any_of(["douane"]), lang=("fr",)),
    Watchlist(name="Deux", query=any_of(["port"], ["Anvers"]), feeds=("two.example",)),
)
TEXTS = (
    "le port d’Anvers et la douane", "des espionnages au port de Liège", "PORT", "rien",
    "l’espionnage des ports", "douane, portique, Liège",
)  # fmt: skip


def article(id: int) -> Article:
    return Article(
        id=id, feeds=(1 + id % 2,), url="", title=TEXTS[id % len(TEXTS)], summary="",
        body=TEXTS[id // 7 % len(TEXTS)], lang=("fr", "en", "")[id % 3], seen=1e9 + id, story=id,
    )  # fmt: skip


def stored(folder: Path, ids: range) -> list[Article]:
    """Put articles with these ids into a fresh store."""
    folder.mkdir(mode=0o700)
    articles = [article(id) for id in ids]
    with closing(Store(StoreAddress(folder))) as store:
        store.subscribe([FEED, OTHER], [])
        with store._connection as sql:
            sql.executemany(
                "INSERT INTO articles (id, feed, url, canonical, fingerprint, title, summary, body,"
                " author, lang, published, seen, story)"
                " VALUES (?, ?, '', '', x'', ?, '', ?, '', ?, NULL, ?, ?)",
                [(a.id, a.feeds[0], a.title, a.body, a.lang, a.seen, a.id) for a in articles],
            )
    return articles


@pytest.mark.parametrize("newest", [WORTH_A_PROCESS - 1, 2 * WORTH_A_PROCESS + 1])
def test_a_replay_says_what_the_matcher_says(tmp_path: Path, newest: int) -> None:
    ids = range(1, newest + 1, 53)  # some stretches end on one, others do not
    articles = stored(tmp_path / "var", ids)
    newest = ids[-1]
    since = 1e9 + 100
    asked = ArchiveReplay(
        store=StoreAddress(tmp_path / "var"),
        watchlists=WATCHLISTS,
        feeds={1: FEED, 2: OTHER},
        since=since,
    )
    stretches: list[ArticleRange] = list(replay(asked, newest))
    assert [stretch.upto for stretch in stretches] == list(
        range(STRETCH, newest + STRETCH, STRETCH)
    )
    tried = [id for stretch in stretches for id, _ in stretch.articles]
    assert tried == [a.id for a in articles if a.date >= since]
    rules = WatchlistMatcher(WATCHLISTS)
    expected = {
        (hit.watchlist.name, a.id): {match.term for match in hit.matches}
        for a in articles
        if a.date >= since
        for hit in rules.match(a, (FEED, OTHER)[a.feeds[0] - 1])
    }
    found = {
        (WATCHLISTS[trial.watchlist].name, trial.article): set(trial.terms)
        for stretch in stretches
        for trial in stretch.trials
    }
    assert found == expected
    assert {name for name, _ in found} == {watchlist.name for watchlist in WATCHLISTS}


def test_interrupted_it_ends_at_once_and_leaves_no_process(tmp_path: Path) -> None:
    newsroom = Newsroom(tmp_path)
    far = 4_000_000  # ids: seconds of looking where there is nothing
    stored(newsroom.data, range(far, far + 1))
    newsroom.watch([{"url": FEED.url, "name": FEED.name}], ["port"])
    command = subprocess.Popen(
        [TOCSIN, "watch", "test"], cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        text=True, start_new_session=True,
    )  # fmt: skip
    children = until(lambda: workers(command.pid))
    os.killpg(command.pid, signal.SIGINT)  # as a terminal does: to all of them
    _, said = command.communicate(timeout=60)
    assert command.returncode == 130
    assert "Traceback" not in said
    until(lambda: not any(map(runs, children)))


def workers(pid: int) -> list[int]:
    """Return the processes that a command has started to match."""
    found = Path(f"/proc/{pid}/task/{pid}/children")
    if not found.parent.exists():
        pytest.skip("children are found by /proc")
    children = [int(child) for child in found.read_text().split()]
    return [c for c in children if "spawn_main" in Path(f"/proc/{c}/cmdline").read_text()]


def runs(pid: int) -> bool:
    stat = Path(f"/proc/{pid}/stat")
    return stat.exists() and stat.read_text().rpartition(")")[2].split()[0] != "Z"


def test_a_feed_that_is_not_known_any_more_is_passed_over(tmp_path: Path) -> None:
    stored(tmp_path / "var", range(1, 20))
    asked = ArchiveReplay(
        store=StoreAddress(tmp_path / "var"), watchlists=WATCHLISTS, feeds={1: FEED}
    )
    (stretch,) = replay(asked, 19)
    assert stretch.trials
    assert {trial.article % 2 for trial in stretch.trials} == {0}
    assert not any(t for s in replay(replace(asked, feeds={}), 19) for t in s.trials)
