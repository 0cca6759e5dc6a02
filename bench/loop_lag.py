"""How long the monitor's event loop is away: a look every ten milliseconds, while it works.

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
"""From when on it is looked at, the start being over, and for how long the monitor runs."""


class Pauses(Struct, frozen=True):
    """Seconds that the loop came later than it was asked to."""

    most: float
    p99: float
    entries: int
    """That were read meanwhile."""


def longest_pauses() -> dict[str, Pauses]:
    """Measure at rest, while 100 usual feeds change, and while one changes to 5 MB."""
    found = {}
    for name, changed in (("nothing", ""), ("100 feeds", "usual"), ("one of 5 MB", "heavy")):
        with tempfile.TemporaryDirectory() as folder:
            found[name] = asyncio.run(_watched(Path(folder), changed))
    return found


async def _watched(folder: Path, changed: str) -> Pauses:
    """Run a monitor of 100 feeds; change one or all of them once it has settled."""
    site = folder / "site"
    site.mkdir()
    documents = [document.rss() for document in Corpus(200, 30).documents]
    for number in range(100):
        _publish(site, number, documents[number])
    with serving(site, folder) as (port, _):
        address = f"http://127.0.0.1:{port}/feed-"
        said = {
            "network": {"allow": ["127.0.0.0/8"]},
            "feeds": [{"url": f"{address}{n:04d}.xml", "every": "2s"} for n in range(100)],
            "watchlists": ["Alibaba"],
            "archive": {"vectors": False},
        }
        (folder / "feeds.yaml").write_text(json.dumps(said), encoding="utf-8")
        late: list[float] = []
        looking = asyncio.create_task(_looks(late))
        changing = asyncio.create_task(_change(site, documents, changed))
        logging.disable()
        summary = await run_monitor(folder / "feeds.yaml", None, RunOptions(seconds=SECONDS))
        logging.disable(logging.NOTSET)
        looking.cancel()
        await asyncio.gather(looking, changing, return_exceptions=True)
    late.sort()
    return Pauses(late[-1], late[int(len(late) * 0.99)], summary.new - 3_000)


async def _change(site: Path, documents: list[bytes], changed: str) -> None:
    await asyncio.sleep(SETTLED + 2)
    if changed == "heavy":
        _publish(site, 0, await asyncio.to_thread(_heavy, documents[100]))
    if changed == "usual":
        for number in range(100):
            _publish(site, number, documents[number + 100])


async def _looks(late: list[float]) -> None:
    """Take note of how late each look is."""
    await asyncio.sleep(SETTLED)
    while True:
        due = time.perf_counter() + LOOK
        await asyncio.sleep(LOOK)
        late.append(time.perf_counter() - due)


def _publish(site: Path, number: int, document: bytes) -> None:
    fresh = site / "fresh"
    fresh.write_bytes(document)
    fresh.replace(site / f"feed-{number:04d}.xml")


def _heavy(document: bytes) -> bytes:
    """Return a feed of ten times as many items, each with a long text, of 5 MB in all."""
    head, mark, rest = document.partition(b"<item>")
    items, end = (mark + rest).rsplit(b"</item>", 1)
    times = 1
    long = items
    while 10 * len(long) < HEAVY:
        times += 1
        long = re.sub(rb"(?<=<description>)[^<]*", lambda found: found[0] * times, items)  # noqa: B023
    again = (long.replace(b"</guid>", b"-%d</guid>" % number) for number in range(10))
    return head + b"</item>".join(again) + b"</item>" + end
