"""A web server on loopback that a test scripts, and that records its requests.

    with Web() as web:
        web.on("/feed.xml", Reply(503, delay=0.1), Reply(body=b"<rss/>"))  # the last one repeats
        ... ask web.url("/feed.xml") ...
        assert [r.path for r in web.requests] == ["/feed.xml", "/feed.xml"]

It runs in its own thread, so that any kind of code can be tested against it: asyncio,
blocking, or another process.
"""

from __future__ import annotations

import asyncio
import contextlib
import enum
import gzip
import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable, Iterator
from email.utils import formatdate
from http import HTTPStatus
from typing import Self

import pytest
from msgspec import Struct, field
from msgspec.structs import replace


class Fault(enum.StrEnum):
    """The faults of an answer."""

    RESET = "reset"  # connection reset instead of an answer
    RESET_MIDWAY = "reset midway"  # reset after half of the body
    CLOSE = "close"  # connection closed without an answer
    HANG = "hang"  # accepted, read, never answered
    DRIP = "drip"  # one byte of the body every `pause` seconds
    DRIP_HEAD = "drip head"  # the same from the first byte of the status line
    ENDLESS_1XX = "endless 1xx"  # 103 Early Hints, for ever, one every `pause` seconds
    SHORT = "short"  # Content-Length promises 100 bytes more than there are
    ENDLESS = "endless"  # the body again and again, without an end, as fast as it is taken
    GARBAGE = "garbage"  # not HTTP at all


class Reply(Struct, frozen=True):
    """One answer. Content-Length, Date and Connection are added unless `headers` has them."""

    status: int = 200
    headers: tuple[tuple[str | bytes, str | bytes], ...] = ()
    body: bytes = b""
    delay: float = 0.0
    """Seconds before the first byte."""
    fault: Fault | None = None
    pause: float = 1.0
    """Seconds between the bytes of a drip."""

    def zipped(self) -> Reply:
        """Return the same answer with a gzip body."""
        return replace(
            self,
            body=gzip.compress(self.body, mtime=0),
            headers=(*self.headers, ("Content-Encoding", "gzip")),
        )


class Request(Struct, frozen=True):
    """A request, as it came over the wire."""

    method: str
    path: str
    """The path with its query."""
    headers: tuple[tuple[str, bytes], ...]
    """Names in lower case, raw values, in order."""
    body: bytes
    at: float
    """The time of its last byte, by the server's clock."""
    connection: int
    """The number of its connection, from 1."""

    def header(self, name: str) -> bytes | None:
        """Return a header's first value, None if it was not sent."""
        return next((value for key, value in self.headers if key == name.lower()), None)


_PHRASES = {status.value: status.phrase for status in HTTPStatus}
_GARBAGE = b"\x16\x03\x01 SSH-2.0-OpenSSH_9.6\r\n\x00\xff" * 8

Script = Callable[[Request], Reply]


def conditional(body: bytes, etag: str = '"1"', **extra: str) -> Script:
    """Return a script that answers 304 to whoever has this ETag already."""
    headers = (("ETag", etag), *((key.replace("_", "-"), value) for key, value in extra.items()))

    def answer(request: Request) -> Reply:
        if request.header("If-None-Match") == etag.encode("utf-8"):
            return Reply(304, headers)
        return Reply(200, headers, body)

    return answer


def redirect(to: str, status: int = 302) -> Reply:
    """Return a redirect."""
    return Reply(status, (("Location", to.encode("utf-8")),))


def gzip_bomb(megabytes: int) -> bytes:
    """Return zeros, compressed about a thousand times."""
    return gzip.compress(bytes(megabytes << 20), 9, mtime=0)


