"""Makes vectors and links of stored articles in the background: no alert waits for them."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING

from monitor.base.article import Timestamp
from monitor.base.errors import EncodingError, StoreError
from monitor.base.tasks import WorkerThread, event_or
from monitor.base.translation import gettext as _, ngettext
from monitor.intake.ingest.schedule import HOUR
from monitor.model.event_link import WINDOW, EncodedArticle, EncodedBatch, Unencoded
from monitor.storage.store.sql.store import Store

if TYPE_CHECKING:
    from monitor.intake.similar.encoding_process import EncodingProcess

log = logging.getLogger("tocsin")

BATCH = 16
"""Articles that are encoded at once: about a second."""
SHARE = 32
"""Articles of a feed that get vectors at once in an hour, for at most 0.7 s each: else a feed of
words that never occurred would take every turn. The others wait for the next hour, or for rest."""
LOOK = 2.0
"""Least seconds between two batches of older articles."""
REST = 60.0
"""Seconds after which an idle process is ended, or without a look after a failure."""
IDLE = 4.0
"""Pause after older articles, as a multiple of their time: they take a fifth of a processor."""
MOST_FAILURES = 3
"""Failures in a row that the articles may cause; more of them are the fault of the process."""
ONCE = 300.0
"""Seconds that `run --once` takes for vectors at most, about 3,000 of them: no feed is polled
meanwhile. The next run makes the others."""


class EventLinker:
    """Gives every article a vector: new ones first, then older ones, the newest first."""

    def __init__(
        self,
        store: Store,
        thread: WorkerThread,
        encoding: EncodingProcess,
        save: Callable[[EncodedBatch], object],
        clock: Callable[[], Timestamp],
        sleep: Callable[[float], Awaitable[None]],
    ) -> None:
        """Do nothing yet; `save` stores vectors and links, with the alerts that escalate."""
        self._store = store
        self._thread = thread
        self._encoding = encoding
        self._save = save
        self._clock = clock
        self._sleep = sleep
        self._woken = asyncio.Event()
        self._woken.set()
        self._hour, self._shares = 0.0, Counter[int]()
        """An hour, and how many articles of each feed were encoded at once in it."""
        self._older_than = 0
        self._has_older = True
        self._failures = 0
        self.enabled = True
        """Whether articles get vectors; set by each configuration that becomes active."""
        self.trouble = ""
        """The reason for which no article gets a vector at present; empty when they do."""

    def wake(self) -> None:
        self._woken.set()

    async def run_forever(self, on_error: Callable[[StoreError], None]) -> None:
        """Encode whenever there is something to encode. Never raises: the monitor goes on."""
        while True:
            try:
                seconds = await self._step() if self.enabled else None
                await (self._rest() if seconds is None else self._sleep(seconds))
                continue
            except StoreError as error:
                on_error(error)
            except EncodingError as error:
                self._report(error)
            except Exception as error:
                log.exception(_("encoding articles failed; the monitor goes on"))
                self.trouble = _("encoding articles fails: {error}", error=type(error).__name__)
            await self._sleep(REST)

    async def all(self, report: Callable[[int, int], None]) -> None:
        """Encode the articles of the last three days, for `ONCE` at most; log how many wait.

        Args:
            report: Called with the number of encoded articles, and of all that are to be.

        Raises:
            StoreError: The store refuses.
        """
        start, total, done = self._clock(), len(await self._fresh()), 0
        try:
            while self.enabled and done < total and self._clock() - start < ONCE:
                report(done, total)
                if not (encoded := await self._encode_fresh()):
                    break
                done += encoded
        except EncodingError as error:
            self._report(error)
        finally:  # also when the run is interrupted
            if self.enabled and (waiting := len(await self._fresh())):
                log.warning(ngettext(
                    "{count} article waits for a vector: the next run makes it",
                    "{count} articles wait for a vector: the next run makes them", waiting,
                ))  # fmt: skip

    def close(self) -> None:
        self._encoding.close()

    def _report(self, error: EncodingError) -> None:
        self.trouble = str(error)
        log.warning(_("no article gets a vector: {error}", error=error))

    async def _rest(self) -> None:
        """Wait until woken; end the idle process, whose pool wakes 20 times a second."""
        if self.enabled:
            await event_or(self._woken, self._sleep(REST))
        else:
            self._woken.clear()
            self._has_older, self._older_than = True, 0
        if not self._woken.is_set():
            await asyncio.to_thread(self._encoding.close)
            await event_or(self._woken, self._sleep(REST))

    async def _step(self) -> float | None:
        """Encode some articles; return the seconds to wait afterwards, None until woken."""
        if self._woken.is_set():
            self._woken.clear()
            if await self._encode_fresh():
                self._woken.set()
                return 0.0
        if not self._has_older:
            return None
        start = self._clock()
        older = await self._thread(
            lambda: self._store.articles.unencoded(BATCH, before=self._older_than)
        )
        if not older:
            self._has_older = False
            return None
        self._older_than = older[-1].article
        await self._encode(older)
        return max(LOOK, IDLE * (self._clock() - start))

    async def _fresh(self, limit: int = 0, apart: Sequence[int] = ()) -> list[Unencoded]:
        """Return the newest articles of three days without a vector, but of feeds set apart."""
        unencoded, since = self._store.articles.unencoded, self._clock() - WINDOW
        return await self._thread(lambda: unencoded(limit, since=since, apart=apart))

    async def _encode_fresh(self) -> int:
        """Encode some of the newest articles, of each feed within its share; return how many."""
        if (hour := self._clock() // HOUR) != self._hour:
            self._hour, self._shares = hour, Counter()
        apart = [feed for feed, count in self._shares.items() if count >= SHARE]
        if fresh := await self._fresh(BATCH, apart):
            self._shares.update(article.feed for article in fresh)
            await self._encode(fresh)
        return len(fresh)

    async def _encode(self, articles: Sequence[Unencoded]) -> None:
        """Encode and store; after a failure each article is tried alone, and then given up.

        Raises:
            EncodingError: Nothing can be encoded.
            StoreError: Nothing of this is stored.
        """
        try:
            batch = await self._encoding.encode(articles, self._clock())
            self._failures, self.trouble = 0, ""
        except EncodingError as error:
            if len(articles) > 1:
                for article in articles:
                    await self._encode([article])
                return
            self._failures += 1
            if self._failures > MOST_FAILURES:
                raise
            (article,) = articles
            log.warning(
                _("article {number} gets no vector: {error}", number=article.article, error=error)
            )
            batch = EncodedBatch((EncodedArticle(article.article, article.version, b""),))
        await self._thread(self._save, batch)
