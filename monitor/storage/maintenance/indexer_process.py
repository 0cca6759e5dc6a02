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
from array import array
from collections.abc import Callable
from contextlib import closing
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path

from index.archive import PRELOADED, archive_engine
from monitor.base import translation
from monitor.base.article import Timestamp
from monitor.base.files import atomic_write
from monitor.base.fork_server import forking, preload
from monitor.base.garbage import free_at_once
from monitor.base.translation import gettext as _
from monitor.model.config import OutboxEntry, OutboxState, StoreAddress
from monitor.storage.maintenance import index_notes, indexer
from monitor.storage.maintenance.index_notes import InHand, note_stamp, read_note
from monitor.storage.store.sql.articles import article_columns
from monitor.storage.store.sql.store import Store, outbox_entries

log = logging.getLogger("tocsin")

_PRELOADED = ["monitor.storage.maintenance.indexer_process", *PRELOADED]
"""Modules without numpy, which only indexing needs: often there is nothing to index."""
GARBAGE_THRESHOLD = 100_000
"""Objects between two garbage collections: collecting every 700 takes a tenth of the time."""
NICENESS = 3
"""Niceness: an alert comes before a search that finds it. Beside busy processes of others, 3 still
leaves the indexer half of its share of the processor; 15 left it a thirtieth."""
MEMORY = 2**30
"""Bytes of data that the process may have, on Linux; files that are mapped do not count."""
BATCH_SECONDS = 30.0
"""Seconds of processor time for one batch, on Linux. A full one takes 2 to 8; a batch that needs
more for want of speed is halved, and loses nothing."""
PATIENCE = 1.5
"""Seconds an indexer may take to finish its batch when the monitor ends; the next one begins it
again."""


Clock = Callable[[], Timestamp]
"""Reads the time; a function of a module, so that the process can import it."""


class IndexerProcess:
    """The indexer of a data folder."""

    def __init__(
        self, store: StoreAddress, clock: Clock, batch_seconds: float = BATCH_SECONDS
    ) -> None:
        """Start nothing yet.

        Args:
            store: Where the articles and the index are.
            clock: The clock of the process.
            batch_seconds: Processor time after which the process is ended at one batch.
        """
        self._store, self._data = store, store.folder
        self._clock = clock
        self._batch_seconds = batch_seconds
        self._batch: int | None = None
        """Stamp of the note of the current batch; `_batch_began`: processor time at its start."""
        self._batch_began = math.inf
        self._note: InHand | None = None
        preload(_PRELOADED)
        self._process: multiprocessing.process.BaseProcess | None = None
        self._wake_pipe: Connection | None = None
        self._messages: Connection | None = None
        self.failures = 0
        """Number of failed tries in a row, and the time of the first."""
        self.failing_since = 0.0
        self.trouble = ""
        """The reason why the last try failed, in words."""
        self.indexed_at = 0.0
        """Time at which the last ticket returned by `indexed` was indexed."""
        self.set_aside: dict[int, str] = {}
        """Reasons by article that is indexed without its text; the caller empties it."""
        self.is_repaired = False
        """Whether the whole index was checked, and is in line with the store."""

    def start(self) -> None:
        """Start the process, or restart it if it died."""
        if self._process is not None:
            stuck_reason = self._end_if_stuck(self._process)
            if self._process.is_alive():
                return
            self.indexed()
            exit_reason = _("the indexer died (exit code {code})", code=self._process.exitcode)
            self._note_death(stuck_reason or exit_reason)
            log.warning(_("{trouble}; starting it again", trouble=self.trouble))
        self._hang_up()
        context = forking()
        wake_reader, self._wake_pipe = context.Pipe(duplex=False)
        self._messages, message_writer = context.Pipe(duplex=False)
        level = log.getEffectiveLevel()
        self._process = context.Process(
            target=_index,
            args=(
                self._store,
                wake_reader,
                message_writer,
                level,
                self._clock,
                translation.choice(),
            ),
            name="tocsin indexer",  # not a message
            daemon=True,
        )
        self._batch, self._batch_began = note_stamp(self._data), math.inf  # of the last process
        self._process.start()
        wake_reader.close()
        message_writer.close()

    def _end_if_stuck(self, process: multiprocessing.process.BaseProcess) -> str:
        """End a process that works too long on a batch; return the reason, empty if it goes on."""
        stamp, elapsed = note_stamp(self._data), _processor_time(process.pid)
        if stamp != self._batch:
            self._batch, self._batch_began = stamp, elapsed
        if stamp is None or elapsed - self._batch_began <= self._batch_seconds:
            return ""
        process.kill()
        process.join(PATIENCE)
        seconds = f"{self._batch_seconds:g}"
        return _("the indexer worked on a batch for more than {seconds} s", seconds=seconds)

    def _note_death(self, trouble: str) -> None:
        """Count a death as a failed try, unless it narrows down the article that is to blame."""
        previous, self._note = self._note, read_note(self._data)
        self._note_failure(trouble)
        if self._note and self._note != previous:
            self.failures -= 1

    def indexed(self) -> int:
        """Return the last ticket indexed since the last call, 0 for none.

        The log lines of the indexer since then are logged.
        """
        last = 0
        with contextlib.suppress(EOFError, OSError):
            while self._messages is not None and self._messages.poll():
                match self._messages.recv():
                    case "indexed", ticket, at:
                        last, self.indexed_at, self.failures = ticket, at, 0
                    case "aside", article, reason:
                        self.set_aside[article] = reason
                    case ("mended",):
                        self.is_repaired, self.failures = True, 0
                    case "logged", level, line, waits:
                        log.log(level, "%s", line)
                        if waits:
                            self._note_failure(line)
        return last

    def _note_failure(self, trouble: str) -> None:
        if not self.failures:
            self.failing_since = self._clock()
        self.failures, self.trouble = self.failures + 1, trouble

    def wake(self) -> None:
        """Wake the indexer, unless it waits after an error."""
        if self._wake_pipe is not None and not self.failures:
            with contextlib.suppress(OSError):
                self._wake_pipe.send_bytes(b".")

    def stop(self) -> int:
        """End the process after its current batch; return the last ticket indexed, 0 for none."""
        process, self._process = self._process, None
        if process is None or self._wake_pipe is None:
            return 0
        self._wake_pipe.close()
        process.join(PATIENCE)
        if process.is_alive():
            process.kill()
            process.join()
            with contextlib.suppress(OSError):  # no article is to blame for this death
                (self._data / index_notes.BATCH_NOTE).unlink()
        last = self.indexed()
        self.failures, self.is_repaired = 0, False  # nobody knows what happens meanwhile
        self._hang_up()
        return last

    def _hang_up(self) -> None:
        for end in (self._wake_pipe, self._messages):
            if end is not None:
                end.close()


