"""The process of the indexer: started, woken, restarted when it dies.

The indexer only reads the store. It reports to the monitor what it has indexed, and the
monitor empties the outbox: two writers would wait for each other for seconds under load. Its
log lines go through the monitor too: a log has one writer.
"""

from __future__ import annotations

import contextlib
import gc
import logging
import math
import multiprocessing.process
import os
import resource
import signal
from collections.abc import Callable
from contextlib import closing
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path
from typing import NamedTuple

from index import PRELOADED
from monitor.base import translation
from monitor.base.article import Timestamp
from monitor.base.fork_server import forking, preload
from monitor.base.garbage import free_at_once
from monitor.base.translation import gettext as _
from monitor.base.translation import ngettext, number
from monitor.model.config import OutboxEntry, OutboxState, StoreAddress
from monitor.storage.maintenance import index_repair, indexer
from monitor.storage.maintenance.followed_store import FollowedStore
from monitor.storage.maintenance.guarded_writer import BatchTime, InHand, read_note
from monitor.storage.store.sql.articles import article_columns
from monitor.storage.store.sql.store import Store, outbox_entries

log = logging.getLogger("tocsin")

_PRELOADED = ["monitor.storage.maintenance.indexer_process", *PRELOADED]
"""Without numpy, which is for what is indexed: often there is nothing."""
GARBAGE = 100_000
"""Objects between two garbage collections: collecting every 700 takes a tenth of the time."""
GIVES_WAY = 3
"""Niceness: an alert comes before a search that finds it. Beside busy processes of others, 3 still
leaves the indexer half of its share of the processor; 15 left it a thirtieth."""
MEMORY = 2**30
"""Bytes of data that the process may have, on Linux; files that are mapped do not count."""
BATCH_SECONDS = 30.0
"""Seconds of processor time for one batch, on Linux. A full one takes 2 to 8; a batch that needs
more for want of speed is halved, and loses nothing."""
PATIENCE = 30.0
"""Seconds an indexer may take to finish its batch when the monitor ends."""


Clock = Callable[[], Timestamp]
"""Reads the time; a function of a module, so that the process can import it."""


class _IndexedTicket(NamedTuple):
    """What the indexer reports of each batch."""

    ticket: int
    at: Timestamp


class _Mended(NamedTuple):
    """Reported once by each process, when the index is whole and in line with the store."""


class _SetAside(NamedTuple):
    """Reported of an article that is indexed without its text."""

    article: int
    reason: str


