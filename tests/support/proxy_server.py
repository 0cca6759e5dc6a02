"""An HTTP proxy on loopback, which tunnels, forwards and records the requests."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
import threading
from dataclasses import dataclass, field
from typing import Self
from urllib.parse import urlsplit


@dataclass
class Proxy:
    """Use it as a context manager. All names lead to the loopback interface."""

    tls: ssl.SSLContext | None = None
    status: int = 200
    """The status for CONNECT; the proxy tunnels if it is 200, and hangs if it is 0."""
    heads: list[bytes] = field(default_factory=list)
    """The heads of the requests."""
    port: int = 0

    def url(self, login: str = "", host: str = "127.0.0.1") -> str:
        """Return its address."""
        scheme = "https" if self.tls else "http"
        return f"{scheme}://{f'{login}@' if login else ''}{host}:{self.port}"

    def __enter__(self) -> Self:
        ready = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run(ready)), daemon=True)
        self._thread.start()
        assert ready.wait(60)
        return self

    def __exit__(self, *exc: object) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(60)

    async def _run(self, ready: threading.Event) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        server = await asyncio.start_server(self._serve, "127.0.0.1", ssl=self.tls)
        self.port = server.sockets[0].getsockname()[1]
        ready.set()
        await self._stop.wait()
        server.close()
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        opened = [writer]
        with contextlib.suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            head = await reader.readuntil(b"\r\n\r\n")
            self.heads.append(head)
            method, target, _ = head.split(b"\r\n", 1)[0].decode().split(" ")
            if method == "CONNECT" and self.status != 200:
                await asyncio.sleep(0 if self.status else 3600)
                writer.write(b"HTTP/1.1 %d No\r\nContent-Length: 0\r\n\r\n" % self.status)
                await writer.drain()
            else:
                url = f"//{target}" if method == "CONNECT" else target
                upstream = await asyncio.open_connection("127.0.0.1", urlsplit(url).port)
                opened.append(upstream[1])
                if method == "CONNECT":
                    writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
                else:
                    path = urlsplit(target).path.encode()
                    upstream[1].write(head.replace(target.encode(), path, 1))
                await asyncio.gather(_copy(reader, upstream[1]), _copy(upstream[0], writer))
        for connection in opened:
            connection.transport.abort()


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while piece := await reader.read(1 << 16):
            writer.write(piece)
            await writer.drain()
    finally:
        writer.close()
