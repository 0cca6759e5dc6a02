"""A monitor in the background: started, and ended."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

from monitor import monitor_lock
from monitor.errors import MonitorError
from monitor.wiring import monotonic, pause

START_SECONDS = 20.0
STOP_SECONDS = 45.0
CARD_SECONDS = 5.0
"""For a monitor that is just starting to say its pid."""
LOOK = 0.02
"""Seconds between two looks."""


def start_monitor(path: Path, data: Path) -> bool:
    """Start a monitor in the background unless one runs; return whether one was started.

    Raises MonitorError with what it said if it ends at once.
    """
    if monitor_lock.current_heartbeat(data):
        return False
    import subprocess

    command = [sys.executable, "-m", "monitor", "-c", str(path), "--data", str(data)]
    started = subprocess.Popen(
        [*command, "run", "--background"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    deadline = monotonic() + START_SECONDS
    while monotonic() < deadline:
        if card := monitor_lock.current_heartbeat(
            data
        ):  # ours, or one that somebody else started meanwhile
            assert started.stderr is not None
            started.stderr.close()
            return card.presence.pid == started.pid
        if started.poll() is not None:
            assert started.stderr is not None
            said = started.stderr.read().decode(errors="replace").strip()
            raise MonitorError(said or f"the monitor ended at once (exit {started.returncode})")
        pause(LOOK)
    raise MonitorError(f"the monitor did not start within {START_SECONDS:g} s; see {data}")


def stop_monitor(data: Path) -> int | None:
    """End the monitor of a data folder, return its pid; None if there is none.

    Raises MonitorError if it does not end, or belongs to another user.
    """
    deadline = monotonic() + CARD_SECONDS
    while (card := monitor_lock.current_heartbeat(data)) is None:
        if not monitor_lock.is_locked(data) or monotonic() > deadline:
            return None
        pause(LOOK)
    try:
        os.kill(card.presence.pid, signal.SIGTERM)
    except ProcessLookupError:  # it has just ended by itself
        pass
    except PermissionError as error:
        raise MonitorError(
            f"the monitor (pid {card.presence.pid}) belongs to another user; who started it ends it"
        ) from error
    deadline = monotonic() + STOP_SECONDS
    while monotonic() < deadline:
        if monitor_lock.current_heartbeat(data) is None:
            return card.presence.pid
        pause(LOOK)
    raise MonitorError(
        f"the monitor (pid {card.presence.pid}) is still at work after {STOP_SECONDS:g} s"
    )
