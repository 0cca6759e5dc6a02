"""Unit tests start no process and use no network."""

from collections.abc import Iterator

import pytest
from support.prohibition import NETWORK, PROCESSES, Prohibition

PROHIBITION = Prohibition(PROCESSES | NETWORK, "this is no unit test")


@pytest.fixture(autouse=True)
def alone() -> Iterator[None]:
    with PROHIBITION.in_force():
        yield
