"""The server of the metrics: whoever reaches its address cannot take what polls need.

It keeps few connections, each for a few seconds; when there are too many, the oldest gives way.
Scrapes within five seconds share one reading of the store.
"""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from importlib.metadata import version

import h11
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4

from monitor.base.article import Timestamp
from monitor.base.errors import MonitorError
from monitor.base.tasks import WorkerThread, is_due
from monitor.base.translation import gettext as _
from monitor.delivery.export.prometheus import EventCounters, figures
from monitor.intake.ingest.poll_outcome import BatchOutcome
from monitor.model.config import Listening, StoreAddress
from monitor.storage.monitor_lock import Heartbeat
from monitor.storage.store import open_views

FRESH = 5.0
"""Seconds for which a reading of the store is given out."""
EXCHANGE = 5.0
"""Seconds that a client has to send its request and to take the answer."""
MAX_HEAD = 8192
"""Bytes of a request."""
BACKLOG = 16
"""Connections that are accepted at once; so many more than allowed may be open for a moment."""

log = logging.getLogger("tocsin")


class _Snapshot:
    """The figures as text, read again when they are asked for and no longer fresh."""

    def __init__(self, registry: CollectorRegistry, clock: Callable[[], Timestamp]) -> None:
        self._registry, self._clock = registry, clock
        self._executor = ThreadPoolExecutor(1, thread_name_prefix="metrics")
        self._thread = WorkerThread(self._executor)  # of one thread: one connection to the store
        self._reading = asyncio.Lock()
        self._at = float("-inf")
        self._text = b""

    async def text(self) -> bytes:
        async with self._reading:
            if is_due(self._at, FRESH, self._clock()):
                self._text = await self._thread(generate_latest, self._registry)
                self._at = self._clock()
            return self._text

    def close(self) -> None:
        self._executor.shutdown()


class _MetricsServer:
    """Answers requests, whatever their path, with the figures."""

    def __init__(self, snapshot: _Snapshot, max_connections: int, seconds: float) -> None:
        self._snapshot, self._max_connections = snapshot, max_connections
        self._seconds = seconds
        self._open: dict[asyncio.StreamWriter, None] = {}
        """The oldest first."""

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one request, and close the connection."""
        if len(self._open) >= self._max_connections:
            oldest = next(iter(self._open))
            del self._open[oldest]
            oldest.transport.abort()
        self._open[writer] = None
        try:
            with suppress(OSError, TimeoutError, h11.ProtocolError):
                async with asyncio.timeout(self._seconds):
                    await self._exchange(reader, writer)
        finally:
            self._open.pop(writer, None)
            writer.transport.abort()

    def close(self) -> None:
        """Close all connections."""
        for writer in self._open:
            writer.transport.abort()

    async def _exchange(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        http = h11.Connection(h11.SERVER, max_incomplete_event_size=MAX_HEAD)
        request = await _request(http, reader)
        body = await self._snapshot.text() if request.method in (b"GET", b"HEAD") else b""
        head = h11.Response(
            status_code=200 if body else 405,
            headers=[
                ("Content-Type", CONTENT_TYPE_PLAIN_0_0_4),
                ("Content-Length", str(len(body))),
                ("Connection", "close"),  # not a message
            ],
        )
        writer.write(http.send(head) or b"")
        if request.method != b"HEAD":
            writer.write(http.send(h11.Data(data=body)) or b"")
        writer.write_eof()
        await writer.drain()
        while await reader.read(MAX_HEAD):
            pass  # until the client, which has taken all, closes the connection


async def _request(http: h11.Connection, reader: asyncio.StreamReader) -> h11.Request:
    """Return the request. Raises h11.RemoteProtocolError for anything else."""
    while (event := http.next_event()) is h11.NEED_DATA:
        http.receive_data(await reader.read(MAX_HEAD))
    if not isinstance(event, h11.Request):
        raise h11.RemoteProtocolError("the client sent no request")  # not a message
    return event


@asynccontextmanager
async def serving(
    registry: CollectorRegistry,
    at: Listening,
    clock: Callable[[], Timestamp],
    max_connections: int,
    *,
    seconds: float = EXCHANGE,
) -> AsyncIterator[None]:
    """Answer scrapes meanwhile.

    Args:
        registry: The figures.
        at: Address to listen at.
        clock: Returns the time.
        max_connections: Clients that are served at once.
        seconds: How long a client is served.

    Raises:
        MonitorError: The address cannot be listened at.
    """
    snapshot = _Snapshot(registry, clock)
    metrics = _MetricsServer(snapshot, max_connections, seconds)
    try:
        server = await asyncio.start_server(
            metrics.answer, at.host, at.port, limit=MAX_HEAD, backlog=BACKLOG
        )
    except OSError as error:
        number = error.errno or 0
        words = (os.strerror(number) if number > 0 else error.strerror or str(error)).lower()
        raise MonitorError(
            _(
                "no metrics at {address}: {why}; choose another address or port for --metrics,"
                " or for `network: metrics:`",
                address=at,
                why=words,
            )
        ) from error
    log.info(_("metrics at {address}", address=f"http://{at}/metrics"))
    if not at.is_private:
        words = _("metrics at {address} can be read by whoever reaches that address", address=at)
        log.warning(words)
    try:
        async with server:
            try:
                yield
            finally:
                metrics.close()
    finally:
        await asyncio.to_thread(snapshot.close)


@asynccontextmanager
async def measuring(
    at: Listening,
    store: StoreAddress,
    clock: Callable[[], Timestamp],
    listeners: list[Callable[[BatchOutcome], None]],
    card: Callable[[], Heartbeat],
    max_connections: int,
) -> AsyncIterator[None]:
    """Serve the metrics of a watch meanwhile.

    Args:
        at: Address to listen at.
        store: Where the store is.
        clock: Returns the time.
        listeners: Callbacks for each batch that is stored; the counters are added.
        card: Returns the latest heartbeat of the monitor.
        max_connections: Clients that are served at once.

    Raises:
        MonitorError: The address cannot be listened at.
    """
    registry = figures(open_views(store), clock, version("tocsin"), card)
    listeners.append(EventCounters(registry).batch_stored)
    async with serving(registry, at, clock, max_connections):
        yield