class Web(Struct, dict=True):
    """The server; use it as a context manager."""

    tls: ssl.SSLContext | None = None
    address: str = "127.0.0.1"
    requests: list[Request] = field(default_factory=list)
    """Every request so far, in the order they came."""
    connections: int = 0
    """The number of connections that were accepted."""
    most_open: int = 0
    """The most connections that were open at once, as far as the server has noticed."""
    port: int = 0
    clock: Callable[[], float] = time.monotonic
    date: Callable[[], float] = time.time
    """Returns the time that answers tell, in seconds since 1970."""
    _scripts: dict[str, list[Reply | Script]] = field(default_factory=dict)
    _open: dict[asyncio.StreamWriter, asyncio.StreamReader] = field(default_factory=dict)

    def on(self, path: str, *replies: Reply | Script) -> None:
        """Answer a path (or everything: `*`) so, one reply per request, the last one repeating."""
        self._scripts[path] = list(replies)

    def url(self, path: str = "/", host: str = "") -> str:
        """Return the URL of a path, under another name if wanted."""
        scheme = "https" if self.tls else "http"
        return f"{scheme}://{host or self.address}:{self.port}{path}"

    def requests_for(self, path: str) -> list[Request]:
        """Return the requests for one path."""
        return [request for request in self.requests if request.path == path]

    def __enter__(self) -> Self:
        ready = threading.Event()
        self._thread = threading.Thread(
            target=lambda: asyncio.run(self._run(ready)), name="scripted web", daemon=True
        )
        self._thread.start()
        if not ready.wait(60):
            raise RuntimeError("the scripted web server did not start")
        return self

    def __exit__(self, *exc: object) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(60)

    async def _run(self, ready: threading.Event) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        server = await asyncio.start_server(
            self.serve, self.address, self.port, ssl=self.tls, backlog=1024
        )
        self.port = server.sockets[0].getsockname()[1]
        ready.set()
        await self._stop.wait()
        for listening in server.sockets:
            self._loop.remove_reader(listening.fileno())
        for _turn in range(5):  # new connections need an open server and a task
            await asyncio.sleep(0)
        server.close()
        for writer in list(self._open):
            writer.transport.abort()
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for transport in list(getattr(self._loop, "_transports", {}).values()):
            transport.abort()  # its task was cancelled before it began
        await asyncio.sleep(0)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer the requests of one connection, until its end."""
        self.connections += 1
        number = self.connections
        self._open[writer] = reader
        self.most_open = max(self.most_open, sum(not r.at_eof() for r in self._open.values()))
        try:
            with contextlib.suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
                while request := await _read(reader, number, self.clock):
                    self.requests.append(request)
                    if not await self._answer(self._reply_to(request), request, writer):
                        break
        finally:
            del self._open[writer]
            with contextlib.suppress(AttributeError):  # it is closed already, and has no loop
                writer.transport.abort()

    def _reply_to(self, request: Request) -> Reply:
        path = request.path if request.path in self._scripts else request.path.partition("?")[0]
        script = self._scripts.get(path) or self._scripts.get("*")
        if not script:
            return Reply(404, body=b"nothing is scripted here")
        reply = script.pop(0) if len(script) > 1 else script[0]
        return reply if isinstance(reply, Reply) else reply(request)

    async def _answer(self, reply: Reply, request: Request, writer: asyncio.StreamWriter) -> bool:
        """Send a reply and return whether the connection may be used again."""
        await asyncio.sleep(reply.delay)
        head, body = _head(reply, self.date()), b"" if request.method == "HEAD" else reply.body
        match reply.fault:
            case None:
                writer.write(head + body)
            case Fault.RESET:
                _reset(writer)
            case Fault.RESET_MIDWAY:
                writer.write(head + body[: len(body) // 2])
                await writer.drain()
                await asyncio.sleep(0.05)
                _reset(writer)
            case Fault.CLOSE | Fault.SHORT | Fault.GARBAGE:
                broken_bodies = {Fault.SHORT: head + body, Fault.GARBAGE: _GARBAGE}
                writer.write(broken_bodies.get(reply.fault, b""))
                writer.close()
            case Fault.HANG:
                await asyncio.sleep(3600)
            case Fault.DRIP:
                writer.write(head)
                await _drip(writer, body, reply.pause)
            case Fault.DRIP_HEAD:
                await _drip(writer, head + body, reply.pause)
            case Fault.ENDLESS_1XX:
                while True:
                    writer.write(b"HTTP/1.1 103 Early Hints\r\nLink: </x>; rel=preload\r\n\r\n")
                    await writer.drain()
                    await asyncio.sleep(reply.pause)
            case Fault.ENDLESS:
                writer.write(head)
                while True:
                    writer.write(body)
                    await writer.drain()
        await writer.drain()
        return reply.fault in {None, Fault.DRIP, Fault.DRIP_HEAD} and b"close" not in head.lower()


async def _read(
    reader: asyncio.StreamReader, connection: int, clock: Callable[[], float]
) -> Request | None:
    head = await reader.readuntil(b"\r\n\r\n")
    first, *lines = head[:-4].split(b"\r\n")
    method, path, _ = first.decode("latin-1").split(" ", 2)
    pairs = (line.split(b":", 1) for line in lines)
    headers = tuple((key.decode("latin-1").lower(), value.strip()) for key, value in pairs)
    length = int(dict(headers).get("content-length", b"0"))
    body = await reader.readexactly(length) if length else b""
    return Request(method, path, headers, body, clock(), connection)


def _head(reply: Reply, date: float) -> bytes:
    header_names = {_raw(key).lower() for key, _ in reply.headers}
    length = len(reply.body) + (100 if reply.fault is Fault.SHORT else 0)
    headers = [(_raw(key), _raw(value)) for key, value in reply.headers]
    if b"date" not in header_names:
        headers.append((b"Date", formatdate(date, usegmt=True).encode()))
    framed = reply.fault is Fault.ENDLESS or reply.status in {204, 304}
    if not framed and not header_names & {b"content-length", b"transfer-encoding"}:
        headers.append((b"Content-Length", str(length).encode()))
    status = f"HTTP/1.1 {reply.status} {_PHRASES.get(reply.status, 'Whatever')}".encode()
    return b"\r\n".join([status, *(key + b": " + value for key, value in headers), b"", b""])


def _raw(text: str | bytes) -> bytes:
    return text if isinstance(text, bytes) else text.encode("latin-1")


async def _drip(writer: asyncio.StreamWriter, data: bytes, pause: float) -> None:
    for byte in data:
        writer.write(bytes([byte]))
        await writer.drain()
        await asyncio.sleep(pause)


def _reset(writer: asyncio.StreamWriter) -> None:
    """Send RST: closing with a linger of zero seconds does that."""
    if (sock := writer.get_extra_info("socket")) is not None:  # none: a connection in memory
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


@pytest.fixture
def web() -> Iterator[Web]:
    """A scripted web server."""
    with Web() as server:
        yield server
