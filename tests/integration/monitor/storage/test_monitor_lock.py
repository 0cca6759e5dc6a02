"""Who watches a data folder: one monitor, and what viewers know of it."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from support.newsroom import until

from monitor.base.errors import AlreadyRunningError, ConfigError, MonitorError
from monitor.cli import CliContext
from monitor.cli.run import stop_monitor
from monitor.model.status import MonitorPresence
from monitor.storage.monitor_lock import (
    HEARTBEAT,
    Heartbeat,
    MonitorLock,
    current_heartbeat,
    dashboard_open,
    is_locked,
)

HELD = """
import sys, time
from pathlib import Path
from monitor.model.status import MonitorPresence
from monitor.storage.monitor_lock import Heartbeat, MonitorLock
folder, wait = Path(sys.argv[1]), float(sys.argv[2])
import os
with MonitorLock(folder) as held:
    print("held", flush=True)
    time.sleep(wait)
    me = MonitorPresence(pid=os.getpid(), since=1.0, config="feeds.yaml", log="")
    held.beat(Heartbeat(me, time.time()))
    time.sleep(600)
"""


def _card(pid: int) -> Heartbeat:
    return Heartbeat(MonitorPresence(pid=pid, since=1.0, config="feeds.yaml", log=""), 2.0)


def _holder(folder: Path, wait: float) -> subprocess.Popen[bytes]:
    """Start a process that locks a folder, and writes its heartbeat after `wait` seconds."""
    holder = subprocess.Popen(
        [sys.executable, "-c", HELD, str(folder), str(wait)], stdout=subprocess.PIPE
    )
    assert holder.stdout is not None
    holder.stdout.readline()
    holder.stdout.close()
    return holder


def test_a_monitor_is_known_while_it_holds_the_folder(tmp_path: Path) -> None:
    with MonitorLock(tmp_path) as lock:
        assert is_locked(tmp_path)
        assert current_heartbeat(tmp_path) is None  # it has not written its heartbeat yet
        lock.beat(_card(os.getpid()))
        assert current_heartbeat(tmp_path) == _card(os.getpid())
    assert not is_locked(tmp_path)
    assert current_heartbeat(tmp_path) is None
    assert not (tmp_path / HEARTBEAT).exists()


@pytest.mark.costly
def test_the_card_of_a_killed_monitor_is_never_that_of_the_next(tmp_path: Path) -> None:
    holder = _holder(tmp_path, 0.0)
    until(lambda: current_heartbeat(tmp_path) is not None)
    holder.kill()
    holder.wait()
    assert (tmp_path / HEARTBEAT).exists()
    assert current_heartbeat(tmp_path) is None
    with MonitorLock(tmp_path):
        assert (
            current_heartbeat(tmp_path) is None
        )  # else `tocsin stop` would end whoever has its pid now


@pytest.mark.costly
def test_a_monitor_that_is_just_starting_can_be_stopped(tmp_path: Path) -> None:
    starting = _holder(tmp_path, 0.3)
    reaper = threading.Thread(target=starting.wait)
    reaper.start()
    assert stop_monitor(tmp_path) == starting.pid
    reaper.join()


@pytest.mark.costly
def test_beside_a_running_monitor_a_broken_file_stops_nobody(tmp_path: Path) -> None:
    feeds = tmp_path / "feeds.yaml"
    feeds.write_text("feeds: [", encoding="utf-8")
    context = CliContext(feeds, tmp_path / "var")
    with MonitorLock(context.folder) as lock:
        lock.beat(_card(os.getpid()))
        assert context.ensure_monitor() is False
    with pytest.raises(ConfigError):
        context.ensure_monitor()


def test_the_second_is_told_of_the_first(tmp_path: Path) -> None:
    with MonitorLock(tmp_path) as lock:
        with pytest.raises(AlreadyRunningError, match="starting"), MonitorLock(tmp_path):
            pass
        lock.beat(_card(4711))
        with pytest.raises(AlreadyRunningError, match="pid 4711"), MonitorLock(tmp_path):
            pass


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(MonitorError, match="Not a directory; may it be written to"):
        MonitorLock(tmp_path / "file" / "var").__enter__()


def test_the_last_dashboard_of_a_data_folder_knows_that_it_is(tmp_path: Path) -> None:
    with dashboard_open(tmp_path) as first:
        with dashboard_open(tmp_path) as second:
            assert first()
            assert second()
        assert not first()
