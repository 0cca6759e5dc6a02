"""Every step of watching, once, in order.

::

    due feeds ─▶ fetch ─▶ parse ──▶ identify ─▶ language ─▶ match ─▶ story ─▶ store
    due pages ─▶ fetch ─▶ extract ─────────────────▲                            │
                                                                                ▼
                                                              outbox ─▶ indexer process

The left half runs side by side for many feeds. The right half, `settle`, runs in the
store's thread for a batch of feeds at a time, in one transaction, with one set of rules.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from hashlib import blake2b
from typing import TypeVar

from index.article import Article, Timestamp
from monitor import schedule
from monitor.errors import FeedError, FetchError, StoreError
from monitor.fetch import FEED, PAGE, Client
from monitor.model import Feed, FeedState, Fetched, NotModified, Page
from monitor.settle import Answer, PageAnswer, Read, Settled, Settler
from monitor.workers import Parser

T = TypeVar("T")
log = logging.getLogger("tocsin")

BACKLOG = 64
"""Answers that may wait for the parser or the store before fetching pauses."""
BATCH_ENTRIES = 400
"""Entries settled in one transaction: about 150 ms, which a viewer's triage may have to wait."""

RECENT = 120.0
"""Seconds of polls by which it is judged whether the network is down."""


def hash_of(body: bytes) -> bytes:
    """Return the hash that decides whether a body is new."""
    return blake2b(body, digest_size=16).digest()


class Pipeline:
    """Takes feeds and pages through every step. `settled` is told of each batch stored."""

    def __init__(
        self,
        client: Client,
        parser: Parser,
        settler: Settler,
        thread: ThreadPoolExecutor,
        clock: Callable[[], Timestamp],
        settled: Callable[[Settled], None],
    ) -> None:
        self._client = client
        self._parser = parser
        self._settler = settler
        self._thread = thread
        self._clock = clock
        self._settled = settled
        self._answers: asyncio.Queue[tuple[Answer | PageAnswer, asyncio.Future[None]]] = (
            asyncio.Queue(BACKLOG)
        )
        self._room = asyncio.Event()
        self._room.set()
        self._unparsed = 0
        self._outcomes: dict[str, tuple[Timestamp, FeedError | None]] = {}
        self.network_down = ""
        """Why the network is blamed instead of the feeds; empty when it is not."""

    async def poll(self, feed: Feed, state: FeedState) -> None:
        """Poll one feed and return when what it brought is stored.

        Raises StoreError if it could not be stored; then nothing of it was.
        """
        started = self._clock()
        answer = await self._answer(feed, state)
        await self._settle(
            Answer(feed=feed, state=state, came=answer, seconds=self._clock() - started)
        )

    async def read_page(self, article: Article, attempts: int) -> None:
        """Fetch an article's page and return when its text is stored and matched."""
        try:
            await self._room.wait()
            fetched = await self._client.fetch(article.url, accept=PAGE)
            if isinstance(fetched, NotModified):
                raise FetchError(article.url, "answered 304 to an unconditional request")
            page = Page(article=article.id, text=await self._parsed(self._parser.extract(fetched)))
        except FeedError as error:
            status = error.status if isinstance(error, FetchError) else None
            page = Page(article=article.id, reason=error.reason, status=status)
        await self._settle(PageAnswer(page=page, attempts=attempts))

    async def run(self) -> None:
        """Settle answers, as many at once as have come, until cancelled."""
        loop = asyncio.get_running_loop()
        while True:
            batch = [await self._answers.get()]
            entries = batch[0][0].weight
            while entries < BATCH_ENTRIES and not self._answers.empty():
                batch.append(self._answers.get_nowait())
                entries += batch[-1][0].weight
            answers = [answer for answer, _ in batch]
            self._judge_network(answers)
            settle = partial(self._settler.settle, answers, network_down=bool(self.network_down))
            try:
                settled = await loop.run_in_executor(self._thread, settle)
            except Exception as error:
                failure = error if isinstance(error, StoreError) else None
                if failure is None:
                    log.exception("a batch of %d answers could not be settled", len(batch))
                for _, done in batch:
                    done.set_exception(failure or StoreError(f"not stored: {error}"))
                continue
            self._settled(settled)
            for _, done in batch:
                done.set_result(None)

    async def _answer(
        self, feed: Feed, state: FeedState
    ) -> Read | Fetched | NotModified | FeedError:
        """Fetch and parse. The body's hash judges what is new, whatever its headers say."""
        try:
            await self._room.wait()
            fetched = await self._client.fetch(
                feed.url, etag=state.etag, last_modified=state.last_modified, accept=FEED
            )
            if isinstance(fetched, NotModified):
                return fetched
            digest = hash_of(fetched.body)
            if digest == state.body_hash:
                return fetched
            parsed = await self._parsed(self._parser.parse(fetched))
            return Read(fetched=fetched, digest=digest, parsed=parsed)
        except FeedError as error:
            return error

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

    def _judge_network(self, answers: Sequence[Answer | PageAnswer]) -> None:
        now = self._clock()
        for answer in answers:
            if isinstance(answer, Answer):
                error = answer.came if isinstance(answer.came, FeedError) else None
                self._outcomes[answer.feed.url] = now, error
        self._outcomes = {
            url: (at, error) for url, (at, error) in self._outcomes.items() if now - at < RECENT
        }
        was_down = self.network_down
        self.network_down = schedule.network_is_down(
            {url: error for url, (_, error) in self._outcomes.items()}
        )
        if self.network_down and not was_down:
            log.warning(
                "%s; the feeds are not blamed, and tried again every minute"
                " (`tocsin demo` needs no network)",
                self.network_down,
            )
        elif was_down and not self.network_down:
            log.info("the network is back")

    async def _settle(self, answer: Answer | PageAnswer) -> None:
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        await self._answers.put((answer, done))
        await done
