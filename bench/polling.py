"""Measures polling: the warm round of 1,000 and 10,000 feeds, sitemaps, tarpits, a heavy feed.

python -m bench.polling [--feeds 1000 10000] [--entries 3] [--sources 1000]
    [--only rounds sitemaps tarpits lag]
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from email.utils import formatdate
from html import escape
from itertools import cycle
from pathlib import Path
from random import Random

from bench.__main__ import baseline, heading, introduce, row
from bench.corpus import SEED, Tongue
from bench.loop_lag import longest_pauses
from bench.measure import Cost, cost
from bench.newsroom import lay_out
from bench.server import serving
from bench.tarpits import Healthy, healthy_beside
from bench.tocsin_run import TOCSIN, Tocsin

ADDRESSES, STORED, ITEMS = 1_000, 3, 20
"""Addresses of a sitemap, and those of them that are stored; articles of a feed."""
BEGAN = time.time()
Render = Callable[[str, str, Sequence[str], int, int], str]
PARTS = ("rounds", "sitemaps", "tarpits", "lag")


def main() -> None:
    """Measure, and print each result when it is known."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--feeds", type=int, nargs="+", default=[1_000, 10_000])
    parser.add_argument("--entries", type=int, default=3)
    parser.add_argument("--sources", type=int, default=1_000, help="feeds, and sitemaps")
    parser.add_argument("--only", nargs="+", choices=PARTS, default=PARTS)
    options = parser.parse_args()
    if "rounds" in options.only:
        for feeds in options.feeds:
            rounds(feeds, options.entries)
    if "sitemaps" in options.only:
        sitemaps(options.sources)
    if "tarpits" in options.only:
        tarpits()
    if "lag" in options.only:
        lag()


def rounds(feeds: int, entries: int) -> None:
    """Poll feeds for the first time, then again."""
    with tempfile.TemporaryDirectory() as corpus, tempfile.TemporaryDirectory() as scratch:
        newsroom = lay_out(Path(corpus), feeds, entries)
        introduce(newsroom)
        naive = baseline(newsroom, Path(scratch))
        with serving(newsroom.site, Path(scratch)) as (port, server):
            print(f"served by {server} on loopback\n", flush=True)
            results = Tocsin(newsroom, Path(scratch), port).rounds()
        heading()
        row("feedparser + FTS5, one process", naive)
        row("tocsin, cold", results.cold)
        row("tocsin, warm (304)", results.warm)
        print(f"\nwarm: {per_feed(results.warm, feeds)}; {results.warm.cpu / naive.cpu:.3f} of the"
              " processor time of the baseline\n", flush=True)  # fmt: skip


def sitemaps(sources: int) -> None:
    """Poll feeds of 20 articles and sitemaps of 1,000 addresses again, and after changes.

    What a sitemap lists and the archive lacks is of the past: at first it shows `STORED` articles,
    then also all others.
    """
    tongues = {lang: Tongue(lang, Random(SEED)) for lang in ("fr", "en")}
    headlines = {lang: [t.headline() for _ in range(ADDRESSES)] for lang, t in tongues.items()}
    print(f"\n| {sources:,} sources | wall, s | CPU, ms a source | monitor, all processes, MB"
          " | read, MB | store, MB | new |\n|---|---|---|---|---|---|---|")  # fmt: skip
    kinds = ("sitemap", sitemap_of, ADDRESSES - STORED, STORED), ("url", rss_of, 0, ITEMS)
    for kind, render, old, stored in kinds:
        with tempfile.TemporaryDirectory() as name:
            folder, site = Path(name), Path(name) / "site"
            site.mkdir()

            def publish(
                old: int, new: int, mark: str = "", site: Path = site, render: Render = render
            ) -> None:
                for number in range(sources):
                    source, lang = f"feed-{number:04d}", ("fr", "en")[number % 2]
                    body = render(source, lang, headlines[lang], old, new) + mark
                    (site / f"{source}.xml").write_text(body, encoding="utf-8")

            publish(0, stored)
            with serving(site, folder) as (port, _server):
                addresses = [f"http://127.0.0.1:{port}/feed-{n:04d}.xml" for n in range(sources)]
                config = {
                    "feeds": [{kind: address} for address in addresses], "watchlists": [],
                    "network": {"allow": ["127.0.0.0/8"]}, "archive": {"vectors": False},
                }  # fmt: skip
                (folder / "feeds.yaml").write_text(json.dumps(config), encoding="utf-8")
                command = [TOCSIN, "-c", f"{name}/feeds.yaml", "run", "--once", "--now", "--json"]
                for label, change in {
                    "first": None,
                    "other bytes, no news": (old, stored, "<!-- again -->"),
                    "unchanged (304)": None,
                    "one article more": (old, stored + 1),
                }.items():
                    if change:
                        publish(*change)
                    once = cost(command)
                    new = json.loads(once.output.splitlines()[-1])["new"]
                    read = megabytes(site.iterdir()) * ("304" not in label)
                    store = megabytes(folder.glob("var/newsroom.db*"))
                    print(f"| {kind}: {label} | {once.wall:.1f} | {once.cpu / sources * 1e3:.1f}"
                          f" | {once.main_memory / 1e6:.0f}, {once.total_memory / 1e6:.0f}"
                          f" | {read:.0f} | {store:.0f} | {new:,} |",
                          flush=True)  # fmt: skip


