"""The web server: a page, a websocket, and a dashboard for each visitor."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import textual_serve
from aiohttp import WSCloseCode, web
from aiohttp.typedefs import Handler, Middleware

from tui.web.auth import Auth, from_here
from tui.web.session import Session

HERE = Path(__file__).parent
THEIRS = Path(textual_serve.__file__).parent / "static"
FILES: Mapping[str, Path] = {
    "/": HERE / "page.html",
    "/page.css": HERE / "page.css",
    "/page.js": HERE / "page.js",
    "/textual.js": THEIRS / "js/textual.js",
    "/xterm.css": THEIRS / "css/xterm.css",
}
MOST = 8
"""Visitors at once: each has a process of 60 MB."""
HEARTBEAT = 15.0
"""Seconds after which a websocket is asked whether it is there."""
GRACE = 10.0
"""Seconds that dashboards have to end when the server does."""
HEADERS = {
    # xterm.js writes its styles into the page; scripts come from here alone.
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'"
    " 'unsafe-inline'; img-src data:; connect-src 'self'; base-uri 'none';"
    " form-action 'none'; frame-ancestors 'none'",
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


@dataclass(frozen=True, slots=True)
class Place:
    """Where to listen."""

    host: str
    port: int
    """0 takes any that is free."""


class Dashboards:
    """Serves dashboards, each the output of a command, to whom the door lets in."""

    def __init__(self, command: str, door: Auth, said: Callable[[str], None]) -> None:
        self._command = command
        self._door = door
        self._said = said
        self._sockets: set[web.WebSocketResponse] = set()
        self._cookie = "tocsin"

    async def serve_until_told(self, place: Place, ready: Callable[[int], None]) -> None:
        """Serve until SIGINT or SIGTERM; tells the port once it listens. Raises OSError."""
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            loop.add_signal_handler(number, stop.set)
        runner = web.AppRunner(
            self.application(), access_log=None, handle_signals=False, shutdown_timeout=GRACE
        )
        await runner.setup()
        try:
            site = web.TCPSite(runner, place.host, place.port)
            await site.start()
            port = runner.addresses[0][1]
            self._cookie = f"tocsin-{port}"  # ports of one machine share their cookies
            ready(port)
            await stop.wait()
        finally:
            await runner.cleanup()

    def application(self) -> web.Application:
        """Return the routes behind the door."""
        app = web.Application(middlewares=[self._at_the_door()])
        for path in FILES:
            app.router.add_get(path, self._file)
        app.router.add_get("/ws", self._visit)
        app.on_shutdown.append(self._send_home)
        return app

    def _at_the_door(self) -> Middleware:
        @web.middleware
        async def middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
            response: web.StreamResponse
            try:
                response = self._turned_away(request) or await handler(request)
            except web.HTTPException as error:
                response = _no(error.status, error.reason)
            if not response.prepared:
                response.headers.update(HEADERS)
            return response

        return middleware

    def _turned_away(self, request: web.Request) -> web.Response | None:
        """Return what is answered instead, None for those who may come in."""
        if not self._door.expects(request.headers.get("Host")):
            return _no(421, "This host is not served here; see `tocsin serve --name`.")
        if "token" in request.query and request.path == "/":
            return self._introduced(request)
        if not self._door.knows(request.cookies.get(self._cookie)):
            return _no(403, "Open the address that `tocsin serve` printed, with its token.")
        if request.path == "/ws" and not from_here(
            request.headers.get("Origin"), request.headers.get("Host")
        ):
            return _no(403, "Pages from elsewhere are not let in.")
        return None

    def _introduced(self, request: web.Request) -> web.Response:
        """Give a cookie for the token, and an address without it: histories keep addresses."""
        if not self._door.knows(request.query["token"]):
            return _no(403, "This token is not the one that `tocsin serve` printed.")
        response = web.Response(status=303, headers={"Location": "/"})
        response.set_cookie(
            self._cookie,
            self._door.token,
            httponly=True,
            samesite="Strict",
            path="/",
            secure=request.headers.get("X-Forwarded-Proto") == "https" or request.secure,
        )
        return response

    async def _file(self, request: web.Request) -> web.FileResponse:
        return web.FileResponse(FILES[request.path])

    async def _visit(self, request: web.Request) -> web.StreamResponse:
        """Give a visitor a dashboard for as long as the websocket is open."""
        if len(self._sockets) >= MOST:
            return _no(503, f"{MOST} dashboards are open already.")
        socket = web.WebSocketResponse(heartbeat=HEARTBEAT)
        self._sockets.add(socket)
        self._said(f"{len(self._sockets)} looking")
        try:
            await socket.prepare(request)
            asked = request.query
            visitor = Session(self._command, socket)
            await visitor.look(asked.get("width", ""), asked.get("height", ""))
        finally:
            self._sockets.discard(socket)
            self._said(f"{len(self._sockets)} looking")
        return socket

    async def _send_home(self, app: web.Application) -> None:
        """End all dashboards when the server ends."""
        for socket in list(self._sockets):
            await socket.close(code=WSCloseCode.GOING_AWAY)


def _no(status: int, why: str) -> web.Response:
    return web.Response(status=status, text=f"{why}\n")
