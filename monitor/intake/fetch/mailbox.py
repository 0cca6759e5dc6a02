"""A mailbox: the new mails of a folder, by IMAP (RFC 3501), which is only read.

Four commands are enough: LOGIN, EXAMINE, UID SEARCH and UID FETCH of BODY.PEEK, none of which
changes a flag. They are spoken over a connection of the address guard. The libraries for IMAP open
connections themselves, block a thread, and hold whatever size a server announces.
"""

from __future__ import annotations

import re
import ssl
from base64 import b64encode
from collections.abc import Callable
from datetime import datetime
from email.utils import format_datetime
from itertools import accumulate
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

import msgspec

from monitor.base.errors import MonitorError
from monitor.base.text_cleaning import line
from monitor.base.translation import gettext as _
from monitor.intake.fetch.address_guard import AddressError, AddressGuard, Stream
from monitor.model.cost import CostlyError
from monitor.model.poll import Fetched, NotModified

PORTS = {"imap": 143, "imaps": 993}
MAIL_BYTES = 512 << 10
"""Bytes of a mail that are read: its texts stand before what is attached."""
MOST = 200
"""Most mails of a poll. Of a folder that was never read, these are the newest."""
MEDIA_TYPE = "application/x-tocsin-mails"
_HEAD = 4 << 20
"""Bytes of answers beside the mails: 500,000 numbers."""
_POSITION = re.compile(rb"(\d{1,10}):(\d{1,10})")
_LITERAL = re.compile(rb"\{(\d{1,10})\}$")
_UID = re.compile(rb"\bUID (\d{1,10})\b")
_SIZE = re.compile(rb"\bRFC822\.SIZE (\d{1,10})\b")
_VALIDITY = re.compile(rb"\[UIDVALIDITY (\d{1,10})\]", re.IGNORECASE)


class MailboxError(MonitorError):
    """A mailbox that cannot be read; the message says why and what to do next."""


class Mailbox(NamedTuple):
    """A folder on a server, and who reads it."""

    url: str
    user: str
    password: str
    since: str
    """Day from which mails are read, as 2026-11-01; empty for the newest ones."""

    def __repr__(self) -> str:
        return f"Mailbox({self.url})"


class _RefusedError(Exception):
    """A command is refused; the message is the answer of the server."""


async def new_mails(
    mailbox: Mailbox,
    position: bytes,
    guard: AddressGuard,
    trust: Callable[[], ssl.SSLContext],
    max_bytes: int,
    *,
    is_costly: bool,
) -> Fetched | NotModified:
    """Return the mails behind a position, the earliest first; others are left for the next poll.

    Without a position in this folder, as it is numbered now, they are the newest since the day.

    Args:
        mailbox: The folder.
        position: The last mail that was read, as UIDVALIDITY:UID; empty if there is none.
        guard: Opens the connection.
        trust: Returns the certificates to trust.
        max_bytes: Most bytes of mails.
        is_costly: Whether so many bytes are expected.

    Raises:
        CostlyError: There are more than `max_bytes`, and not expected.
        MailboxError: The server, the login or the folder is refused.
    """
    parts = urlsplit(mailbox.url)
    host, folder = parts.hostname or "", unquote(parts.path.strip("/")) or "INBOX"
    stream = await _connected(host, parts.port or PORTS[parts.scheme], parts.scheme, guard, trust)
    try:
        session = _Session(stream)
        await session.greet()
        validity = await _opened(session, mailbox, folder)
        known = _POSITION.fullmatch(position)
        last = int(known[2]) if known and int(known[1]) == validity else 0
        try:
            uids, sizes = await _waiting(session, mailbox.since, last)
            chosen = uids if last else uids[::-1]
            count = sum(end <= max_bytes for end in accumulate(sizes[uid] for uid in chosen))
            if count < len(chosen) and not is_costly:
                raise CostlyError
            chosen = sorted(chosen[: max(count, 1)])
            mails = await session.bodies(chosen, sum(sizes.values()))
        except _RefusedError as error:
            raise MailboxError(_("the mail server refuses to read: {why}", why=error)) from None
    finally:
        await stream.aclose()
    if not chosen:
        return NotModified()
    return Fetched(
        url=mailbox.url,
        body=msgspec.msgpack.encode(mails),
        content_type=MEDIA_TYPE,
        etag=b"%d:%d" % (validity, chosen[-1]),
        headers=(("uidvalidity", str(validity)), ("uid", f"{chosen[0]}-{chosen[-1]}")),
    )


async def _connected(
    host: str, port: int, scheme: str, guard: AddressGuard, trust: Callable[[], ssl.SSLContext]
) -> Stream:
    stream = await guard.connect_tcp(host, port)
    if scheme == "imaps":
        try:
            return await stream.start_tls(trust(), host)
        except ssl.SSLCertVerificationError:
            raise
        except ssl.SSLError:
            why = _("no encrypted connection at port {port}; imaps has 993", port=port)
            raise MailboxError(why) from None
    if not guard.owns(host):
        await stream.aclose()
        raise AddressError(
            _("imap:// would send the password unencrypted; write imaps://, or put the network of"
              " {host} under `network.allow`", host=host)
        )  # fmt: skip
    return stream


