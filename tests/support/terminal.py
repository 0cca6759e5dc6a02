"""A program in a real terminal: a pty, and the screen that its bytes make."""

from __future__ import annotations

import os
import signal
import sys
import termios
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import pexpect
import pyte
import pytest

from support import ROOT

SECONDS = 120.0
"""Seconds that words may take to appear on the screen."""


class Terminal:
    """A pty with a program of Python in it, and a screen that shows what it wrote."""

    def __init__(
        self,
        arguments: Sequence[str],
        columns: int = 120,
        rows: int = 40,
        folder: Path | None = None,
        **environ: str,
    ) -> None:
        self.screen = pyte.Screen(columns, rows)
        self._stream = pyte.ByteStream(self.screen)
        self._shown: dict[int, str] = {}
        self.written = b""
        foreign = ("NO_COLOR", "TMUX", "COLUMNS", "LINES")
        env = {name: value for name, value in os.environ.items() if name not in foreign}
        env |= {"TERM": "xterm-256color", "PYTHONPATH": f"{ROOT}:{ROOT / 'tests'}", **environ}
        self.child = pexpect.spawn(
            sys.executable,
            list(arguments),
            dimensions=(rows, columns),
            cwd=folder,
            env=env,
            timeout=60,
        )
        self.before = termios.tcgetattr(self.child.child_fd)

    @property
    def lines(self) -> list[str]:
        """The screen; only the lines that changed are put together anew."""
        screen = self.screen
        for row in screen.dirty:
            cells = screen.buffer[row]
            self._shown[row] = "".join(cells[column].data for column in range(screen.columns))
        screen.dirty.clear()
        return [self._shown[row] for row in range(screen.lines)]

    def resize(self, columns: int, rows: int) -> None:
        """Resize the terminal, with a new screen that shows only later output."""
        self.child.setwinsize(rows, columns)
        self.screen.resize(rows, columns)
        self.screen.reset()

    def press(self, keys: str) -> None:
        """Send keys, as the terminal does."""
        self.child.send(keys)

    def read_until(self, words: str, *, absent: bool = False) -> None:
        """Read the output until words are on the screen, or absent from it."""
        deadline = time.monotonic() + SECONDS  # the clock on the screen never stops writing
        while any(words in line for line in self.lines) is absent:
            try:
                remaining = max(0.0, deadline - time.monotonic())
                piece = self.child.read_nonblocking(65536, timeout=remaining)
            except pexpect.TIMEOUT:
                piece = b""
            except pexpect.EOF:
                pytest.fail(f"it ended before {words!r}:\n" + "\n".join(self.lines))
            if time.monotonic() > deadline:
                pytest.fail(f"waited for {words!r}:\n" + "\n".join(self.lines))
            self.written += piece
            self._stream.feed(piece)

    def read_for(self, seconds: float) -> None:
        """Show what the program writes meanwhile: one that nobody reads waits."""
        deadline = time.monotonic() + seconds
        while (remaining := deadline - time.monotonic()) > 0:
            with suppress(pexpect.TIMEOUT):
                piece = self.child.read_nonblocking(65536, timeout=remaining)
                self.written += piece
                self._stream.feed(piece)

    def read_until_stopped(self) -> None:
        """Read the output until the process is stopped, including its last output."""
        deadline = time.monotonic() + SECONDS
        is_stopped = False
        while not is_stopped:
            assert time.monotonic() < deadline, "it is not stopped"
            is_stopped = os.waitpid(self.child.pid, os.WUNTRACED | os.WNOHANG)[0] != 0
            with suppress(pexpect.TIMEOUT):
                while True:
                    self.written += self.child.read_nonblocking(65536, timeout=0.1)

    def kill(self) -> None:
        """Kill it, if it has not ended."""
        if self.child.isalive():
            self.child.kill(signal.SIGKILL)
            self.child.wait()

    def end(self) -> str:
        """Wait for the end of the program; return its last output."""
        output = b""
        deadline = time.monotonic() + SECONDS
        try:
            while time.monotonic() < deadline:
                output += self.child.read_nonblocking(65536, timeout=SECONDS)
        except pexpect.EOF:
            self.child.close()
        else:
            pytest.fail("it does not end:\n" + "\n".join(self.lines))
        self.written += output
        return output.decode("utf-8", "replace")
