"""The steps of watching, in their order.

::

    due feeds ─▶ fetch ─▶ parse ───▶ features ─▶ language ─▶ match ─▶ identify ─▶ story ─▶ store
    due pages ─▶ fetch ─▶ extract ───▲                                                    │
                                                                                          ▼
                                                                      outbox ─▶ indexer process

The left half runs side by side for many feeds. The right half, `ingest`, runs in the
store's thread for a batch of feeds at a time, under one configuration: first what needs no
store, then, from `identify` on, one transaction. Of a feed that was never read before, all
articles are new: the features of their texts are read where the document is parsed. Of an index of
sitemaps, each sitemap is fetched and parsed in the same poll.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from hashlib import blake2b
from typing import TypeVar

from msgspec.structs import replace

from index.interruption import interruptible
from monitor.base.article import Timestamp
from monitor.base.errors import FeedError, ParseError, StoreError
from monitor.base.translation import gettext as _
from monitor.intake.fetch.client import ACCEPT_FEED, ACCEPT_PAGE, MAX_BYTES, Client
from monitor.intake.fetch.page_reader import PageReader, RobotsPolicy
from monitor.intake.ingest import schedule
from monitor.intake.ingest.ingest import Ingester
from monitor.intake.ingest.outage import OutageDetector
from monitor.intake.ingest.poll_outcome import BatchOutcome, PageResult, PollResult
from monitor.intake.parse import sitemap
from monitor.intake.parse.workers import Parser
from monitor.intake.sitemap_index import Answer, with_children
from monitor.model.cost import LARGE, QUICK, CostlyError
from monitor.model.feed import Feed, FeedState, Source, SourceKind
from monitor.model.poll import Fetched, NotModified, Page, ParsedFeed, PendingPage

R = TypeVar("R")
log = logging.getLogger("tocsin")

BACKLOG = 64
"""Results that may wait for the store before others have to wait for it."""
BACKLOG_BYTES = 3 << 20
"""Bytes of answers that may wait for the parser or the store before fetching pauses: 90 feeds, and
once parsed they take as much again."""
GATHER = 0.1
"""Seconds for which the articles of feeds that were never read wait for others: a transaction
writes about as many pages of the store for 60 as for 400."""
LONGEST_PAUSE = 1.0
"""Seconds between two slices of a costly document, or those of a slice: a tick needs the thread."""
BATCH_ENTRIES = 400
"""Entries stored in one transaction: about 60 ms, which a viewer's triage may have to wait."""


def hash_of(body: bytes) -> bytes:
    """Return the hash by which a body counts as new or known."""
    return blake2b(body, digest_size=16).digest()


_Waiting = tuple[PollResult | PageResult, asyncio.Future[None]]
"""A result, and the future of the task that waits until it is stored."""


