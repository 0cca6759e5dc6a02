"""The server of the bundled newsroom, and a clock that tests move by hand."""

from __future__ import annotations

import io
from typing import Any

import feedparser
import httpx

from monitor.demo.site import NewsroomServer

OPENED = 1_800_000_000.0


class Hands:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.now = OPENED

    def __call__(self) -> float:
        return self.now


def poll(reader: httpx.Client, server: NewsroomServer, slug: str) -> Any:
    answer = reader.get(server.feed_url(slug), follow_redirects=True)
    assert answer.status_code == 200
    return feedparser.parse(io.BytesIO(answer.content), answer.headers)
