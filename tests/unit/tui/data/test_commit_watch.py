"""Tests of the watch for commits, after which the dashboard reads the store."""

from __future__ import annotations

import queue
import threading

import pytest

from tui.data import newsroom
from tui.data.newsroom import CommitWatch


class FakeListener:
    """A listener that reports commits when a test says so."""

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
    commit_watch = CommitWatch(lambda: None)
    commit_watch.start(lambda: pytest.fail("nobody told"))
    assert commit_watch.take() and commit_watch.take()


def test_a_store_that_tells_is_asked_after_a_commit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(newsroom, "BETWEEN", 0.0)
    listener, is_woken = FakeListener(), threading.Event()
    commit_watch = CommitWatch(lambda: listener)
    commit_watch.start(is_woken.set)
    assert commit_watch.take(), "nothing was read yet"
    assert not commit_watch.take()
    listener.commits.put(True)
    assert is_woken.wait(60.0)
    assert commit_watch.take()
    assert not commit_watch.take()
    commit_watch.close()
    assert listener.closed.wait(60.0)
