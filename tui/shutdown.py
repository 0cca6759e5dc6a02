"""The end of the dashboard, though widgets or the terminal hang."""

from __future__ import annotations

import os
import termios
import threading
from collections.abc import Iterable
from contextlib import suppress
from select import select
from threading import Event

from textual.dom import DOMNode

END_SECONDS = 1.0
"""Most seconds that an end takes before widgets that hang are cancelled."""
DRAIN_SECONDS = 5.0
"""Seconds that quitting waits for triage decisions that are not saved yet."""
_WRITER = "textual-output"
"""Name of the thread in which Textual writes to the terminal."""
_TURN = 0.02
"""Seconds between two looks at the terminal."""
_TERMINAL = 2
"""File descriptor of the terminal."""


def exit_with_server(pid: int) -> None:
    """End this process once the web server that shows it has been killed.

    Textual would write to a closed pipe and wait for ever.
    """
    while os.getppid() == pid:
        Event().wait(1.0)
    Event().wait(DRAIN_SECONDS)
    os._exit(1)


def exit_with_terminal(ended: Event) -> None:
    """End this process, whose end was requested, though its terminal may be gone or not be read.

    Textual would wait for ever until it can write.

    Args:
        ended: Is set once the application has ended.
    """
    ended.wait(END_SECONDS)
    for _turn in range(int(DRAIN_SECONDS / _TURN)):
        if not any(thread.name == _WRITER for thread in threading.enumerate()):
            break
        _discard_unread()
        ended.wait(_TURN)
    if not ended.wait(END_SECONDS):
        os._exit(1)


def _discard_unread() -> None:
    """Discard output that a terminal does not take, and wake the thread that waits to write it."""
    with suppress(OSError, termios.error):
        if not select([], [_TERMINAL], [], 0.1)[1]:
            termios.tcflush(_TERMINAL, termios.TCOFLUSH)
            termios.tcflow(_TERMINAL, termios.TCOOFF)
            termios.tcflow(_TERMINAL, termios.TCOON)


def cancel_hanging(nodes: Iterable[DOMNode]) -> None:
    """Cancel the tasks of widgets that have not ended."""
    for node in list(nodes):
        if node.is_running:
            node.task.cancel()
