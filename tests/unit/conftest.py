"""Unit tests start no process and use no network, but for the database of a store."""

from collections.abc import Iterator

import pytest
from support.prohibition import NETWORK, PROCESSES, Prohibition

PROHIBITION = Prohibition((*PROCESSES, *NETWORK), "this is no unit test")


@pytest.fixture(autouse=True)
def prohibited(request: pytest.FixtureRequest) -> Iterator[None]:
    if request.node.get_closest_marker("database"):
        yield
        return
    with PROHIBITION.in_force():
        yield
