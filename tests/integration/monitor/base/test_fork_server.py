"""The process of which workers are forks."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from support import ROOT


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


@pytest.mark.costly
def test_another_thread_may_read_the_environment_meanwhile() -> None:
    script = (
        "import os, sys, threading\n"
        "from monitor.base import fork_server\n"
        "sys.setswitchinterval(1e-6)\n"
        "ended, failures = threading.Event(), []\n"
        "def read():\n"
        "    while not ended.is_set():\n"
        "        try: dict(os.environ)\n"
        "        except Exception as error: failures.append(error)\n"
        "reader = threading.Thread(target=read)\n"
        "reader.start()\n"
        "for _ in range(300): fork_server.forking()\n"
        "ended.set(), reader.join()\n"
        "assert not failures, failures[0]\n"
    )
    subprocess.run([sys.executable, "-c", script], check=True)


@pytest.mark.costly
def test_nothing_is_imported_from_the_folder_where_it_was_started(tmp_path: Path) -> None:
    script, folder = tmp_path / "start.py", tmp_path / "folder"
    script.write_text(
        "import os\n"
        "from monitor.base import fork_server\n"
        "if __name__ == '__main__':\n"
        "    process = fork_server.forking().Process(target=os.getpid)\n"
        "    process.start(), process.join()\n"
        "    assert process.exitcode == 0 and 'PYTHONSAFEPATH' not in os.environ\n"
    )
    folder.mkdir()
    (folder / "selectors.py").write_text("raise SystemExit('this is not ours')\n")
    environ = os.environ | {"PYTHONPATH": str(ROOT)}
    subprocess.run([sys.executable, script], cwd=folder, env=environ, check=True)