def megabytes(files: Iterable[Path]) -> float:
    """Return the size of files."""
    return sum(file.stat().st_size for file in files) / 1e6


def rss_of(name: str, lang: str, headlines: Sequence[str], old: int, new: int) -> str:
    """Return a feed of the newest articles, with a headline and a short text each."""
    items = "".join(
        f"<item><link>https://{name}.example/new-{number}.html</link><title>{headlines[number]}"
        f"</title><description>{headlines[-number - 1]}</description>"
        f"<pubDate>{formatdate(BEGAN - 60 * number)}</pubDate></item>"
        for number in range(new)
    )
    return (
        f"<rss version='2.0'><channel><title>{name}</title><language>{lang}</language>{items}"
        "</channel></rss>"
    )


def sitemap_of(name: str, lang: str, headlines: Sequence[str], old: int, new: int) -> str:
    """Return a sitemap of news: new articles of today, and old ones of last week."""
    ages = {f"new-{number}": 60 * number for number in range(new)}
    ages |= {f"old-{number}": 7 * 86_400 + 60 * number for number in range(old)}
    urls = "".join(
        f"<url><loc>https://{name}.example/{page}.html</loc><news:news>"
        f"<news:publication><news:name>{name}</news:name><news:language>{lang}"
        "</news:language></news:publication><news:publication_date>"
        f"{datetime.fromtimestamp(BEGAN - age, UTC).isoformat()}"
        f"</news:publication_date><news:title>{escape(headline)}</news:title></news:news></url>"
        for (page, age), headline in zip(ages.items(), cycle(headlines))
    )
    return f"<urlset xmlns:news='n'>{urls}</urlset>"


def per_feed(cost: Cost, feeds: int) -> str:
    """Return the cost of one feed, in words."""
    wall, cpu = (seconds / feeds * 1_000 for seconds in (cost.wall, cost.cpu))
    return f"{wall:.2f} ms wall and {cpu:.2f} ms of processor time per feed"


def tarpits() -> None:
    """Poll 700 healthy feeds alone, then beside 300 servers that never finish an answer."""
    print("\n| 700 feeds that are well | the last is read after, s | half of them, s |")
    print("|---|---|---|")
    alone = _print("alone", healthy_beside(0))
    among = _print("beside 300 tarpits", healthy_beside(300))
    print(f"\nlater by {among.last - alone.last:.1f} s", flush=True)


def _print(name: str, healthy: Healthy) -> Healthy:
    print(f"| {name} | {healthy.last:.1f} | {healthy.half:.1f} |", flush=True)
    return healthy


def lag() -> None:
    """Measure the pauses of the monitor's event loop."""
    print("\n| while these change | entries | the loop was late, at most, ms | 99 % of looks, ms |")
    print("|---|---|---|---|")
    for name, pauses in longest_pauses().items():
        longest, usual = pauses.longest * 1e3, pauses.p99 * 1e3
        print(f"| {name} | {pauses.entries} | {longest:.0f} | {usual:.0f} |", flush=True)


if __name__ == "__main__":
    main()
