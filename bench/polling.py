"""What polling costs: the warm round of 1,000 and 10,000 feeds, tarpits, a heavy feed.

python -m bench.polling [--feeds 1000 10000] [--entries 3] [--only rounds tarpits lag]
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from bench.__main__ import baseline, heading, introduce, row
from bench.loop_lag import longest_pauses
from bench.measure import Cost
from bench.newsroom import laid_out
from bench.server import serving
from bench.tarpits import Healthy, healthy_beside
from bench.tocsin_run import Tocsin

PARTS = ("rounds", "tarpits", "lag")


def main() -> None:
    """Measure, and print each result when it is known."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--feeds", type=int, nargs="+", default=[1_000, 10_000])
    parser.add_argument("--entries", type=int, default=3)
    parser.add_argument("--only", nargs="+", choices=PARTS, default=PARTS)
    asked = parser.parse_args()
    if "rounds" in asked.only:
        for feeds in asked.feeds:
            rounds(feeds, asked.entries)
    if "tarpits" in asked.only:
        tarpits()
    if "lag" in asked.only:
        lag()


def rounds(feeds: int, entries: int) -> None:
    """Poll so many feeds for the first time, then again."""
    with tempfile.TemporaryDirectory() as corpus, tempfile.TemporaryDirectory() as scratch:
        newsroom = laid_out(Path(corpus), feeds, entries)
        introduce(newsroom)
        least = baseline(newsroom, Path(scratch))
        with serving(newsroom.site, Path(scratch)) as (port, server):
            print(f"served by {server} on loopback\n", flush=True)
            done = Tocsin(newsroom, Path(scratch), port).rounds()
        heading()
        row("feedparser + FTS5, one process", least)
        row("tocsin, cold", done.cold)
        row("tocsin, warm (304)", done.warm)
        print(f"\nwarm: {per_feed(done.warm, feeds)}; {done.warm.cpu / least.cpu:.3f} of the"
              " processor time of the baseline\n", flush=True)  # fmt: skip


def per_feed(cost: Cost, feeds: int) -> str:
    """Return what one of them costs, in words."""
    wall, cpu = (seconds / feeds * 1_000 for seconds in (cost.wall, cost.cpu))
    return f"{wall:.2f} ms wall and {cpu:.2f} ms of processor time per feed"


def tarpits() -> None:
    """Poll 700 feeds that are well alone, then beside 300 servers that never end."""
    print("\n| 700 feeds that are well | the last is read after, s | half of them, s |")
    print("|---|---|---|")
    alone = _told("alone", healthy_beside(0))
    among = _told("beside 300 tarpits", healthy_beside(300))
    print(f"\nlater by {among.last - alone.last:.1f} s", flush=True)


def _told(name: str, found: Healthy) -> Healthy:
    print(f"| {name} | {found.last:.1f} | {found.half:.1f} |", flush=True)
    return found


def lag() -> None:
    """Measure how long the monitor's loop is not there for others."""
    print("\n| while these change | entries | the loop was late, at most, ms | 99 % of looks, ms |")
    print("|---|---|---|---|")
    for name, found in longest_pauses().items():
        most, usual = found.most * 1e3, found.p99 * 1e3
        print(f"| {name} | {found.entries} | {most:.0f} | {usual:.0f} |", flush=True)


if __name__ == "__main__":
    main()