class Pipeline:
    """Takes feeds and pages through every step, and calls `on_stored` with each stored batch."""

    def __init__(
        self,
        client: Client,
        parser: Parser,
        ingester: Ingester,
        thread: ThreadPoolExecutor,
        clock: Callable[[], Timestamp],
        on_stored: Callable[[BatchOutcome], object],
        sleep: Callable[[float], Awaitable[None]],
    ) -> None:
        self._client = client
        self._parser = parser
        self._ingester = ingester
        self._thread = thread
        self._clock = clock
        self._on_stored = on_stored
        self._sleep = sleep
        self._results: asyncio.Queue[_Waiting] = asyncio.Queue(BACKLOG)
        self._costly: set[str] = set()
        """Addresses of the feeds whose last documents were costly."""
        self._turn_of_costly = asyncio.Lock()
        self._held_bytes = 0
        self._robots = RobotsPolicy(client, parser.robots, clock)
        self._pages = PageReader(client, self._robots, self._extract)
        self._network = OutageDetector()

    @property
    def network_down(self) -> str:
        """The reason why the network seems to be down; empty if it does not."""
        return self._network.down

    async def poll(self, feed: Feed, state: FeedState) -> None:
        """Poll one feed and return when the result is stored.

        A feed whose document turns out to be costly is asked again when its turn comes.

        Raises:
            StoreError: Nothing of the result is stored.
            LeaseLostError: Another monitor has the feed by now, and this one did not ask it.
        """
        if feed.url not in self._costly and not state.breaches:
            try:
                await self._poll(feed, state, is_costly=False)
                return
            except CostlyError:
                self._costly.add(feed.url)
        async with self._turn_of_costly:
            await self._poll(feed, state, is_costly=True)

    async def _poll(self, feed: Feed, state: FeedState, *, is_costly: bool) -> None:
        """Poll one feed; raises CostlyError if its document should not be costly, and is."""
        started_at = self._clock()
        response, parsed = await self._fetch(feed, feed.url, state, is_costly=is_costly), None
        body_bytes = len(response.body) if isinstance(response, Fetched) else 0
        with self._holding(0 if is_costly else body_bytes):  # one costly body, or many others
            if isinstance(response, Fetched) and response.digest != state.body_hash:
                response, parsed = await self._parse(
                    response, feed.source, state, is_costly=is_costly
                )

            async def read(url: str, known: FeedState) -> tuple[Answer, ParsedFeed | None]:
                nonlocal body_bytes
                answer = await self._fetch(feed, url, known, is_costly=is_costly)
                if not isinstance(answer, Fetched) or answer.digest == known.body_hash:
                    return answer, None
                body_bytes = max(body_bytes, len(answer.body))
                with self._holding(0 if is_costly else len(answer.body)):
                    return await self._parse(answer, feed.source, known, is_costly=is_costly)

            response, parsed, state = await with_children(
                response, parsed, feed.url, state, read, self._clock()
            )
            result = PollResult(
                feed=feed,
                state=state,
                response=response,
                parsed=parsed,
                seconds=self._clock() - started_at,
            )
            if is_costly and parsed is not None:
                result = await self._drafted(result)
                if result.spent < QUICK and body_bytes < LARGE:
                    self._costly.discard(feed.url)
            await self._submit(result)

    async def _drafted(self, result: PollResult) -> PollResult:
        """Return the result of a costly poll with its drafts; others are stored between slices."""
        drafting = self._ingester.drafting(result)
        drafted: PollResult | None = None
        try:
            while drafted is None:
                began = self._clock()
                drafted = await self._in_thread(next, drafting)
                await self._sleep(min(max(0.0, self._clock() - began), LONGEST_PAUSE))
        except Exception as error:
            failed = None if isinstance(error, StoreError) else _as_failed(result, error)
            if not isinstance(failed, PollResult):
                raise
            return failed
        return drafted

    async def read_page(self, pending: PendingPage) -> None:
        """Fetch an article's page and return when its text is stored and matched."""
        feed = self._ingester.watch.feeds.get(pending.article.feeds[0])
        page = await self._pages.read(pending.article.url, feed)
        await self._submit(PageResult(page=page, pending=pending))

    async def run(self) -> None:
        """Store results until cancelled, all that have arrived in one batch."""
        while True:
            batch = [await self._results.get()]
            with suppress(TimeoutError):
                async with asyncio.timeout(GATHER):
                    while _has_room(batch) and _is_first_read(batch[-1][0]):
                        batch.append(await self._results.get())
            while _has_room(batch) and not self._results.empty():
                batch.append(self._results.get_nowait())
            await self._store_batch(batch)

    async def _store_batch(self, batch: Sequence[_Waiting]) -> None:
        results = [result for result, _done in batch]
        early_failures, is_down = self._judge_network(results)
        try:
            if early_failures:
                await self._in_thread(self._ingester.forgive, early_failures)
            outcome = await self._in_thread(self._ingester.ingest, results, is_down)
            self._on_stored(replace(outcome, outage=bool(self._network.down)))
            costly = [
                waiting
                for waiting in batch
                if isinstance(waiting[0], PollResult) and waiting[0].feed.url in outcome.costly
            ]
            _end(costly, CostlyError())
        except StoreError as error:
            _end(batch, error)
        except Exception as error:
            await self._store_one_by_one(batch, error)
        else:
            _end(batch)

    async def _store_one_by_one(self, batch: Sequence[_Waiting], error: Exception) -> None:
        """Store results one by one, so that a result that fails costs no other feed anything."""
        if len(batch) > 1:
            for waiting in batch:
                await self._store_batch([waiting])
            return
        ((result, future),) = batch
        failed = _as_failed(result, error)
        if failed is None:
            _end(batch, StoreError(_("not stored: {error}", error=error)))
        else:
            await self._store_batch([(failed, future)])

    async def _in_thread(self, call: Callable[..., R], *args: object) -> R:
        """Return the result of a call; matching ends when the task that waits for it does."""
        has_ended = False

        def result() -> R:
            with interruptible(lambda: has_ended):
                return call(*args)

        try:
            return await asyncio.get_running_loop().run_in_executor(self._thread, result)
        finally:
            has_ended = True

    async def _fetch(self, feed: Feed, url: str, state: FeedState, *, is_costly: bool) -> Answer:
        """Fetch a document of a feed; return it without its body if that is the one of the state.

        The hash of the body decides what is new, not the headers.

        Raises:
            CostlyError: It turns out to be large.
        """
        is_page = feed.source.kind is SourceKind.PAGE
        if is_page and (refusal := await self._refusal(feed)):
            return ParseError(feed.url, refusal)
        is_mailbox = feed.source.kind is SourceKind.MAILBOX
        most = sitemap.MAX_BYTES if feed.source.kind is SourceKind.SITEMAP else MAX_BYTES
        max_bytes = most if is_costly else LARGE
        try:
            if is_mailbox:
                fetched = await self._client.new_mails(feed, state, max_bytes)
            else:
                fetched = await self._client.fetch(
                    url,
                    etag=state.etag,
                    last_modified=state.last_modified,
                    accept=ACCEPT_PAGE if is_page else ACCEPT_FEED,
                    max_bytes=max_bytes,
                    truncate=not is_costly,
                    request_options=feed.request_options,
                    credentials_origin=feed.url,
                )
        except FeedError as error:
            return error.bare()
        received_at = self._clock()
        if isinstance(fetched, NotModified):
            return fetched
        if len(fetched.body) >= LARGE and not is_costly:
            raise CostlyError
        digest = hash_of(fetched.body)
        body = b"" if digest == state.body_hash else fetched.body
        encoding = "" if is_mailbox else feed.request_options.encoding
        return replace(fetched, encoding=encoding, body=body, digest=digest, received=received_at)

    async def _refusal(self, feed: Feed) -> str:
        """Return why robots.txt forbids the page of a feed, when it has its turn; empty if not."""
        while (refusal := await self._robots.check(feed.url, feed.request_options, feed.url)).later:
            await self._sleep(refusal.later)
        return refusal.reason

    async def _parse(
        self, fetched: Fetched, source: Source, state: FeedState, *, is_costly: bool
    ) -> tuple[Answer, ParsedFeed | None]:
        try:
            is_first = state.last_ok is None
            parsed = await self._parser.parse(
                fetched, source, with_features=is_first, is_costly=is_costly
            )
        except FeedError as error:
            return error.bare(), None
        return replace(fetched, body=b""), parsed

    async def _extract(self, page: Fetched) -> Page:
        with self._holding(len(page.body)):
            return await self._parser.extract(page)

    @contextmanager
    def _holding(self, body_bytes: int) -> Iterator[None]:
        """Count the bytes of an answer that waits; fetch no more while too many do."""
        self._held_bytes += body_bytes
        self._client.pause(self._held_bytes >= BACKLOG_BYTES)
        try:
            yield
        finally:
            self._held_bytes -= body_bytes
            self._client.pause(self._held_bytes >= BACKLOG_BYTES)

    def _judge_network(self, results: Sequence[PollResult | PageResult]) -> tuple[list[str], bool]:
        """Return the feeds that failed before the outage was known, and whether there is one."""
        now = self._clock()
        outcomes: dict[str, FeedError | None] = {}
        overdue, failing = set(), set()
        for result in results:
            if isinstance(result, PollResult):
                url = result.feed.url
                response = result.response
                outcomes[url] = response if isinstance(response, FeedError) else None
                state, started_at = result.state, now - result.seconds
                if state.last_poll is None or schedule.is_overdue(state, started_at):
                    overdue.add(url)
                if result.state.failing_since is not None:
                    failing.add(url)
        early_failures = self._network.take(outcomes, now, failing)
        return early_failures, bool(self._network.down) or self._network.is_suspect(overdue)

    async def _submit(self, result: PollResult | PageResult) -> None:
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        await self._results.put((result, future))
        await future