POSITION = "index.position"
_NEWEST = (
    "SELECT coalesce(max(number), 0), (SELECT concat(oid, '.', 'articles'::regclass::oid)"
    " FROM pg_database WHERE datname = current_database()) FROM index_changes"
)
"""The newest number, and the database: after a restore, it gives later numbers again."""


def read_position(data: Path, database: str) -> int:
    """Return the number up to which the index of a data folder is in line; 0 if it is unknown."""
    try:
        number, _, noted_database = (data / POSITION).read_text(encoding="ascii").partition(" ")
        return int(number) if noted_database == database else 0
    except (OSError, ValueError):
        return 0


def write_position(data: Path, number: int, database: str) -> None:
    """Note the number up to which the index is in line; without it, articles are added again."""
    with contextlib.suppress(OSError):
        atomic_write(data / POSITION, f"{number} {database}".encode())


class FollowedStore(Store):
    """The changes in a shared store since the index of this machine was in line with it.

    The outbox belongs to the monitors. Each index follows the numbers under which articles were
    queued, and remembers its position in its data folder.
    """

    def __init__(self, address: StoreAddress) -> None:
        super().__init__(address)
        ((newest, self._database),) = self._read(_NEWEST)
        position = read_position(address.folder, self._database)
        if not archive_engine(address.archive).count_articles():
            position = newest  # all articles are added anyway, the newest first
        self.position = position if position <= newest else 0
        """The number up to which the index is in line."""
        write_position(self.address.folder, self.position, self._database)

    def lag(self) -> int:
        """Return an upper bound of the articles that the index lacks or has in an old version."""
        ((changes,),) = self._read(
            "SELECT count(*) FROM index_changes WHERE number > ?", (self.position,)
        )
        ((stored,),) = self._read("SELECT count(*) FROM articles")
        searchable = archive_engine(self.address.archive).count_articles()
        return max(int(changes), int(stored) - searchable)

    def unindexed(self, limit: int, after: int = 0, chars: float = math.inf) -> list[OutboxEntry]:
        """Return the changed articles as entries of the outbox."""
        rows = self._rows(
            f"SELECT c.number AS ticket, c.article, {article_columns(self._connection)}"
            " FROM index_changes c LEFT JOIN articles a ON a.id = c.article"
            " WHERE c.number > ? ORDER BY c.number LIMIT ?",
            (max(after, self.position), limit),
        )
        return outbox_entries(rows, chars)

    def mark_indexed(self, ticket: int, now: Timestamp | None = None) -> None:
        """Note that the index is in line up to this number."""
        self.position = max(self.position, ticket)
        write_position(self.address.folder, self.position, self._database)

    def outbox(self) -> OutboxState:
        """Return the articles that this index still has to add or remove."""
        rows = list(
            self._read(
                "SELECT number, article FROM index_changes WHERE number > ? ORDER BY number",
                (self.position,),
            )
        )
        return OutboxState(
            articles=array("Q", (article for _, article in rows)),
            last=rows[-1][0] if rows else self.position,
        )

    def set_aside(self, article: int, reason: str, now: Timestamp | None = None) -> None:
        """Do nothing: the indexer of a monitor finds and stores it too."""


