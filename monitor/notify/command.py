"""A command: each message comes on its standard input; its exit code says whether it took it."""

from __future__ import annotations

import asyncio
import os
import signal
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Mapping, Sequence
from contextlib import suppress

from index.text import line as on_one_line
from monitor.model import Channel, Fault, Parcel, Refusal
from monitor.notify import parcels as told

SECONDS = 30.0
"""After which it is killed, with all that it started."""
KEPT = ("PATH", "HOME", "LANG", "TZ")
"""The variables it gets: ours may hold secrets of feeds and channels."""
LAST = 4096
"""Bytes of its stderr that are kept."""
GRACE = 1.0
"""Seconds for what is left in its stderr once it has ended."""


class Command:
    """Runs one command, without a shell."""

    most = 1

    def __init__(
        self, channel: Channel, environ: Mapping[str, str], seconds: float = SECONDS
    ) -> None:
        self._words = channel.target
        self._environ = {name: environ[name] for name in KEPT if name in environ}
        self._seconds = seconds

    async def send(self, parcels: Sequence[Parcel]) -> Refusal | None:
        """Run it for a message; return why it did not accept it, None if it did."""
        try:
            process = await asyncio.create_subprocess_exec(
                *self._words,
                stdin=PIPE, stdout=DEVNULL, stderr=PIPE,
                env=self._environ, start_new_session=True,
            )  # fmt: skip
        except (OSError, ValueError) as error:
            why = getattr(error, "strerror", None) or "its words hold a NUL"
            return Refusal(reason=f"cannot be run: {why}")
        last = asyncio.create_task(_last(process))
        try:
            async with asyncio.timeout(self._seconds):
                await _feed(process, told.encoded(parcels) + b"\n")
                code = await process.wait()
        except TimeoutError:
            words = f"did not end within {self._seconds:g} s, and was killed"
            return Refusal(reason=words, fault=Fault.TROUBLE)
        finally:
            if process.returncode is None:
                await _kill(process)
            await asyncio.wait({last}, timeout=GRACE)  # what it left behind may hold stderr open
            last.cancel()
        if code == 0:
            return None
        ended = f"ended with {code}" if code > 0 else f"was killed by signal {-code}"
        said = last.result() if last.done() and not last.cancelled() else ""
        return Refusal(reason=f"{ended}{said and ': ' + said}", fault=Fault.TROUBLE)

    async def close(self) -> None:
        """Nothing is kept running."""


async def _feed(process: Process, body: bytes) -> None:
    assert process.stdin is not None
    with suppress(BrokenPipeError, ConnectionResetError):  # it need not read
        process.stdin.write(body)
        await process.stdin.drain()
    process.stdin.close()


async def _last(process: Process) -> str:
    """Return the last line of its stderr that says something."""
    assert process.stderr is not None
    kept = b""
    while got := await process.stderr.read(LAST):
        kept = (kept + got)[-LAST:]
    lines = [line for line in kept.decode("utf-8", "replace").splitlines() if line.strip()]
    return on_one_line(lines[-1])[:200] if lines else ""


async def _kill(process: Process) -> None:
    """Kill it with its group, and reap it."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    await process.wait()