def _end(batch: Sequence[_Waiting], error: StoreError | CostlyError | None = None) -> None:
    """Let those who wait for a batch go on: it is stored, or it is not."""
    for _result, future in batch:
        if future.done():
            continue
        if error is None:
            future.set_result(None)
        else:
            future.set_exception(error)


def _has_room(batch: Sequence[_Waiting]) -> bool:
    return sum(result.weight for result, _future in batch) < BATCH_ENTRIES


def _is_first_read(result: PollResult | PageResult) -> bool:
    return isinstance(result, PollResult) and bool(result.parsed) and result.state.last_ok is None


def _as_failed(result: PollResult | PageResult, error: Exception) -> PollResult | PageResult | None:
    """Return a result that cannot be stored as a failed one; None if it brought nothing."""
    kind = type(error).__name__  # the message may contain anything
    if isinstance(result, PollResult) and result.parsed:
        feed = result.feed
        text = _("{feed}: what it brought cannot be stored ({error})", feed=feed.name, error=kind)
        log.error(text, exc_info=error)
        reason = _("its document cannot be stored ({error})", error=kind)
        return replace(result, response=ParseError(feed.url, reason), parsed=None)
    if isinstance(result, PageResult) and result.page.text:
        article = result.pending.article.id
        text = _(
            "the page of article {number}: its text cannot be stored ({error})",
            number=article,
            error=kind,
        )
        log.error(text, exc_info=error)
        reason = _("its text cannot be stored ({error})", error=kind)
        return replace(result, page=Page(reason=reason))
    return None
