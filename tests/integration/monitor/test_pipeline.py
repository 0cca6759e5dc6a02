"""A burst of large answers, which the parser reads one by one; what is stored together."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from ipaddress import ip_network
from pathlib import Path
from typing import Any, cast

import pytest
from support import flow
from support.newsroom import LOOPBACK
from support.scripted_server import Reply, Web

from monitor import pipeline as pipelines
from monitor.fetch.client import Client
from monitor.fetch.host_limiter import SLOTS
from monitor.ingest.ingest import Ingester
from monitor.ingest.poll_outcome import ActiveConfig, BatchOutcome
from monitor.match.matcher import WatchlistMatcher
from monitor.model.feed import Feed, FeedState
from monitor.model.poll import Fetched, ParsedFeed
from monitor.pipeline import Pipeline
from monitor.store.sql.store import SqlStore

pytestmark = pytest.mark.costly

FEEDS = 120
SIZE = 1 << 20
ROOM = 8 * SIZE


class SlowReader(flow.Reader):
    """Reads one document at a time, and counts the bytes of those that wait."""

    def __init__(self) -> None:
        self._one = asyncio.Semaphore(1)
        self.held = self.most = self.read = 0

    async def parse(self, fetched: Fetched, *, with_features: bool = False) -> ParsedFeed:
        self.held += len(fetched.body)
        self.most = max(self.most, self.held)
        async with self._one:
            await asyncio.sleep(0.005)
        self.held -= len(fetched.body)
        self.read += 1
        return ParsedFeed()


class TogetherReader(flow.Reader):
    """Begins to give back documents when it has some number of them, one after the other."""

    def __init__(self, count: int) -> None:
        self._missing = count
        self._complete = asyncio.Event()

    async def parse(self, fetched: Fetched, *, with_features: bool = False) -> ParsedFeed:
        self._missing -= 1
        place = self._missing
        if not place:
            self._complete.set()
        await self._complete.wait()
        await asyncio.sleep(0.02 * place)
        return ParsedFeed()


class HeldReader(flow.Reader):
    """Reads the document of one feed only when it is told to."""

    def __init__(self, url: str) -> None:
        self._url = url
        self.ends = asyncio.Event()

    async def parse(self, fetched: Fetched, *, with_features: bool = False) -> ParsedFeed:
        if fetched.url == self._url:
            await self.ends.wait()
        return ParsedFeed()


def test_large_answers_wait_at_their_servers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pipelines, "BACKLOG_BYTES", ROOM)
    with Web() as web, closing(SqlStore(tmp_path)) as store, ThreadPoolExecutor(1) as thread:
        web.on("*", Reply(body=b"x" * SIZE))
        feeds = store.subscribe([Feed(url=web.url(f"/{n}"), name=f"{n}") for n in range(FEEDS)], [])
        reader = asyncio.run(_polled(feeds, store, thread))
    assert reader.read == FEEDS
    assert reader.most <= ROOM + SLOTS * SIZE  # what has begun to arrive goes on


def test_polls_that_brought_nothing_are_stored_together_and_at_the_latest_with_a_document(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pipelines, "GATHER", 60.0)
    stored: list[int] = []

    async def go(feeds: list[Feed], pipeline: Pipeline) -> None:
        unchanged = [pipeline.poll(feed, FeedState(etag=b"1")) for feed in feeds[1:]]
        waiting = asyncio.gather(*unchanged)
        await asyncio.sleep(0.5)
        assert not stored
        async with asyncio.timeout(20):
            await asyncio.gather(waiting, pipeline.poll(feeds[0], FeedState()))

    with Web() as web, closing(SqlStore(tmp_path)) as store, ThreadPoolExecutor(1) as thread:
        web.on("/0", Reply(body=b"x"))
        web.on("*", Reply(304))
        feeds = store.subscribe([Feed(url=web.url(f"/{n}"), name=f"{n}") for n in range(6)], [])
        asyncio.run(
            _with_pipeline(
                feeds, store, thread, SlowReader(), go, lambda done: stored.append(len(done.polls))
            )
        )
    assert stored == [6]


def test_documents_that_one_transaction_leaves_are_stored_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pipelines, "GATHER", 60.0)
    monkeypatch.setattr(pipelines, "BATCH_ENTRIES", 0)  # one document each
    stored: list[int] = []

    with Web() as web, closing(SqlStore(tmp_path)) as store, ThreadPoolExecutor(1) as thread:

        async def go(feeds: list[Feed], pipeline: Pipeline) -> None:
            thread.submit(time.sleep, 1.0)  # all arrive meanwhile
            async with asyncio.timeout(20):
                await asyncio.gather(*(pipeline.poll(feed, FeedState()) for feed in feeds))

        web.on("*", Reply(body=b"x"))
        feeds = store.subscribe([Feed(url=web.url(f"/{n}"), name=f"{n}") for n in range(6)], [])
        asyncio.run(
            _with_pipeline(
                feeds, store, thread, SlowReader(), go, lambda done: stored.append(len(done.polls))
            )
        )
    assert stored == [1] * 6


def test_documents_of_new_feeds_that_are_read_at_a_time_are_stored_together(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pipelines, "FILL", 60.0)
    stored: list[int] = []

    async def go(feeds: list[Feed], pipeline: Pipeline) -> None:
        async with asyncio.timeout(20):
            await asyncio.gather(*(pipeline.poll(feed, FeedState()) for feed in feeds))

    with Web() as web, closing(SqlStore(tmp_path)) as store, ThreadPoolExecutor(1) as thread:
        web.on("*", Reply(body=b"x"))
        feeds = store.subscribe([Feed(url=web.url(f"/{n}"), name=f"{n}") for n in range(6)], [])
        reader = TogetherReader(len(feeds))
        asyncio.run(
            _with_pipeline(
                feeds, store, thread, reader, go, lambda done: stored.append(len(done.polls))
            )
        )
    assert stored == [6]


@pytest.mark.parametrize("new", [True, False])
def test_a_document_does_not_wait_for_one_that_takes_long_to_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, new: bool
) -> None:
    """One of a feed that was read before waits for no other; the others do so for a moment."""
    monkeypatch.setattr(pipelines, "FILL", 0.05 if new else 60.0)

    async def go(feeds: list[Feed], pipeline: Pipeline) -> None:
        state = FeedState(last_ok=None if new else flow.START)
        slow, quick = (asyncio.create_task(pipeline.poll(feed, state)) for feed in feeds)
        async with asyncio.timeout(20):
            await quick
        assert not slow.done()
        reader.ends.set()
        await slow

    with Web() as web, closing(SqlStore(tmp_path)) as store, ThreadPoolExecutor(1) as thread:
        web.on("*", Reply(body=b"x"))
        feeds = store.subscribe([Feed(url=web.url(f"/{n}"), name=f"{n}") for n in range(2)], [])
        reader = HeldReader(feeds[0].url)
        asyncio.run(_with_pipeline(feeds, store, thread, reader, go, lambda done: None))


async def _polled(feeds: list[Feed], store: SqlStore, thread: ThreadPoolExecutor) -> SlowReader:
    """Poll all feeds at once."""
    reader = SlowReader()

    async def go(feeds: list[Feed], pipeline: Pipeline) -> None:
        await asyncio.gather(*(pipeline.poll(feed, FeedState()) for feed in feeds))

    await _with_pipeline(feeds, store, thread, reader, go, lambda stored: None)
    return reader


async def _with_pipeline(
    feeds: list[Feed],
    store: SqlStore,
    thread: ThreadPoolExecutor,
    reader: flow.Reader,
    go: Callable[[list[Feed], Pipeline], Awaitable[None]],
    on_stored: Callable[[BatchOutcome], None],
) -> None:
    numbered = {feed.number: feed for feed in feeds}
    watch = ActiveConfig(rules=WatchlistMatcher(()), feeds=numbered)
    ingester = Ingester(store, watch, lambda: flow.START, lambda: 0.0)
    allowed = [ip_network(LOOPBACK)]
    async with Client(
        allowed, user_agent="test", monotonic=time.monotonic, sleep=asyncio.sleep
    ) as client:
        pipeline = Pipeline(
            client, cast(Any, reader), ingester, thread, lambda: flow.START, on_stored
        )
        running = asyncio.create_task(pipeline.run())
        await go(feeds, pipeline)
        running.cancel()
