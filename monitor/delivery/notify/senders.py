"""The senders of channels: to a file, a webhook, a command, the desktop, a folder of feeds."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import os
import re
import ssl
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, tzinfo
from hashlib import blake2b
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, BinaryIO, cast

import httpcore
import httpx
from msgspec import Struct
from msgspec.structs import replace

from monitor.base.article import Timestamp
from monitor.base.files import atomic_write
from monitor.base.text_cleaning import line as on_one_line
from monitor.base.translation import gettext as _
from monitor.base.url import authorization, origin_of, parse_url
from monitor.delivery.export.atom import alert_feed, briefing_feed
from monitor.delivery.notify import desktop
from monitor.delivery.notify.apprise import AppriseSender
from monitor.delivery.notify.message import briefing_message, compose
from monitor.delivery.notify.notification import (
    Message,
    NotificationLoader,
    Sender,
    encode,
    fault_of_status,
    idempotency_key,
    run_program,
)
from monitor.intake.fetch.address_guard import AddressGuard
from monitor.intake.fetch.response import Headers, StatusError, error_message
from monitor.model.config import Channel, ChannelKind, DeliveryError, DeliveryFault, Networks
from monitor.model.delivery import BriefingNotification
from monitor.model.watchlist import Severity


class Senders(Struct, kw_only=True):
    """Makes the sender of a channel."""

    guard: AddressGuard
    """Checks the addresses of connections."""
    loader: NotificationLoader | None = None
    """Reads the earlier entries of Atom feeds."""
    trust: Callable[[], ssl.SSLContext]
    clock: Callable[[], Timestamp]
    user_agent: str
    environ: Mapping[str, str]
    zone: tzinfo = UTC

    def allow(self, networks: Networks) -> None:
        """Allow connections to these private networks, from the next message on."""
        self.guard.allow = networks

    def __call__(self, channel: Channel) -> Sender:
        match channel.kind:
            case ChannelKind.APPRISE:
                return AppriseSender(channel, lambda: self.guard.allow, self.environ, self.zone)
            case ChannelKind.WEBHOOK:
                return WebhookSender(channel, self.guard, self.trust, self.clock, self.user_agent)
            case ChannelKind.COMMAND:
                return CommandSender(channel, self.environ)
            case ChannelKind.DESKTOP:
                return DesktopSender(channel, self.environ, self.zone)
            case ChannelKind.FILE:
                return FileSender(channel)
            case ChannelKind.ATOM:
                return AtomSender(channel, self.loader)


# --- files -----------------------------------------------------------------------------------

TAIL_BYTES = 4 << 20
"""Bytes at the end of the file that are searched for a line that was written before."""


class FileSender(Sender):
    """Appends each message to a file as a line of JSON, synced to disk before it counts as sent.

    A line that a killed monitor wrote is not written twice.
    """

    limit = 100

    async def send(self, message: Message) -> DeliveryError | None:
        messages: list[Message] = [message]
        if not isinstance(message, BriefingNotification):
            # A file has a line for each alert.
            messages = [[replace(n, delivery=replace(n.delivery, bundle=""))] for n in message]
        lines = {idempotency_key(item): encode(item, self.channel.pages) for item in messages}
        path = Path(self.channel.target[0])
        try:
            await asyncio.to_thread(_append, path, lines)
        except OSError as error:
            cause = error.strerror or error
            return DeliveryError(reason=_("{file} cannot be written: {why}", file=path, why=cause))
        return None


def _append(path: Path, by_key: Mapping[str, bytes]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
    with cast(BinaryIO, os.fdopen(descriptor, "r+b", 0)) as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(0, size - TAIL_BYTES))
        whole_lines, _newline, torn_line = file.read(TAIL_BYTES).rpartition(b"\n")
        new = [line for key, line in by_key.items() if key.encode("ascii") not in whole_lines]
        if new:
            lines = b"".join(line + b"\n" for line in new)
            _write_lines(descriptor, (b"\n" if torn_line else b"") + lines, size)
        os.fsync(descriptor)


def _write_lines(descriptor: int, lines: bytes, size: int) -> None:
    """Write all lines or none: cut the file back after an error."""
    remaining = memoryview(lines)
    try:
        while remaining:
            remaining = remaining[os.write(descriptor, remaining) :]
    except OSError:
        os.ftruncate(descriptor, size)
        raise


# --- webhooks --------------------------------------------------------------------------------

WEBHOOK_SECONDS = 30.0
"""Most seconds for a message, from connecting to the end of the response."""
MAX_RESPONSE = 64 << 10
"""Most bytes of a response that are read."""


class WebhookSender(Sender):
    """Sends to one address. Redirects are not followed: a signature is for one host."""

    def __init__(
        self,
        channel: Channel,
        guard: AddressGuard,
        trust: Callable[[], ssl.SSLContext],
        clock: Callable[[], Timestamp],
        user_agent: str,
    ) -> None:
        super().__init__(channel)
        self._guard = guard
        self._trust = trust
        self._clock = clock
        self._user_agent = user_agent

    async def send(self, message: Message) -> DeliveryError | None:
        body = encode(message, self.channel.pages)
        try:
            async with asyncio.timeout(WEBHOOK_SECONDS):
                return await self._post(body, idempotency_key(message))
        except Exception as error:
            return DeliveryError(reason=error_message(error, WEBHOOK_SECONDS))

    async def _post(self, body: bytes, key: str) -> DeliveryError | None:
        url = parse_url(self.channel.target[0])
        scheme, host, port = origin_of(url)
        connection = httpcore.AsyncHTTPConnection(
            httpcore.Origin(scheme.encode(), host.encode(), port),
            ssl_context=self._trust() if scheme == "https" else None,
            network_backend=self._guard,
        )
        async with connection as http:
            response = await http.handle_async_request(
                httpcore.Request(
                    "POST",
                    httpcore.URL(
                        scheme=url.raw_scheme, host=url.raw_host, port=port, target=url.raw_path
                    ),
                    headers=self._headers(url, body, key),
                    content=body,
                )
            )
            response.extensions["network_stream"].allowance = MAX_RESPONSE
            # The status decides, even if the rest of the response cannot be read.
            with suppress(httpcore.NetworkError, httpcore.ProtocolError, OSError):
                async for _ in response.aiter_stream():
                    pass
        return _error_of_status(response.status, Headers(response.headers))

    def _headers(self, url: httpx.URL, body: bytes, key: str) -> list[tuple[bytes, bytes]]:
        headers = {
            "host": url.netloc.decode("ascii"),
            "User-Agent": self._user_agent,
            "Content-Type": "application/json; charset=utf-8",  # not a message
            "Content-Length": str(len(body)),
            "Idempotency-Key": key,
            "Connection": "close",  # not a message
        }
        if login := authorization(url):
            headers["authorization"] = login.decode("ascii")
        if self.channel.secret:
            stamp = str(int(self._clock()))
            headers["X-Tocsin-Timestamp"] = stamp
            headers["X-Tocsin-Signature"] = f"sha256={signature(self.channel.secret, stamp, body)}"
        overridden = {name.lower() for name, _value in self.channel.headers}
        merged = [
            (name, value) for name, value in headers.items() if name.lower() not in overridden
        ]
        merged += [(name, value.text) for name, value in self.channel.headers]
        return [
            (name.encode("ascii"), value.encode("latin-1", "replace")) for name, value in merged
        ]


def signature(secret: str, timestamp: str, body: bytes) -> str:
    """Return the HMAC-SHA256 of timestamp and body, in hexadecimal."""
    signed = timestamp.encode("ascii") + b"." + body
    return hmac.new(secret.encode("utf-8"), signed, hashlib.sha256).hexdigest()


def _error_of_status(status: int, headers: Headers) -> DeliveryError | None:
    if 200 <= status < 300:
        return None
    wait = headers.retry_after()
    hint = _("which is not followed; use the new address") if 300 <= status < 400 else ""
    return DeliveryError(
        reason=str(StatusError(status, wait, hint)), fault=fault_of_status(status), retry_after=wait
    )


# --- commands --------------------------------------------------------------------------------

COMMAND_SECONDS = 30.0
"""Seconds after which the command is killed, with all processes that it started."""
PASSED_VARIABLES = ("PATH", "HOME", "LANG", "TZ")
"""Environment variables of the command; others may hold secrets of feeds and channels."""
DESKTOP_TEXT = 400
"""Most characters of a notification of the desktop, without its title."""
MAX_STDERR = 4096
"""Bytes at the end of stderr that are looked at."""


class CommandSender(Sender):
    """Runs a command for each message, without a shell; exit code 0 means that it was accepted."""

    def __init__(
        self, channel: Channel, environ: Mapping[str, str], seconds: float = COMMAND_SECONDS
    ) -> None:
        super().__init__(channel)
        self._environ = {name: environ[name] for name in PASSED_VARIABLES if name in environ}
        self._seconds = seconds

    async def send(self, message: Message) -> DeliveryError | None:
        return await self._run(self.channel.target, encode(message, self.channel.pages) + b"\n")

    async def _run(self, command: Sequence[str], body: bytes) -> DeliveryError | None:
        with TemporaryFile() as stderr:
            try:
                code = await run_program(command, body, self._environ, self._seconds, stderr=stderr)
            except TimeoutError:
                seconds = f"{self._seconds:g}"
                reason = _("did not end within {seconds} s, and was killed", seconds=seconds)
                return DeliveryError(reason=reason, fault=DeliveryFault.TROUBLE)
            except (OSError, ValueError) as error:
                cause = getattr(error, "strerror", None) or _("its words hold a NUL")
                return DeliveryError(reason=_("cannot be run: {why}", why=cause))
            last_line = _last_line(stderr)
        if code == 0:
            return None
        if code > 0:
            outcome = _("ended with {code}", code=code)
        else:
            outcome = _("was killed by signal {signal}", signal=-code)
        if last_line:
            outcome = _("{ended}: {line}", ended=outcome, line=last_line)
        return DeliveryError(reason=outcome, fault=DeliveryFault.TROUBLE)


class DesktopSender(CommandSender):
    """Shows each message as a notification of the desktop; many alerts at once are one."""

    limit = 100

    def __init__(self, channel: Channel, environ: Mapping[str, str], zone: tzinfo) -> None:
        super().__init__(channel, environ)
        self._environ |= {name: environ[name] for name in desktop.VARIABLES if name in environ}
        self._zone = channel.zone or zone

    async def send(self, message: Message) -> DeliveryError | None:
        is_urgent = False
        if isinstance(message, BriefingNotification):
            text = briefing_message(message.briefing, limit=DESKTOP_TEXT)
        else:
            usual = "$outlet · $time\n$sentence" if len(message) == 1 else "$sign $headline"
            template = self.channel.template or usual
            text = compose(message, self._zone, template=template, limit=DESKTOP_TEXT)
            is_urgent = any(item.alert.severity is Severity.HIGH for item in message)
        command = desktop.notification_command(text.subject, text.plain, is_urgent=is_urgent)
        return await self._run(command, b"")


def _last_line(stderr: IO[bytes]) -> str:
    """Return the last line that is not blank."""
    stderr.seek(max(0, stderr.seek(0, os.SEEK_END) - MAX_STDERR))
    lines = stderr.read(MAX_STDERR).decode("utf-8", "replace").splitlines()
    return on_one_line(next((line for line in reversed(lines) if line.strip()), ""))[:200]


# --- folders of Atom feeds -------------------------------------------------------------------

MAX_ENTRIES = 100
"""Most alerts in a feed."""
MAX_BRIEFINGS = 30
"""Most briefings in their feed."""
BRIEFINGS_FILE = "_briefings.xml"
"""Name of the feed of briefings; that of a watchlist never begins so."""


class AtomSender(Sender):
    """Writes the feed of each watchlist with new alerts, and that of briefings."""

    limit = MAX_ENTRIES

    def __init__(self, channel: Channel, loader: NotificationLoader | None) -> None:
        super().__init__(channel)
        self._loader = loader

    async def send(self, message: Message) -> DeliveryError | None:
        folder = Path(self.channel.target[0])
        try:
            await asyncio.to_thread(self._write, folder, message)
        except OSError as error:
            cause = error.strerror or type(error).__name__
            return DeliveryError(
                reason=_("{folder} cannot be written to: {why}", folder=folder, why=cause)
            )
        return None

    def _write(self, folder: Path, message: Message) -> None:
        name, pages, loader = self.channel.name, self.channel.pages, self._loader
        folder.mkdir(parents=True, exist_ok=True)
        if isinstance(message, BriefingNotification):
            sent = loader.briefing_history(name, MAX_BRIEFINGS) if loader else []
            by_id = {briefing.id: briefing for briefing in [message.briefing, *sent]}
            briefings = sorted(by_id.values(), key=lambda item: -item.made_at)[:MAX_BRIEFINGS]
            document = briefing_feed(briefings, str(folder), pages=pages)
            atomic_write(folder / BRIEFINGS_FILE, document, durable=True)
            return
        new = [notification.alert for notification in message]
        for watchlist in dict.fromkeys(alert.watchlist for alert in new):
            earlier = loader.history(name, watchlist, MAX_ENTRIES) if loader else []
            latest = [alert for alert in reversed(new) if alert.watchlist == watchlist]
            alerts = list({alert.id: alert for alert in [*latest, *earlier]}.values())[:MAX_ENTRIES]
            document = alert_feed(watchlist, alerts, str(folder), pages=pages)
            atomic_write(folder / file_name(watchlist), document, durable=True)


def file_name(watchlist: str) -> str:
    """Return the file name of a watchlist, which never changes and is unique."""
    slug = re.sub(r"[^a-z0-9]+", "-", watchlist.lower()).strip("-")[:60]
    if slug == watchlist.casefold():
        return f"{slug}.xml"
    suffix = blake2b(watchlist.encode("utf-8", "replace"), digest_size=3).hexdigest()
    return f"{slug}-{suffix}.xml" if slug else f"{suffix}.xml"
