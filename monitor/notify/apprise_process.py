"""Apprise, in a process that can be killed: a message comes on stdin as a line of JSON,
what became of it goes out as another.

It connects to no address that is not public or allowed, whatever a service, a redirect or
a name server says: Python asks an audit hook before each connection.
"""  # noqa: D205

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Mapping
from ipaddress import ip_address, ip_network
from typing import TYPE_CHECKING, Any

from monitor.fetch.address_guard import is_allowed
from monitor.model.config import Networks

if TYPE_CHECKING:
    from apprise import NotifyFormat

_STATUS = re.compile(r"error[ =:]+(\d{3})\b")
_UNREACHED = re.compile(r"onnection error|could not connect|timed? ?out|refused", re.IGNORECASE)


class AddressFence:
    """Refuses connections, and remembers the last one it refused."""

    def __init__(self) -> None:
        self.allow: Networks = ()
        self.refused = ""

    def watch(self, event: str, arguments: tuple[Any, ...]) -> None:
        """Look at what is about to happen; raises OSError for what may not."""
        if event not in ("socket.connect", "socket.sendto"):
            return
        address = arguments[1]
        if isinstance(address, tuple) and address:
            for literal in _literals(str(address[0]), address[1]):
                if not is_allowed(literal, self.allow):
                    self.refused = literal
                    raise OSError(f"{literal} may not be asked")


def _literals(host: str, port: object) -> list[str]:
    try:
        return [str(ip_address(host.partition("%")[0]))]
    except ValueError:
        import socket

        rows = socket.getaddrinfo(host, None)
        return [str(row[4][0]).partition("%")[0] for row in rows]


def send(fence: AddressFence, asked: Mapping[str, Any]) -> dict[str, Any]:
    """Send a message; return whether it was accepted, else why not, without quoting the address."""
    import logging

    from apprise import Apprise, AppriseAsset
    from apprise.logger import LogCapture

    fence.refused = ""
    service = Apprise(asset=AppriseAsset(async_mode=False, plugin_paths=[]))
    if not service.add(asked["url"]):
        return {"accepted": False, "reason": "Apprise knows no such address", "status": 0}
    name = str(service[0].service_name)
    way, style = _style(service[0].notify_format, asked["url"])
    title, body = asked["subject"], asked[way]
    with LogCapture(level=logging.WARNING) as captured:  # type: ignore[no-untyped-call]
        accepted = bool(service.notify(body=body, title=title, body_format=style))
        said = captured.getvalue()
    if accepted:
        return {"accepted": True}
    if fence.refused:
        reason = f"{fence.refused} is no public address; `network: allow` can permit it"
        return {"accepted": False, "reason": reason, "status": 0}
    status = int(found[1]) if (found := _STATUS.search(said)) else 0
    if status:
        reason = f"{name} answered {status}"
    else:
        reach = _UNREACHED.search(said)
        reason = f"{name} cannot be reached" if reach else f"{name} did not take it"
    return {"accepted": False, "reason": reason, "status": status}


def _style(wanted: Any, url: str) -> tuple[str, NotifyFormat]:
    """Return in which of the three ways a service is told, and what Apprise calls it.

    Plain text, which Apprise escapes as each needs, where the title stands in the text too.
    Slack takes what it calls Markdown and knows no escapes.
    """
    from apprise import NotifyFormat

    native = wanted[0] if isinstance(wanted, tuple) else wanted  # of several, the first
    scheme = url.partition(":")[0].lower()
    if native == NotifyFormat.HTML and scheme in ("mailto", "mailtos"):
        return "html", NotifyFormat.HTML
    if native == NotifyFormat.MARKDOWN and scheme != "slack":
        return "markdown", NotifyFormat.MARKDOWN
    return "plain", NotifyFormat.TEXT


def main() -> None:
    """Answer each line of stdin, until its end."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what a service prints is no answer
    fence = AddressFence()
    sys.addaudithook(fence.watch)
    for line in sys.stdin:
        asked = json.loads(line)
        fence.allow = tuple(map(ip_network, asked["allow"]))
        try:
            answer = send(fence, asked)
        except Exception as error:
            reason = f"failed inside Apprise ({type(error).__name__})"
            answer = {"accepted": False, "reason": reason, "status": 0}
        answers.write(json.dumps(answer) + "\n")
        answers.flush()


if __name__ == "__main__":
    main()
