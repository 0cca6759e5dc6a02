"""Measures loading a feeds.yaml of 50,000 watchlists beside a running event loop.

python -m bench.config_reload [--watchlists 50000] [--data FOLDER]

Times are of the processor. The longest pause is that of a loop that wakes every 20 ms.
"""

from __future__ import annotations

import asyncio
import json
import os
import resource
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

from bench.backtest import write_config
from bench.real_articles import arguments, articles
from bench.real_watchlists import Author, Vocabulary
from monitor.config.loading import load
from monitor.judgement.match.matcher import WatchlistMatcher

T = TypeVar("T")
BEAT = 0.02


def main() -> None:
    """Measure, and print."""
    parser = arguments(__doc__ or "")
    parser.add_argument("--watchlists", type=int, default=50_000)
    options = parser.parse_args()
    vocabulary = Vocabulary.of(articles(options.data)[::3])
    written = Author(vocabulary).watchlists(options.watchlists * 11 // 10)
    watchlists = [rule for rule in written if "×" not in rule.name][: options.watchlists]
    del written
    with tempfile.TemporaryDirectory() as name:
        file = write_config(Path(name), watchlists)
        print(f"{len(watchlists):,} watchlists, {file.stat().st_size / 2**20:.1f} MB,")
        print(f"load {os.getloadavg()[0]:.1f}\n")
        print("| | processor, s | wall, s | longest pause of the loop, s |")
        print("|---|---|---|---|")
        asyncio.run(_twice(file))
    print(f"\n{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**10:.0f} MB at most")


async def _twice(file: Path) -> None:
    from index.query.parser import parse_query

    parse_query.cache_clear()
    config = await _row("read for the first time", lambda: load(file))
    await _row("rules built", lambda: WatchlistMatcher(config.watchlists, config.feeds))
    _edit(file)
    edited = await _row("read again, one edited", lambda: load(file))
    await _row("rules built again", lambda: WatchlistMatcher(edited.watchlists, edited.feeds))


def _edit(file: Path) -> None:
    """Save the file with another query in one of its watchlists."""
    settings = json.loads(file.read_text(encoding="utf-8"))
    settings["watchlists"][0]["query"] = "Alibaba NEAR/5 Liège"
    file.write_text(json.dumps(settings, ensure_ascii=False, indent=1), encoding="utf-8")


async def _row(name: str, work: Callable[[], T]) -> T:
    """Run a function in a thread, as the monitor does, and print its times."""
    pauses: list[float] = []
    beat = asyncio.create_task(_beat(pauses))
    cpu, wall = time.process_time(), time.perf_counter()
    result = await asyncio.to_thread(work)
    cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    beat.cancel()
    with suppress(asyncio.CancelledError):
        await beat
    print(f"| {name} | {cpu:.2f} | {wall:.2f} | {max(pauses, default=0.0):.2f} |", flush=True)
    return result


async def _beat(pauses: list[float]) -> None:
    while True:
        before = time.perf_counter()
        await asyncio.sleep(BEAT)
        pauses.append(time.perf_counter() - before - BEAT)


if __name__ == "__main__":
    main()
