"""Unit tests start no process and use no network: whatever tries to is stopped here."""

import sys
from typing import Any

import pytest

_FORBIDDEN = {
    *("subprocess.Popen", "os.fork", "os.forkpty", "os.posix_spawn", "os.system", "pty.spawn"),
    *("socket.connect", "socket.bind", "socket.getaddrinfo"),
}
_testing = False


def _audit(event: str, args: tuple[Any, ...]) -> None:
    if _testing and event in _FORBIDDEN:
        raise RuntimeError(f"a unit test may not do this: {event} {args[:2]}")


sys.addaudithook(_audit)


@pytest.fixture(autouse=True)
def _alone() -> Any:
    """Forbid processes and connections while a unit test runs."""
    global _testing  # noqa: PLW0603 - an audit hook cannot be removed
    _testing = True
    yield
    _testing = False
