"""Measures the API: memory at rest, requests a second, and the latency of a request.

python -m bench.api [--articles 100000] [--seconds 5] [--folder FOLDER]

Each request is sent by one client, then by four at once, over HTTP; and the service itself is
called in this process, with the rows made into JSON. Then Debian's Miniflux gets similar requests
on the same articles, all unread; it needs root, for its own PostgreSQL. FOLDER is kept.
"""

from __future__ import annotations

import argparse
import json
import os
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from statistics import median, quantiles
from tempfile import TemporaryDirectory
from types import MappingProxyType

import httpx
from msgspec import Struct

from bench import peer_miniflux
from bench.alert_newsroom import AlertRoom
from bench.measure import kept_or_temporary, peak_of
from monitor.model.search import Filter
from monitor.presentation.rows.alerts import alert_row
from monitor.presentation.rows.articles import results_row
from monitor.runtime.viewing import open_service

QUESTIONS = {
    "search, 50 hits": "search?query=greve+orly",
    "search by relevance": "search?query=alibaba+surete&sort=score",
    "alerts, 50 rows": "alerts",
    "alerts, page 100": "alerts?after=a95000",
    "one alert": "alerts/a500",
    "status": "status",
}
PEER = {
    "search, 50 hits": "entries?search=grève+orly&limit=50",
    "search by relevance": "entries?search=alibaba+sûreté&limit=50",
    "alerts, 50 rows": "entries?status=unread&limit=50&order=published_at&direction=desc",
}
"""The requests to Miniflux: its search always sorts by relevance and date together; its list has
the unread entries."""
OURS, DIRECT, THEIRS = "tocsin", "service", "Miniflux"
CLIENTS = (1, 4)
FEWEST = 20
"""The least number of answers for a percentile."""
SETTLE = 25.0
"""Seconds after which the server has released memory."""


class Figures(Struct, frozen=True):
    """The figures of a question."""

    rate: float
    """Answers a second."""
    median: float
    late: float
    """Milliseconds within which 95 of 100 were answered."""


Measured = dict[tuple[str, str, int], Figures]
"""Figures by the server, the question, and the number of clients."""


