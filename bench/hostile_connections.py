"""Attacks by neighbours that open connections to servers of tocsin and send half a request."""

from __future__ import annotations

import json
import re
import resource
import selectors
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.client import HTTPConnection, HTTPException
from pathlib import Path

from bench.hostile_cost import Harm
from bench.loopback import Loopback, serve_loopback
from bench.measure import peak_of
from bench.server import free_port
from bench.tocsin_run import TOCSIN

MB = 2**20
DESCRIPTORS = 1024
"""Open files of the attacked process, as most systems allow."""
OF_ATTACKER = 8192
METRICS_CONNECTIONS = 1_004
SERVE_CONNECTIONS = 1_146
BEFORE, DURING, AFTER = 8.0, 30.0, 15.0
"""Seconds."""
TRIED = 5.0
"""Seconds for which a client waits before it asks again."""
HALF = b"GET /metrics HTTP/1.1\r\nHost: 127.0.0.1\r\n"
_FEED = (
    b"<rss version='2.0'><channel><item><guid>1</guid><title>One</title>"
    b"<description>Text.</description></item></channel></rss>"
)


def metrics(folder: Path) -> Iterator[Harm]:
    """Attack the metrics of a monitor that polls a feed each second."""
    polls: list[float] = []

    def document(path: str) -> tuple[str, bytes]:
        polls.append(time.monotonic())
        return '"1"', _FEED

    port = free_port()
    with serve_loopback(Loopback(document, keep_alive=False)) as loopback:
        settings = {
            "network": {"allow": ["127.0.0.0/8"]},
            "feeds": [{"url": f"http://127.0.0.1:{loopback.port}/feed", "every": "1s"}],
            "watchlists": ["Alibaba"],
        }
        config = folder / "feeds.yaml"
        config.write_text(json.dumps(settings), encoding="utf-8")
        command = [TOCSIN, "-c", str(config), "run", "--metrics", f"127.0.0.1:{port}"]
        with _running(folder, command) as process:
            while not polls:
                time.sleep(0.1)
            for phase, seconds, attacked in _phases(process, port, METRICS_CONNECTIONS, "/metrics"):
                now = time.monotonic()
                times = [moment for moment in polls if now - seconds < moment < now]
                gaps = zip([now - seconds, *times], [*times, now], strict=True)
                pause = max(end - begin for begin, end in gaps)
                yield Harm(
                    f"longest time without a poll {phase}",
                    pause,
                    peak_of(process.pid) / MB,
                    attacked,
                )


def serve(folder: Path) -> Iterator[Harm]:
    """Attack the dashboard in a browser."""
    config = folder / "feeds.yaml"
    config.write_text("feeds: [{url: http://127.0.0.1:9/feed}]\nwatchlists: []\n", encoding="utf-8")
    subprocess.run([TOCSIN, "-c", str(config), "-q", "run", "--once"], check=False)
    command = [TOCSIN, "-c", str(config), "serve", "--no-monitor", "--port", "0"]
    with _running(folder, command) as process:
        while not (
            match := re.search(r":(\d+)/\?", (folder / "stdout").read_text(encoding="utf-8"))
        ):
            time.sleep(0.1)
        port = int(match[1])
        for phase, _, attacked in _phases(process, port, SERVE_CONNECTIONS, "/"):
            yield Harm(f"a page {phase}", _answered(port, "/"), peak_of(process.pid) / MB, attacked)


def _phases(
    process: subprocess.Popen[bytes], port: int, connections: int, path: str
) -> Iterator[tuple[str, float, str]]:
    """Yield the name, the seconds and the state of the server at the end of each phase."""
    errors = Path(f"/proc/{process.pid}/fd/2")

    def state() -> str:
        answer = _answered(port, path)
        size = errors.stat().st_size
        return f"{path} answered in {answer:.2f} s; {size:,} bytes of stderr"

    time.sleep(BEFORE)
    yield "before", BEFORE, state()
    with _half_open(port, connections):
        time.sleep(DURING)
        yield f"beside {connections:,} half requests", DURING, state()
    time.sleep(AFTER)
    yield "after them", AFTER, state()


@contextmanager
def _running(folder: Path, command: list[str]) -> Iterator[subprocess.Popen[bytes]]:
    with (folder / "stdout").open("wb") as out, (folder / "stderr").open("wb") as errors:
        process = subprocess.Popen(command, stdout=out, stderr=errors)
        resource.prlimit(process.pid, resource.RLIMIT_NOFILE, (DESCRIPTORS, DESCRIPTORS))
        try:
            yield process
        finally:
            process.terminate()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


@contextmanager
def _half_open(port: int, connections: int) -> Iterator[None]:
    """Keep connections open while the block runs, and replace each one that is closed."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, OF_ATTACKER), hard))
    ended = threading.Event()

    def attack() -> None:
        with selectors.DefaultSelector() as selector:
            while not ended.is_set():
                for _ in range(min(64, connections - len(selector.get_map()))):
                    with suppress(OSError):
                        connection = socket.create_connection(("127.0.0.1", port), 0.2)
                        connection.sendall(HALF)
                        selector.register(connection, selectors.EVENT_READ)
                for key, _ in selector.select(0.02):
                    selector.unregister(key.fileobj)
                    _socket(key).close()
            for key in list(selector.get_map().values()):
                _socket(key).close()

    attacker = threading.Thread(target=attack)
    attacker.start()
    try:
        yield
    finally:
        ended.set()
        attacker.join()


def _socket(key: selectors.SelectorKey) -> socket.socket:
    assert isinstance(key.fileobj, socket.socket)
    return key.fileobj


def _answered(port: int, path: str, tries: int = 3) -> float:
    """Return the seconds until a client gets an answer."""
    start = time.monotonic()
    for _ in range(tries):
        client = HTTPConnection("127.0.0.1", port, timeout=TRIED)
        with suppress(OSError, HTTPException):
            client.request("GET", path)
            client.getresponse().read()
            break
        client.close()
    return time.monotonic() - start
