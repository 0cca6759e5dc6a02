"""The publisher and the newsroom of the tests of `tocsin feeds`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from support.feeds_commands import YAML, publish
from support.newsroom import LOOPBACK, Newsroom
from support.scripted_server import Web


@pytest.fixture(scope="module")
def publisher() -> Iterator[Web]:
    with Web() as web:
        publish(web)
        yield web


@pytest.fixture
def newsroom(tmp_path: Path, publisher: Web) -> Newsroom:
    """Return a newsroom with one feed, /kept, of the publisher."""
    room = Newsroom(tmp_path)
    room.config.write_text(YAML.format(url=publisher.url("/kept"), allow=LOOPBACK))
    return room
