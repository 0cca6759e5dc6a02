"""Runs a program in a real pty, and measures its painting and its cost."""

from __future__ import annotations

import fcntl
import os
import pty
import signal
import struct
import termios
import threading
import time
from contextlib import suppress
from pathlib import Path
from types import TracebackType

TICK = os.sysconf("SC_CLK_TCK")


class Terminal:
    """Runs a command on a screen of its own while the block runs."""

    def __init__(
        self,
        command: list[str],
        columns: int = 120,
        lines: int = 40,
    ) -> None:
        self._changed = threading.Condition()
        self._written = bytearray()
        self._at: list[tuple[int, float]] = []
        self.began = time.perf_counter()
        self.pid, self._file = pty.fork()
        if self.pid == 0:  # the child; nothing of Python's state is used any more
            environment = {"TERM": "xterm-256color", "COLORTERM": "truecolor"}
            try:
                os.execvpe(command[0], command, os.environ | environment)
            finally:
                os._exit(127)
        fcntl.ioctl(self._file, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        with suppress(OSError):
            while piece := os.read(self._file, 65536):
                now = time.perf_counter()
                with self._changed:
                    self._written += piece
                    self._at.append((len(self._written), now))
                    self._changed.notify_all()

    def __enter__(self) -> Terminal:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGTERM)
        deadline = time.monotonic() + 5
        while os.waitpid(self.pid, os.WNOHANG) == (0, 0):
            if time.monotonic() > deadline:
                with suppress(ProcessLookupError):
                    os.kill(self.pid, signal.SIGKILL)
            time.sleep(0.02)

    @property
    def mark(self) -> int:
        """Length of the output so far."""
        return len(self._written)

    def send(self, keys: str) -> float:
        """Press keys, and return the time."""
        os.write(self._file, keys.encode())
        return time.perf_counter()

    def wait_for(self, words: str | bytes, since: int = 0, seconds: float = 30.0) -> float:
        """Return the time at which words had been written, searching from a mark on."""
        wanted = words.encode() if isinstance(words, str) else words
        deadline = time.monotonic() + seconds
        with self._changed:
            while (start := self._written.find(wanted, since)) < 0:
                remaining = deadline - time.monotonic()
                if remaining <= 0 or not self._changed.wait(remaining):
                    raise TimeoutError(f"{wanted!r} not within {seconds:g} s")
            end = start + len(wanted)
            return next(moment for upto, moment in self._at if upto >= end)

    def cpu(self) -> float:
        """Return the processor seconds that the program has used, to the nanosecond."""
        tasks = Path(f"/proc/{self.pid}/task").glob("*/schedstat")
        living = 0.0
        for task in tasks:
            with suppress(OSError):
                living += int(task.read_text().split()[0]) / 1e9
        return living

    def memory(self) -> tuple[int, int]:
        """Return the current resident and proportional memory in bytes."""
        status = _kilobytes(self.pid, "status", "VmRSS:")
        return status, _kilobytes(self.pid, "smaps_rollup", "Pss:")


def _kilobytes(pid: int, file: str, field: str) -> int:
    lines = Path(f"/proc/{pid}/{file}").read_text().splitlines()
    return next(int(line.split()[1]) << 10 for line in lines if line.startswith(field))
