"""Retention: articles older than `archive: keep` are dropped, a few at a time; compaction."""

from __future__ import annotations

import logging
import shutil
import sqlite3
from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextlib import closing
from pathlib import Path

from msgspec import Struct

from index.query.filters import selects
from monitor.base.article import Timestamp
from monitor.base.errors import StoreError
from monitor.base.formatting import articles
from monitor.base.tasks import WorkerThread, is_due
from monitor.base.translation import gettext as _
from monitor.model.config import (
    FOR_EVER,
    STORE_FILE,
    ExpiringArticle,
    Retention,
    RetentionExceptions,
    StoreAddress,
)
from monitor.model.feed import Feed
from monitor.storage.store.database.connection import reading
from monitor.storage.store.database.sqlite import TICK, open_database
from monitor.storage.store.sql.batch import StoreReads
from monitor.storage.store.sql.store import Store

STEP = 200
"""Articles of one step: 20 ms when all of them are dropped."""
BEGINNING = (float("-inf"), 0)


class SweepResult(Struct, frozen=True, kw_only=True):
    """The result of a step; an empty one is the end."""

    articles: int = 0
    """Number of articles that were, or would be, dropped."""
    spared: int = 0
    """Number of articles that are as old, and are kept."""
    characters: int = 0
    """Bytes of text that were dropped."""

    def __add__(self, other: SweepResult) -> SweepResult:
        """Return the sum of two results."""
        return SweepResult(
            articles=self.articles + other.articles,
            spared=self.spared + other.spared,
            characters=self.characters + other.characters,
        )


def retention_exceptions(retention: Retention, feeds: Iterable[Feed]) -> RetentionExceptions:
    """Return the articles to keep for ever, as numbers of feeds and names of watchlists."""
    feeds = list(feeds)
    numbers: set[int] = set()
    watchlists: set[str] = set()
    for selector in retention.spare:
        kind, _, name = selector.partition(":")
        if kind == "watch":
            watchlists.add(name)
        elif kind in ("tag", "feed"):
            feed_selector = selector if kind == "tag" else name
            numbers.update(
                feed.number
                for feed in feeds
                if selects(feed_selector, feed.name, feed.address, feed.tags)
            )
    return RetentionExceptions(
        feeds=frozenset(numbers),
        watchlists=frozenset(watchlists),
        alerts=not retention.drop_alerts or "has:alert" in retention.spare,
    )


class RetentionSweep:
    """One sweep over all articles that are too old. Runs in the store's thread."""

    def __init__(self, store: Store, retention: Retention, now: Timestamp) -> None:
        self._store = store
        before = float("-inf") if retention.keep is None else now - retention.keep
        self._kept_time = before, now
        self._exceptions = retention_exceptions(retention, store.feeds.every())
        self._after = BEGINNING

    def step(self, *, dry: bool = False) -> SweepResult:
        """Drop the next articles, or only count them. Raises StoreError."""
        if dry:
            with self._store.reading() as reading:
                return self._result(self._expiring(reading))
        with self._store.batch() as batch:
            expiring = self._expiring(batch)
            batch.drop([article.id for article in expiring if not article.spared])
        return self._result(expiring)

    def _expiring(self, reading: StoreReads) -> list[ExpiringArticle]:
        return reading.articles.expiring(self._kept_time, self._exceptions, self._after, STEP)

    def _result(self, expiring: Sequence[ExpiringArticle]) -> SweepResult:
        if expiring:
            self._after = (expiring[-1].seen, expiring[-1].id)
        dropped = [article for article in expiring if not article.spared]
        return SweepResult(
            articles=len(dropped),
            spared=len(expiring) - len(dropped),
            characters=sum(article.characters for article in dropped),
        )


log = logging.getLogger("tocsin")

SWEEP_SECONDS = 3600.0
"""Seconds between two sweeps."""
CHECK_SECONDS = 30.0
"""Seconds between two checks whether a sweep is due."""
PAUSE = 0.25
"""Seconds between two steps of a sweep."""
RETRY_SECONDS = 30.0
"""Seconds without a step after a StoreError."""


