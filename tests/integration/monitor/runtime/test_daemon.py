"""The watch as a whole: it goes on, whatever happens to what it depends on."""

from __future__ import annotations

import asyncio
import os
import resource
import signal
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace
from support import flow
from support.flow import WATCHLISTS, A, B, C, edition
from support.in_process_monitor import InProcessMonitor, press_of
from support.newsroom import Item, Newsroom, rss, until
from support.scripted_server import Fault, Reply, Web, conditional

from monitor.base.errors import ConfigError, FetchError, Problem
from monitor.model.config import Config, StoreAddress
from monitor.model.feed import Health
from monitor.runtime import daemon as daemon_module
from monitor.runtime.daemon import LOOK_INTERVAL, STORE_REST, UNINDEXED_SECONDS
from monitor.storage.maintenance import indexer_process
from monitor.storage.monitor_lock import MonitorLock, current_heartbeat
from monitor.storage.store.sql.views import Views

pytestmark = pytest.mark.costly

A2 = "https://a.test/sport.xml"


def news(first: int, last: int) -> bytes:
    """Return a feed with numbered items, the newest first."""
    return rss(*(item(number) for number in range(last, first - 1, -1)))


def item(number: int) -> Item:
    word = ("Alibaba", "espionnage", "douane")[number % 3]
    return Item(f"{word} numéro {number}", f"Texte {number}.", link=f"https://ex.org/{number}")


@pytest.fixture
def newsroom(tmp_path: Path) -> Newsroom:
    return Newsroom(tmp_path)


def feed(web: Web, path: str, **keys: Any) -> dict[str, Any]:
    return {"url": web.url(path), "name": path.strip("/"), "every": "1s", "lang": "fr", **keys}


def descendants(pid: int) -> list[int]:
    """Return the processes that a process and its children have started."""
    listing = Path(f"/proc/{pid}/task/{pid}/children")
    if not listing.exists():
        pytest.skip("children are found by /proc")
    children = [int(child) for child in listing.read_text().split()]
    return children + [descendant for child in children for descendant in descendants(child)]


def indexer_of(monitor: int) -> int:
    """Return the indexer: of the processes that give way, the one with the most memory."""
    expected = niceness(monitor) + indexer_process.NICENESS
    patient = [pid for pid in descendants(monitor) if niceness(pid) == expected]
    return max(patient, key=lambda pid: resource.prlimit(pid, resource.RLIMIT_AS))


def niceness(pid: int) -> int:
    return os.getpriority(os.PRIO_PROCESS, pid)


def alive(pid: int) -> bool:
    stat = Path(f"/proc/{pid}/stat")
    return stat.exists() and stat.read_text().rpartition(")")[2].split()[0] != "Z"


def searchable(newsroom: Newsroom, articles: int) -> bool:
    stored, _, waiting = newsroom.counts()
    return stored == articles and not waiting


# --- real processes ------------------------------------------------------------------------


def test_a_good_edit_is_in_force_and_a_bad_one_changes_nothing(
    web: Web, newsroom: Newsroom
) -> None:
    web.on("/one", Reply(body=news(0, 0)))
    web.on("/two", Reply(body=news(10, 10)))
    newsroom.watch([feed(web, "/one")], ["Alibaba"])
    with newsroom.running("run"):
        until(lambda: newsroom.counts()[0] == 1)
        newsroom.watch([feed(web, "/one"), feed(web, "/two")], ["Alibaba", "espionnage"])
        until(lambda: newsroom.counts()[0] == 2)
        assert newsroom.counts()[1] == 2  # 10 tells of espionnage

        newsroom.config.write_text("feeds:\n  - url: nonsense\nwatchlists: []\n")
        error = until(lambda: newsroom.json("status", "--json")["config_error"])
        assert "line 2" in error
        assert newsroom.json("status", "--json")["feeds"] == 2
        web.on("/two", Reply(body=news(10, 13)))
        until(lambda: newsroom.counts()[:2] == (5, 4))

        newsroom.watch([feed(web, "/one")], ["Alibaba"])
        until(lambda: newsroom.json("status", "--json")["config_error"] == "")
        assert newsroom.json("status", "--json")["feeds"] == 1
        polls = len(web.requests_for("/two"))
        web.on("/one", Reply(body=news(0, 1)))
        until(lambda: newsroom.counts()[:2] == (6, 4))  # espionnage is not watched any more
        assert len(web.requests_for("/two")) <= polls + 1
        assert newsroom.here("search", "douane").returncode == 0  # history stays


