"""What a kind of test must not do is an error at once, not a habit that creeps in."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

PROCESSES = {"subprocess.Popen", "os.fork", "os.forkpty", "os.posix_spawn", "os.system"}
NETWORK = {"socket.connect", "socket.bind", "socket.getaddrinfo"}
"""Names of Python's audit events."""


class Prohibition:
    """Raises an error where a forbidden audit event happens, while it is in force."""

    def __init__(self, events: set[str], reason: str) -> None:
        self._events = events
        self._reason = reason
        self._forced = False
        sys.addaudithook(self._audit)  # there is no way to take a hook away

    @contextmanager
    def in_force(self) -> Iterator[None]:
        """Forbid these events inside of the block."""
        self._forced = True
        try:
            yield
        finally:
            self._forced = False

    def _audit(self, event: str, args: tuple[object, ...]) -> None:
        if self._forced and event in self._events:
            raise RuntimeError(f"{self._reason}: {event} {args[:2]}")
