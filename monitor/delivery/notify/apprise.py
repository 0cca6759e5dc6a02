"""Sends through Apprise, which runs in a separate process that can be killed."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import re
import signal
import socket
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import UTC, tzinfo
from ipaddress import ip_address, ip_network
from typing import TYPE_CHECKING, Any

from msgspec.structs import asdict

from monitor.base.translation import gettext as _
from monitor.delivery.export.briefing import escape_markdown
from monitor.delivery.notify.message import MAX_TEXT, MessageText, briefing_message, compose
from monitor.delivery.notify.notification import Message, Sender, fault_of_status
from monitor.model.address_policy import is_allowed, refusal
from monitor.model.config import Channel, DeliveryError, Networks
from monitor.model.delivery import BriefingNotification

if TYPE_CHECKING:
    from apprise import NotifyFormat


_STATUS = re.compile(r"error[ =:]+(\d{3})\b")
_UNREACHED = re.compile(r"onnection error|could not connect|timed? ?out|refused", re.IGNORECASE)


SHOW_MARKDOWN = ("discord", "guilded", "mmost", "mmosts", "zulip")
"""Services to which Apprise sends plain text, and which show it as Markdown."""


class ConnectionWatch:
    """Refuses connections to addresses that are not allowed, and remembers the last one."""

    def __init__(self) -> None:
        self.allow: Networks = ()
        self.refused = ""

    def watch(self, event: str, arguments: tuple[Any, ...]) -> None:
        """Check an audit event.

        Raises:
            OSError: The address of the connection is not allowed.
        """
        if event not in ("socket.connect", "socket.sendto"):
            return
        address = arguments[1]
        if isinstance(address, tuple) and address:
            for literal in _literals(str(address[0]), address[1]):
                if not is_allowed(literal, self.allow):
                    self.refused = literal
                    raise OSError(f"connections to {literal} are not allowed")  # not a message


def _literals(host: str, port: object) -> list[str]:
    try:
        return [str(ip_address(host.partition("%")[0]))]
    except ValueError:
        rows = socket.getaddrinfo(host, None)
        return [str(row[4][0]).partition("%")[0] for row in rows]


def send_message(connections: ConnectionWatch, request: Mapping[str, Any]) -> dict[str, Any]:
    """Send a message; return whether it was accepted, else why not, without the address."""
    from apprise import Apprise, AppriseAsset
    from apprise.logger import LogCapture

    connections.refused = ""
    service = Apprise(asset=AppriseAsset(async_mode=False, plugin_paths=[]))
    if not service.add(request["url"]):
        return {
            "accepted": False,
            "reason": _("Apprise knows no such address"),
            "status": 0,
        }
    name = str(service[0].service_name)
    body_key, format = _message_format(service[0].notify_format, request["url"])
    title, body = request["subject"], request[body_key]
    if body_key == "markdown":
        title = escape_markdown(title)
    with LogCapture(level=logging.WARNING) as captured:  # type: ignore[no-untyped-call]
        accepted = bool(service.notify(body=body, title=title, body_format=format))
        output = captured.getvalue()
    if accepted:
        return {"accepted": True}
    if connections.refused:
        reason = refusal(connections.refused, connections.refused, connections.allow)
        return {"accepted": False, "reason": reason, "status": 0}
    status = int(match[1]) if (match := _STATUS.search(output)) else 0
    if status:
        reason = _("{service} answered {status}", service=name, status=status)
    else:
        reached = not _UNREACHED.search(output)
        reason = (
            _("{service} did not accept it", service=name)
            if reached
            else _("{service} cannot be reached", service=name)
        )
    return {"accepted": False, "reason": reason, "status": status}


def _message_format(formats: Any, url: str) -> tuple[str, NotifyFormat]:
    """Return which text of the message a service gets, and its format for Apprise.

    Most services get plain text, which Apprise escapes. Slack does too: its Markdown has no
    escapes. Some show text as Markdown, although Apprise passes it on as plain text.
    """
    from apprise import NotifyFormat

    native = formats[0] if isinstance(formats, tuple) else formats  # the first of several
    scheme = url.partition(":")[0].lower()
    if native == NotifyFormat.HTML and scheme in ("mailto", "mailtos"):
        return "html", NotifyFormat.HTML
    if scheme in SHOW_MARKDOWN:
        return "markdown", NotifyFormat.TEXT
    if native == NotifyFormat.MARKDOWN and scheme != "slack":
        return "markdown", NotifyFormat.MARKDOWN
    return "plain", NotifyFormat.TEXT


def main() -> None:
    """Send the message on each line of stdin, and write a line of JSON with the result."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # output of a service must not mix with the results
    connections = ConnectionWatch()
    sys.addaudithook(connections.watch)
    for line in sys.stdin:
        request = json.loads(line)
        connections.allow = tuple(map(ip_network, request["allow"]))
        try:
            answer = send_message(connections, request)
        except Exception as error:
            reason = _("failed inside Apprise ({error})", error=type(error).__name__)
            answer = {"accepted": False, "reason": reason, "status": 0}
        answers.write(json.dumps(answer) + "\n")
        answers.flush()