class _ReadOnly(Store):
    """The store of a data folder as the indexer uses it: it reports instead of writing."""

    def __init__(self, store: StoreAddress, monitor: Connection, clock: Clock) -> None:
        super().__init__(store, create=False)  # it exists, and its pages are read once
        self._monitor = monitor
        self._clock = clock

    def mark_indexed(self, ticket: int, now: Timestamp | None = None) -> None:
        """Report the ticket and the time to the monitor."""
        _report(self._monitor, "indexed", ticket, self._clock())

    def set_aside(self, article: int, reason: str, now: Timestamp | None = None) -> None:
        """Report an article that is indexed without its text."""
        _report(self._monitor, "aside", article, reason)


class _SharedReadOnly(FollowedStore):
    """A shared store as the indexer uses it: another monitor may have emptied the outbox."""

    def __init__(self, store: StoreAddress, monitor: Connection, clock: Clock) -> None:
        super().__init__(store)
        self._monitor = monitor
        self._clock = clock
        self.mark_indexed(self.position)  # a dead monitor may have left them in the outbox

    def mark_indexed(self, ticket: int, now: Timestamp | None = None) -> None:
        """Note the position of this index, and report it to the monitor."""
        super().mark_indexed(ticket)
        _report(self._monitor, "indexed", ticket, self._clock())

    def set_aside(self, article: int, reason: str, now: Timestamp | None = None) -> None:
        """Report an article that is indexed without its text."""
        _report(self._monitor, "aside", article, reason)


def _report(monitor: Connection, kind: str, *values: object) -> None:
    with contextlib.suppress(OSError):  # it has ended
        monitor.send((kind, *values))


def _processor_time(pid: int | None) -> float:
    """Return the seconds of processor time of the main thread of a process; 0 if not on Linux.

    Changes of the clock, and merges in another thread, do not count.
    """
    try:
        stat = Path(f"/proc/{pid}/task/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return 0.0
    user, system = stat.rpartition(")")[2].split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


class _LogToMonitor(logging.Handler):
    """Sends log lines to the monitor."""

    def __init__(self, monitor: Connection) -> None:
        super().__init__()
        self._monitor = monitor

    def emit(self, record: logging.LogRecord) -> None:
        """Send one line."""
        waits = getattr(record, "waits", False)
        _report(self._monitor, "logged", record.levelno, self.format(record), waits)


def _index(
    address: StoreAddress,
    pipe: Connection,
    monitor: Connection,
    level: int,
    clock: Clock,
    language: translation.Choice,
) -> None:
    translation.use(*language)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the terminal sends SIGINT to the whole group
    os.nice(NICENESS)
    gc.set_threshold(GARBAGE_THRESHOLD)
    free_at_once()
    logging.basicConfig(level=level, format="%(message)s", handlers=[_LogToMonitor(monitor)])
    with contextlib.suppress(OSError, ValueError):  # a batch that takes too much memory is to fail
        resource.setrlimit(resource.RLIMIT_DATA, (MEMORY, MEMORY))
    try:
        with closing(
            _SharedReadOnly(address, monitor, clock)
            if address.has_own_archive
            else _ReadOnly(address, monitor, clock)
        ) as store:
            progress, on_repaired = (
                partial(index_notes.write_progress, address.folder),
                partial(_report, monitor, "mended"),
            )
            indexer.run(store, pipe, progress, on_repaired)
    except Exception:
        log.exception(_("the indexer fails"))
        pipe.poll(indexer.RETRY_SECONDS)  # the monitor restarts the process within a second
        raise SystemExit(1) from None
