"""`make bench`: all of tocsin on 1,000 feeds, beside the minimal work.

python -m bench [--feeds 1000] [--entries 30] [--corpus FOLDER]
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from pathlib import Path

from bench.measure import Cost, cost, kept_or_temporary
from bench.newsroom import Newsroom, lay_out
from bench.server import serving
from bench.tocsin_run import Tocsin


def main() -> None:
    """Measure, and print each result when it is known."""
    options = arguments(__doc__ or "").parse_args()
    with kept_or_temporary(options.corpus) as corpus, tempfile.TemporaryDirectory() as scratch:
        newsroom = lay_out(corpus, options.feeds, options.entries)
        introduce(newsroom)
        naive = baseline(newsroom, Path(scratch))
        with serving(newsroom.site, Path(scratch)) as (port, server):
            print(f"served by {server} on loopback\n", flush=True)
            tocsin = Tocsin(newsroom, Path(scratch), port)
            rounds = tocsin.rounds()
            heading()
            row("feedparser + FTS5, one process", naive)
            row("tocsin, cold", rounds.cold)
            row("tocsin, warm (304)", rounds.warm)
            print(
                f"\ncold against the least that must be done: {rounds.cold.wall / naive.wall:.2f}"
                f" of its time, {rounds.cold.cpu / naive.cpu:.2f} of its processor time",
                flush=True,
            )
            print(f"at rest, 300 feeds not due: {tocsin.idle():.2%} of a core", flush=True)
            for command, seconds in tocsin.starts().items():
                print(f"{command}: {seconds:.3f} s with start-up, best of 10", flush=True)


def arguments(usage: str) -> argparse.ArgumentParser:
    """Return the parser of the common options of the benches."""
    parser = argparse.ArgumentParser(
        description=usage, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--feeds", type=int, default=1_000)
    parser.add_argument("--entries", type=int, default=30)
    parser.add_argument("--corpus", type=Path, help="keep the corpus there, for the next time")
    return parser


def introduce(newsroom: Newsroom) -> None:
    """Print the measured newsroom, and the machine."""
    load = os.getloadavg()[0]
    print(
        f"{newsroom.feeds} feeds of {newsroom.entries} entries, {newsroom.articles} articles,"
        f" {newsroom.alerts} alerts; Python {sys.version.split()[0]},"
        f" {os.cpu_count()} cores, load {load:.1f}",
        flush=True,
    )


def baseline(newsroom: Newsroom, scratch: Path) -> Cost:
    """Measure the minimal work."""
    file = str(scratch / "baseline.db")
    return cost([sys.executable, "-m", "bench.baseline", str(newsroom.site), file])


def heading() -> None:
    """Print the head of the table."""
    print("| | wall, s | CPU, s | memory of the main process, MB | of all processes, MB |")
    print("|---|---|---|---|---|")


def row(name: str, cost: Cost) -> None:
    """Print a row of the table."""
    peak, total = cost.main_memory / 2**20, cost.total_memory / 2**20
    print(f"| {name} | {cost.wall:.1f} | {cost.cpu:.1f} | {peak:.0f} | {total:.0f} |", flush=True)


if __name__ == "__main__":
    main()