def test_no_feed_stops_another(web: Web, newsroom: Newsroom) -> None:
    slow = b"<rss><channel><item><author>" + b"a" * 32_000 + b"</author></item>"  # ends too soon
    web.on("/well", *(Reply(body=news(0, n)) for n in range(5)))
    web.on("/gone", Reply(410))
    web.on("/missing", Reply(404))
    web.on("/page", Reply(body=b"<!doctype html><html><body>hello</body></html>"))
    web.on("/slow", Reply(body=slow))
    web.on("/hang", Reply(fault=Fault.HANG))
    web.on("/endless", Reply(fault=Fault.ENDLESS, body=b" " * 65_536))
    web.on("/reset", Reply(fault=Fault.RESET))
    bad = ("/gone", "/missing", "/page", "/slow", "/endless", "/reset")
    newsroom.watch([feed(web, path) for path in (*bad, "/hang", "/well")], ["Alibaba"])
    with newsroom.running("run") as monitor:
        until(lambda: newsroom.counts()[0] == 5)
        until(lambda: newsroom.json("status", "--json")["failing"] == len(bad))
        assert monitor.poll() is None
    feeds = {row["name"]: row for row in newsroom.json("feeds", "--format", "json")}
    assert all(feeds[path.strip("/")]["reason"] for path in bad)
    assert feeds["gone"]["health"] == "gone"
    assert feeds["well"]["health"] == "ok"
    assert len(web.requests_for("/gone")) == 1


def test_an_indexer_that_is_killed_is_started_again_and_misses_nothing(
    web: Web, newsroom: Newsroom
) -> None:
    web.on("/one", Reply(body=news(0, 1)))
    newsroom.watch([feed(web, "/one")])
    with newsroom.running("run") as monitor:
        until(lambda: searchable(newsroom, 2))
        indexer = indexer_of(monitor.pid)
        os.kill(indexer, signal.SIGKILL)
        web.on("/one", Reply(body=news(0, 4)))
        until(lambda: searchable(newsroom, 5))
        assert indexer_of(monitor.pid) != indexer
    for number in range(5):
        hits = newsroom.json("search", f'"numéro {number}"', "--format", "json")["hits"]
        assert [row["title"] for row in hits] == [item(number).title]


def test_killed_and_started_again_nothing_is_lost_or_doubled(web: Web, newsroom: Newsroom) -> None:
    """The kernel frees the lock, the children end by themselves, the feed is read on."""
    for last, alerts in [(40, 28), (80, 54)]:
        web.on("/one", conditional(news(max(0, last - 60), last), f'"{last}"'))
        newsroom.watch([feed(web, "/one")], ["Alibaba", "espionnage"])
        with newsroom.running("run") as monitor:
            until(lambda least=last - 40: newsroom.counts()[0] > least + 1)  # type: ignore[misc]
            orphans = descendants(monitor.pid)
            os.kill(monitor.pid, signal.SIGKILL)
            monitor.wait()
        until(lambda pids=orphans: not any(map(alive, pids)))  # type: ignore[misc]
        assert newsroom.counts()[:2] == (last + 1, alerts)
    assert newsroom.json("status", "--json")["monitor"] is None
    assert newsroom.once("--now").returncode == 0
    assert newsroom.counts() == (81, 54, 0)
    hits = newsroom.json("search", "texte", "--limit", "0", "--format", "json")["hits"]
    assert sorted(row["title"] for row in hits) == sorted(item(n).title for n in range(81))
    doubles = newsroom.sql("SELECT guid FROM entries GROUP BY guid HAVING count(*) > 1")
    assert doubles == []