class IndexerProcess:
    """The indexer of a data folder."""

    def __init__(
        self,
        data: Path,
        clock: Clock,
        batch_seconds: float = BATCH_SECONDS,
        store: StoreAddress | None = None,
        *,
        follows: bool = False,
    ) -> None:
        """Start nothing yet.

        Args:
            data: The data folder.
            clock: What the process reads the time from.
            batch_seconds: Processor time after which the process is ended at one batch.
            store: Where the store is, when it is not in the data folder.
            follows: Whether the monitor of the store is elsewhere: its outbox is not ours.
        """
        self._follows = follows
        self._data = data
        self._store = store or StoreAddress(data)
        self._clock = clock
        self._batch_seconds = batch_seconds
        self._batch_time = BatchTime(data)
        self._left: InHand | None = None
        preload(_PRELOADED)
        self._process: multiprocessing.process.BaseProcess | None = None
        self._wake: Connection | None = None
        self._messages: Connection | None = None
        self.failures = 0
        """Failed tries in a row."""
        self.trouble = ""
        """Why the last try failed, in words."""
        self.indexed_at = 0.0
        """When the last ticket returned by `indexed` was indexed."""
        self.set_aside: dict[int, str] = {}
        """Articles that are indexed without their text, and why; the caller empties it."""
        self.mended = False
        """Whether all of the index was checked, and is in line with the store."""

    def start(self) -> None:
        """Start the process, or restart it if it died."""
        if self._process is not None:
            took_too_long = self._end_if_stuck(self._process)
            if self._process.is_alive():
                return
            self.indexed()
            why = _("the indexer died (exit code {code})", code=self._process.exitcode)
            self._died(took_too_long or why)
            log.warning(_("{trouble}; starting it again", trouble=self.trouble))
        self._hang_up()
        context = forking()
        reading, self._wake = context.Pipe(duplex=False)
        self._messages, writing = context.Pipe(duplex=False)
        level = log.getEffectiveLevel()
        self._process = context.Process(
            target=_index,
            args=(
                self._data,
                self._store,
                reading,
                writing,
                level,
                self._clock,
                translation.choice(),
                self._follows,
            ),
            name="tocsin indexer",  # not a message
            daemon=True,
        )
        self._batch_time = BatchTime(self._data)
        self._process.start()
        reading.close()
        writing.close()

    def _end_if_stuck(self, process: multiprocessing.process.BaseProcess) -> str:
        """End a process that works too long on a batch; return that in words."""
        if not process.pid or self._batch_time.seconds(process.pid) <= self._batch_seconds:
            return ""
        process.kill()
        process.join(PATIENCE)
        seconds = f"{self._batch_seconds:g}"
        return _("the indexer worked on a batch for more than {seconds} s", seconds=seconds)

    def _died(self, trouble: str) -> None:
        """Count a death as a failed try, unless it helps to find the article that is to blame."""
        left, self._left = self._left, read_note(self._data)
        self._failed(trouble)
        if self._left and self._left != left:
            self.failures -= 1

    def indexed(self) -> int:
        """Return the last ticket indexed since the last call, 0 for none.

        Its log lines since then are logged.
        """
        last = 0
        with contextlib.suppress(EOFError, OSError):
            while self._messages is not None and self._messages.poll():
                message = self._messages.recv()
                if isinstance(message, _IndexedTicket):
                    last, self.indexed_at = message
                    self.failures = 0
                elif isinstance(message, _SetAside):
                    self.set_aside[message.article] = message.reason
                elif isinstance(message, _Mended):
                    self.mended = True
                else:
                    level, line, waits = message
                    log.log(level, "%s", line)
                    if waits:
                        self._failed(line)
        return last

    def _failed(self, trouble: str) -> None:
        self.failures, self.trouble = self.failures + 1, trouble

    def wake(self) -> None:
        """Wake the indexer."""
        if self._wake is not None:
            with contextlib.suppress(OSError):
                self._wake.send_bytes(b".")

    def stop(self) -> int:
        """End the process after its current batch; return the last ticket indexed, 0 for none."""
        if self._process is None or self._wake is None:
            return 0
        self._wake.close()
        self._process.join(PATIENCE)
        if self._process.is_alive():
            self._process.kill()
        last = self.indexed()
        self._hang_up()
        return last

    def _hang_up(self) -> None:
        for end in (self._wake, self._messages):
            if end is not None:
                end.close()


class _Reports:
    """What the indexer reports to the monitor."""

    def __init__(self, monitor: Connection, clock: Clock) -> None:
        self._monitor = monitor
        self._clock = clock

    def indexed(self, upto: int, now: Timestamp | None) -> None:
        """Report the ticket and the time."""
        with contextlib.suppress(OSError):
            self._monitor.send(_IndexedTicket(upto, self._clock() if now is None else now))

    def set_aside(self, article: int, reason: str) -> None:
        """Report an article that is indexed without its text."""
        with contextlib.suppress(OSError):
            self._monitor.send(_SetAside(article, reason))


class _ReadOnly(Store):
    """The store of a data folder as the indexer uses it."""

    def __init__(self, store: StoreAddress, reports: _Reports) -> None:
        super().__init__(store, create=False)  # it is there, and its pages are read once
        self._reports = reports

    def mark_indexed(self, upto: int, now: Timestamp | None = None) -> None:
        """Report the ticket and the time to the monitor."""
        self._reports.indexed(upto, now)

    def set_aside(self, article: int, reason: str, now: Timestamp | None = None) -> None:
        """Report an article that is indexed without its text."""
        self._reports.set_aside(article, reason)


