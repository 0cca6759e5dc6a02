"""Every step of watching, once, in order.

::

    due feeds ─▶ fetch ─▶ parse ───▶ language ─▶ match ─▶ shingles ─▶ identify ─▶ story ─▶ store
    due pages ─▶ fetch ─▶ extract ───▲                                                    │
                                                                                          ▼
                                                                      outbox ─▶ indexer process

The left half runs side by side for many feeds. The right half, `settle`, runs in the
store's thread for a batch of feeds at a time, with one set of rules: what the words say
by themselves first, then, from `identify` on, one transaction.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from hashlib import blake2b
from typing import TypeVar

from index.article import Article, Timestamp
from monitor.errors import FeedError, ParseError, StoreError
from monitor.fetch.client import FEED, Client
from monitor.fetch.page_reader import PageReader
from monitor.fetch.robots_policy import Permits
from monitor.ingest import schedule
from monitor.ingest.ingest import Ingester
from monitor.ingest.outage import Network
from monitor.ingest.poll_result import BatchOutcome, PageResult, PollResult, Read
from monitor.model.feed import Feed, FeedState
from monitor.model.poll import Fetched, NotModified, Page
from monitor.parse.workers import Parser

T = TypeVar("T")
R = TypeVar("R")
log = logging.getLogger("tocsin")

BACKLOG = 64
"""Answers that may wait for the parser or the store before fetching pauses."""
BATCH_ENTRIES = 400
"""Entries settled in one transaction: about 60 ms, which a viewer's triage may have to wait."""


def hash_of(body: bytes) -> bytes:
    """Return the hash that decides whether a body is new."""
    return blake2b(body, digest_size=16).digest()


@dataclass(frozen=True, slots=True)
class _Waiting:
    """An answer, and who waits until it is stored."""

    answer: PollResult | PageResult
    done: asyncio.Future[None]

    def end(self, error: StoreError | None = None) -> None:
        if self.done.done():
            return
        if error is None:
            self.done.set_result(None)
        else:
            self.done.set_exception(error)


