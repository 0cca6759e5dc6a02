"""The web server: a page, a websocket, and one dashboard process for each visitor."""

from __future__ import annotations

import asyncio
import hmac
import signal
import socket
from collections.abc import Callable, Mapping
from contextlib import suppress
from html import escape
from pathlib import Path

import textual_serve
from aiohttp import WSCloseCode, WSMsgType, web
from aiohttp.typedefs import Handler
from textual_serve.app_service import AppService
from textual_serve.download_manager import DownloadManager

from monitor.api.listener import AcceptedHosts, is_same_origin
from monitor.base.translation import current, gettext as _

GRACE = 3.0
"""Seconds that a dashboard has to end before its process is killed."""
SCREEN_LIMITS = (10, 500)
"""Smallest and largest number of columns and lines that a page can ask for."""


class Auth(AcceptedHosts, frozen=True):
    """The secret token and the names of this machine."""

    token: str
    """The secret that is part of the address."""

    def accepts_token(self, token: str | None) -> bool:
        """Return whether a token is the secret one, in constant time."""
        return hmac.compare_digest((token or "").encode(), self.token.encode())


class DashboardSession(AppService):
    """The dashboard of one websocket: a process that ends with it."""

    def __init__(self, command: str, socket: web.WebSocketResponse) -> None:
        super().__init__(
            f"exec {command}",  # not a message
            write_bytes=socket.send_bytes,
            write_str=socket.send_str,
            close=socket.close,  # type: ignore[arg-type]
            download_manager=DownloadManager(),
        )
        self._socket = socket

    async def show(self, width: str, height: str) -> None:
        """Show the dashboard until the websocket or the dashboard ends."""
        try:
            await self.start(_cells(width, 80), _cells(height, 24))
            async for message in self._socket:
                if message.type is WSMsgType.TEXT and not await self._handle(message):
                    break
        finally:
            await asyncio.shield(self._end())

    async def _handle(self, message: object) -> bool:
        """Handle a message of the page; return whether it is valid."""
        try:
            kind, *args = message.json()  # type: ignore[attr-defined]
            match kind:
                case "stdin":
                    await self.send_bytes(args[0].encode("utf-8", "ignore"))
                case "resize":
                    size = args[0]
                    await self.set_terminal_size(_cells(size["width"]), _cells(size["height"]))
                case "ping":
                    await self._socket.send_json(["pong", str(args[0])[:64]])
                case "blur":
                    await self.blur()
                case "focus":
                    await self.focus()
        except (ValueError, TypeError, LookupError, AttributeError):
            return False
        return True

    async def _end(self) -> None:
        """Ask the dashboard to end; kill its process if it does not."""
        with suppress(TimeoutError, ConnectionError):
            await asyncio.wait_for(self.stop(), GRACE)
        process = self._process
        if process is None:
            return
        try:
            await asyncio.wait_for(process.wait(), GRACE)
        except TimeoutError:
            process.kill()
            await process.wait()
        if process.stdin is not None:
            process.stdin.close()
        if not self._socket.closed:
            await self._socket.close()


def _cells(value: object, default: int = 80) -> int:
    """Return a number of columns or lines within the limits."""
    try:
        return min(max(int(str(value)), SCREEN_LIMITS[0]), SCREEN_LIMITS[1])
    except ValueError:
        return default


