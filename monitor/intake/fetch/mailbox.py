"""A mailbox: the new mails of a folder, by IMAP (RFC 3501), of which nothing is changed.

Four commands are enough: LOGIN, EXAMINE, UID SEARCH, and UID FETCH of BODY.PEEK. The libraries for
IMAP open connections past the address guard, block a thread, and hold what a server announces.
"""

from __future__ import annotations

import re
import ssl
from base64 import b64decode, b64encode
from collections.abc import Callable
from datetime import datetime
from email.utils import format_datetime
from urllib.parse import unquote, urlsplit

import msgspec

from monitor.base.errors import MonitorError
from monitor.base.text_cleaning import line
from monitor.base.translation import gettext as _, mark
from monitor.intake.fetch.address_guard import AddressError, AddressGuard, Stream
from monitor.model.feed import Feed, FeedState
from monitor.model.poll import Fetched, NotModified

MAIL_BYTES = 256 << 10
"""Bytes of a mail that are read: its texts, of 100 KB at most, stand before what is attached."""
MOST = 100
"""Most mails of a poll."""
_MOST_BYTES = 4 << 20
"""Bytes of mails after which a poll takes no more: a second of reading."""
_OTHER_BYTES = 4 << 20
"""Bytes of answers beside the mails: 500,000 numbers."""
_LITERAL = re.compile(rb"\{(\d{1,10})\}$")
_VALIDITY = re.compile(rb"\[UIDVALIDITY (\d{1,10})\]", re.IGNORECASE)
_READING = mark("the mail server refuses to read ({why})")


class MailboxError(MonitorError):
    """A mailbox that cannot be read; the message says why and what to do next."""


async def new_mails(
    feed: Feed,
    state: FeedState,
    guard: AddressGuard,
    trust: Callable[[], ssl.SSLContext],
    max_bytes: int,
) -> Fetched | NotModified:
    """Return the mails behind the last one, until they have `max_bytes`; the rest comes next time.

    The last one is known by UIDVALIDITY:UID, which stands for the ETag of the feed. Without it they
    are those since the day of the feed, or else the newest. In a folder that was numbered anew
    they are the newest since the day: others were read.

    Raises:
        AddressError: The password would be sent unencrypted.
        MailboxError: The server refuses the user, the folder, or to read.
    """
    parts, is_secure = urlsplit(feed.url), feed.url.lower().startswith("imaps:")
    host, port = parts.hostname or "", parts.port or (993 if is_secure else 143)
    stream = await guard.connect_tcp(host, port)
    try:
        if is_secure:
            stream = await stream.start_tls(trust(), host)
        elif not guard.owns(host):
            words = _(
                "imap:// would send the password unencrypted; write imaps://, or put the network of"
                " {host} under `network.allow`",
                host=host,
            )
            raise AddressError(words)
        return await _read(_Server(stream), feed, state, max_bytes)
    except ssl.SSLCertVerificationError:
        raise
    except ssl.SSLError:
        words = _("no encrypted connection at port {port}; imaps has 993", port=port)
        raise MailboxError(words) from None
    finally:
        await stream.aclose()


async def _read(
    server: _Server, feed: Feed, state: FeedState, max_bytes: int
) -> Fetched | NotModified:
    validity = await _opened(server, feed)
    position, _colon, last_uid = (state.etag or b"").partition(b":")
    is_known = position == b"%d" % validity
    last = int(last_uid) if is_known else 0
    day = format_datetime(datetime.fromisoformat(feed.source.since or "1970-01-01"))[5:16]
    criteria = f"UID {last + 1}:*" if last else f"SINCE {day.replace(' ', '-')}"  # not a message
    answers = await server.ask(f"UID SEARCH {criteria}")  # not a message
    words = [word for answer, _mail in answers if b"SEARCH" in answer for word in answer.split()]
    # `*` is the last mail, whatever its UID.
    uids = sorted(uid for uid in {int(word) for word in words if word.isdigit()} if uid > last)
    # After a failure it is fewer: one of them may be what cannot be read.
    most = max(1, MOST >> 2 * state.failures)
    mails: dict[int, bytes] = {}
    is_in_order = is_known or (feed.source.since and not state.etag)
    for uid in uids[:most] if is_in_order else uids[: -most - 1 : -1]:
        fetch = f"UID FETCH {uid} (BODY.PEEK[]<0.{MAIL_BYTES}>)"  # not a message
        mails[uid] = b"".join(mail for _words, mail in await server.ask(fetch))
        if sum(map(len, mails.values())) >= min(max_bytes, _MOST_BYTES):
            break
    if is_known and not mails:
        return NotModified()
    return Fetched(
        url=feed.url,
        body=msgspec.msgpack.encode([mails[uid] for uid in sorted(mails)]),
        etag=b"%d:%d" % (validity, max(mails, default=0)),
        headers=(("uidvalidity", str(validity)), ("uid", ",".join(map(str, sorted(mails))))),
    )


