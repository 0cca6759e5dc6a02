"""A publisher and a webhook on loopback that record the times of answers and of alerts."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Loopback:
    """The served documents, and the recorded times."""

    document: Callable[[str], tuple[str, bytes]]
    """Returns the ETag and the feed at a path."""
    answer_times: dict[str, float] = field(default_factory=dict)
    """When the last byte of an answer was first sent, by path and ETag."""
    notice_times: dict[str, float] = field(default_factory=dict)
    """When the webhook first received an alert, by the link of the article."""
    port: int = 0
    keep_alive: bool = True


@contextmanager
def serve_loopback(loopback: Loopback) -> Iterator[Loopback]:
    """Serve while the block runs."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1" if loopback.keep_alive else "HTTP/1.0"

        def do_GET(self) -> None:
            tag, body = loopback.document(self.path)
            is_known = self.headers.get("If-None-Match") == tag
            self.send_response(304 if is_known else 200)
            self.send_header("ETag", tag)
            if not is_known:
                self.send_header("Content-Type", "application/rss+xml")
                self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if not is_known:
                with suppress(ConnectionError):  # a client may read the beginning only
                    self.wfile.write(body)
                loopback.answer_times.setdefault(f"{self.path} {tag}", time.time())

        def do_POST(self) -> None:
            message = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            loopback.notice_times.setdefault(message["alert"]["url"], time.time())
            self.send_response(204)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            """Log nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    loopback.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield loopback
    finally:
        server.shutdown()
        thread.join()
