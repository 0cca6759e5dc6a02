"""The demo web server: validators, 304, gzip and slow replies, on 127.0.0.1."""

from __future__ import annotations

import contextlib
import gzip
import itertools
import logging
import socket
import sys
from collections.abc import Callable
from email.utils import formatdate, parsedate_to_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from types import TracebackType
from typing import Any
from urllib.parse import urlsplit

from monitor.base.article import Timestamp
from monitor.base.translation import gettext as _
from monitor.demo.content import load, read_text
from monitor.demo.newsroom import DemoNewsroom
from monitor.demo.site import Reply, Request, respond

MIN_GZIP_BYTES = 500
"""Bytes under which a body is not worth compressing."""
MAX_CONNECTIONS = 64
"""Connections at a time, of which the oldest gives way; the monitor opens at most 32."""
PLACEHOLDER = "http://newsroom.example"
"""URL of the server in the bundled feeds.yaml."""


class NewsroomServer:
    """A web server with every outlet of the newsroom, answering between enter and exit.

    Args:
        clock: Returns seconds since 1970.
        pace: Seconds between two bulletins.
        delay: Seconds that the slow outlet takes for a reply.
        port: The port; 0 takes a free one.

    Raises:
        OSError: The port is taken.
    """

    def __init__(
        self,
        clock: Callable[[], Timestamp],
        *,
        pace: float = 4.0,
        delay: float = 3.0,
        port: int = 0,
    ) -> None:
        self.clock = clock
        self.newsroom = DemoNewsroom(load(), clock(), pace)
        self.delay = delay
        self._port = port
        self._requests = itertools.count(1)
        self._stopped = Event()
        self._http: _HttpServer | None = None

    def __enter__(self) -> NewsroomServer:
        self._stopped.clear()
        self._http = _HttpServer(self, self._port)
        Thread(target=self._http.serve_forever, args=(0.05,), name="newsroom", daemon=True).start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stopped.set()
        if self._http:
            self._http.shutdown()
            self._http.server_close()
            self._http = None

    @property
    def url(self) -> str:
        """Return `http://127.0.0.1:PORT`.

        Raises:
            RuntimeError: The server is not running.
        """
        if self._http is None:
            raise RuntimeError("the demo server is not running; use `with`")  # not a message
        return f"http://127.0.0.1:{self._http.server_port}"

    def feed_url(self, slug: str) -> str:
        """Return the feed address of an outlet in the bundled feeds.yaml."""
        return self.url + self.newsroom.content.outlets[slug].subscribed

    def feeds_yaml(self) -> str:
        """Return a commented `feeds.yaml` that watches this newsroom."""
        return read_text("feeds.yaml").replace(PLACEHOLDER, self.url)

    def reply(self, path: str) -> Reply:
        """Return the reply to one request, after a pause for the slow outlet."""
        request = Request(path, self.clock(), next(self._requests), self.url)
        reply = respond(self.newsroom, request)
        if reply.slow:
            self._stopped.wait(self.delay)
        return reply


class _HttpServer(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def __init__(self, newsroom: NewsroomServer, port: int) -> None:
        super().__init__(("127.0.0.1", port), _RequestHandler)
        self.newsroom = newsroom
        self._open: dict[socket.socket, None] = {}
        """The oldest first."""

    def get_request(self) -> tuple[socket.socket, Any]:
        connection, address = super().get_request()
        open_ones = tuple(self._open)
        for oldest in open_ones[: max(0, len(open_ones) + 1 - MAX_CONNECTIONS)]:
            self._open.pop(oldest, None)
            with contextlib.suppress(OSError):
                oldest.shutdown(socket.SHUT_RDWR)
        self._open[connection] = None
        return connection, address

    def shutdown_request(self, request: socket.socket | tuple[bytes, socket.socket]) -> None:
        self._open.pop(request, None)  # type: ignore[arg-type]
        super().shutdown_request(request)

    def server_close(self) -> None:
        """Stop listening, and close the connections that are kept alive."""
        super().server_close()
        for connection in tuple(self._open):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request: object, client_address: object) -> None:
        """Log an error, unless the client closed the connection."""
        if not isinstance(sys.exception(), ConnectionError):
            logging.getLogger(__name__).exception(_("the demo server could not answer a request"))


class _RequestHandler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "newsroom"
    sys_version = ""
    timeout = 30.0
    wbufsize = -1  # head and body in one packet, which avoids a delayed ACK of 40 ms
    server: _HttpServer

    def do_GET(self) -> None:
        reply = self.server.newsroom.reply(urlsplit(self.path).path)
        status = 304 if self._knows(reply) else reply.status
        body = b"" if status == 304 else reply.body
        self.send_response(status)
        for name, value in _headers(reply):
            self.send_header(name, value)
        if len(body) > MIN_GZIP_BYTES and "gzip" in self.headers.get("Accept-Encoding", ""):
            body = gzip.compress(body, 6, mtime=0)
            self.send_header("Content-Encoding", "gzip")
        if status != 304:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def do_HEAD(self) -> None:
        self.do_GET()

    def log_message(self, format: str, *args: object) -> None:
        """Log nothing, because the terminal shows the dashboard."""

    def _knows(self, reply: Reply) -> bool:
        """Return whether the validators of the request match this reply."""
        if reply.last_modified is None:
            return False
        if known := self.headers.get("If-None-Match"):
            return known == "*" or reply.etag in (tag.strip() for tag in known.split(","))
        try:
            since = parsedate_to_datetime(self.headers.get("If-Modified-Since", ""))
        except ValueError:
            return False
        return int(reply.last_modified) <= since.timestamp()


def _headers(reply: Reply) -> list[tuple[str, str]]:
    headers = [("Content-Type", reply.content_type), ("Vary", "Accept-Encoding")]  # not a message
    if reply.location:
        headers.append(("Location", reply.location))  # not a message
    if reply.last_modified is not None:
        headers += [
            ("ETag", reply.etag),
            ("Last-Modified", formatdate(reply.last_modified, usegmt=True)),
            ("Cache-Control", "no-cache"),
        ]
    return headers
