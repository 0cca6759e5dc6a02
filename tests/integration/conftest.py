"""Tests that start processes are marked as costly: `make test-fast` leaves them out."""

from collections.abc import Iterator

import pytest
from support.prohibition import PROCESSES, Prohibition

PROHIBITION = Prohibition(PROCESSES, "mark this test as costly")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Iterator[None]:
    if item.get_closest_marker("costly"):
        return (yield)
    with PROHIBITION.in_force():
        return (yield)
