"""The server of the bundled newsroom, its clock, and who reads it."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest
from support.demo_server import Hands
from support.newsroom import PATIENCE

from monitor.demo.site import NewsroomServer


@pytest.fixture
def hands() -> Hands:
    return Hands()


@pytest.fixture
def server(hands: Hands) -> Iterator[NewsroomServer]:
    with NewsroomServer(hands, pace=4.0, delay=0.3) as server:
        yield server


@pytest.fixture
def reader(server: NewsroomServer) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=server.url, timeout=PATIENCE) as reader:
        yield reader
