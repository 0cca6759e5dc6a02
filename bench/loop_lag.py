"""Measures the pauses of the monitor's event loop: a check every ten milliseconds.

The monitor runs in this process, as `tocsin run` does, its workers and indexer in theirs.
"""

from __future__ import annotations

import asyncio
import json
import logging
import re
import tempfile
import time
from pathlib import Path

from msgspec import Struct

from bench.corpus import Corpus
from bench.server import serving
from monitor.runtime.wiring import RunOptions, run_monitor

LOOK = 0.01
HEAVY = 5_000_000
"""Bytes of the heavy feed."""
SETTLED, SECONDS = 8.0, 24.0
"""Seconds after which checks begin, when the start is over; seconds for which the monitor runs."""


class Pauses(Struct, frozen=True):
    """Delays of the loop in seconds."""

    longest: float
    p99: float
    entries: int
    """Number of entries that were read meanwhile."""


def longest_pauses() -> dict[str, Pauses]:
    """Measure the pauses at rest, while 100 usual feeds change, and while one grows to 5 MB."""
    pauses = {}
    for name, changed in (("nothing", ""), ("100 feeds", "usual"), ("one of 5 MB", "heavy")):
        with tempfile.TemporaryDirectory() as folder:
            pauses[name] = asyncio.run(_watched(Path(folder), changed))
    return pauses


async def _watched(folder: Path, changed: str) -> Pauses:
    """Run a monitor of 100 feeds; change one or all of them once it has settled."""
    site = folder / "site"
    site.mkdir()
    documents = [document.rss() for document in Corpus(200, 30).documents]
    for number in range(100):
        _publish(site, number, documents[number])
    with serving(site, folder) as (port, _):
        address = f"http://127.0.0.1:{port}/feed-"
        settings = {
            "network": {"allow": ["127.0.0.0/8"]},
            "feeds": [{"url": f"{address}{n:04d}.xml", "every": "2s"} for n in range(100)],
            "watchlists": ["Alibaba"],
            "archive": {"vectors": False},
        }
        (folder / "feeds.yaml").write_text(json.dumps(settings), encoding="utf-8")
        delays: list[float] = []
        looking = asyncio.create_task(_looks(delays))
        changing = asyncio.create_task(_change(site, documents, changed))
        logging.disable()
        summary = await run_monitor(folder / "feeds.yaml", None, RunOptions(seconds=SECONDS))
        logging.disable(logging.NOTSET)
        looking.cancel()
        await asyncio.gather(looking, changing, return_exceptions=True)
    delays.sort()
    return Pauses(delays[-1], delays[int(len(delays) * 0.99)], summary.new - 3_000)


async def _change(site: Path, documents: list[bytes], changed: str) -> None:
    await asyncio.sleep(SETTLED + 2)
    if changed == "heavy":
        _publish(site, 0, await asyncio.to_thread(_heavy, documents[100]))
    if changed == "usual":
        for number in range(100):
            _publish(site, number, documents[number + 100])


async def _looks(delays: list[float]) -> None:
    """Append the delay of each check to a list."""
    await asyncio.sleep(SETTLED)
    while True:
        due = time.perf_counter() + LOOK
        await asyncio.sleep(LOOK)
        delays.append(time.perf_counter() - due)


def _publish(site: Path, number: int, document: bytes) -> None:
    fresh = site / "fresh"
    fresh.write_bytes(document)
    fresh.replace(site / f"feed-{number:04d}.xml")


def _heavy(document: bytes) -> bytes:
    """Return a feed with ten times as many items and long texts, of 5 MB in all."""
    head, mark, tail = document.partition(b"<item>")
    items, end = (mark + tail).rsplit(b"</item>", 1)
    times = 1
    long = items
    while 10 * len(long) < HEAVY:
        times += 1
        long = re.sub(rb"(?<=<description>)[^<]*", lambda match: match[0] * times, items)  # noqa: B023
    again = (long.replace(b"</guid>", b"-%d</guid>" % number) for number in range(10))
    return head + b"</item>".join(again) + b"</item>" + end
