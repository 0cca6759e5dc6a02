"""What the API costs: memory at rest, requests a second, and how long one takes.

python -m bench.api [--articles 100000] [--seconds 5] [--folder FOLDER]

Each question is asked by one client, then by four at once, over HTTP; and of the service itself, in
this process, with the row made into JSON. FOLDER keeps the newsroom, for the next time.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median, quantiles

import httpx

from bench.alert_newsroom import AlertRoom
from bench.measure import kept_or_temporary, peak_of
from monitor.export.serialization.alerts import alert_row
from monitor.export.serialization.searches import results_row
from monitor.model.search import Filter
from monitor.wiring import open_service

QUESTIONS = {
    "search, 50 hits": "search?query=greve+orly",
    "search by relevance": "search?query=alibaba+surete&sort=score",
    "alerts, 50 rows": "alerts",
    "alerts, page 100": "alerts?after=a95000",
    "one alert": "alerts/a500",
    "one alert, unchanged": "alerts/a500",
    "status": "status",
}
SETTLE = 25.0
"""Seconds after which the server has given memory back."""


def main() -> None:
    """Measure, and print each result when it is known."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--articles", type=int, default=100_000)
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--folder", type=Path)
    asked = parser.parse_args()
    print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores", flush=True)
    with kept_or_temporary(asked.folder) as folder:
        if not (folder / "newsroom.db").exists():
            AlertRoom(folder, asked.articles)
            subprocess.run([*_tocsin(folder), "reindex"], check=True, capture_output=True)
        _direct(folder, asked.seconds)
        with _served(folder) as (address, process):
            time.sleep(1)
            print(f"memory at rest, at first       {_resident(process):6.0f} MB")
            for question, path in QUESTIONS.items():
                for clients in (1, 4):
                    _report(
                        question, clients, _asked(address, path, question, clients, asked.seconds)
                    )
            print(f"memory under load              {_resident(process):6.0f} MB")
            time.sleep(SETTLE)
            print(f"memory at rest, after load     {_resident(process):6.0f} MB")
            print(f"peak                           {peak_of(process.pid) / 1e6:6.0f} MB")


def _tocsin(folder: Path) -> list[str]:
    config = folder / "feeds.yaml"
    if not config.exists():
        config.write_text("feeds:\n  - url: https://1.example/rss\nwatchlists:\n  - Alibaba\n")
    return [sys.executable, "-m", "monitor", "-c", str(config), "--data", str(folder)]


@contextmanager
def _served(folder: Path) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    options = ["api", "--no-token", "--no-monitor", "--port", "0", "--rate", "100000"]
    with subprocess.Popen(
        [*_tocsin(folder), *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().strip(), process
        finally:
            process.terminate()


def _asked(address: str, path: str, question: str, clients: int, seconds: float) -> list[float]:
    """Ask a question again and again; return how long each answer took."""
    took: list[float] = []
    until = time.perf_counter() + seconds

    def ask() -> None:
        with httpx.Client(base_url=address, timeout=60) as client:
            first = client.get(path)
            assert first.status_code == 200, first.text
            unchanged = "unchanged" in question
            headers = {"If-None-Match": first.headers["etag"]} if unchanged else {}
            while time.perf_counter() < until:
                begun = time.perf_counter()
                answer = client.get(path, headers=headers)
                took.append(time.perf_counter() - begun)
                assert answer.status_code == (304 if unchanged else 200), answer.text

    threads = [threading.Thread(target=ask) for _ in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return took


def _direct(folder: Path, seconds: float) -> None:
    """Ask the service itself."""
    service = open_service(folder)
    newest = Filter(muted=True)

    def search(query: str, sort: str) -> str:
        found = service.archive.search(query, sort=sort, limit=50, width=300)
        return json.dumps(results_row(found, ()), ensure_ascii=False)

    def alerts() -> str:
        ids = list(service.views.alerts.ids(newest, limit=50))
        rows = service.views.alerts.get(ids, matches=True, timelines=True)
        return json.dumps(list(map(alert_row, rows)), ensure_ascii=False)

    questions: dict[str, Callable[[], str]] = {
        "search, 50 hits": lambda: search("greve orly", "date"),
        "search by relevance": lambda: search("alibaba surete", "score"),
        "alerts, 50 rows": alerts,
    }
    for name, ask in questions.items():
        ask()
        took, until = [], time.perf_counter() + seconds
        while time.perf_counter() < until:
            begun = time.perf_counter()
            ask()
            took.append(time.perf_counter() - begun)
        _report(name, 0, took)


def _report(question: str, clients: int, took: list[float]) -> None:
    by = f"{clients} over HTTP" if clients else "directly"
    late = quantiles(took, n=20)[-1]
    print(
        f"{question:<22} {by:<12} {len(took) / max(sum(took) / max(clients, 1), 1e-9):7.0f}/s"
        f"  median {1e3 * median(took):6.1f} ms  p95 {1e3 * late:6.1f} ms",
        flush=True,
    )


def _resident(process: subprocess.Popen[str]) -> float:
    """Return the memory of a process, in MB."""
    pages = int(Path(f"/proc/{process.pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


if __name__ == "__main__":
    main()
