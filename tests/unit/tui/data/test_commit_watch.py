"""When the dashboard reads the store."""

from __future__ import annotations

import queue
import threading

import pytest

from tui.data import newsroom
from tui.data.newsroom import CommitWatch


class Told:
    """Tells of commits when the test says so."""

    def __init__(self) -> None:
        self.commits: queue.Queue[bool] = queue.Queue()
        self.closed = threading.Event()

    def wait(self, seconds: float) -> bool:
        try:
            return self.commits.get(timeout=0.05)
        except queue.Empty:
            return False

    def close(self) -> None:
        self.closed.set()


def test_a_store_that_tells_nothing_is_to_be_asked_always() -> None:
    watch = CommitWatch(lambda: None)
    watch.start(lambda: pytest.fail("nobody told"))
    assert watch.take() and watch.take()


def test_a_store_that_tells_is_asked_after_a_commit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(newsroom, "BETWEEN", 0.0)
    told, woken = Told(), threading.Event()
    watch = CommitWatch(lambda: told)
    watch.start(woken.set)
    assert watch.take(), "nothing was read yet"
    assert not watch.take()
    told.commits.put(True)
    assert woken.wait(60.0)
    assert watch.take()
    assert not watch.take()
    watch.close()
    assert told.closed.wait(60.0)