class _SharedReadOnly(FollowedStore):
    """A shared store as the indexer of one of its monitors uses it.

    Another monitor may have emptied the outbox: this index follows all that changed.
    """

    def __init__(self, store: StoreAddress, data: Path, reports: _Reports) -> None:
        super().__init__(store, data)
        self._reports = reports

    def unindexed(self, limit: int, after: int = 0, chars: float = math.inf) -> list[OutboxEntry]:
        """Return what changed since this index was in line, and the outbox, oldest first."""
        rows = self._rows(
            f"SELECT c.number AS ticket, c.article, {article_columns(self._connection)} FROM"
            " (SELECT number, article FROM index_changes WHERE number > ?1"
            " UNION SELECT ticket, article FROM outbox WHERE ticket > ?2) c"
            " LEFT JOIN articles a ON a.id = c.article ORDER BY c.number LIMIT ?3",
            (max(after, self.position), after, limit),
        )
        return outbox_entries(rows, chars)

    def outbox(self) -> OutboxState:
        """Return what is on its way into this index or out of it."""
        followed, queued = super().outbox(), Store.outbox(self)
        return OutboxState(followed.articles + queued.articles, max(followed.last, queued.last))

    def mark_indexed(self, upto: int, now: Timestamp | None = None) -> None:
        """Note how far this index is, and report it to the monitor."""
        super().mark_indexed(upto, now)
        self._reports.indexed(upto, now)

    def set_aside(self, article: int, reason: str, now: Timestamp | None = None) -> None:
        """Report an article that is indexed without its text."""
        self._reports.set_aside(article, reason)


class _LogToMonitor(logging.Handler):
    """Sends log lines to the monitor."""

    def __init__(self, monitor: Connection) -> None:
        super().__init__()
        self._monitor = monitor

    def emit(self, record: logging.LogRecord) -> None:
        """Send one line."""
        with contextlib.suppress(OSError):
            waits = getattr(record, "waits", False)
            self._monitor.send((record.levelno, self.format(record), waits))


def _index(
    data: Path,
    address: StoreAddress,
    wake: Connection,
    monitor: Connection,
    level: int,
    clock: Clock,
    language: translation.Choice,
    follows: bool,
) -> None:
    translation.use(*language)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the terminal sends SIGINT to the whole group
    os.nice(GIVES_WAY)
    _confine()
    gc.set_threshold(GARBAGE)
    free_at_once()
    logging.basicConfig(level=level, format="%(message)s", handlers=[_LogToMonitor(monitor)])
    try:
        with closing(_open_store(address, data, _Reports(monitor, clock), follows)) as store:
            mended = partial(monitor.send, _Mended())
            indexer.run(store, data, wake, _Progress(data), mended)
    except Exception:
        log.exception(_("the indexer fails"))
        wake.poll(indexer.REST)  # the monitor restarts the process within a second
        raise SystemExit(1) from None


def _open_store(address: StoreAddress, data: Path, reports: _Reports, follows: bool) -> Store:
    if follows:
        return FollowedStore(address, data)
    if address.is_shared:
        return _SharedReadOnly(address, data, reports)
    return _ReadOnly(address, reports)


def _confine() -> None:
    """Make an article fail that takes too much memory, before the machine kills the process."""
    with contextlib.suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_DATA, (MEMORY, MEMORY))


class _Progress:
    """Reports the progress of a rebuild to viewers, and every twentieth to the log."""

    def __init__(self, data: Path) -> None:
        self._data = data
        self._logged_step = 0

    def __call__(self, done: int, total: int) -> None:
        """Take note of how many articles of how many are in the index."""
        index_repair.write_progress(self._data, done, total)
        twentieth = 20 * done // max(total, 1)
        if twentieth != self._logged_step and (self._logged_step or twentieth < 20):
            log.info(
                ngettext(
                    "rebuilding the index: {done} of {count} article",
                    "rebuilding the index: {done} of {count} articles",
                    total,
                    done=number(done),
                )
            )
        self._logged_step = twentieth % 20
