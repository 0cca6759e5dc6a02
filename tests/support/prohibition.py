"""Makes calls that a kind of test must not make fail at once."""

from __future__ import annotations

import os
import socket
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NoReturn

Calls = tuple[tuple[object, str], ...]
"""Functions, each as an attribute of a module or a class."""

PROCESSES: Calls = (
    (subprocess.Popen, "__init__"),
    *((os, name) for name in ("fork", "forkpty", "posix_spawn", "posix_spawnp", "system")),
)
NETWORK: Calls = (
    *((socket.socket, name) for name in ("connect", "connect_ex", "bind")),
    (socket, "getaddrinfo"),
)


class Prohibition:
    """Raises an error where a forbidden function is called, while it is in force.

    An audit hook would see more, and hear of each `id()` too: 1 µs each time, for ever.
    """

    def __init__(self, calls: Calls, reason: str) -> None:
        self._calls = calls
        self._reason = reason

    @contextmanager
    def in_force(self) -> Iterator[None]:
        """Forbid these functions inside of the block."""
        originals = [(owner, name, getattr(owner, name)) for owner, name in self._calls]
        for owner, name, _function in originals:
            setattr(owner, name, self._refusing(name))
        try:
            yield
        finally:
            for owner, name, function in originals:
                setattr(owner, name, function)

    def _refusing(self, name: str) -> Callable[..., NoReturn]:
        def refuse(*_args: object, **_named: object) -> NoReturn:
            raise RuntimeError(f"{self._reason}: {name}")

        return refuse
