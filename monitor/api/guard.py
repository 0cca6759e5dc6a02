"""The guard in front of the routes: it refuses requests, limits their time and adds headers.

A request passes if its Host names this server and no foreign page sent it, if its body is small and
arrives soon, and if then not too many wait already; strangers may take half of the places. A search
of the archive ends when its client leaves, or when it takes too long. Answers get headers with
which browsers handle them safely.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Annotated

from fastapi import Depends, Request
from msgspec import Struct
from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from index.interruption import interruptible
from monitor.api.listener import AcceptedHosts, Limits, is_foreign
from monitor.api.problems import ApiProblem, is_page, takes_form
from monitor.base.translation import gettext as _

STREAM = "text/event-stream"
JSON, FORM = "application/json", "application/x-www-form-urlencoded"
HEADERS = {
    "Cache-Control": "no-cache, private",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "Vary": "Authorization",
    "X-Content-Type-Options": "nosniff",
}

ENDLESS = "/v1/alerts/stream"
"""The path whose answer does not end, so that nobody can ask for its headers alone."""
HEAVY_SECONDS = 60.0
"""Additional time for requests that take long or much memory."""

log = logging.getLogger("tocsin")


class _LeftError(Exception):
    """The client has left."""


class _NotReadError(Exception):
    """The client does not read the answer."""


class Patience(Struct):
    """The time that an answer may take, and whether its client still waits."""

    deadline: float
    """Monotonic time at which the request is interrupted."""
    has_left: bool = False
    """Whether the client has left."""


class Guard:
    """Stands in front of an application.

    Args:
        app: The routes.
        hosts: The names under which the server is reached.
        limits: Limits of requests.
        monotonic: Returns a time in seconds that never goes back.
        is_known: Returns whether a request has a valid token; others are those of strangers.
        on_idle: Called in a thread after `Limits.rest_seconds` without a request.
        answer_to: Returns a problem as an answer to a request.
    """

    def __init__(
        self,
        app: ASGIApp,
        hosts: AcceptedHosts,
        limits: Limits,
        monotonic: Callable[[], float],
        is_known: Callable[[Scope], Awaitable[bool]],
        on_idle: Callable[[], None] = lambda: None,
        answer_to: Callable[[Scope, ApiProblem], Response] = lambda scope, problem: (
            problem.response()
        ),
    ) -> None:
        self._app, self._hosts, self._limits, self._monotonic = app, hosts, limits, monotonic
        self._is_known, self._on_idle, self._answer_to = is_known, on_idle, answer_to
        self._idle_timer: asyncio.TimerHandle | None = None
        self._busy = 0
        """Number of requests that are answered or wait, without streams."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        if scope["method"] == "HEAD" and scope["path"] != ENDLESS:
            scope = {**scope, "method": "GET"}  # the server leaves the body out
        # With chunks, two servers in a row may disagree where a request ends and the next begins.
        is_last = "transfer-encoding" in Headers(scope=scope)
        answer = _Answer(send, self._limits.send_seconds, is_last=is_last)
        try:
            await self._answer(scope, receive, answer)
        except ApiProblem as problem:
            await self._answer_to(scope, problem)(scope, receive, answer.send)
        except _NotReadError:
            raise  # uvicorn closes the connection
        except _LeftError:
            return  # nobody reads the answer
        except Exception:
            log.exception("%s %s: unexpected trouble", scope["method"], scope["path"])
            if not answer.has_begun:
                failure = ApiProblem("failure", _("the log of `tocsin api` says more"))
                await self._answer_to(scope, failure)(scope, receive, answer.send)

    async def _answer(self, scope: Scope, receive: Receive, answer: _Answer) -> None:
        headers = Headers(scope=scope)
        self._check(scope, headers)
        body = await self._body(scope, headers, receive)
        is_counted = scope["path"] != ENDLESS  # streams have a limit of their own
        if is_counted:
            await self._check_places(scope)
        self._busy += is_counted
        patience = Patience(self._monotonic() + self._limits.seconds)
        try:
            scope["state"]["patience"] = patience
            with interruptible(lambda: patience.has_left or self._monotonic() > patience.deadline):
                await _while_connected(self._app, scope, body, receive, answer.send, patience)
        finally:
            self._busy -= is_counted
            self._start_idle_timer()

    async def _check_places(self, scope: Scope) -> None:
        """Raise ApiProblem if all places are taken, or half of them and a stranger asks."""
        places = self._limits.requests
        is_stranger = self._busy >= (places + 1) // 2 and not await self._is_known(scope)
        if is_stranger or self._busy >= places:
            raise busy()

    def _start_idle_timer(self) -> None:
        if self._idle_timer is not None:
            self._idle_timer.cancel()
        loop, seconds = asyncio.get_running_loop(), self._limits.rest_seconds
        self._idle_timer = loop.call_later(seconds, self._idle)

    def _idle(self) -> None:
        if not self._busy:
            asyncio.get_running_loop().run_in_executor(None, self._on_idle)

    def _check(self, scope: Scope, headers: Headers) -> None:
        if not self._hosts.accepts_host(headers.get("host")):
            raise ApiProblem(
                "wrong-host", _("send requests to a name of this server; see `tocsin api --name`")
            )
        if is_foreign(scope["method"], headers, page=is_page(scope["path"])):
            raise ApiProblem("foreign-page", _("only programs and pages of this server may ask"))

    async def _body(self, scope: Scope, headers: Headers, receive: Receive) -> bytes:
        """Return the body.

        Raises:
            ApiProblem: The body is too large, too slow or of another type.
            _LeftError: The client left before the end: half a form may mean something else.
        """
        limit, rate = self._limits.body_bytes, self._limits.body_rate
        length = headers.get("content-length", "0")
        if not length.isdigit() or int(length) > limit:
            raise _too_large(limit)
        body = bytearray()
        try:
            async with asyncio.timeout(self._limits.body_seconds) as timer:
                deadline, has_more = timer.when() or 0.0, True
                while has_more:
                    message = await receive()
                    if message["type"] != "http.request":
                        raise _LeftError
                    body += message.get("body", b"")
                    if len(body) > limit:
                        raise _too_large(limit)
                    timer.reschedule(deadline + len(body) / rate)
                    has_more = message.get("more_body", False)
        except TimeoutError:
            raise ApiProblem(
                "too-slow",
                _(
                    "send the body within {seconds} s, and a large one at {rate} kB/s or faster",
                    seconds=f"{self._limits.body_seconds:g}", rate=round(rate / 1_000),
                ),
                headers={"Connection": "close"},  # not a message
            ) from None  # fmt: skip
        content_type = headers.get("content-type", "").partition(";")[0].strip().lower()
        media_type = FORM if takes_form(scope["path"]) else JSON
        if body and scope["method"] not in ("GET", "HEAD") and content_type != media_type:
            raise ApiProblem("wrong-media-type", _("set `Content-Type: {type}`", type=media_type))
        return bytes(body)


