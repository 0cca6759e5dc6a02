"""The demo web server, on 127.0.0.1: validators, 304 and slow replies."""

from __future__ import annotations

import itertools
import logging
import sys
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from urllib.parse import urlsplit

from monitor.base.article import Timestamp
from monitor.base.translation import gettext as _
from monitor.demo.content import load, read_text
from monitor.demo.newsroom import DemoNewsroom
from monitor.demo.site import Reply, respond

PLACEHOLDER = "http://newsroom.example"
"""URL of the server in the bundled feeds.yaml."""


class NewsroomServer:
    """A web server with every outlet of the newsroom, answering between enter and exit.

    Args:
        clock: Returns seconds since 1970.
        pace: Seconds between two bulletins.
        delay: Seconds that the slow outlet takes for a reply.

    Raises:
        OSError: The server cannot listen.
    """

    def __init__(
        self, clock: Callable[[], Timestamp], *, pace: float = 4.0, delay: float = 3.0
    ) -> None:
        self.clock = clock
        self.newsroom = DemoNewsroom(load(), clock(), pace)
        self.delay = delay
        self._requests = itertools.count(1)
        self._stopped = Event()
        self._http: _HttpServer | None = None

    def __enter__(self) -> NewsroomServer:
        self._stopped.clear()
        self._http = _HttpServer(self)
        Thread(target=self._http.serve_forever, args=(0.05,), name="newsroom", daemon=True).start()
        return self

    def __exit__(self, *raised: object) -> None:
        self._stopped.set()
        if self._http:
            self._http.shutdown()
            self._http.server_close()
            self._http = None

    @property
    def url(self) -> str:
        """The address of the running server, without a slash at its end.

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
        reply = respond(self.newsroom, path, self.clock(), next(self._requests), self.url)
        if reply.slow:
            self._stopped.wait(self.delay)
        return reply


class _HttpServer(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def __init__(self, newsroom: NewsroomServer) -> None:
        super().__init__(("127.0.0.1", 0), _RequestHandler)
        self.newsroom = newsroom

    def handle_error(self, request: object, client_address: object) -> None:
        """Log an error, unless the client closed the connection."""
        if not isinstance(sys.exception(), ConnectionError):
            logging.getLogger(__name__).exception(_("the demo server could not answer a request"))


class _RequestHandler(BaseHTTPRequestHandler):
    server_version = "newsroom"
    sys_version = ""
    timeout = 30.0
    server: _HttpServer

    def do_GET(self) -> None:
        reply = self.server.newsroom.reply(urlsplit(self.path).path)
        known_tags = {tag.strip() for tag in self.headers.get("If-None-Match", "").split(",")}
        unchanged = reply.status == 200 and reply.etag in known_tags
        self.send_response(304 if unchanged else reply.status)
        self.send_header("ETag", reply.etag)
        self.send_header("Content-Type", reply.content_type)
        if reply.location:
            self.send_header("Location", reply.location)  # not a message
        if not unchanged:
            self.send_header("Content-Length", str(len(reply.body)))
        self.end_headers()
        if not unchanged:
            self.wfile.write(reply.body)

    def log_message(self, format: str, *args: object) -> None:
        """Log nothing, because the terminal shows the dashboard."""
