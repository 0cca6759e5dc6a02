"""The driver of a terminal that is read only when there is something to read."""

from __future__ import annotations

import os
import selectors
from codecs import getincrementaldecoder
from typing import Any

from textual._xterm_parser import XTermParser
from textual.constants import ESCAPE_DELAY
from textual.drivers.linux_driver import LinuxDriver


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
