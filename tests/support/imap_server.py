"""A mail server on loopback: the little of IMAP that a reader of newsletters may ask, and faults.

Whatever else a client asks is refused, and all that it asks is kept: nothing may change a mailbox.
"""

from __future__ import annotations

import asyncio
import re
import socketserver
import ssl
import threading
from collections.abc import Callable, Generator
from contextlib import suppress
from datetime import date
from email.message import EmailMessage
from email.utils import formataddr, parsedate_to_datetime
from typing import Any, Self

from msgspec import Struct, field

USER, PASSWORD = "desk@journal.example", 'p"ss\\wörd {4}'
TODAY = date(2023, 11, 14)
"""The day of `support.flow.START`."""


class Folder(Struct):
    """A folder: its mails by UID, and the days on which they came."""

    validity: int = 1
    mails: dict[int, bytes] = field(default_factory=dict)
    days: dict[int, date] = field(default_factory=dict)
    next: int = 1

    def add(self, mail: bytes | EmailMessage, day: date = TODAY) -> int:
        """Deliver a mail; return its UID."""
        uid, self.next = self.next, self.next + 1
        self.mails[uid] = mail if isinstance(mail, bytes) else mail.as_bytes()
        self.days[uid] = day
        return uid

    def renumber(self, validity: int, first: int = 1) -> None:
        """Give every mail a new UID, as a server does that rebuilt the folder."""
        mails = [(self.mails[uid], self.days[uid]) for uid in sorted(self.mails)]
        self.mails.clear()
        self.days.clear()
        self.validity, self.next = validity, first
        for mail, day in mails:
            self.add(mail, day)


class ImapServer:
    """Serves folders to one user; `faults` are answers by the name of the command."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self.folders: dict[str, Folder] = {"INBOX": Folder(), "Presse &AOk-conomique": Folder()}
        self.inbox = self.folders["INBOX"]
        self.asked: list[str] = []
        """The commands of all connections, without their tags; a password is `…`."""
        self.connections = 0
        self.faults: dict[str, bytes] = {}
        self._tls = tls
        self.date: Callable[[], float] | None = None
        """Set by a `Town`, and not needed."""

    def __enter__(self) -> Self:
        served = self

        class Handler(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                talk = _Session(served, self.wfile.write).talk()
                wanted = next(talk)
                with suppress(OSError, StopIteration):
                    while True:
                        data = self.rfile.read(wanted) if wanted else self.rfile.readline()
                        wanted = talk.send(data)

        class Server(socketserver.ThreadingTCPServer):
            daemon_threads = True

            def finish_request(self, request: Any, client_address: Any) -> None:
                if served._tls is None:
                    super().finish_request(request, client_address)
                    return
                with served._tls.wrap_socket(request, server_side=True) as secured:
                    super().finish_request(secured, client_address)

            def handle_error(self, *_: Any) -> None:
                """Say nothing: clients of tests break off."""

        self._server = Server(("127.0.0.1", 0), Handler)
        self.port: int = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve a connection within a loop, as the server of a `Town`."""
        talk = _Session(self, writer.write).talk()
        wanted = next(talk)
        with suppress(OSError, StopIteration, asyncio.IncompleteReadError):
            while True:
                data = await (reader.readexactly(wanted) if wanted else reader.readline())
                wanted = talk.send(data)

    def url(self, folder: str = "INBOX", user: str = USER, host: str = "127.0.0.1") -> str:
        """Return the address of a folder."""
        scheme = "imaps" if self._tls else "imap"
        return f"{scheme}://{user.replace('@', '%40')}@{host}:{self.port}/{folder}"


