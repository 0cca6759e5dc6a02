"""The services of Apprise, asked through a process of their own that can be killed."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict
from datetime import UTC, tzinfo
from typing import Any

from monitor.model.config import Channel, DeliveryError, Networks
from monitor.model.delivery import Notification
from monitor.notify.message import LIMIT, Message, compose
from monitor.notify.retry import fault_of_status

SECONDS = 45.0
"""For a message, the start of the process included; then it is killed."""
IDLE = 60.0
"""Seconds without a message after which the process is ended: it takes some 60 MB."""
LIMITS = {"discord": 1_900}
"""Characters of a message where it may be shorter than elsewhere."""
KEPT = ("PATH", "HOME", "LANG", "TZ", "SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE")
"""The variables it gets: ours may hold secrets, or a proxy that the fence does not see behind."""


class AppriseSender:
    """Sends to one address of Apprise."""

    most = 1

    def __init__(
        self,
        channel: Channel,
        allow: Callable[[], Networks],
        environ: Mapping[str, str],
        seconds: float = SECONDS,
        zone: tzinfo = UTC,
    ) -> None:
        self._address = channel.target[0]
        self._template = channel.template
        self._zone = channel.zone or zone
        self._allow = allow
        self._environ = {name: environ[name] for name in KEPT if name in environ}
        self._seconds = seconds
        self._process: Process | None = None
        self._idle: asyncio.TimerHandle | None = None

    async def send(self, parcels: Sequence[Notification]) -> DeliveryError | None:
        """Send a message; return why it was not accepted, None if it was."""
        if self._idle:
            self._idle.cancel()
        limit = LIMITS.get(self._address.partition(":")[0].lower(), LIMIT)
        message = compose(parcels, self._zone, template=self._template, limit=limit)
        try:
            async with asyncio.timeout(self._seconds):
                answer = await self._ask(message)
        except TimeoutError:
            await self.close()
            return DeliveryError(reason=f"not finished after {self._seconds:g} s, and killed")
        except (OSError, ValueError) as error:
            await self.close()
            return DeliveryError(reason=f"the process of Apprise ended ({type(error).__name__})")
        except BaseException:
            self._kill()  # half an answer would be taken for the next one's
            raise
        self._idle = asyncio.get_running_loop().call_later(IDLE, self._kill)
        if answer.get("accepted"):
            return None
        status = int(answer.get("status") or 0)
        reason = str(answer.get("reason") or "not accepted")
        return DeliveryError(reason=reason, fault=fault_of_status(status))

    async def close(self) -> None:
        """End its process."""
        process = self._process
        self._kill()
        if process is not None:
            await process.wait()

    async def _ask(self, message: Message) -> dict[str, Any]:
        process = self._process
        if process is None or process.returncode is not None:
            process = self._process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "monitor.notify.apprise_process",
                stdin=PIPE, stdout=PIPE, stderr=DEVNULL,
                env=self._environ, start_new_session=True,
            )  # fmt: skip
        assert process.stdin is not None
        assert process.stdout is not None
        allow = [str(network) for network in self._allow()]
        asked = {"url": self._address, "allow": allow, **asdict(message)}
        process.stdin.write(json.dumps(asked).encode("utf-8") + b"\n")
        await process.stdin.drain()
        answer = json.loads(await process.stdout.readline())
        return answer if isinstance(answer, dict) else {}

    def _kill(self) -> None:
        if self._idle:
            self._idle.cancel()
            self._idle = None
        if self._process is not None and self._process.returncode is None:
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
        self._process = None
