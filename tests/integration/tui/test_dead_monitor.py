"""A monitor that dies under an open dashboard, in a real terminal."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from support.newsroom import Item, Newsroom, rss
from support.scripted_server import Web, conditional
from support.terminal import Terminal

from monitor.storage.monitor_lock import MonitorLock, current_heartbeat, died_heartbeat

pytestmark = pytest.mark.costly


@pytest.fixture
def newsroom(tmp_path: Path) -> Iterator[Newsroom]:
    newsroom = Newsroom(tmp_path)
    with Web() as web:
        web.on("/one", conditional(rss(Item("Grève du port", "Les dockers attendent."))))
        feeds = [{"url": web.url("/one"), "name": "Journal"}]
        newsroom.watch(feeds, [{"name": "Port", "terms": ["port"]}])
        yield newsroom
        newsroom.here("stop")


def opened(newsroom: Newsroom, *options: str) -> Terminal:
    arguments = ["-m", "monitor", "dashboard", *options]
    return Terminal(arguments, 160, 40, newsroom.folder, TOCSIN_LANGUAGE="en")


def pid_of(newsroom: Newsroom) -> int:
    heartbeat = current_heartbeat(newsroom.folder / "var")
    return heartbeat.presence.pid if heartbeat else 0


def test_a_killed_monitor_is_started_again_once_and_then_at_a_key(newsroom: Newsroom) -> None:
    terminal = opened(newsroom)
    terminal.read_until("✓ live")
    first = pid_of(newsroom)
    terminal.press("!")
    terminal.read_until("A monitor runs already.")

    os.kill(first, signal.SIGKILL)
    terminal.read_until(f"The monitor (pid {first}) died")
    terminal.read_until("started again")
    terminal.read_until("✓ live")
    second = pid_of(newsroom)
    assert second not in (0, first)

    os.kill(second, signal.SIGKILL)
    terminal.read_until(f"The monitor (pid {second}) died")
    terminal.read_until("✗ no monitor")
    terminal.read_until("the monitor died; ! starts it")
    assert pid_of(newsroom) == 0
    terminal.press("!")
    terminal.read_until("✓ live")
    assert pid_of(newsroom) not in (0, second)

    terminal.press("q")
    terminal.end()
    assert pid_of(newsroom) == 0, "the dashboard stops the monitor that it started again"


def test_a_monitor_that_was_stopped_stays_stopped(newsroom: Newsroom) -> None:
    terminal = opened(newsroom)
    terminal.read_until("✓ live")
    newsroom.here("stop")
    terminal.read_until("✗ no monitor")
    terminal.press("S")
    terminal.read_until("The newsroom; enter opens")
    assert pid_of(newsroom) == 0
    terminal.press("q!")
    terminal.read_until("✓ live")
    terminal.press("q")
    terminal.end()


@pytest.mark.parametrize("options", [("--no-monitor",), ("--no-monitor", "--wall")])
def test_a_dashboard_that_may_start_none_says_that_it_died(
    newsroom: Newsroom, options: tuple[str, ...]
) -> None:
    other = opened(newsroom, "--wall")
    other.read_until("live")
    terminal = opened(newsroom, *options)
    terminal.read_until("live")
    other.kill()
    pid = pid_of(newsroom)
    os.kill(pid, signal.SIGKILL)
    terminal.read_until("the monitor died; ! starts it")
    assert pid_of(newsroom) == 0
    terminal.press("q")
    terminal.end()


def test_a_wall_starts_a_killed_monitor_again(newsroom: Newsroom) -> None:
    terminal = opened(newsroom, "--wall")
    terminal.read_until("✓ live")
    first = pid_of(newsroom)
    os.kill(first, signal.SIGKILL)
    until(lambda: pid_of(newsroom) not in (0, first))
    terminal.read_until("✓ live")
    terminal.press("q")
    terminal.end()


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_only_a_monitor_that_ended_by_an_error_or_a_kill_has_died(tmp_path: Path) -> None:
    from support.fake_newsroom import NOW

    from monitor.model.status import MonitorPresence
    from monitor.storage.monitor_lock import Heartbeat

    presence = MonitorPresence(pid=7, since=NOW, config="feeds.yaml", log="")
    with MonitorLock(tmp_path) as lock:
        lock.beat(Heartbeat(presence, NOW))
        assert died_heartbeat(tmp_path) is None
    assert died_heartbeat(tmp_path) is None
    with pytest.raises(ZeroDivisionError), MonitorLock(tmp_path) as lock:
        lock.beat(Heartbeat(presence, NOW))
        raise ZeroDivisionError
    dead = died_heartbeat(tmp_path)
    assert dead is not None
    assert (dead.presence, dead.pulse) == (presence, NOW)
    with MonitorLock(tmp_path):
        assert died_heartbeat(tmp_path) is None