HERE = Path(__file__).parent
THEIRS = Path(textual_serve.__file__).parent / "static"
FILES: Mapping[str, Path] = {
    "/page.css": HERE / "page.css",
    "/page.js": HERE / "page.js",
    "/textual.js": THEIRS / "js/textual.js",
    "/xterm.css": THEIRS / "css/xterm.css",
}
MAX_SESSIONS = 8
"""Dashboards at a time; each has a process of 60 MB."""
IDLE = 15.0
BACKLOG = 16
"""Connections that are accepted at once; so many more than allowed may be open for a moment."""
HEARTBEAT = 15.0
"""Seconds between two pings of a websocket."""
SERVER_GRACE = 10.0
"""Seconds that the dashboards have to end when the server ends."""
HEADERS = {
    # xterm.js writes its styles into the page; scripts are loaded only from this server.
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'"
    " 'unsafe-inline'; img-src data:; connect-src 'self'; base-uri 'none';"
    " form-action 'none'; frame-ancestors 'none'",  # not a message
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


class DashboardServer:
    """Serves dashboards, each the output of a command, to requests that are accepted.

    Args:
        command: The command that shows the dashboard of a visitor.
        auth: Tells which requests are accepted.
        log: Takes messages for the operator.
        max_connections: Of more connections, the oldest without a dashboard are closed.
        idle: Seconds until a connection without a request, or without another one, is closed.
    """

    def __init__(
        self,
        command: str,
        auth: Auth,
        log: Callable[[str], None],
        max_connections: int,
        *,
        idle: float = IDLE,
    ) -> None:
        self._command = command
        self._auth = auth
        self._log = log
        self._max_connections, self._idle = max_connections, idle
        self._sockets: dict[web.WebSocketResponse, web.RequestHandler] = {}
        self._cookie = "tocsin"

    async def serve(self, listener: socket.socket, ready: Callable[[], None]) -> None:
        """Serve until SIGINT, SIGTERM or SIGHUP.

        `ready` is called once requests are answered.
        """
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            loop.add_signal_handler(number, stop.set)
        runner = web.AppRunner(
            self.application(),
            access_log=None,
            handle_signals=False,
            keepalive_timeout=self._idle,
            shutdown_timeout=SERVER_GRACE,
        )
        await runner.setup()
        assert runner.server is not None
        port = listener.getsockname()[1]
        self._cookie = f"tocsin-{port}"  # all ports of a machine share their cookies
        try:
            server = await asyncio.get_running_loop().create_server(
                self._limited(runner.server), sock=listener, backlog=BACKLOG
            )
            try:
                ready()
                await stop.wait()
            finally:
                server.close()
        finally:
            await runner.cleanup()

    def _limited(self, server: web.Server) -> Callable[[], web.RequestHandler]:
        def connect() -> web.RequestHandler:
            dashboards = self._sockets.values()
            candidates = [
                connection
                for connection in server.connections
                if connection.transport is not None and connection not in dashboards
            ]
            for oldest in candidates[: max(0, len(candidates) + 1 - self._max_connections)]:
                oldest.force_close()
            return server()

        return connect

    def application(self) -> web.Application:
        """Return the routes, behind a check of each request."""
        app = web.Application(middlewares=[self._check])
        app.router.add_get("/", self._page)
        for path in FILES:
            app.router.add_get(path, self._file)
        app.router.add_get("/ws", self._open)
        app.on_shutdown.append(self._close_all)
        return app

    @web.middleware
    async def _check(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        response: web.StreamResponse
        try:
            response = self._refused(request) or await handler(request)
        except web.HTTPException as error:
            response = _refusal(error.status, error.reason)
        if not response.prepared:
            response.headers.update(HEADERS)
        return response

    def _refused(self, request: web.Request) -> web.Response | None:
        """Return the answer to a request that is not accepted, None for one that is."""
        if not self._auth.accepts_host(request.headers.get("host")):
            return _refusal(421, _("This host is not served here; see `tocsin serve --name`."))
        if "token" in request.query and request.path == "/":
            return self._log_in(request)
        if not self._auth.accepts_token(request.cookies.get(self._cookie)):
            return _refusal(403, _("Open the address that `tocsin serve` printed, with its token."))
        if request.path == "/ws" and not is_same_origin(
            request.headers.get("origin"), request.headers.get("host")
        ):
            return _refusal(403, _("Only pages of this server can open a dashboard."))
        return None

    def _log_in(self, request: web.Request) -> web.Response:
        """Exchange the token for a cookie: the browser's history keeps the address."""
        if not self._auth.accepts_token(request.query["token"]):
            return _refusal(403, _("This token is not the one that `tocsin serve` printed."))
        response = web.Response(status=303, headers={"location": "/"})  # not a message
        response.set_cookie(
            self._cookie,
            self._auth.token,
            httponly=True,
            samesite="Strict",  # not a message
            path="/",
            secure=request.headers.get("X-Forwarded-Proto") == "https" or request.secure,
        )
        return response

    async def _file(self, request: web.Request) -> web.FileResponse:
        return web.FileResponse(FILES[request.path])

    async def _page(self, request: web.Request) -> web.Response:
        return web.Response(text=page(), content_type="text/html")

    async def _open(self, request: web.Request) -> web.StreamResponse:
        """Run a dashboard for as long as the websocket is open."""
        if len(self._sockets) >= MAX_SESSIONS:
            return _refusal(503, _("{count} dashboards are open already.", count=MAX_SESSIONS))
        socket = web.WebSocketResponse(heartbeat=HEARTBEAT)
        self._sockets[socket] = request.protocol
        self._log(_("{count} open", count=len(self._sockets)))
        try:
            await socket.prepare(request)
            query = request.query
            session = DashboardSession(self._command, socket)
            await session.show(query.get("width", ""), query.get("height", ""))
        finally:
            self._sockets.pop(socket, None)
            self._log(_("{count} open", count=len(self._sockets)))
        return socket

    async def _close_all(self, app: web.Application) -> None:
        """Close every dashboard when the server ends."""
        for websocket in list(self._sockets):
            await websocket.close(code=WSCloseCode.GOING_AWAY)


def page() -> str:
    """Return the page, in the language of the server."""
    text = (HERE / "page.html").read_text(encoding="utf-8")
    return text.format(
        language=current(),
        ended=escape(_("This dashboard has ended.")),
        again=escape(_("Open it again")),
    )


def _refusal(status: int, reason: str) -> web.Response:
    return web.Response(status=status, text=f"{reason}\n")
