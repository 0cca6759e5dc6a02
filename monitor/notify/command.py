"""A command: each message comes on its standard input; its exit code says whether it took it."""

from __future__ import annotations

import asyncio
import os
import signal
from asyncio.subprocess import DEVNULL, Process
from collections.abc import Mapping, Sequence
from contextlib import suppress
from tempfile import TemporaryFile

from index.analysis.text_cleaning import line as on_one_line
from monitor.model.config import Channel, DeliveryError, DeliveryFault
from monitor.model.delivery import Notification
from monitor.notify import notification as told

SECONDS = 30.0
"""After which it is killed, with all that it started."""
KEPT = ("PATH", "HOME", "LANG", "TZ")
"""The variables it gets: ours may hold secrets of feeds and channels."""
LAST = 4096
"""Bytes of its stderr that are kept."""
GRACE = 1.0
"""Seconds for what is left in its stderr once it has ended; what it left behind may hold it."""


class CommandSender:
    """Runs one command, without a shell."""

    most = 1

    def __init__(
        self, channel: Channel, environ: Mapping[str, str], seconds: float = SECONDS
    ) -> None:
        self._words = channel.target
        self._environ = {name: environ[name] for name in KEPT if name in environ}
        self._seconds = seconds

    async def send(self, parcels: Sequence[Notification]) -> DeliveryError | None:
        """Run it for a message; return why it did not accept it, None if it did."""
        loop = asyncio.get_running_loop()
        last = _OutputTail()
        ours, its = os.pipe()
        said, _ = await loop.connect_read_pipe(lambda: last, os.fdopen(ours, "rb", 0))
        try:
            with os.fdopen(its, "wb", 0) as stderr, TemporaryFile() as stdin:
                stdin.write(told.encoded(parcels) + b"\n")
                stdin.seek(0)
                process = await asyncio.create_subprocess_exec(
                    *self._words,
                    stdin=stdin, stdout=DEVNULL, stderr=stderr,
                    env=self._environ, start_new_session=True,
                )  # fmt: skip
            return await self._ended(process, last)
        except (OSError, ValueError) as error:
            why = getattr(error, "strerror", None) or "its words hold a NUL"
            return DeliveryError(reason=f"cannot be run: {why}")
        finally:
            said.close()

    async def _ended(self, process: Process, last: _OutputTail) -> DeliveryError | None:
        try:
            async with asyncio.timeout(self._seconds):
                code = await process.wait()
                await asyncio.wait({last.closed}, timeout=GRACE)
        except TimeoutError:
            words = f"did not end within {self._seconds:g} s, and was killed"
            return DeliveryError(reason=words, fault=DeliveryFault.TROUBLE)
        finally:
            if process.returncode is None:
                await _kill(process)
        if code == 0:
            return None
        ended = f"ended with {code}" if code > 0 else f"was killed by signal {-code}"
        line = last.line()
        return DeliveryError(reason=f"{ended}{line and ': ' + line}", fault=DeliveryFault.TROUBLE)

    async def close(self) -> None:
        """Nothing is kept running."""


class _OutputTail(asyncio.Protocol):
    """Keeps the end of what comes.

    A pipe of our own: those of asyncio keep it waiting for the end of a process as long as
    whatever that has left behind holds one of them.
    """

    def __init__(self) -> None:
        self._kept = b""
        self.closed: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def data_received(self, data: bytes) -> None:
        """Keep the last bytes."""
        self._kept = (self._kept + data)[-LAST:]

    def connection_lost(self, exc: Exception | None) -> None:
        """Nothing more comes."""
        if not self.closed.done():
            self.closed.set_result(None)

    def line(self) -> str:
        """Return the last line that says something."""
        lines = self._kept.decode("utf-8", "replace").splitlines()
        return on_one_line(next((line for line in reversed(lines) if line.strip()), ""))[:200]


async def _kill(process: Process) -> None:
    """Kill it with its group, and reap it."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    await process.wait()
