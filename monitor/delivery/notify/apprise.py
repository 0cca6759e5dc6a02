"""Sends through Apprise, which runs in a separate process that can be killed."""

from __future__ import annotations

import json
import logging
import os
import re
import socket
import sys
from collections.abc import Callable, Mapping
from datetime import tzinfo
from ipaddress import ip_address, ip_network
from tempfile import TemporaryFile
from typing import TYPE_CHECKING, Any

from msgspec.structs import asdict

from monitor.base.translation import gettext as _
from monitor.delivery.export.briefing import escape_markdown
from monitor.delivery.notify.message import MAX_TEXT, briefing_message, compose
from monitor.delivery.notify.notification import Message, Sender, fault_of_status, run_program
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
    """Refuses connections to addresses that are not allowed, and keeps the last refused one."""

    def __init__(self) -> None:
        self.allow: Networks = ()
        self.blocked = ""

    def watch(self, event: str, arguments: tuple[Any, ...]) -> None:
        """Check an audit event.

        Raises:
            OSError: The address of the connection is not allowed.
        """
        if event not in ("socket.connect", "socket.sendto", "socket.sendmsg"):
            return
        address = arguments[1]
        if isinstance(address, tuple) and address:
            for literal in _literals(str(address[0]), address[1]):
                if not is_allowed(literal, self.allow):
                    self.blocked = literal
                    raise OSError(f"connections to {literal} are not allowed")  # not a message


def _literals(host: str, port: object) -> list[str]:
    try:
        return [str(ip_address(host.partition("%")[0]))]
    except ValueError:
        rows = socket.getaddrinfo(host, None)
        return [str(row[4][0]).partition("%")[0] for row in rows]


def send_message(connections: ConnectionWatch, request: Mapping[str, Any]) -> dict[str, Any]:
    """Send a message; return the reason of a refusal, without the address, and the HTTP status.

    The reason is empty where it was accepted.
    """
    from apprise import Apprise, AppriseAsset
    from apprise.logger import LogCapture

    connections.blocked = ""
    service = Apprise(asset=AppriseAsset(async_mode=False, plugin_paths=[]))
    if not service.add(request["url"]):
        return {"reason": _("Apprise knows no such address"), "status": 0}
    name = str(service[0].service_name)
    body_key, format = _message_format(service[0].notify_format, request["url"])
    title, body = request["subject"], request[body_key]
    if body_key == "markdown":
        title = escape_markdown(title)
    with LogCapture(level=logging.WARNING) as captured:  # type: ignore[no-untyped-call]
        accepted = bool(service.notify(body=body, title=title, body_format=format))
        output = captured.getvalue()
    status = 0
    if accepted:
        reason = ""
    elif connections.blocked:
        reason = refusal(connections.blocked, connections.blocked, connections.allow)
    elif match := _STATUS.search(output):
        status = int(match[1])
        reason = _("{service} answered {status}", service=name, status=status)
    elif _UNREACHED.search(output):
        reason = _("{service} cannot be reached", service=name)
    else:
        reason = _("{service} did not accept it", service=name)
    return {"reason": reason, "status": status}


def _message_format(formats: Any, url: str) -> tuple[str, NotifyFormat]:
    """Return the field of the message that a service gets, and its format for Apprise.

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
    """Send the message on stdin, and write the result to stdout, both as JSON."""
    stdout = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # output of a service must not mix with the result
    request = json.load(sys.stdin)
    connections = ConnectionWatch()
    connections.allow = tuple(map(ip_network, request["allow"]))
    sys.addaudithook(connections.watch)
    try:
        answer = send_message(connections, request)
    except Exception as error:
        reason = _("failed inside Apprise ({error})", error=type(error).__name__)
        answer = {"reason": reason, "status": 0}
    json.dump(answer, stdout)
    stdout.flush()


if __name__ == "__main__":
    main()


SECONDS = 45.0
"""Most seconds for a message, with the start of the process; then it is killed."""
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
    """Sends to one address of Apprise, each message in a process of its own."""

    def __init__(
        self,
        channel: Channel,
        allow: Callable[[], Networks],
        environ: Mapping[str, str],
        zone: tzinfo,
    ) -> None:
        super().__init__(channel)
        self._zone = channel.zone or zone
        self._allow = allow
        self._environ = {name: environ[name] for name in PASSED_VARIABLES if name in environ}

    async def send(self, message: Message) -> DeliveryError | None:
        address, pages = self.channel.target[0], self.channel.pages
        limit = TEXT_LIMITS.get(address.partition(":")[0].lower(), MAX_TEXT)
        if isinstance(message, BriefingNotification):
            text = briefing_message(message.briefing, limit=limit, pages=pages)
        else:
            template = self.channel.template
            text = compose(message, self._zone, template=template, limit=limit, pages=pages)
        allow = [str(network) for network in self._allow()]
        request = json.dumps({"url": address, "allow": allow, **asdict(text)})
        command = (sys.executable, "-m", "monitor.delivery.notify.apprise")
        try:
            with TemporaryFile() as stdout:
                await run_program(command, request.encode(), self._environ, SECONDS, stdout=stdout)
                stdout.seek(0)
                answer = json.load(stdout)
        except TimeoutError:
            reason = _("not finished after {seconds} s, and killed", seconds=f"{SECONDS:g}")
            return DeliveryError(reason=reason)
        except (OSError, ValueError) as error:
            kind = type(error).__name__
            return DeliveryError(reason=_("the process of Apprise ended ({error})", error=kind))
        if not answer["reason"]:
            return None
        return DeliveryError(reason=answer["reason"], fault=fault_of_status(answer["status"]))
