"""When there is something new in the store: as soon as it tells, or at each look."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Protocol

QUIET = 20.0
"""Seconds for which a listener waits at once."""
BETWEEN = 0.5
"""Seconds between two wake-ups at least: a monitor commits many times a second."""


class CommitListener(Protocol):
    """Waits for the commits of others; for a thread of its own."""

    def wait(self, seconds: float) -> bool:
        """Wait for a commit, at most so long; return whether there may have been one."""

    def close(self) -> None:
        """Stop waiting."""


class CommitWatch:
    """Listens to a store that tells of commits, in a thread; another one is to be asked always."""

    def __init__(self, open_listener: Callable[[], CommitListener | None]) -> None:
        self._open = open_listener
        self._listener: CommitListener | None = None
        self._changed = threading.Event()
        self._changed.set()
        self._closed = threading.Event()

    def start(self, wake: Callable[[], object]) -> None:
        """Call `wake`, in a thread, soon after each commit, if the store tells of them."""
        self._listener = self._open()
        if self._listener is not None:
            listening = threading.Thread(
                target=self._listen, args=(self._listener, wake), name="tocsin-commits", daemon=True
            )
            listening.start()

    def take(self) -> bool:
        """Return whether something may have been committed since the last call."""
        if self._listener is None:
            return True
        changed = self._changed.is_set()
        self._changed.clear()
        return changed

    def close(self) -> None:
        self._closed.set()

    def _listen(self, listener: CommitListener, wake: Callable[[], object]) -> None:
        while not self._closed.is_set():
            if listener.wait(QUIET) and not self._closed.is_set():
                self._changed.set()
                wake()
                self._closed.wait(BETWEEN)
        listener.close()