def test_a_background_monitor_logs_where_status_says(web: Web, newsroom: Newsroom) -> None:
    web.on("/one", Reply(body=news(0, 0)))
    newsroom.watch([feed(web, "/one")], ["Alibaba"])
    with newsroom.running("run", "--background"):
        until(lambda: searchable(newsroom, 1))
        status = newsroom.json("status", "--json")
        assert status["monitor"]["log"] == status["log"] != ""
        until(lambda: "Alibaba numéro 0" in (newsroom.folder / status["log"]).read_text())
        assert newsroom.tocsin("stop").returncode == 0
    assert newsroom.json("status", "--json")["log"] == status["log"]


# --- in this process, with a clock of our own ------------------------------------------------


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(daemon_module, "TICK", 0.02)
    yield


def test_the_interval_passes_before_a_feed_is_asked_again(tmp_path: Path) -> None:
    room = InProcessMonitor(tmp_path, press_of())

    async def script(room: InProcessMonitor) -> None:
        await room.until(lambda: room.polls(A) == 1)
        room.now += 59
        await asyncio.sleep(0.1)
        assert room.press.requested_urls.count(A) == 1
        room.now += 2
        await room.until(lambda: room.polls(A) == 2)

    room.run(script)


def test_a_feed_is_asked_when_it_is_due_and_not_at_the_next_tick(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(daemon_module, "TICK", 0.3)
    room = InProcessMonitor(tmp_path, press_of())

    async def script(room: InProcessMonitor) -> None:
        await room.until(lambda: room.polls(A) == 1)
        room.now += 59.8
        await room.until(lambda: room.polls(A) == 2)

    room.run(script)
    assert 0.2 in [round(seconds, 3) for seconds in room.waits]


def test_a_clock_set_back_stalls_nothing(tmp_path: Path) -> None:
    room = InProcessMonitor(tmp_path, press_of())

    async def script(room: InProcessMonitor) -> None:
        await room.until(lambda: room.polls(A) == 1)
        room.now -= 86_400
        await room.until(lambda: room.polls(A) == 2)

    room.run(script)


def test_an_archive_that_takes_no_articles_raises_one_alert_until_it_does(tmp_path: Path) -> None:
    room = InProcessMonitor(tmp_path, press_of())

    def raised() -> list[str]:
        sql = "SELECT title FROM alerts WHERE kind = 'unindexed' ORDER BY id"
        return [title for (title,) in flow.rows(tmp_path, sql)]

    def lasting() -> int:
        ended = "SELECT count(*) FROM unusual WHERE ended_at IS NULL"
        return int(flow.rows(tmp_path, ended)[0][0])

    async def script(room: InProcessMonitor) -> None:
        await room.until(lambda: room.polls(A) == 1)
        for number in (1, 2):
            room.indexer.failures, room.indexer.failing_since = 3, room.now
            room.indexer.trouble = f"search.example: cannot be reached ({number})"
            room.now += UNINDEXED_SECONDS - 1
            await asyncio.sleep(0.2)
            assert len(raised()) == number - 1
            room.now += 2
            await room.until(lambda number=number: len(raised()) == number)
            room.now += 2 * LOOK_INTERVAL  # a look for what is unusual ends it not
            await asyncio.sleep(0.2)
            assert (len(raised()), lasting()) == (number, 1)
            room.indexer.failures = 0
            await room.until(lambda: not lasting())

    room.run(script)
    assert "search.example: cannot be reached (2)" in raised()[1]


@pytest.mark.parametrize("seconds", [STORE_REST + 1, pytest.param(-86_400.0, id="clock set back")])
def test_a_store_that_refuses_stops_the_asking_for_a_while(tmp_path: Path, seconds: float) -> None:
    """While nothing can be stored, nothing is fetched; polling resumes, and nothing is lost."""
    room = InProcessMonitor(tmp_path, press_of(a=[edition(flow._A1)]))

    async def script(room: InProcessMonitor) -> None:
        await room.until(lambda: room.polls(A) == 1)
        polls = room.press.requested_urls.count(A)
        room.press.editions = {**room.press.editions, A: [b"", edition(flow._A3, flow._A1)]}
        room.press.round = 1
        with closing(sqlite3.connect(tmp_path / "newsroom.db", isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            room.now += 61
            await room.until(lambda: room.card().pulse == pytest.approx(room.now))
            await asyncio.sleep(0.3)  # about 15 ticks, of which one may poll
            assert room.press.requested_urls.count(A) <= polls + 1
            other.execute("ROLLBACK")
        assert room.polls(A) == 1
        room.now += seconds
        await room.until(lambda: room.polls(A) == 2)
        assert Views(StoreAddress(tmp_path)).totals()[0] == 2

    room.run(script)


def test_an_edit_while_the_store_refuses_is_not_forgotten(tmp_path: Path) -> None:
    room = InProcessMonitor(tmp_path, press_of())

    async def script(room: InProcessMonitor) -> None:
        await room.until(lambda: room.polls(A) == 1)
        config = room.load()
        with closing(sqlite3.connect(tmp_path / "newsroom.db", isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            room.edit(replace(config, watchlists=WATCHLISTS[:1]))
            await asyncio.sleep(0.3)
            other.execute("ROLLBACK")
        room.now += STORE_REST + 1
        views = Views(StoreAddress(tmp_path))
        await room.until(lambda: len(views.watchlists.counts(0, 1, 1)) == 1)

    room.run(script)


def test_a_bad_edit_is_shown_and_the_last_good_one_stays(tmp_path: Path) -> None:
    room = InProcessMonitor(tmp_path, press_of())

    async def script(room: InProcessMonitor) -> None:
        await room.until(lambda: room.polls(A) == 1)
        good = room.load()
        room.edit(ConfigError("feeds.yaml", [Problem(3, 5, "nonsense")]))
        await room.until(lambda: "line 3, column 5: nonsense" in room.card().config_error)
        room.now += 61
        await room.until(lambda: room.polls(A) == 2)
        room.edit(good)
        await room.until(lambda: not room.card().config_error)

    room.run(script)


def test_a_network_that_is_down_is_named_and_costs_the_feeds_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "tocsin")
    down = [FetchError(url, "no route to host", network=True) for url in (A, B, C)]
    well = edition(flow._A1)
    room = InProcessMonitor(
        tmp_path, press_of(a=[down[0], well], b=[down[1], edition()], c=[down[2], edition()])
    )

    async def script(room: InProcessMonitor) -> None:
        await room.until(lambda: "0 of 3 hosts" in room.card().network_down)
        for polls in range(1, 6):  # the log names the outage before its polls are stored
            await room.until(lambda: [room.polls(url) for url in (A, B, C)] == [polls] * 3)  # noqa: B023
            room.now += 70
        assert room.health(A).state.failures == 1
        room.press.round = 1
        await room.until(lambda: room.health(A).state.failures == 0)
        await room.until(lambda: not room.card().network_down)

    room.run(script)
    lines = [line for line in caplog.messages if "network" in line or "no route" in line]
    assert [line.partition(";")[0] for line in lines] == [
        "the network seems down: 0 of 3 hosts reached",
        "the network is back",
    ]


def test_a_feed_that_is_not_reached_is_named_once_and_so_is_its_return(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "tocsin")
    press = press_of(a=[edition(), FetchError(A, "a.test is off", network=True), edition()])
    press.editions = {**press.editions, A2: press.editions[A]}
    room = InProcessMonitor(tmp_path, press)
    good = room.load()
    first, _second, third = good.feeds
    room.edit(replace(good, feeds=(first, replace(first, url=A2, name="A2"), third)))

    async def script(room: InProcessMonitor) -> None:
        await room.until(lambda: [room.polls(url) for url in (A, A2, C)] == [1, 1, 1])
        for press.round, polls in ((1, 2), (1, 3), (2, 4)):
            room.now += 3_600
            await room.until(lambda: all(room.logged.count(line) >= polls for line in (A, A2)))  # noqa: B023

    room.run(script)
    about = [line for line in caplog.messages if "a.test is off" in line or "reached again" in line]
    assert sorted(about) == sorted(
        f"{sign} {name}: {words}"
        for sign, words in (("✗", "a.test is off"), ("✓", "reached again"))
        for name in ("A", "A2")
    )


def test_every_feed_is_polled_when_asked_for(tmp_path: Path) -> None:
    room = InProcessMonitor(tmp_path, press_of())

    async def script(room: InProcessMonitor) -> None:
        await room.until(lambda: room.polls(B) == 1)
        Views(StoreAddress(tmp_path)).feeds.poll_now(B)
        await room.until(lambda: room.polls(B) == 2)
        assert room.polls(A) == 1
        Views(StoreAddress(tmp_path)).feeds.poll_now(None)
        await room.until(lambda: room.polls(A) == 2 and room.polls(B) == 3)

    room.run(script)


def test_what_an_edit_permits_or_resumes_is_polled_at_once(tmp_path: Path) -> None:
    room = InProcessMonitor(tmp_path, press_of(b=[FetchError(B, "10.0.0.1 is a private address")]))
    good = room.config
    assert isinstance(good, Config)
    first, *remaining = good.feeds
    paused = replace(good, feeds=(replace(first, enabled=False), *remaining))

    async def script(room: InProcessMonitor) -> None:
        await room.until(lambda: room.polls(A) == room.polls(B) == 1)
        room.edit(paused)
        await room.until(lambda: room.health(A).health is Health.PAUSED)
        room.edit(good)
        await room.until(lambda: room.polls(A) == 2)
        assert room.polls(B) == 1  # not before it is due
        room.edit(replace(good, allow=(ip_network("10.0.0.0/8"),)))
        await room.until(lambda: room.polls(B) == 2)
        assert room.polls(A) == 2

    room.run(script)


def test_a_second_monitor_is_told_who_watches(tmp_path: Path) -> None:
    from monitor.base.errors import AlreadyRunningError

    room = InProcessMonitor(tmp_path, press_of())

    async def script(room: InProcessMonitor) -> None:
        await room.until(lambda: current_heartbeat(tmp_path) is not None)
        with pytest.raises(AlreadyRunningError) as error, MonitorLock(tmp_path):
            pass
        assert error.value.pid == os.getpid()

    room.run(script)
    assert current_heartbeat(tmp_path) is None
    with MonitorLock(tmp_path):
        pass


def test_a_single_round_forgets_what_is_needed_for_a_while_only(tmp_path: Path) -> None:
    room = InProcessMonitor(tmp_path, press_of(a=[edition(flow._A1)]))

    async def script(room: InProcessMonitor) -> None:
        await room.until(lambda: room.polls(A) == 1)
        room.store.mark_indexed(2**40, room.now)

    def remembered() -> list[bool]:
        counts = "SELECT (SELECT count(*) FROM shingles), (SELECT count(*) FROM named)"
        return [bool(count) for count in flow.rows(tmp_path, counts)[0]]

    room.run(script)
    assert remembered() == [True, True]
    room.once()
    assert remembered() == [True, True]
    room.now += daemon_module.SHINGLE_WINDOW + 60
    room.once()
    assert remembered() == [False, False]
