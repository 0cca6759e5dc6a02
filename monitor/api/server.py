"""Serving the API with uvicorn: connections that are few and prompt, one process, a clean end."""

from __future__ import annotations

import asyncio
import logging
import signal
import ssl
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AbstractAsyncContextManager, contextmanager, nullcontext
from pathlib import Path

import h11
import uvicorn
from msgspec import Struct
from uvicorn.protocols.http.h11_impl import H11Protocol

from monitor.api.access import Access
from monitor.api.app import build_app
from monitor.api.guard import Guard
from monitor.api.limits import Limits
from monitor.api.listener import open_listener
from monitor.api.mcp.endpoint import ModelEndpoint
from monitor.api.newsroom import Newsroom
from monitor.api.origin import AcceptedHosts
from monitor.api.pages.problem_page import answer_to
from monitor.api.pages.sessions import Sessions
from monitor.api.problems import ApiProblem
from monitor.api.routes.stream import StreamHub
from monitor.base.article import Timestamp
from monitor.base.errors import MonitorError
from monitor.base.garbage import give_back
from monitor.base.translation import gettext as _
from monitor.model.token import Token

HEAD_BYTES = 32_768
"""Size of the head of a request: a place in a result may take 20,000 bytes of its address."""
IDLE_SECONDS = 30
"""Time after which a connection without a request is closed."""
GRACE_SECONDS = 5
"""Time that requests have to end when the server ends."""
LINGER_SECONDS = 2.0
"""Time that a client has to read why its connection is closed."""
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
    sessions: Path | None = None
    """The file that keeps who is logged in; with None, people log in again after a restart."""


Beside = Callable[[ssl.SSLContext | None], AbstractAsyncContextManager[object]]
"""Serves something else in the same process, with the same certificate."""


def nothing_beside(tls: ssl.SSLContext | None) -> AbstractAsyncContextManager[None]:
    """Serve nothing else."""
    return nullcontext()


class Surroundings(Struct, frozen=True, kw_only=True):
    """What the server takes from the outside."""

    find_token: Callable[[bytes], Token | None]
    note_use: Callable[[str, Timestamp], None]
    clock: Callable[[], Timestamp]
    monotonic: Callable[[], float]
    sleep: Callable[[float], Awaitable[None]]
    secret: Callable[[], str]
    """Returns a new secret each time."""


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
        self.app.state.access = Access(
            around.find_token,
            around.note_use,
            around.clock,
            around.monotonic,
            limits,
            anybody_reads=options.anybody_reads,
        )
        self.app.state.hub = StreamHub(
            newsroom.service.views.version, limits, around.sleep, lambda: self._server.should_exit
        )
        self.app.state.mcp = ModelEndpoint(around.secret, around.monotonic)

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
            file=options.sessions,
        )

    @property
    def port(self) -> int:
        """The port at which it listens."""
        return int(self._listener.getsockname()[1])

    def run(self, ready: Callable[[], None], beside: Beside = nothing_beside) -> None:
        """Serve until `stop`, or, in the main thread, until SIGINT, SIGTERM or SIGHUP.

        Args:
            ready: Called once requests are answered.
            beside: Serves something else meanwhile.
        """
        logging.getLogger("uvicorn").setLevel(logging.ERROR)
        asyncio.run(self._run(ready, beside))

    async def _run(self, ready: Callable[[], None], beside: Beside) -> None:
        async with beside(self._server.config.ssl):
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
        timeout_keep_alive=IDLE_SECONDS,
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
    idle: dict[H11Protocol, None] = {}
    """Connections that have no request, the one that waits longest first."""
    connected: set[H11Protocol] = set()

    class PromptProtocol(H11Protocol):
        _deadline: asyncio.TimerHandle | None = None
        _refused = False

        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
            super().connection_made(transport)
            connected.add(self)
            if len(connected) > limits.connections:
                _drop(next(iter(idle), self))
            self._watch()

        def connection_lost(self, exc: Exception | None) -> None:
            connected.discard(self)
            self._forget()
            super().connection_lost(exc)

        def data_received(self, data: bytes) -> None:
            if not self._refused:
                super().data_received(data)

        def handle_events(self) -> None:
            super().handle_events()
            self._watch()

        def send_400_response(self, msg: str) -> None:
            """Refuse what is no request; wait a moment for the client to read that."""
            self._refused = True
            problem = ApiProblem(
                "malformed",
                _(
                    "this is no request, or its head has more than {most} bytes",
                    most=HEAD_BYTES,
                ),
            ).response()
            headers = [*problem.raw_headers, (b"connection", b"close")]
            head = h11.Response(status_code=400, headers=headers, reason=b"Bad Request")
            for event in (head, h11.Data(data=bytes(problem.body)), h11.EndOfMessage()):
                self.transport.write(self.conn.send(event) or b"")
            if self.transport.can_write_eof():
                self.transport.write_eof()
            self.loop.call_later(LINGER_SECONDS, self.transport.abort)

        def _watch(self) -> None:
            """Give a client a time in which the head of its request has to arrive."""
            if self.transport.is_closing() or self.conn.their_state is not h11.IDLE:
                self._forget()
            elif self not in idle:
                idle[self] = None
                self._deadline = self.loop.call_later(limits.head_seconds, self._expire)

        def _forget(self) -> None:
            idle.pop(self, None)
            if self._deadline is not None:
                self._deadline.cancel()
                self._deadline = None

        def _expire(self) -> None:
            has_begun = bool(self.conn.trailing_data[0])
            first = self.cycle is None
            if has_begun or first:
                _drop(self)  # a connection that had a request is left to the keep-alive timer

    def _drop(one: H11Protocol) -> None:
        connected.discard(one)
        idle.pop(one, None)
        one.transport.abort()

    return PromptProtocol