def main() -> None:
    """Measure, and print each result when it is known."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--articles", type=int, default=100_000)
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--folder", type=Path)
    options = parser.parse_args()
    print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores", flush=True)
    measured: Measured = {}
    with kept_or_temporary(options.folder) as folder:
        if not (folder / "newsroom.db").exists():
            AlertRoom(folder, options.articles)
            subprocess.run([*_tocsin(folder), "reindex"], check=True, capture_output=True)
        _direct(folder, options.seconds, measured)
        _ours(folder, options.seconds, measured)
        _theirs(folder, options.seconds, measured)
    _compare(measured)


def _ours(folder: Path, seconds: float, measured: Measured) -> None:
    """Ask the API of tocsin."""
    with _served(folder) as (address, process):
        time.sleep(1)
        print(f"memory at rest, at first       {_resident(process):6.0f} MB")
        for question, path in QUESTIONS.items():
            _ask(OURS, address, path, question, seconds, measured)
        print(f"memory under load              {_resident(process):6.0f} MB")
        time.sleep(SETTLE)
        print(f"memory at rest, after load     {_resident(process):6.0f} MB")
        print(f"peak                           {peak_of(process.pid) / 1e6:6.0f} MB")


def _theirs(folder: Path, seconds: float, measured: Measured) -> None:
    """Ask the API of Miniflux, if it is installed."""
    if missing := peer_miniflux.available():
        print(missing)
        return
    stored = list(_articles(folder))
    with TemporaryDirectory() as name, peer_miniflux.database(Path(name)) as running:
        peer_miniflux.subscribe(running, sorted({entry.feed for entry in stored}))
        peer_miniflux.fill(running, stored)
        with peer_miniflux.serving(running) as address:
            peer_miniflux.await_answer(address)
            for question, path in PEER.items():
                _ask(THEIRS, address, path, question, seconds, measured, peer_miniflux.login())


def _articles(folder: Path) -> Iterator[peer_miniflux.StoredEntry]:
    with closing(sqlite3.connect(folder / "newsroom.db")) as sql:
        yield from map(
            peer_miniflux.StoredEntry._make,
            sql.execute(
                "SELECT f.url, a.url, a.title, a.body, a.published"
                " FROM articles a JOIN feeds f ON f.number = a.feed"
            ),
        )


def _compare(measured: Measured) -> None:
    """Print the ratios between the API of tocsin and its peers."""
    for question in PEER:
        for clients in CLIENTS:
            ours = measured[OURS, question, clients]
            peers = {
                "the service directly": measured.get((DIRECT, question, 1)),
                "Miniflux": measured.get((THEIRS, question, clients)),
            }
            for name, other in peers.items():
                if other is not None:
                    print(
                        f"{question:<22} {clients} over HTTP beside {name:<21}"
                        f" requests {ours.rate / other.rate:5.2f}x"
                        f"  p95 {ours.late / other.late:5.2f}x"
                    )


def _tocsin(folder: Path) -> list[str]:
    config = folder / "feeds.yaml"
    if not config.exists():
        config.write_text("feeds:\n  - url: https://1.example/rss\nwatchlists:\n  - Alibaba\n")
    return [sys.executable, "-m", "monitor", "-c", str(config), "--data", str(folder)]


_UNLIMITED = """
from functools import partial
from monitor.__main__ import main
from monitor.cli import api
api.Limits = partial(api.Limits, rate=1e5)
main()
"""
"""The program, but for the requests per second that it allows a caller."""


@contextmanager
def _served(folder: Path) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    command = _tocsin(folder)
    command[1:3] = ["-c", _UNLIMITED]
    with subprocess.Popen(
        [*command, "api", "--no-token", "--no-monitor", "--port", "0"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().strip(), process
        finally:
            process.terminate()


def _ask(
    server: str, address: str, path: str, question: str, seconds: float, measured: Measured,
    headers: Mapping[str, str] = MappingProxyType({}),
) -> None:  # fmt: skip
    """Ask a question with one client, then with several; print and store the figures."""
    for clients in CLIENTS:
        times = _answer_times(address, path, question, clients, seconds, headers)
        measured[server, question, clients] = _report(server, question, clients, times)


def _answer_times(
    address: str, path: str, question: str, clients: int, seconds: float, headers: Mapping[str, str]
) -> list[float]:
    """Ask a question repeatedly; return the seconds of each answer."""
    times: list[float] = []
    end = time.perf_counter() + seconds

    def ask() -> None:
        with httpx.Client(base_url=address, timeout=60, headers=headers) as client:
            first = client.get(path)
            assert first.status_code == 200, first.text
            while time.perf_counter() < end or len(times) < FEWEST:
                start = time.perf_counter()
                answer = client.get(path)
                times.append(time.perf_counter() - start)
                assert answer.status_code == 200, answer.text

    threads = [threading.Thread(target=ask) for _ in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return times


def _direct(folder: Path, seconds: float, measured: Measured) -> None:
    """Ask the service itself."""
    service = open_service(folder)
    newest = Filter(silenced=True)

    def search(query: str, sort: str) -> str:
        results = service.archive.search(query, sort=sort, limit=50, width=300)
        return json.dumps(results_row(results, ()), ensure_ascii=False)

    def alerts() -> str:
        ids = list(service.views.alerts.ids(newest, limit=50))
        rows = service.views.alerts.get(ids, matches=True, timelines=True)
        return json.dumps(list(map(alert_row, rows)), ensure_ascii=False)

    questions: dict[str, Callable[[], str]] = {
        "search, 50 hits": lambda: search("greve orly", "date"),
        "search by relevance": lambda: search("alibaba surete", "score"),
        "alerts, 50 rows": alerts,
    }
    for name, question in questions.items():
        question()
        times: list[float] = []
        end = time.perf_counter() + seconds
        while time.perf_counter() < end or len(times) < FEWEST:
            start = time.perf_counter()
            question()
            times.append(time.perf_counter() - start)
        measured[DIRECT, name, 1] = _report(DIRECT, name, 1, times)


def _report(server: str, question: str, clients: int, times: list[float]) -> Figures:
    """Print and return the figures of a question."""
    rate = len(times) / max(sum(times) / clients, 1e-9)
    figures = Figures(rate, 1e3 * median(times), 1e3 * quantiles(times, n=20)[-1])
    way = "directly" if server == DIRECT else f"{server}, {clients} over HTTP"
    print(
        f"{question:<22} {way:<21} {figures.rate:7.0f}/s  median {figures.median:6.1f} ms"
        f"  p95 {figures.late:6.1f} ms",
        flush=True,
    )
    return figures


def _resident(process: subprocess.Popen[str]) -> float:
    """Return the memory of a process, in MB."""
    pages = int(Path(f"/proc/{process.pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


if __name__ == "__main__":
    main()