async def _opened(session: _Session, mailbox: Mailbox, folder: str) -> int:
    """Log in and open a folder, to read only; return its UIDVALIDITY."""
    try:
        await session.ask("LOGIN", mailbox.user.encode(), mailbox.password.encode())
    except _RefusedError as error:
        raise MailboxError(
            _("the mail server refuses the user or the password ({why}); many want a password made"
              " for one program", why=error)
        ) from None  # fmt: skip
    try:
        quoted = re.sub(r'(["\\])', r"\\\1", _modified_utf7(folder))
        answers = await session.ask(f'EXAMINE "{quoted}"')
    except _RefusedError as error:
        raise MailboxError(
            _("there is no folder {folder} to read ({why})", folder=folder, why=error)
        ) from None
    validity = next((match for answer in answers if (match := _VALIDITY.search(answer[0]))), None)
    return int(validity[1]) if validity else 0


async def _waiting(session: _Session, since: str, last: int) -> tuple[list[int], dict[int, int]]:
    """Return the UIDs of the mails to read, in their order, and the bytes to read of each."""
    criteria = f"UID {last + 1}:*" if last else "ALL"  # not a message
    if since and not last:
        day = format_datetime(datetime.fromisoformat(since))[5:16]  # 01 Nov 2026
        criteria = f"SINCE {day.replace(' ', '-')}"  # not a message
    numbers: set[int] = set()
    for answer in await session.ask(f"UID SEARCH {criteria}"):  # not a message
        if answer[0].upper().startswith(b"* SEARCH"):
            numbers.update(int(word) for word in answer[0].split()[2:] if word.isdigit())
    uids = sorted(uid for uid in numbers if uid > last)  # `*` is the last one, whatever its UID
    uids = uids[:MOST] if last else uids[-MOST:]
    sizes = dict.fromkeys(uids, 0)
    for answer in await session.fetch(uids, "RFC822.SIZE"):
        if (uid := _UID.search(answer[0])) and (size := _SIZE.search(answer[0])):
            sizes[int(uid[1])] = min(int(size[1]), MAIL_BYTES)
    return uids, sizes


def _modified_utf7(folder: str) -> str:
    """Return the name of a folder as IMAP writes it (RFC 3501, 5.1.3)."""

    def coded(match: re.Match[str]) -> str:
        raw = b64encode(match[0].encode("utf-16-be")).decode().rstrip("=").replace("/", ",")
        return "&-" if match[0] == "&" else f"&{raw}-"

    return re.sub(r"&|[^ -~]+", coded, folder)


class _Session:
    """A connection: each command, and its answers. An answer is its lines and its literals."""

    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        stream.allowance = _HEAD
        self._buffer = bytearray()
        self._commands = 0

    async def greet(self) -> None:
        """Await the greeting of the server."""
        if not (await self._answer())[0].upper().startswith(b"* OK"):
            raise MailboxError(_("the server does not speak IMAP"))

    async def ask(self, command: str, *literals: bytes) -> list[list[bytes]]:
        """Send a command, with texts that need no quotes then; return its answers.

        Raises:
            _RefusedError: The server refuses it.
        """
        self._commands += 1
        tag = b"t%d" % self._commands
        words = b"%b %b" % (tag, command.encode())
        for literal in literals:
            await self._stream.write(b"%b {%d}\r\n" % (words, len(literal)))
            await self._answers(tag)
            words = literal
        await self._stream.write(words + b"\r\n")
        return await self._answers(tag)

    async def fetch(self, uids: list[int], what: str) -> list[list[bytes]]:
        """Return the answers about mails; none if there are no mails."""
        numbers = ",".join(map(str, uids))
        return await self.ask(f"UID FETCH {numbers} ({what})") if uids else []  # not a message

    async def bodies(self, uids: list[int], size: int) -> list[bytes]:
        """Return mails of so many bytes, as far as they are read; deleted ones are left out."""
        self._stream.allowance = size + _HEAD
        mails: dict[int, bytes] = {}
        for answer in await self.fetch(uids, f"BODY.PEEK[]<0.{MAIL_BYTES}>"):
            if len(answer) > 1 and (uid := _UID.search(b" ".join(answer[::2]))):
                mails[int(uid[1])] = answer[1]
        return [mails[uid] for uid in uids if uid in mails]

    async def _answers(self, tag: bytes) -> list[list[bytes]]:
        """Return answers, up to that which ends a command or asks for the rest of it."""
        answers: list[list[bytes]] = []
        while not (answer := await self._answer())[0].startswith((b"+", tag + b" ")):
            if answer[0].upper().startswith(b"* BYE"):
                why = _shown(answer[0][5:])
                raise MailboxError(_("the mail server ends the connection ({why})", why=why))
            answers.append(answer)
        status, _space, words = answer[0].removeprefix(tag + b" ").partition(b" ")
        if status.upper() in (b"NO", b"BAD"):
            raise _RefusedError(_shown(words))
        return answers

    async def _answer(self) -> list[bytes]:
        parts = [await self._line()]
        while match := _LITERAL.search(parts[-1]):
            parts += [await self._bytes(int(match[1])), await self._line()]
        return parts

    async def _line(self) -> bytes:
        looked_at = 0
        while (end := self._buffer.find(b"\r\n", looked_at)) < 0:
            looked_at = max(0, len(self._buffer) - 1)
            await self._read()
        return (await self._bytes(end + 2))[:-2]

    async def _bytes(self, count: int) -> bytes:
        while len(self._buffer) < count:
            await self._read()
        taken = bytes(self._buffer[:count])
        del self._buffer[:count]
        return taken

    async def _read(self) -> None:
        data = await self._stream.read(1 << 16)
        if not data:
            raise MailboxError(_("the server hung up without an answer"))
        self._buffer += data


def _shown(answer: bytes) -> str:
    return line(answer.decode("utf-8", "replace"))[:200] or "?"