async def _while_connected(
    app: ASGIApp, scope: Scope, body: bytes, receive: Receive, send: Send, patience: Patience
) -> None:
    disconnected = asyncio.Event()
    unread_bodies = [body]

    async def replay() -> Message:
        if unread_bodies:
            return {"type": "http.request", "body": unread_bodies.pop(), "more_body": False}
        await disconnected.wait()
        return {"type": "http.disconnect"}

    async def watch() -> None:
        while (await receive())["type"] != "http.disconnect":
            pass
        patience.has_left = True
        disconnected.set()

    watcher = asyncio.create_task(watch())
    try:
        await app(scope, replay, send)
    finally:
        watcher.cancel()


class _Answer:
    """Sends the answer, with security headers; the last one of a connection closes it."""

    def __init__(self, send: Send, seconds: float, *, is_last: bool) -> None:
        self._send, self._seconds, self._is_last = send, seconds, is_last
        self.has_begun = False

    async def send(self, message: Message) -> None:
        """Send a part of the answer; raises _NotReadError if the client does not read."""
        if message["type"] == "http.response.start":
            headers = MutableHeaders(raw=message["headers"])
            for name, value in HEADERS.items():
                headers.setdefault(name, value)
            if self._is_last:
                headers["Connection"] = "close"  # not a message
            message["headers"] = headers.raw
        self.has_begun = True
        try:
            async with asyncio.timeout(self._seconds):
                await self._send(message)
        except TimeoutError as error:
            raise _NotReadError from error


def busy() -> ApiProblem:
    return ApiProblem("busy", _("ask again in a moment"), headers={"Retry-After": "2"})


@asynccontextmanager
async def one_at_a_time(lock: asyncio.Lock) -> AsyncIterator[None]:
    """Let one heavy request pass at a time; raises ApiProblem for others meanwhile."""
    if lock.locked():
        raise busy()
    async with lock:
        yield


async def _alone(request: Request) -> AsyncIterator[None]:
    async with one_at_a_time(request.app.state.heavy_lock):
        request.state.patience.deadline += HEAVY_SECONDS
        yield


Alone = Annotated[None, Depends(_alone)]
"""For heavy requests, which get more time. As a parameter it follows the caller, so that a refused
caller does not hold the lock."""


def _too_large(limit: int) -> ApiProblem:
    return ApiProblem(
        "too-large",
        _("a body has {limit} bytes at most", limit=limit),
        headers={"Connection": "close"},
    )
