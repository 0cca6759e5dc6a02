"""Processes that read documents of strangers: killed when slow, limited in memory.

A document can hang any parser or eat all memory; here it costs its own reading only. Its time is
that of the processor, and ten times as much on the clock, since the machine may be busy.
"""

from __future__ import annotations

import asyncio
import gc
import math
import os
import signal
from collections.abc import Callable
from concurrent.futures.process import BrokenProcessPool
from functools import partial
from typing import Any, TypeVar

from msgspec import Struct
from msgspec.structs import replace
from pebble import ProcessExpired, ProcessPool

from monitor.base import translation
from monitor.base.errors import ParseError
from monitor.base.fork_server import confine, forking, preload
from monitor.base.garbage import exempt_all
from monitor.base.translation import gettext as _
from monitor.intake.parse import document, listing, mail, selector_proposal, sitemap, web_page
from monitor.intake.parse.document import with_encoding
from monitor.intake.parse.web_page import Allowance
from monitor.model.cost import QUICK, READING, CostlyError
from monitor.model.feed import FEED, Selectors, Source, SourceKind
from monitor.model.poll import Fetched, Page, ParsedFeed

T = TypeVar("T")

_PATIENCE = 10
"""Multiple of the processor time of a document on the clock."""
_START = 60.0
"""Seconds in which a worker starts, and a first one its modules."""
NICENESS = 3
"""Niceness of the worker that reads costly documents. Beside busy processes of others, 3 still
leaves it half of its share of the processor."""
MEMORY = 140 * 2**20
"""Bytes that a worker may take beyond its own size."""
_IDLE = 30.0
"""Seconds without a document after which a worker ends: its pool wakes 20 times a second."""
_GARBAGE = 20_000
"""New values after which garbage is collected: at 700, as usual, that takes a fifteenth."""
_TASKS = 500
"""Documents after which a worker is replaced, so that no leak adds up: 20 ms."""
_PRELOADED = ["monitor.intake.parse.preloaded"]
"""Modules that the process of which each worker is a fork imports once."""
_PRELOADED_FOR_PAGES = ["trafilatura"]
"""Modules of 0.1 s and 8 MB, which feeds without pages do not need."""


class Parser:
    """Reads feeds and pages in two processes, each of which starts with its first document.

    One reads the documents of feeds that were read before and are not costly; the other one reads
    all else, also pages. So no feed has to wait for strangers, or for what takes long.
    """

    def __init__(
        self, *, seconds: float = READING, memory: int = MEMORY, expects_pages: bool = False
    ) -> None:
        self._quick = _Worker(memory, 0)
        self._patient = _Worker(memory, NICENESS)
        self._seconds = seconds
        preload(_PRELOADED + _PRELOADED_FOR_PAGES * expects_pages)

    async def parse(
        self,
        fetched: Fetched,
        source: Source = FEED,
        *,
        with_features: bool = False,
        is_costly: bool = True,
    ) -> ParsedFeed:
        """Parse the document of a source, with features of its texts if `with_features`: at first.

        Raises:
            ParseError: It is no such document, or reading was killed.
            CostlyError: It takes longer than a document that is not costly.
        """
        reading = partial(parse, source, with_features)
        fetched = replace(fetched, url=fetched.base or fetched.url)
        worker = self._patient if is_costly or with_features else self._quick
        limit = self._seconds if is_costly else QUICK
        parsed, seconds = await self._read(reading, fetched, worker, limit)
        return replace(parsed, seconds=seconds)

    async def older(self, fetched: Fetched) -> tuple[str, ...]:
        """Return the addresses of a feed's older documents; raises ParseError."""
        return (await self._read(document.older, fetched))[0]

    async def propose(self, page: Fetched, headline: str) -> Selectors | None:
        """Return the selectors of the list in which a headline stands, None if in none.

        Raises:
            ParseError: Reading was killed.
        """
        return (await self._read(partial(selector_proposal.propose, headline=headline), page))[0]

    async def extract(self, page: Fetched) -> Page:
        """Return the headline of a page and the text of its article; raises ParseError."""
        return (await self._read(web_page.extract, page))[0]

    async def robots(self, rules: Fetched, page: str) -> Allowance:
        """Apply a site's rules to one of its pages; raises ParseError."""
        return (await self._read(web_page.allowance, replace(rules, url=page)))[0]

    async def links(self, page: Fetched) -> tuple[str, ...]:
        """Return the addresses of the feeds that a page names; raises ParseError."""
        return (await self._read(web_page.feed_links, page))[0]

    def close(self) -> None:
        """Stop the workers, whatever they are doing."""
        self._quick.close()
        self._patient.close()

    async def _read(
        self,
        function: Callable[[bytes, str, str], T],
        fetched: Fetched,
        worker: _Worker | None = None,
        limit: float = math.inf,
    ) -> tuple[T, float]:
        """Return what a function makes of a document, and the seconds that this took."""
        url = fetched.url
        content = (fetched.body, url, fetched.content_type, fetched.encoding)
        worker, seconds = worker or self._patient, min(limit, self._seconds)
        outcome: T | _Unreadable
        try:
            outcome, spent = await worker.run(seconds, translation.choice(), function, *content)
        except (TimeoutError, ProcessExpired, BrokenProcessPool, RuntimeError) as error:
            is_killed = isinstance(error, ProcessExpired) and error.exitcode == -signal.SIGPROF
            if not is_killed and not isinstance(error, TimeoutError):
                raise ParseError(url, _("reading it crashes the reader")) from None
            if seconds < self._seconds:
                raise CostlyError from None
            reason = _("reading it takes longer than {seconds} s", seconds=f"{seconds:g}")
            raise ParseError(url, reason) from None
        if isinstance(outcome, _Unreadable):
            raise outcome.error(url, outcome.reason)
        return outcome, spent


