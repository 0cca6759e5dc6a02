"""The process of which workers are forks."""

from __future__ import annotations

import subprocess
import sys

import pytest


@pytest.mark.costly
def test_it_can_be_started_before_it_is_wanted() -> None:
    script = (
        "from multiprocessing.forkserver import _forkserver as server\n"
        "from monitor.base import fork_server\n"
        "assert server._forkserver_pid is None\n"
        "fork_server.forking()\n"
        "print(server._forkserver_pid)\n"
    )
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert int(ran.stdout)
