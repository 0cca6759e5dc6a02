"""Processes that read documents of strangers: killed when slow, limited in memory.

A document can hang any parser or eat all memory; here it costs its own reading only. Its time is
that of the processor: a document is not refused because the machine is busy.
"""

from __future__ import annotations

import asyncio
import gc
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
from monitor.intake.parse import document, web_page
from monitor.intake.parse.document import with_encoding
from monitor.intake.parse.web_page import Allowance
from monitor.model.poll import Fetched, ParsedFeed

T = TypeVar("T")

SECONDS = 3.0
"""Seconds of processor time in which a document is read."""
_PATIENCE = 20
"""Multiple of that time on the clock: a worker may also hang without working."""
MEMORY = 140 * 2**20
"""Bytes that a worker may take beyond its own size."""
_GARBAGE = 20_000
"""New values after which garbage is collected: at 700, as usual, that takes a fifteenth."""
_TASKS = 500
"""Documents after which a worker is replaced, so that no leak adds up: 20 ms."""
_PRELOADED = ["monitor.intake.parse.preloaded"]
"""Modules that the process of which each worker is a fork imports once."""
_PRELOADED_FOR_PAGES = ["trafilatura"]
"""Modules of 0.1 s and 8 MB, which feeds without pages do not need."""


class Parser:
    """Reads feeds and pages in worker processes, which start with the first document."""

    def __init__(
        self,
        workers: int = 2,
        *,
        seconds: float = SECONDS,
        memory: int = MEMORY,
        expects_pages: bool = False,
    ) -> None:
        self._workers = workers
        self._seconds = seconds
        self._memory = memory
        preload(_PRELOADED + _PRELOADED_FOR_PAGES * expects_pages)
        self._pool: ProcessPool | None = None
        self._starting = asyncio.Lock()

    async def parse(self, fetched: Fetched, *, with_features: bool = False) -> ParsedFeed:
        """Parse a feed's document, with features of its texts if `with_features`.

        Raises:
            ParseError: It is no feed, or reading was killed.
        """
        reading = document.parse_with_features if with_features else document.parse
        return await self._read(reading, replace(fetched, url=fetched.base or fetched.url))

    async def extract(self, page: Fetched) -> str:
        """Return the text of the article in a page, '' if none; raises ParseError."""
        return await self._read(web_page.extract_text, page)

    async def robots(self, rules: Fetched, page: str) -> Allowance:
        """Apply a site's rules to one of its pages; raises ParseError."""
        return await self._read(web_page.allowance, replace(rules, url=page))

    async def links(self, page: Fetched) -> tuple[str, ...]:
        """Return the addresses of the feeds that a page names; raises ParseError."""
        return await self._read(web_page.feed_links, page)

    def close(self) -> None:
        """Stop the workers, whatever they are doing."""
        if self._pool is not None:
            self._pool.stop()  # type: ignore[no-untyped-call]
            self._pool.join()
            self._pool = None

    async def _read(self, function: Callable[[bytes, str, str], T], fetched: Fetched) -> T:
        url = fetched.url
        content = (fetched.body, url, fetched.content_type, fetched.encoding)
        task = (self._seconds, translation.choice(), function, *content)
        outcome: T | _Unreadable
        try:
            try:
                outcome = await self._scheduled(task)
            except (BrokenProcessPool, RuntimeError):  # an idle worker was killed from outside
                self.close()
                outcome = await self._scheduled(task)
        except (TimeoutError, ProcessExpired, BrokenProcessPool, RuntimeError) as error:
            raise ParseError(url, self._why_ended(error)) from None
        if isinstance(outcome, _Unreadable):
            raise ParseError(url, outcome.reason)
        return outcome

    def _why_ended(self, error: Exception) -> str:
        """Return the reason for which a worker ended while it read, in words."""
        is_late = isinstance(error, ProcessExpired) and error.exitcode == -signal.SIGPROF
        if not is_late and not isinstance(error, TimeoutError):
            return _("reading it crashes the reader")
        return _("reading it takes longer than {seconds} s", seconds=f"{self._seconds:g}")

    async def _scheduled(self, task: tuple[Any, ...]) -> Any:
        async with self._starting:
            if self._pool is None:
                self._pool = await asyncio.to_thread(self._started)
        timeout = _PATIENCE * self._seconds
        return await asyncio.wrap_future(self._pool.schedule(_attempt, task, timeout=timeout))

    def _started(self) -> ProcessPool:
        pool = ProcessPool(
            max_workers=self._workers,
            max_tasks=_TASKS,
            initializer=partial(_prepare, self._memory),
            context=forking(),
        )
        assert pool.active  # asking starts it
        return pool


class _Unreadable(Struct, frozen=True):
    """A document that could not be read, and why: no exception crosses processes whole."""

    reason: str


def _attempt(
    seconds: float,
    language: translation.Choice,
    function: Callable[[bytes, str, str], T],
    body: bytes,
    url: str,
    content_type: str,
    encoding: str,
) -> T | _Unreadable:
    translation.use(*language)
    signal.setitimer(signal.ITIMER_PROF, seconds)  # its signal ends the process, also in C code
    try:
        if encoding:
            body, content_type = with_encoding(body, content_type, encoding)
        return function(body, url, content_type)
    except ParseError as error:
        return _Unreadable(error.reason)
    except MemoryError:
        return _Unreadable(_("reading it needs too much memory"))
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0.0)


def _prepare(memory: int) -> None:
    exempt_all()  # the imports
    gc.set_threshold(_GARBAGE)
    confine(memory)
