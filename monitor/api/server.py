"""Serving the API with uvicorn: limited connections, one process, a clean end."""

from __future__ import annotations

import asyncio
import logging
import math
import signal
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path

import h11
import uvicorn
from msgspec import Struct
from uvicorn.protocols.http.h11_impl import H11Protocol

from monitor.api.access import Access, Surroundings
from monitor.api.app import build_app
from monitor.api.guard import Guard
from monitor.api.listener import AcceptedHosts, Limits, open_listener
from monitor.api.newsroom import Newsroom
from monitor.api.pages.sessions import Sessions, knows
from monitor.api.pages.templating import answer_to
from monitor.api.routes.stream import StreamHub
from monitor.base.errors import MonitorError
from monitor.base.garbage import give_back
from monitor.base.translation import gettext as _

HEAD_BYTES = 32_768
"""Maximum size of the head of a request: `after` of a search may take 20,000 bytes of it."""
GRACE_SECONDS = 5
"""Time that requests have to end when the server ends."""
BACKLOG = 64
"""Connections that are accepted at once; so many more than allowed may be open for a moment."""


class ServerOptions(Struct, frozen=True, kw_only=True):
    """Address, TLS and limits of the server."""

    host: str
    port: int
    """0 takes any free port."""
    hosts: AcceptedHosts
    anybody_reads: bool
    """Whether requests without a token may read."""
    limits: Limits
    certificate: Path | None = None
    """The certificate of TLS, None for plain HTTP."""
    key: Path | None = None
    behind_proxy: bool = False
    """Whether a proxy in front of the server encrypts."""


class ApiServer:
    """Serves the API at an address, at which it listens from the beginning.

    Args:
        newsroom: The newsroom that is served.
        options: Address, TLS and limits.
        machine: Tokens and clocks.

    Raises:
        MonitorError: The address cannot be listened at, or the certificate cannot be read.
    """

    def __init__(self, newsroom: Newsroom, options: ServerOptions, machine: Surroundings) -> None:
        limits = options.limits
        self.app = build_app(limits.threads)
        self.app.state.newsroom = newsroom
        self.app.state.access = Access(machine, limits, anybody_reads=options.anybody_reads)
        self.app.state.hub = StreamHub(limits, machine.sleep, lambda: self._server.should_exit)
        self.app.state.machine = machine

        def free_memory() -> None:
            newsroom.service.archive.free_memory()
            newsroom.service.views.free_memory()
            give_back()

        is_known = partial(knows, self.app.state)
        guard = Guard(
            self.app, options.hosts, limits, machine.monotonic, is_known, free_memory, answer_to
        )
        self._server = _Server(_configuration(guard, options))
        self._listener = open_listener(options.host, options.port, BACKLOG)
        self.app.state.sessions = Sessions(
            machine.secret,
            machine.clock,
            f"tocsin-{self.port}",
            secure=options.certificate is not None or options.behind_proxy,
        )

    @property
    def port(self) -> int:
        return int(self._listener.getsockname()[1])

    def run(self, ready: Callable[[], None]) -> None:
        """Serve until `stop`, or, in the main thread, until SIGINT, SIGTERM or SIGHUP.

        Args:
            ready: Called once requests are answered.
        """
        logging.getLogger("uvicorn").setLevel(logging.ERROR)
        asyncio.run(self._run(ready))

    async def _run(self, ready: Callable[[], None]) -> None:
        serving = asyncio.create_task(self._server.serve([self._listener]))
        while not (self._server.started or serving.done()):
            await asyncio.wait([serving], timeout=0.01)
        if not serving.done():
            ready()
        await serving

    def stop(self) -> None:
        """Let requests end, and stop. May be called from any thread."""
        self._server.should_exit = True


def _configuration(guard: Guard, options: ServerOptions) -> uvicorn.Config:
    """Return the settings of uvicorn; raises MonitorError if a certificate cannot be read."""
    return uvicorn.Config(
        guard,
        http=_prompt_protocol(options.limits, _tls(options)),
        ws="none",
        loop="asyncio",
        backlog=BACKLOG,
        lifespan="on",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        timeout_keep_alive=math.ceil(options.limits.head_seconds),
        timeout_graceful_shutdown=GRACE_SECONDS,
        h11_max_incomplete_event_size=HEAD_BYTES,
    )


def _tls(options: ServerOptions) -> ssl.SSLContext | None:
    if options.certificate is None:
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    try:
        context.load_cert_chain(options.certificate, options.key)
    except OSError as error:
        raise MonitorError(
            _("the certificate or its key cannot be read: {reason}", reason=error)
        ) from error
    return context


class _Server(uvicorn.Server):
    """Ends at signals without raising them again."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        loop = asyncio.get_running_loop()
        numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
        for number in numbers:
            loop.add_signal_handler(number, self.handle_exit, number, None)
        try:
            yield
        finally:
            for number in numbers:
                loop.remove_signal_handler(number)


def _prompt_protocol(limits: Limits, tls: ssl.SSLContext | None) -> type[H11Protocol]:
    """Return a protocol with a time limit for the heads of requests and a limit of connections.

    uvicorn itself waits for the head of a request as long as the client likes, and counts no
    connection before its handshake of TLS has ended.
    """
    idle: dict[PromptProtocol, asyncio.TimerHandle] = {}
    """Timer that ends each connection without a whole request, the longest waiting one first."""

    class PromptProtocol(H11Protocol):
        early_data: bytes | None = None
        """What arrived before the handshake was known to have ended; None without a handshake."""

        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
            super().connection_made(transport)
            self._watch()
            if len(self.connections) > limits.connections:
                next(iter(idle)).end()
            if tls is not None:
                self.early_data = b""
                self.handshake = self.loop.create_task(self._agree(transport, tls))

        async def _agree(self, transport: asyncio.Transport, context: ssl.SSLContext) -> None:
            encrypted = None
            with suppress(OSError):
                encrypted = await self.loop.start_tls(transport, self, context, server_side=True)
            if encrypted is None:
                self.connection_lost(None)  # asyncio does not say so during a handshake
                return
            super().connection_made(encrypted)
            early_data, self.early_data = self.early_data, None
            if early_data:  # no data would be the end of the connection
                self.data_received(early_data)

        def data_received(self, data: bytes) -> None:
            if self.early_data is None:
                super().data_received(data)
            else:
                self.early_data += data

        def connection_lost(self, exc: Exception | None) -> None:
            self._forget()
            super().connection_lost(exc)

        def handle_events(self) -> None:
            cycle = self.cycle
            if self.conn.their_state is h11.IDLE:
                head = self.conn.trailing_data[0].partition(b"\r\n\r\n")[0]
                if head.count(b"\n") != head.count(b"\r\n"):
                    # A server in front may see another request here than h11 does.
                    self.send_400_response("A line has no CR at its end.")  # not a message
                    return
            super().handle_events()
            if self.cycle is not cycle:
                self._forget()  # a body has its own time
            self._watch()

        def _watch(self) -> None:
            """Start the timer for the rest of a request."""
            cycle = self.cycle
            is_whole = cycle is not None and not (cycle.response_complete or cycle.more_body)
            if is_whole or self.transport.is_closing():
                self._forget()
            elif self not in idle:
                idle[self] = self.loop.call_later(limits.head_seconds, self.end)

        def _forget(self) -> None:
            if timer := idle.pop(self, None):
                timer.cancel()

        def end(self) -> None:
            self._forget()
            self.transport.abort()

    return PromptProtocol
