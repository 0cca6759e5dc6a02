"""A burst of large answers, which the parser reads one by one; what is stored together."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from ipaddress import ip_network
from itertools import count
from pathlib import Path
from threading import Event
from typing import Any, NamedTuple, cast

import pytest
from support import flow
from support.newsroom import LOOPBACK, Item, rss
from support.scripted_server import Reply, Web

from monitor.intake.fetch.client import Client
from monitor.intake.fetch.host_limiter import SLOTS
from monitor.intake.ingest.ingest import Ingester
from monitor.intake.ingest.poll_outcome import ActiveConfig
from monitor.judgement.match.matcher import WatchlistMatcher
from monitor.model.config import StoreAddress
from monitor.model.cost import CostlyError
from monitor.model.feed import Feed, FeedState
from monitor.model.poll import Fetched, ParsedFeed
from monitor.runtime import pipeline as pipelines
from monitor.runtime.pipeline import Pipeline
from monitor.storage.store.sql.store import Store

pytestmark = pytest.mark.costly

FEEDS = 120
SIZE = 1 << 20
ROOM = 8 * SIZE


class SlowReader(flow.Reader):
    """Reads one document at a time, and counts the bytes of those that wait."""

    def __init__(self) -> None:
        self._one = asyncio.Semaphore(1)
        self.held = self.most = self.read = 0

    async def parse(
        self, fetched: Fetched, *source: object, with_features: bool = False, is_costly: bool = True
    ) -> ParsedFeed:
        self.held += len(fetched.body)
        self.most = max(self.most, self.held)
        async with self._one:
            await asyncio.sleep(0.005)
        self.held -= len(fetched.body)
        self.read += 1
        return ParsedFeed()


class TogetherReader(flow.Reader):
    """Returns documents, one after the other, once it has some number of them."""

    def __init__(self, count: int) -> None:
        self._missing = count
        self._complete = asyncio.Event()

    async def parse(
        self, fetched: Fetched, *source: object, with_features: bool = False, is_costly: bool = True
    ) -> ParsedFeed:
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

    async def parse(
        self, fetched: Fetched, *source: object, with_features: bool = False, is_costly: bool = True
    ) -> ParsedFeed:
        if fetched.url == self._url:
            await self.ends.wait()
        return ParsedFeed()


def test_large_answers_wait_at_their_servers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pipelines, "BACKLOG_BYTES", ROOM)
    reader = SlowReader()
    with _served(tmp_path, FEEDS, {"*": Reply(body=b"x" * SIZE)}) as scene:
        scene.run(reader, _poll_all)
    assert reader.read == FEEDS
    assert reader.most <= ROOM + SLOTS * SIZE  # begun downloads continue


def test_documents_that_one_transaction_leaves_are_stored_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pipelines, "GATHER", 60.0)
    monkeypatch.setattr(pipelines, "BATCH_ENTRIES", 0)  # one document each

    async def go(feeds: list[Feed], pipeline: Pipeline, stored: list[int]) -> None:
        scene.thread.submit(time.sleep, 1.0)  # all arrive meanwhile
        await _poll_all(feeds, pipeline, stored)

    with _served(tmp_path, 6, {"*": Reply(body=b"x")}) as scene:
        assert scene.run(SlowReader(), go) == [1] * 6


def test_documents_of_new_feeds_that_are_read_at_a_time_are_stored_together(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pipelines, "GATHER", 1.0)
    with _served(tmp_path, 6, {"*": Reply(body=b"x")}) as scene:
        assert scene.run(TogetherReader(6), _poll_all) == [6]


@pytest.mark.parametrize("new", [True, False])
def test_a_document_does_not_wait_for_one_that_takes_long_to_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, new: bool
) -> None:
    """One of a feed that was read before waits for no other; the others do so for a moment."""
    monkeypatch.setattr(pipelines, "GATHER", 0.05 if new else 60.0)

    async def go(feeds: list[Feed], pipeline: Pipeline, stored: list[int]) -> None:
        state = FeedState(last_ok=None if new else flow.START)
        slow, quick = (asyncio.create_task(flow.poll(pipeline, feed, state)) for feed in feeds)
        await quick
        assert not slow.done()
        reader.ends.set()
        await slow

    with _served(tmp_path, 2, {"*": Reply(body=b"x")}) as scene:
        reader = HeldReader(scene.feeds[0].url)
        assert scene.run(reader, go) == [1, 1]


class CostlyReader(flow.Reader):
    """Reads documents of `costly` only if they may be costly, and waits with one until told."""

    def __init__(self, costly: set[str]) -> None:
        self._costly = costly
        self.ends = asyncio.Event()
        self.reading = self.most = 0

    async def parse(
        self, fetched: Fetched, *source: object, with_features: bool = False, is_costly: bool = True
    ) -> ParsedFeed:
        if fetched.url not in self._costly:
            return ParsedFeed(title="quick")
        if not is_costly:
            raise CostlyError
        self.reading += 1
        self.most = max(self.most, self.reading)
        await self.ends.wait()
        self.reading -= 1
        return ParsedFeed(title="costly", seconds=1.0)


def test_costly_feeds_wait_for_each_other_and_nobody_for_them(tmp_path: Path) -> None:
    async def go(feeds: list[Feed], pipeline: Pipeline, stored: list[int]) -> None:
        costly = [asyncio.create_task(flow.poll(pipeline, feed, FeedState())) for feed in feeds[1:]]
        while not reader.reading:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        for _ in range(3):
            await flow.poll(pipeline, feeds[0], FeedState())
        assert not any(task.done() for task in costly)
        reader.ends.set()
        await asyncio.gather(*costly)
        counts = [len(web.requests_for(f"/{n}")) for n in range(4)]
        assert counts == [3, 2, 2, 2]  # the costly ones were asked again at their turn
        await flow.poll(pipeline, feeds[1], FeedState())
        assert len(web.requests_for("/1")) == 3  # and are known from then on

    with _served(tmp_path, 4, {"*": Reply(body=b"x")}) as scene:
        web = scene.web
        reader = CostlyReader({feed.url for feed in scene.feeds[1:]})
        scene.run(reader, go)
    assert reader.most == 1


def test_a_large_answer_is_costly_and_read_in_the_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pipelines, "LARGE", SIZE)
    with _served(tmp_path, 3, {"*": Reply(body=b"x" * (SIZE + 1))}) as scene:
        reader = SlowReader()
        scene.run(reader, _poll_all)
        counts = [len(scene.web.requests_for(f"/{n}")) for n in range(3)]
    assert counts == [2, 2, 2]
    assert (reader.read, reader.most) == (3, SIZE + 1)


def test_at_the_end_nobody_waits_until_a_costly_document_is_matched(tmp_path: Path) -> None:
    matching, is_cancelled, questions = Event(), Event(), count()

    def stopwatch() -> float:
        matching.set()
        is_cancelled.wait()
        return 0.0 * next(questions)

    async def go(feeds: list[Feed], pipeline: Pipeline, stored: list[int]) -> None:
        state = FeedState(breaches=1, last_ok=flow.START)
        poll = asyncio.create_task(flow.poll(pipeline, feeds[0], state))
        await asyncio.to_thread(matching.wait)
        poll.cancel()
        await asyncio.wait([poll])
        is_cancelled.set()
        await asyncio.to_thread(scene.thread.submit(int).result)

    body = rss(*(Item(f"Titre {n}", f"Un texte {n}.", guid=str(n)) for n in range(500)))
    with _served(tmp_path, 1, {"*": Reply(body=body)}) as scene:
        assert scene._replace(stopwatch=stopwatch).run(flow.Reader(), go) == []
    assert next(questions) < 50


Go = Callable[[list[Feed], Pipeline, list[int]], Awaitable[None]]
"""Polls feeds, and counts the polls that each transaction has stored so far."""


async def _poll_all(feeds: list[Feed], pipeline: Pipeline, stored: list[int]) -> None:
    """Poll all feeds at once."""
    await asyncio.gather(*(flow.poll(pipeline, feed, FeedState()) for feed in feeds))


class Scene(NamedTuple):
    """Feeds that a server has, and the store of their articles."""

    feeds: list[Feed]
    store: Store
    thread: ThreadPoolExecutor
    web: Web
    stopwatch: Callable[[], float] = lambda: 0.0

    def run(self, reader: flow.Reader, go: Go) -> list[int]:
        """Run a pipeline while `go` polls; return the number of polls of each transaction."""
        stored: list[int] = []
        asyncio.run(self._run(reader, go, stored))
        return stored

    async def _run(self, reader: flow.Reader, go: Go, stored: list[int]) -> None:
        numbered = {feed.number: feed for feed in self.feeds}
        watch = ActiveConfig(rules=WatchlistMatcher(()), feeds=numbered)
        ingester = Ingester(self.store, watch, lambda: flow.START, lambda: 0.0, self.stopwatch)
        allowed = [ip_network(LOOPBACK)]
        async with Client(
            allowed, user_agent="test", monotonic=time.monotonic, sleep=asyncio.sleep
        ) as client:
            pipeline = Pipeline(
                client,
                cast(Any, reader),
                ingester,
                self.thread,
                lambda: flow.START,
                lambda done: stored.append(len(done.polls)),
                asyncio.sleep,
            )
            running = asyncio.create_task(pipeline.run())
            async with asyncio.timeout(60):
                await go(self.feeds, pipeline, stored)
            running.cancel()


@contextmanager
def _served(folder: Path, count: int, replies: dict[str, Reply]) -> Iterator[Scene]:
    """Give feeds on loopback, which are answered so."""
    with (
        Web() as web,
        closing(Store(StoreAddress(folder))) as store,
        ThreadPoolExecutor(1) as thread,
    ):
        for path, reply in replies.items():
            web.on(path, reply)
        urls = [web.url(f"/{n}") for n in range(count)]
        feeds = store.subscribe([Feed(url=url, name=url) for url in urls], [])
        yield Scene(feeds, store, thread, web)
