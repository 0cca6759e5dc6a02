"""Measures when healthy feeds are read beside servers that never finish, with real limits."""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
import sqlite3
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from statistics import median

from msgspec import Struct

from bench.tocsin_run import TOCSIN

HEALTHY = 700
_FEED = (
    "<rss version='2.0'><channel><title>{0}</title><item><guid>{0}</guid>"
    "<title>Article {0}</title><description>Un texte.</description></item></channel></rss>"
)
_HEAD = "HTTP/1.1 200 OK\r\nContent-Type: application/rss+xml\r\nContent-Length: {}\r\n\r\n"


class Healthy(Struct, frozen=True):
    """Seconds from the start until half of the feeds, and the last one, were stored."""

    half: float
    last: float


def healthy_beside(tarpits: int) -> Healthy:
    """Run a monitor over 700 healthy feeds and a number of tarpits, in random order."""
    with tempfile.TemporaryDirectory() as folder, _served() as port:
        names = [f"well{n}" for n in range(HEALTHY)] + [f"tarpit{n}" for n in range(tarpits)]
        random.Random(7).shuffle(names)
        feeds = [
            {"url": f"http://127.0.0.1:{port}/{name}", "name": name, "every": "1h"}
            for name in names
        ]
        network = {"allow": ["127.0.0.0/8"]}
        settings = {"network": network, "feeds": feeds, "watchlists": ["Alibaba"]}
        settings["archive"] = {"vectors": False}
        (Path(folder) / "feeds.yaml").write_text(json.dumps(settings), encoding="utf-8")
        start = time.time()
        monitor = subprocess.Popen([TOCSIN, "-q", "run"], cwd=folder, stderr=subprocess.DEVNULL)
        try:
            read_times = sorted(moment - start for moment in _all_read(Path(folder)))
        finally:
            monitor.terminate()
            monitor.wait()
    return Healthy(median(read_times), read_times[-1])


def _all_read(folder: Path) -> list[float]:
    while True:
        time.sleep(0.2)
        with contextlib.suppress(sqlite3.OperationalError):
            name = f"file:{folder}/var/newsroom.db?mode=ro"
            with closing(sqlite3.connect(name, uri=True)) as sql:
                rows = sql.execute("SELECT last_ok FROM feeds WHERE name LIKE 'well%'").fetchall()
            if len(rows) == HEALTHY and all(last_ok for (last_ok,) in rows):
                return [float(last_ok) for (last_ok,) in rows]


@contextmanager
def _served() -> Iterator[int]:
    """Serve both kinds on loopback, in a thread; yield the port."""
    ready: list[int] = []
    started, loop = threading.Event(), asyncio.new_event_loop()

    async def serve() -> None:
        server = await asyncio.start_server(_answer, "127.0.0.1", 0, backlog=1024)
        ready.append(server.sockets[0].getsockname()[1])
        started.set()

    def run() -> None:
        loop.run_until_complete(serve())
        loop.run_forever()
        for task in asyncio.all_tasks(loop):
            task.cancel()
        loop.run_until_complete(asyncio.sleep(0))

    serving = threading.Thread(target=run)
    serving.start()
    started.wait()
    try:
        yield ready[0]
    finally:
        loop.call_soon_threadsafe(loop.stop)
        serving.join()


async def _answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answer at once, or a byte a second, or with endless early hints, or never."""
    with contextlib.suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
        while True:
            path = (await reader.readuntil(b"\r\n\r\n")).split(b" ", 2)[1].decode()
            body = _FEED.format(path.strip("/")).encode()
            answer = _HEAD.format(len(body)).encode() + body
            if path.startswith("/well"):
                writer.write(answer)
                await writer.drain()
                continue
            match int(path.removeprefix("/tarpit")) % 4:
                case 0:
                    await asyncio.sleep(3_600)
                case 1:
                    while True:
                        writer.write(b"HTTP/1.1 103 Early Hints\r\n\r\n")
                        await writer.drain()
                        await asyncio.sleep(0.1)
                case kind:
                    start = 0 if kind == 2 else len(answer) - len(body)
                    writer.write(answer[:start])
                    for byte in answer[start:]:
                        writer.write(bytes([byte]))
                        await writer.drain()
                        await asyncio.sleep(1)
