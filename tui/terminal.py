"""The terminal: read only when there is something to read, and left though it hangs."""

from __future__ import annotations

import os
import selectors
import termios
import threading
from codecs import getincrementaldecoder
from collections.abc import Iterable
from contextlib import suppress
from select import select
from threading import Event
from typing import Any

from textual._xterm_parser import XTermParser
from textual.constants import ESCAPE_DELAY
from textual.dom import DOMNode
from textual.drivers.linux_driver import LinuxDriver

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


class QuietDriver(LinuxDriver):
    """Waits for keys without end, where Textual looks for them ten times a second.

    Its parser has no public name in Textual, whose driver has no other way to wait.
    """

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._end_reader, self._end_writer = os.pipe()

    def disable_input(self) -> None:
        """End the thread that waits for keys."""
        os.write(self._end_writer, b"\0")
        super().disable_input()
        os.read(self._end_reader, 1)

    def run_input_thread(self) -> None:
        """Read keys; after each, which may be half read, wait no longer than for its rest."""
        parser, decode = XTermParser(), getincrementaldecoder("utf-8")().decode
        patience: float | None = None
        with selectors.DefaultSelector() as selector:
            for file in (self.fileno, self._end_reader):
                selector.register(file, selectors.EVENT_READ)
            while not self.exit_event.is_set():
                ready, patience = selector.select(patience), None
                if any(key.fd == self.fileno for key, _events in ready):
                    if not (data := os.read(self.fileno, 4096)):  # the terminal has gone
                        self.exit_event.wait()
                    patience = 1.1 * ESCAPE_DELAY
                    for event in parser.feed(text) if (text := decode(data)) else ():
                        self.process_message(event)
                for event in parser.tick():
                    self.process_message(event)