class _Worker:
    """A process that reads one document at a time; it is replaced when it ends or stops."""

    def __init__(self, memory: int, niceness: int) -> None:
        self._prepare = partial(_prepare, memory, niceness)
        self._turn = asyncio.Lock()
        self._idle: asyncio.TimerHandle | None = None
        self._pool: ProcessPool | None = None
        self._pid = 0
        """The process that reads; the pool replaces it after some documents."""

    async def run(self, seconds: float, *task: Any) -> Any:
        """Return the outcome of a task, when it is its turn.

        Args:
            seconds: Processor time for it; `_PATIENCE` times as much on the clock, in which the
                worker may also hang, or be stopped by somebody.
            task: The other arguments of `_attempt`.

        Raises:
            TimeoutError: That was not enough on the clock.
            ProcessExpired: The worker ended: with SIGPROF, for want of processor time.
        """
        async with self._turn:
            if self._idle is not None:
                self._idle.cancel()
            if not _is_there(self._pid):  # else its death would count as that of the document
                self._discard()
            try:
                return await self._attempted(seconds, *task)
            except (BrokenProcessPool, RuntimeError):  # an idle worker was killed from outside
                self.close()
                return await self._attempted(seconds, *task)
            finally:
                self._idle = asyncio.get_running_loop().call_later(_IDLE, self._discard)

    async def _attempted(self, seconds: float, *task: Any) -> Any:
        try:
            if self._pool is None:
                self._pool = await asyncio.to_thread(self._started)
                async with asyncio.timeout(_START):  # which is no time of the document
                    self._pid = await asyncio.wrap_future(self._pool.schedule(os.getpid))
            async with asyncio.timeout(_PATIENCE * seconds):
                return await asyncio.wrap_future(self._pool.schedule(_attempt, (seconds, *task)))
        except TimeoutError:
            self._discard()
            raise

    def _discard(self) -> None:
        if self._pool is not None:  # stopping it takes seconds
            asyncio.get_running_loop().run_in_executor(None, _stop, self._pool)
            self._pool = None

    def close(self) -> None:
        """Stop the process, whatever it is doing."""
        if self._pool is not None:
            _stop(self._pool)
            self._pool = None

    def _started(self) -> ProcessPool:
        pool = ProcessPool(
            max_workers=1, max_tasks=_TASKS, initializer=self._prepare, context=forking()
        )
        assert pool.active  # asking starts it
        return pool


def _is_there(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def _stop(pool: ProcessPool) -> None:
    pool.stop()  # type: ignore[no-untyped-call]
    pool.join()


class _Unreadable(Struct, frozen=True):
    """A document that could not be read, and why: no exception crosses processes whole."""

    reason: str
    error: type[ParseError] = ParseError


def _attempt(
    seconds: float,
    language: translation.Choice,
    function: Callable[[bytes, str, str], T],
    body: bytes,
    url: str,
    content_type: str,
    encoding: str,
) -> tuple[T | _Unreadable, float]:
    """Return the outcome of a function, and the seconds of processor time that it took."""
    translation.use(*language)
    signal.setitimer(signal.ITIMER_PROF, seconds)  # its signal ends the process, also in C code
    outcome: T | _Unreadable
    try:
        if encoding:
            body, content_type = with_encoding(body, content_type, encoding)
        outcome = function(body, url, content_type)
    except ParseError as error:
        outcome = _Unreadable(error.reason, type(error))
    except MemoryError:
        outcome = _Unreadable(_("reading it needs too much memory"))
    finally:
        remaining, _interval = signal.setitimer(signal.ITIMER_PROF, 0.0)
    return outcome, seconds - remaining


def _prepare(memory: int, niceness: int) -> None:
    os.nice(niceness)
    exempt_all()  # the imports
    gc.set_threshold(_GARBAGE)
    confine(memory)


_PROLOG = 1_000
_HTML = (b"<!doctype html", b"<html")


def parse(
    source: Source, with_features: bool, body: bytes, url: str, content_type: str = ""
) -> ParsedFeed:
    """Parse a document, with the features of its first texts if `with_features`.

    Raises:
        BarrierError: Something else stands in its place.
        ParseError: It is no document of such a source.
    """
    try:
        match source.kind:
            case SourceKind.FEED:
                parsed = document.parse(body, url, content_type)
            case SourceKind.SITEMAP:
                parsed = sitemap.parse(body, url, content_type, since=source.since)
            case SourceKind.PAGE:
                parsed = listing.parse(source, body, url, content_type)
            case SourceKind.MAILBOX:
                parsed = mail.parse(body, split=source.split)
    except ParseError:
        if body[:_PROLOG].lstrip().lower().startswith(_HTML):
            root = web_page.tree(body[: web_page.PAGE_CAP], content_type)
            if root is not None:
                web_page.refuse_barrier(body, url, root)
        raise
    return document.with_features(parsed) if with_features else parsed