if __name__ == "__main__":
    main()


SECONDS = 45.0
"""Most seconds for a message, with the start of the process; then it is killed."""
IDLE_SECONDS = 60.0
"""Seconds without a message after which the process ends; it takes about 60 MB."""
TEXT_LIMITS = {"discord": 1_900}
"""Most characters of a message, for services with a lower limit."""
PASSED_VARIABLES = (
    "PATH",
    "HOME",
    "LANG",
    "TZ",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "REQUESTS_CA_BUNDLE",
)
"""Environment variables of the process; others may hold secrets, or set a proxy."""


class AppriseSender(Sender):
    """Sends to one address of Apprise."""

    def __init__(
        self,
        channel: Channel,
        allow: Callable[[], Networks],
        environ: Mapping[str, str],
        seconds: float = SECONDS,
        zone: tzinfo = UTC,
    ) -> None:
        super().__init__(channel)
        self._address = channel.target[0]
        self._zone = channel.zone or zone
        self._allow = allow
        self._environ = {name: environ[name] for name in PASSED_VARIABLES if name in environ}
        self._seconds = seconds
        self._process: Process | None = None
        self._idle: asyncio.TimerHandle | None = None

    async def send(self, message: Message) -> DeliveryError | None:
        pages = self.channel.pages
        limit = TEXT_LIMITS.get(self._address.partition(":")[0].lower(), MAX_TEXT)
        if isinstance(message, BriefingNotification):
            text = briefing_message(message.briefing, limit=limit, pages=pages)
        else:
            template = self.channel.template
            text = compose(message, self._zone, template=template, limit=limit, pages=pages)
        if self._idle:
            self._idle.cancel()
        try:
            async with asyncio.timeout(self._seconds):
                answer = await self._ask(text)
        except TimeoutError:
            await self.close()
            seconds = f"{self._seconds:g}"
            reason = _("not finished after {seconds} s, and killed", seconds=seconds)
            return DeliveryError(reason=reason)
        except (OSError, ValueError) as error:
            await self.close()
            kind = type(error).__name__
            return DeliveryError(reason=_("the process of Apprise ended ({error})", error=kind))
        except BaseException:
            self._kill()  # a late result would be taken for that of the next message
            raise
        self._idle = asyncio.get_running_loop().call_later(IDLE_SECONDS, self._kill)
        if answer.get("accepted"):
            return None
        status = int(answer.get("status") or 0)
        reason = str(answer.get("reason") or _("not accepted"))
        return DeliveryError(reason=reason, fault=fault_of_status(status))

    async def close(self) -> None:
        process = self._process
        self._kill()
        if process is not None:
            await process.wait()

    async def _ask(self, text: MessageText) -> dict[str, Any]:
        process = self._process
        if process is None or process.returncode is not None:
            process = self._process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "monitor.delivery.notify.apprise",
                stdin=PIPE, stdout=PIPE, stderr=DEVNULL,
                env=self._environ, start_new_session=True,
            )  # fmt: skip
        assert process.stdin is not None
        assert process.stdout is not None
        allow = [str(network) for network in self._allow()]
        request = {"url": self._address, "allow": allow, **asdict(text)}
        process.stdin.write(json.dumps(request).encode("utf-8") + b"\n")
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