async def _opened(server: _Server, feed: Feed) -> int:
    """Log in and open the folder, to read only; return its UIDVALIDITY."""
    if not (await server.answer())[0].upper().startswith(b"* OK"):
        raise MailboxError(_("the server does not speak IMAP"))
    headers = {name.lower(): value.text for name, value in feed.request_options.headers}
    login = headers.get("authorization", "").removeprefix("Basic ")
    user, _colon, password = b64decode(login).partition(b":")
    refusal = mark(
        "the mail server refuses the user or the password ({why}); many want a password made for"
        " one program"
    )
    await server.ask("LOGIN", user, password, refusal=refusal)
    folder = unquote(urlsplit(feed.url).path.strip("/")) or "INBOX"
    quoted = re.sub(r'(["\\])', r"\\\1", _modified_utf7(folder))
    refusal = mark("there is no such folder to read ({why})")
    answers = await server.ask(f'EXAMINE "{quoted}"', refusal=refusal)
    matches = (_VALIDITY.search(words) for words, _literal in answers)
    return next((int(match[1]) for match in matches if match), 0)


def _modified_utf7(folder: str) -> str:
    """Return the name of a folder as IMAP writes it (RFC 3501, 5.1.3)."""

    def coded(match: re.Match[str]) -> str:
        raw = b64encode(match[0].encode("utf-16-be")).decode().rstrip("=").replace("/", ",")
        return "&-" if match[0] == "&" else f"&{raw}-"

    return re.sub(r"&|[^ -~]+", coded, folder)


class _Server:
    """A connection to a mail server. An answer is its words, and the text quoted among them."""

    def __init__(self, stream: Stream) -> None:
        self._stream, self._buffer, self._commands = stream, bytearray(), 0

    async def ask(
        self, command: str, *literals: bytes, refusal: str = _READING
    ) -> list[tuple[bytes, bytes]]:
        """Send a command, with texts that so need no quotes; return the answers before its end.

        Raises:
            MailboxError: The server refuses it.
        """
        self._stream.allowance = MAIL_BYTES + _OTHER_BYTES
        self._commands += 1
        tag = b"t%d " % self._commands
        words = tag + command.encode()
        for literal in literals:
            await self._stream.write(b"%b {%d}\r\n" % (words, len(literal)))
            await self._answers(tag, refusal)
            words = literal
        await self._stream.write(words + b"\r\n")
        return await self._answers(tag, refusal)

    async def _answers(self, tag: bytes, refusal: str) -> list[tuple[bytes, bytes]]:
        """Return the answers before that which ends a command, or asks for the rest of it."""
        answers = []
        while not (answer := await self.answer())[0].startswith((b"+", tag, b"* BYE")):
            answers.append(answer)
        status, _space, words = answer[0].removeprefix(tag).partition(b" ")
        if not status.upper().startswith((b"OK", b"+")):
            why = line(words.decode("utf-8", "replace"))[:200]
            raise MailboxError(_(refusal, why=why))
        return answers

    async def answer(self) -> tuple[bytes, bytes]:
        """Return the next answer."""
        words = text = b""
        while True:
            while (end := self._buffer.find(b"\r\n")) < 0:
                await self._receive()
            words += b" " + self._taken(end + 2)[:-2]
            if not (literal := _LITERAL.search(words)):
                return words[1:], text
            while len(self._buffer) < int(literal[1]):
                await self._receive()
            text += self._taken(int(literal[1]))

    async def _receive(self) -> None:
        data = await self._stream.read(1 << 16)
        if not data:
            raise MailboxError(_("the server hung up without an answer"))
        self._buffer += data

    def _taken(self, count: int) -> bytes:
        taken = bytes(self._buffer[:count])
        del self._buffer[:count]
        return taken