class RetentionRunner:
    """Runs sweeps beside the monitor, by the current `archive:` settings."""

    def __init__(
        self,
        store: Store,
        thread: WorkerThread,
        clock: Callable[[], Timestamp],
        sleep: Callable[[float], Awaitable[None]],
        retention: Callable[[], Retention],
        confirms: Callable[[Timestamp], bool | None],
    ) -> None:
        self._confirms = confirms
        """Whether the servers of feeds have this time; None if they are not known to."""
        self._store = store
        self._thread = thread
        self._clock = clock
        self._sleep = sleep
        self._retention = retention

    async def run_forever(self, on_refusal: Callable[[StoreError], None]) -> None:
        """Sweep every hour, and when the settings change. Never raises: the monitor goes on."""
        last_sweep, applied = float("-inf"), FOR_EVER
        while True:
            await self._sleep(CHECK_SECONDS)
            now, retention = self._clock(), self._retention()
            if retention == applied and not is_due(last_sweep, SWEEP_SECONDS, now):
                continue
            last_sweep, applied = now, retention
            try:
                await self.all(PAUSE)
            except StoreError as error:
                on_refusal(error)
                last_sweep = float("-inf")
                await self._sleep(RETRY_SECONDS)
            except Exception:
                log.exception(_("nothing more was dropped; the monitor goes on"))

    async def all(self, pause: float = 0.0) -> None:
        """Drop all articles that are too old, with a pause between steps. Raises StoreError."""
        retention, now = self._retention(), self._clock()
        if retention.keep is None:
            return
        if not (is_right := self._confirms(now)):
            if is_right is False:
                log.warning(_("nothing is dropped: servers have another date than this machine"))
            return
        sweep = await self._thread(RetentionSweep, self._store, retention, now)
        total = SweepResult()
        while (step := await self._thread(sweep.step)) != SweepResult():
            total += step
            await self._sleep(pause)
        if total.articles:
            log.info(
                _(
                    "older than the archive keeps them: {articles}",
                    articles=articles(total.articles),
                )
            )


# --- the disk space of the SQLite file of a store ---


class DiskUsage(Struct, frozen=True):
    """Bytes of a store on the disk."""

    total: int
    free: int
    """Bytes of `total` that are unused."""


def disk_usage(folder: Path) -> DiskUsage:
    """Return the disk space of the store of a data folder. Raises StoreError."""
    with (
        closing(open_database(StoreAddress(folder), create=False)) as connection,
        reading(connection) as sql,
    ):
        (size,) = sql.execute("PRAGMA page_size").fetchone()
        (pages,) = sql.execute("PRAGMA page_count").fetchone()
        (free,) = sql.execute("PRAGMA freelist_count").fetchone()
    return DiskUsage(size * pages, size * free)


def compact(folder: Path) -> None:
    """Rewrite the store without unused space; nothing else may write meanwhile.

    If this is interrupted, the store is as it was. Raises StoreError when the disk lacks the room
    for a second copy, and KeyboardInterrupt.
    """
    needed = disk_usage(folder).total - disk_usage(folder).free
    spare = shutil.disk_usage(folder).free
    if spare < 2 * needed:  # once for the copy, once for its way through the log
        raise StoreError(
            _(
                "{file}: compacting it needs {needed} MB of free disk, there are {spare} MB;"
                " nothing was lost",
                file=folder / STORE_FILE,
                needed=2 * needed >> 20,
                spare=spare >> 20,
            )
        )
    with closing(open_database(StoreAddress(folder), create=False)) as connection:
        connection.set_progress_handler(lambda: 0, TICK)  # lets ^C through
        try:
            connection.execute("VACUUM")
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        except sqlite3.Error as error:
            if getattr(error, "sqlite_errorcode", 0) == sqlite3.SQLITE_INTERRUPT:
                raise KeyboardInterrupt from error
            raise StoreError(
                _("{file}: {error}; it is as it was", file=folder / STORE_FILE, error=error)
            ) from error