class _Session:
    def __init__(self, server: ImapServer, write: Callable[[bytes], object]) -> None:
        self._server, self._send = server, write
        self._folder: Folder | None = None
        self._user = ""

    def talk(self) -> Generator[int, bytes, None]:
        """Yield how many bytes are to be read, 0 for a line, and receive them."""
        self._server.connections += 1
        self._send(self._server.faults.get("greeting", b"* OK ready\r\n"))
        while line := (yield 0):
            tag, _, command = line.decode().strip().partition(" ")
            literals = []
            while match := re.search(r"\{(\d+)\}$", command):
                self._send(b"+ go on\r\n")
                literals.append((yield int(match[1])).decode())
                more = (yield 0).decode().rstrip("\r\n")
                command = command[: match.start()] + "…" + more
            self._server.asked.append(command)
            name = command.split()[1 if command.startswith("UID") else 0]
            if name in self._server.faults:
                self._send(self._server.faults[name].replace(b"TAG", tag.encode()))
                continue
            answer = getattr(self, f"_{name.lower()}", self._unknown)(command, *literals)
            self._send(f"{tag} {answer}\r\n".encode())

    def _unknown(self, command: str, *_: str) -> str:
        return f"BAD {command.split(maxsplit=1)[0]} is not for readers"

    def _login(self, command: str, user: str, password: str) -> str:
        if (user, password) != (USER, PASSWORD):
            return "NO [AUTHENTICATIONFAILED] Authentication failed."
        self._user = user
        return "OK welcome"

    def _examine(self, command: str) -> str:
        name = command.partition(" ")[2].strip('"')
        self._folder = self._server.folders.get(name) if self._user else None
        if self._folder is None:
            return "NO [NONEXISTENT] Mailbox doesn't exist"
        self._send(f"* {len(self._folder.mails)} EXISTS\r\n".encode())
        self._send(f"* OK [UIDVALIDITY {self._folder.validity}] UIDs valid\r\n".encode())
        return "OK [READ-ONLY] Examine completed"

    def _search(self, command: str) -> str:
        assert self._folder is not None
        uids = sorted(self._folder.mails)
        if match := re.search(r"SINCE (\S+)", command):
            since = parsedate_to_datetime(f"{match[1]} 00:00:00".replace("-", " ")).date()
            uids = [uid for uid in uids if self._folder.days[uid] >= since]
        if match := re.search(r"UID (\d+):\*", command):
            first = int(match[1])
            uids = [uid for uid in uids if uid >= first] or uids[-1:]
        self._send(f"* SEARCH {' '.join(map(str, uids))}\r\n".encode())
        return "OK Search completed"

    def _fetch(self, command: str) -> str:
        assert self._folder is not None
        _uid, _fetch, uids, what = command.split(maxsplit=3)
        for number, uid in enumerate(map(int, uids.split(",")), 1):
            mail = self._folder.mails.get(uid)
            if mail is None:
                continue
            match = re.fullmatch(r"\(BODY\.PEEK\[\]<0\.(\d+)>\)", what)
            assert match, what
            part = mail[: int(match[1])]
            self._send(f"* {number} FETCH (UID {uid} BODY[]<0> {{{len(part)}}}\r\n".encode())
            self._send(part + b")\r\n")
        return "OK Fetch completed"

    def _logout(self, command: str) -> str:
        self._send(b"* BYE\r\n")
        return "OK"


def newsletter(
    subject: str,
    text: str = "",
    *,
    id: str = "",
    html: str = "",
    sender: tuple[str, str] = ("Le Métier", "lettre@metier.example"),
    date: str = "Tue, 14 Nov 2023 08:00:00 +0100",
    list_id: str = "La lettre du Métier <lettre.metier.example>",
    **headers: str,
) -> EmailMessage:
    """Return a mail of the trade press; headers are called as `Authentication_Results`."""
    mail = EmailMessage()
    for name, value in headers.items():
        mail[name.replace("_", "-")] = value
    mail["Subject"], mail["From"] = subject, formataddr(sender)
    mail["To"], mail["Date"] = USER, date
    mail["Message-ID"] = f"<{id or subject.replace(' ', '-').encode().hex()}@metier.example>"
    if list_id:
        mail["List-Id"] = list_id
    mail.set_content(text or subject)
    if html:
        mail.add_alternative(html, subtype="html")
    return mail
