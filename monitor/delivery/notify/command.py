"""Runs a command for each message; exit code 0 means that it accepted the message."""

from __future__ import annotations

import asyncio
import os
import signal
from asyncio.subprocess import DEVNULL, Process
from collections.abc import Mapping, Sequence
from contextlib import suppress
from tempfile import TemporaryFile

from monitor.base.text_cleaning import line as on_one_line
from monitor.base.translation import gettext as _
from monitor.delivery.notify.notification import encode, encode_briefing
from monitor.model.config import Channel, DeliveryError, DeliveryFault
from monitor.model.delivery import BriefingNotification, Notification

SECONDS = 30.0
"""Seconds after which the command is killed, with all processes that it started."""
PASSED_VARIABLES = ("PATH", "HOME", "LANG", "TZ")
"""Environment variables of the command; others may hold secrets of feeds and channels."""
MAX_STDERR = 4096
"""Bytes kept from the end of stderr."""
STDERR_SECONDS = 1.0
"""Seconds to wait for the end of stderr, which a process left behind may keep open."""


class CommandSender:
    """Runs one command, without a shell."""

    most = 1

    def __init__(
        self, channel: Channel, environ: Mapping[str, str], seconds: float = SECONDS
    ) -> None:
        self._words = channel.target
        self._pages = channel.pages
        self._environ = {name: environ[name] for name in PASSED_VARIABLES if name in environ}
        self._seconds = seconds

    async def send(self, notifications: Sequence[Notification]) -> DeliveryError | None:
        return await self._run(encode(notifications, self._pages))

    async def send_briefing(self, notification: BriefingNotification) -> DeliveryError | None:
        return await self._run(encode_briefing(notification, self._pages))

    async def _run(self, message: bytes) -> DeliveryError | None:
        loop = asyncio.get_running_loop()
        tail = _OutputTail()
        read_end, write_end = os.pipe()
        transport, _protocol = await loop.connect_read_pipe(
            lambda: tail, os.fdopen(read_end, "rb", 0)
        )
        try:
            with os.fdopen(write_end, "wb", 0) as stderr, TemporaryFile() as stdin:
                stdin.write(message + b"\n")
                stdin.seek(0)
                process = await asyncio.create_subprocess_exec(
                    *self._words,
                    stdin=stdin, stdout=DEVNULL, stderr=stderr,
                    env=self._environ, start_new_session=True,
                )  # fmt: skip
            return await self._ended(process, tail)
        except (OSError, ValueError) as error:
            why = getattr(error, "strerror", None) or _("its words hold a NUL")
            return DeliveryError(reason=_("cannot be run: {why}", why=why))
        finally:
            transport.close()

    async def _ended(self, process: Process, tail: _OutputTail) -> DeliveryError | None:
        try:
            async with asyncio.timeout(self._seconds):
                code = await process.wait()
                await asyncio.wait({tail.closed}, timeout=STDERR_SECONDS)
        except TimeoutError:
            seconds = f"{self._seconds:g}"
            words = _("did not end within {seconds} s, and was killed", seconds=seconds)
            return DeliveryError(reason=words, fault=DeliveryFault.TROUBLE)
        finally:
            if process.returncode is None:
                await _kill(process)
        if code == 0:
            return None
        if code > 0:
            ended = _("ended with {code}", code=code)
        else:
            ended = _("was killed by signal {signal}", signal=-code)
        if line := tail.line():
            ended = _("{ended}: {line}", ended=ended, line=line)
        return DeliveryError(reason=ended, fault=DeliveryFault.TROUBLE)

    async def close(self) -> None:
        """Do nothing: no process is kept."""


class _OutputTail(asyncio.Protocol):
    """Keeps the last bytes of stderr.

    The pipes of asyncio would wait for every process that the command left behind.
    """

    def __init__(self) -> None:
        self._stderr_tail = b""
        self.closed: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def data_received(self, data: bytes) -> None:
        self._stderr_tail = (self._stderr_tail + data)[-MAX_STDERR:]

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.closed.done():
            self.closed.set_result(None)

    def line(self) -> str:
        """Return the last line that is not blank."""
        lines = self._stderr_tail.decode("utf-8", "replace").splitlines()
        return on_one_line(next((line for line in reversed(lines) if line.strip()), ""))[:200]


async def _kill(process: Process) -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    await process.wait()
