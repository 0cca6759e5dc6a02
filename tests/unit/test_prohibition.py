"""Tests that a unit test fails when it starts a process or uses the network."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import socket
import subprocess
from collections.abc import Callable

import pytest

ADDRESS = ("127.0.0.1", 9)


@pytest.mark.parametrize(
    "call",
    [
        lambda: subprocess.run(["true"], check=False),
        lambda: os.system("true"),
        lambda: multiprocessing.get_context("fork").Process().start(),
        lambda: asyncio.run(asyncio.create_subprocess_exec("true")),  # type: ignore[arg-type]
        lambda: socket.create_connection(ADDRESS),
        lambda: socket.socket().bind(("127.0.0.1", 0)),
        lambda: asyncio.run(asyncio.open_connection(*ADDRESS)),  # type: ignore[arg-type]
    ],
    ids=["run", "system", "fork", "asyncio", "connect", "bind", "open_connection"],
)
@pytest.mark.filterwarnings("ignore::ResourceWarning")
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_what_is_forbidden_is_an_error(call: Callable[[], object]) -> None:
    with pytest.raises(RuntimeError, match="this is no unit test"):
        call()
