"""The server of the metrics: whoever reaches its address cannot take what polls need.

It keeps few connections, each for a few seconds; when there are too many, the oldest gives way.
Scrapes within five seconds share one reading of the store.
"""

from __future__ import annotations

import asyncio
import logging
import os
import socket
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler

from prometheus_client import CollectorRegistry, make_wsgi_app
from prometheus_client.core import Metric
from prometheus_client.exposition import ThreadingWSGIServer
from prometheus_client.registry import Collector

from monitor.base.article import Timestamp
from monitor.base.errors import MonitorError
from monitor.base.tasks import is_due
from monitor.base.translation import gettext as _
from monitor.model.config import Listening

FRESH = 5.0
"""Seconds for which a reading of the store is given out."""
EXCHANGE = 5.0
"""Seconds that a client has to send its request and to take the answer."""

log = logging.getLogger("tocsin")


class _Snapshot(Collector):
    """The figures, read again when they are asked for and no longer fresh."""

    def __init__(self, figures: Collector, clock: Callable[[], Timestamp]) -> None:
        self._figures, self._clock = figures, clock
        self._reader = ThreadPoolExecutor(1, "metrics")  # one thread: one connection to the store
        self._at = float("-inf")
        self._metrics: list[Metric] = []

    def describe(self) -> Iterator[Metric]:
        yield from ()

    def collect(self) -> list[Metric]:
        return self._reader.submit(self._read).result()

    def _read(self) -> list[Metric]:
        if is_due(self._at, FRESH, self._clock()):
            self._metrics = list(self._figures.collect())
            self._at = self._clock()
        return self._metrics

    def close(self) -> None:
        self._reader.shutdown()


class _Handler(WSGIRequestHandler):
    def log_message(self, format: str, *arguments: Any) -> None:
        """Log no request."""


class _MetricsServer(ThreadingWSGIServer):
    """Answers one request of each connection, in a thread, and closes it in time."""

    def __init__(
        self, at: Listening, max_connections: int, seconds: float, monotonic: Callable[[], float]
    ) -> None:
        self.address_family = socket.AF_INET6 if ":" in at.host else socket.AF_INET
        self._max_connections, self._seconds = max_connections, seconds
        self._monotonic = monotonic
        self._open: dict[Any, float] = {}
        """When each connection began, the oldest first."""
        super().__init__((at.host, at.port), _Handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        self._open[request] = self._monotonic()
        self.hang_up([*self._open][: -self._max_connections])
        super().process_request(request, client_address)

    def service_actions(self) -> None:
        """Close connections that took too long; called twice a second."""
        latest = self._monotonic() - self._seconds
        self.hang_up([each for each, begun in [*self._open.items()] if begun < latest])

    def shutdown_request(self, request: Any) -> None:
        self._open.pop(request, None)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        log.debug("metrics: a client left", exc_info=True)  # not a message

    def hang_up(self, connections: list[Any]) -> None:
        """Close connections; their threads end then."""
        for connection in connections:
            self._open.pop(connection, None)
            with suppress(OSError):  # closed meanwhile
                connection.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        self.shutdown()
        self.server_close()
        self.hang_up([*self._open])


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
    monotonic = asyncio.get_running_loop().time
    try:
        server = await asyncio.to_thread(_MetricsServer, at, max_connections, seconds, monotonic)
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
    snapshot, shared = _Snapshot(registry, clock), CollectorRegistry()
    shared.register(snapshot)
    server.set_app(make_wsgi_app(shared))
    log.info(_("metrics at {address}", address=f"http://{at}/metrics"))
    if not at.is_private:
        words = _("metrics at {address} can be read by whoever reaches that address", address=at)
        log.warning(words)
    threading.Thread(target=server.serve_forever, name="metrics server", daemon=True).start()
    try:
        yield
    finally:
        await asyncio.to_thread(server.close)
        await asyncio.to_thread(snapshot.close)
