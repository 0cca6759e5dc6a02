"""Tests that start processes say so, since `make test-fast` leaves them out."""

from collections.abc import Iterator

import pytest
from support.prohibition import PROCESSES, Prohibition

PROHIBITION = Prohibition(PROCESSES, "mark this test with `process`")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Iterator[None]:
    if item.get_closest_marker("process"):
        return (yield)
    with PROHIBITION.in_force():
        return (yield)