class Pipeline:
    """Takes feeds and pages through every step. `settled` is told of each batch stored."""

    def __init__(
        self,
        client: Client,
        parser: Parser,
        settler: Ingester,
        thread: ThreadPoolExecutor,
        clock: Callable[[], Timestamp],
        settled: Callable[[BatchOutcome], object],
    ) -> None:
        self._client = client
        self._parser = parser
        self._settler = settler
        self._thread = thread
        self._clock = clock
        self._settled = settled
        self._answers: asyncio.Queue[_Waiting] = asyncio.Queue(BACKLOG)
        self._room = asyncio.Event()
        self._room.set()
        self._unparsed = 0
        permits = Permits(client, parser.robots, clock)
        self._pages = PageReader(client, permits, lambda page: self._parsed(parser.extract(page)))
        self._network = Network()

    @property
    def network_down(self) -> str:
        """Why the network is blamed instead of the feeds; empty when it is not."""
        return self._network.down

    async def poll(self, feed: Feed, state: FeedState) -> None:
        """Poll one feed and return when what it brought is stored.

        Raises StoreError if it could not be stored; then nothing of it was.
        """
        started = self._clock()
        answer = await self._answer(feed, state)
        await self._settle(
            PollResult(feed=feed, state=state, came=answer, seconds=self._clock() - started)
        )

    async def read_page(self, article: Article, attempts: int) -> None:
        """Fetch an article's page and return when its text is stored and matched."""
        await self._room.wait()
        feed = self._settler.watch.feeds.get(article.feeds[0])
        page = await self._pages.read(article, feed)
        await self._settle(PageResult(page=page, attempts=attempts))

    async def run(self) -> None:
        """Settle answers, as many at once as have come, until cancelled."""
        while True:
            batch = [await self._answers.get()]
            entries = batch[0].answer.weight
            while entries < BATCH_ENTRIES and not self._answers.empty():
                batch.append(self._answers.get_nowait())
                entries += batch[-1].answer.weight
            await self._settle_batch(batch)

    async def _settle_batch(self, batch: Sequence[_Waiting]) -> None:
        answers = [waiting.answer for waiting in batch]
        wronged, down = self._judge_network(answers)
        try:
            self._settled(await self._in_thread(self._settler.settle, answers, down))
            if wronged:
                await self._in_thread(self._settler.forgive, wronged)
        except StoreError as error:
            for waiting in batch:
                waiting.end(error)
        except Exception as error:
            await self._settle_apart(batch, error)
        else:
            for waiting in batch:
                waiting.end()

    async def _settle_apart(self, batch: Sequence[_Waiting], error: Exception) -> None:
        """Find the answer that cannot be taken in, so that it costs no other feed anything."""
        if len(batch) > 1:
            for waiting in batch:
                await self._settle_batch([waiting])
            return
        (waiting,) = batch
        refused = _refused(waiting.answer, error)
        if refused is None:
            waiting.end(StoreError(f"not stored: {error}"))
        else:
            await self._settle_batch([replace(waiting, answer=refused)])

    async def _in_thread(self, call: Callable[..., R], *args: object) -> R:
        return await asyncio.get_running_loop().run_in_executor(self._thread, call, *args)

    async def _answer(
        self, feed: Feed, state: FeedState
    ) -> Read | Fetched | NotModified | FeedError:
        """Fetch and parse. The body's hash judges what is new, whatever its headers say."""
        try:
            await self._room.wait()
            fetched = await self._client.fetch(
                feed.url,
                etag=state.etag,
                last_modified=state.last_modified,
                accept=FEED,
                request_options=feed.request_options,
            )
            received = self._clock()
            if isinstance(fetched, NotModified):
                return fetched
            fetched = replace(fetched, encoding=feed.request_options.encoding)
            digest = hash_of(fetched.body)
            if digest == state.body_hash:
                return fetched
            parsed = await self._parsed(self._parser.parse(fetched))
            return Read(fetched=fetched, digest=digest, parsed=parsed, received=received)
        except FeedError as error:
            return error.bare()

    async def _parsed(self, work: Awaitable[T]) -> T:
        self._unparsed += 1
        if self._unparsed >= BACKLOG:
            self._room.clear()
        try:
            return await work
        finally:
            self._unparsed -= 1
            if self._unparsed < BACKLOG:
                self._room.set()

    def _judge_network(self, answers: Sequence[PollResult | PageResult]) -> tuple[list[str], bool]:
        """Return the feeds blamed before the outage was known, and whether there is one."""
        now = self._clock()
        outcomes: dict[str, FeedError | None] = {}
        overdue = set()
        for answer in answers:
            if isinstance(answer, PollResult):
                url = answer.feed.url
                outcomes[url] = answer.came if isinstance(answer.came, FeedError) else None
                if now - answer.seconds - answer.state.next_due > schedule.MINUTE:
                    overdue.add(url)
        wronged = self._network.take(outcomes, now)
        return wronged, bool(self._network.down) or self._network.is_suspect(overdue)

    async def _settle(self, answer: PollResult | PageResult) -> None:
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        await self._answers.put(_Waiting(answer, done))
        await done


def _refused(answer: PollResult | PageResult, error: Exception) -> PollResult | PageResult | None:
    """Return an answer that cannot be taken in as one that failed; None if it brought nothing."""
    why = f"cannot be taken in ({type(error).__name__})"  # the message may hold anything
    if isinstance(answer, PollResult) and isinstance(answer.came, Read):
        log.error("%s: what it brought %s", answer.feed.name, why, exc_info=error)
        return replace(answer, came=ParseError(answer.feed.url, f"what it brought {why}"))
    if isinstance(answer, PageResult) and answer.page.text:
        article = answer.page.article
        log.error("the page of article %d: its text %s", article, why, exc_info=error)
        return replace(answer, page=Page(article=article, reason=f"its text {why}"))
    return None
