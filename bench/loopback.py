"""A publisher and a webhook on loopback that note when they answered and when they were told."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Loopback:
    """What is served, and what was seen."""

    document: Callable[[str], tuple[str, bytes]]
    """From a path to an ETag and a feed."""
    answered: dict[str, float] = field(default_factory=dict)
    """By path and ETag, when the last byte of that answer was first on its way."""
    told: dict[str, float] = field(default_factory=dict)
    """By the link of an article, when the webhook was first told of it."""
    port: int = 0
    keep_alive: bool = True


@contextmanager
def looped(there: Loopback) -> Iterator[Loopback]:
    """Serve while the block runs."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1" if there.keep_alive else "HTTP/1.0"

        def do_GET(self) -> None:
            tag, body = there.document(self.path)
            known = self.headers.get("If-None-Match") == tag
            self.send_response(304 if known else 200)
            self.send_header("ETag", tag)
            if not known:
                self.send_header("Content-Type", "application/rss+xml")
                self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if not known:
                self.wfile.write(body)
                there.answered.setdefault(f"{self.path} {tag}", time.time())

        def do_POST(self) -> None:
            said = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            there.told.setdefault(said["alert"]["url"], time.time())
            self.send_response(204)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    there.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield there
    finally:
        server.shutdown()
        thread.join()
