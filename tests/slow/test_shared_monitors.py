"""Several monitors share a store: if one joins, ends, dies or sleeps, each alert is sent once.

Each is a process, the sites are on loopback, and leases expire ten times as fast as they do.
"""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

import pytest
from msgspec.structs import replace
from support.article_archive import searchable_ids
from support.databases import restart, server_of_one_test
from support.newsroom import until
from support.scripted_server import Reply, Request
from support.shared_newsroom import SharedNewsroom
from support.writer_stops import PROMISE, WriterStops

from index.errors import ArchiveError
from monitor.base.translation import shown
from monitor.model.config import ARCHIVE_FOLDER
from monitor.storage.store.database import postgresql

pytestmark = [pytest.mark.costly, pytest.mark.database]

BUCKETS = 1_024


@pytest.fixture
def newsroom(tmp_path: Path, postgresql: str) -> Iterator[SharedNewsroom]:
    with SharedNewsroom(tmp_path, postgresql) as shared:
        yield shared


def test_monitors_join_and_leave_without_a_gap(newsroom: SharedNewsroom) -> None:
    newsroom.expiry = 10.0  # a heartbeat that is late here for want of a processor is no gap
    first = newsroom.start()
    newsroom.settled(1024)
    newsroom.begin()
    newsroom.start()
    newsroom.settled(512, 512)
    newsroom.start()
    newsroom.settled(342, 341, 341)
    first.end()
    assert first.pid not in newsroom.held()
    newsroom.settled(512, 512)
    assert not first.has_logged("dropped")
    newsroom.finish()
    assert newsroom.broken() == []


def test_a_monitor_that_ends_keeps_its_feeds_until_they_are_stored(
    newsroom: SharedNewsroom,
) -> None:
    newsroom.expiry = 30.0
    ending = newsroom.start()
    newsroom.settled(1024)
    newsroom.begin()
    until(lambda: newsroom.count("articles"))
    with newsroom.locked("entries"):  # what is polled is compared with them, then stored
        until(lambda: newsroom.waiting("entries"))
        ending.process.send_signal(signal.SIGTERM)
        time.sleep(1.0)
        assert set(newsroom.held()) == {ending.pid}
    assert ending.process.wait(120) == 0, ending.log.read_text()  # a second signal may kill it
    assert newsroom.held() == {}
    assert not ending.has_logged("dropped")


def test_a_killed_monitor_is_replaced_by_one_whose_clock_is_right_and_told_of(
    newsroom: SharedNewsroom,
) -> None:
    first = newsroom.start()
    newsroom.settled(1024)
    newsroom.begin()
    newsroom.start()
    newsroom.settled(512, 512)
    misled = newsroom.start(offset=3_600.0)
    until(lambda: misled.has_logged("from that of the database"), 60)
    first.kill()
    began = time.monotonic()
    until(lambda: newsroom.held() == {newsroom.monitors[1].pid: BUCKETS}, 60)
    assert time.monotonic() - began < newsroom.expiry + 10
    lost_titles = until(lambda: newsroom.sql("SELECT title FROM alerts WHERE kind = 'lost'"))
    assert f"/{first.pid} is lost" in shown(lost_titles[0][0])
    newsroom.finish()
    assert set(newsroom.held()) == {newsroom.monitors[1].pid}
    assert newsroom.broken() == []
    assert newsroom.sql("SELECT count(*) FROM alerts WHERE kind = 'lost'") == [(1,)]


def test_what_a_sleeper_was_polling_is_dropped(newsroom: SharedNewsroom) -> None:
    """A monitor is stopped during its requests, for longer than its leases last."""
    sleeper = newsroom.start()
    newsroom.settled(1024)
    newsroom.begin()
    until(lambda: newsroom.count("articles"))
    asleep = False

    def answer(request: Request) -> Reply:
        reply = newsroom.answer(request)
        return reply if asleep else replace(reply, delay=1.5)

    newsroom.web.on("/feed", answer)
    polls_before = len(newsroom.web.requests_for("/feed"))
    until(lambda: len(newsroom.web.requests_for("/feed")) > polls_before + 2)
    sleeper.stop()
    asleep = True
    stored_count = newsroom.count("articles")
    other = newsroom.start()
    until(lambda: newsroom.held() == {other.pid: BUCKETS}, 60)
    until(lambda: newsroom.count("articles") > stored_count)
    sleeper.go_on()
    until(lambda: sleeper.has_logged("dropped: another monitor watches"), 60)
    newsroom.settled(512, 512)
    newsroom.finish()
    assert newsroom.broken() == []


def test_others_write_soon_whenever_a_writer_stands_still(
    newsroom: SharedNewsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    newsroom.expiry = 10.0
    for name in ("STILL_MS", "WAIT_MS"):
        monkeypatch.setattr(postgresql, name, getattr(postgresql, name) // 3)
    for _ in range(2):
        newsroom.start()
    newsroom.settled(512, 512)
    newsroom.begin()
    with closing(WriterStops(newsroom)) as writers:
        for _ in range(5):
            stop = writers.stop_a_writer()
            stop.monitor.go_on()
            assert stop.seconds < (PROMISE + 2.0) / 3, stop
    newsroom.finish()
    assert newsroom.broken() == []


def test_storing_goes_on_soon_after_the_server_was_restarted(tmp_path: Path) -> None:
    with (
        server_of_one_test() as server,
        SharedNewsroom(tmp_path, server.get_uri(), expiry=30.0) as newsroom,  # as it really is
    ):
        newsroom.start()
        newsroom.settled(1024)
        newsroom.begin()
        until(lambda: newsroom.count("articles"))
        with newsroom.locked("entries"):  # a batch is under way
            until(lambda: newsroom.waiting("entries"))
        restart(server, down=2.0)
        began = time.time()
        until(lambda: newsroom.sql("SELECT 1 FROM feeds WHERE last_ok > %s", began), 60)
        assert time.time() - began < 5.0
        newsroom.finish()
        assert newsroom.broken() == []


def test_the_index_of_a_monitor_that_was_away_has_what_changed(newsroom: SharedNewsroom) -> None:
    newsroom.has_workers = True
    absent = newsroom.start()
    newsroom.has_workers = False
    newsroom.start()
    newsroom.settled(512, 512)
    newsroom.begin()
    until(lambda: newsroom.count("articles") >= len(newsroom.sites))
    absent.kill()
    until(lambda: newsroom.count("articles") > 2 * len(newsroom.sites))
    newsroom.finish()
    newsroom.has_workers = True
    back = newsroom.start_again(absent)
    stored_ids = {id for (id,) in newsroom.sql("SELECT id FROM articles")}
    until(lambda: searchable(back.folder) == stored_ids)
    assert newsroom.broken() == []


def searchable(folder: Path) -> set[int]:
    """Return the articles that a search finds; none if the index is not ready."""
    with suppress(ArchiveError):
        return set(searchable_ids(folder / ARCHIVE_FOLDER))
    return set()
