"""Serving the API with uvicorn: connections that are few and prompt, one process, a clean end."""

from __future__ import annotations

import asyncio
import logging
import math
import signal
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import uvicorn
from msgspec import Struct
from uvicorn.protocols.http.h11_impl import H11Protocol

from monitor.api.access import Access, Surroundings
from monitor.api.app import build_app
from monitor.api.guard import Guard
from monitor.api.listener import AcceptedHosts, Limits, open_listener
from monitor.api.newsroom import Newsroom
from monitor.api.pages.sessions import Sessions
from monitor.api.pages.templating import answer_to
from monitor.api.routes.stream import StreamHub
from monitor.base.errors import MonitorError
from monitor.base.garbage import give_back
from monitor.base.translation import gettext as _

HEAD_BYTES = 32_768
"""Size of the head of a request: a place in a result may take 20,000 bytes of its address."""
GRACE_SECONDS = 5
"""Time that requests have to end when the server ends."""
BACKLOG = 64


class ServerOptions(Struct, frozen=True, kw_only=True):
    """Where and for whom the API is served."""

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
        newsroom: What the API is about.
        options: Where and for whom.
        around: Tokens and clocks.

    Raises:
        MonitorError: The address cannot be listened at, or the certificate cannot be read.
    """

    def __init__(self, newsroom: Newsroom, options: ServerOptions, around: Surroundings) -> None:
        limits = options.limits
        self.app = build_app(limits.threads)
        self.app.state.newsroom = newsroom
        self.app.state.access = Access(around, limits, anybody_reads=options.anybody_reads)
        self.app.state.hub = StreamHub(limits, around.sleep, lambda: self._server.should_exit)
        self.app.state.around = around

        def rest() -> None:
            newsroom.service.archive.let_go()
            newsroom.service.views.let_go()
            give_back()

        guard = Guard(self.app, options.hosts, limits, around.monotonic, rest, answer_to)
        self._server = _Server(_configuration(guard, options))
        self._listener = open_listener(options.host, options.port, BACKLOG)
        self.app.state.sessions = Sessions(
            around.secret,
            around.clock,
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
        """Let requests end, and stop; from any thread."""
        self._server.should_exit = True


def _configuration(guard: Guard, options: ServerOptions) -> uvicorn.Config:
    """Return how uvicorn serves; raises MonitorError if a certificate cannot be read."""
    config = uvicorn.Config(
        guard,
        http=_prompt_protocol(options.limits),
        ws="none",
        loop="asyncio",
        lifespan="on",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        timeout_keep_alive=math.ceil(options.limits.head_seconds),
        timeout_graceful_shutdown=GRACE_SECONDS,
        h11_max_incomplete_event_size=HEAD_BYTES,
        ssl_certfile=options.certificate,
        ssl_keyfile=options.key,
    )
    try:
        config.load()
    except (OSError, ssl.SSLError) as error:
        raise MonitorError(
            _("the certificate or its key cannot be read: {reason}", reason=error)
        ) from error
    return config


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


def _prompt_protocol(limits: Limits) -> type[H11Protocol]:
    """Return the protocol of connections: their heads arrive soon, and they are not too many.

    uvicorn itself waits for the head of a request as long as the client likes.
    """
    idle: dict[PromptProtocol, asyncio.TimerHandle] = {}
    """Connections that have no request, the one that waits longest first; what ends each."""

    class PromptProtocol(H11Protocol):
        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
            super().connection_made(transport)
            self._watch()
            if len(self.connections) > limits.connections:
                next(iter(idle)).end()

        def connection_lost(self, exc: Exception | None) -> None:
            self._forget()
            super().connection_lost(exc)

        def handle_events(self) -> None:
            super().handle_events()
            self._watch()

        def _watch(self) -> None:
            """Give a client a time in which the head of its request has to arrive."""
            has_request = self.cycle is not None and not self.cycle.response_complete
            if has_request or self.transport.is_closing():
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
