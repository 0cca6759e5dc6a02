"""Measures polling: the warm round of 1,000 and 10,000 feeds, sitemaps, tarpits, a heavy feed.

python -m bench.polling [--feeds 1000 10000] [--entries 3] [--only rounds sitemaps tarpits lag]
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from html import escape
from pathlib import Path

from msgspec.structs import replace

from bench.__main__ import baseline, heading, introduce, row
from bench.corpus import Corpus, Document
from bench.loop_lag import longest_pauses
from bench.measure import Cost, cost
from bench.newsroom import lay_out
from bench.server import serving
from bench.tarpits import Healthy, healthy_beside
from bench.tocsin_run import TOCSIN, Tocsin

PARTS = ("rounds", "sitemaps", "tarpits", "lag")


def main() -> None:
    """Measure, and print each result when it is known."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--feeds", type=int, nargs="+", default=[1_000, 10_000])
    parser.add_argument("--entries", type=int, default=3)
    parser.add_argument("--only", nargs="+", choices=PARTS, default=PARTS)
    options = parser.parse_args()
    if "rounds" in options.only:
        for feeds in options.feeds:
            rounds(feeds, options.entries)
    if "sitemaps" in options.only:
        sitemaps()
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


def sitemaps(sources: int = 20) -> None:
    """Poll feeds of 30 articles and sitemaps of 1,000: again, and with one article more."""
    print(f"\n| {sources} sources | again (304) | with one article more |")
    print("|---|---|---|")
    for kind, articles in (("url", 30), ("sitemap", 1_000)):
        corpus = Corpus(sources, articles).documents
        with tempfile.TemporaryDirectory() as folder:
            site = Path(folder) / "site"
            site.mkdir()
            publish(site, kind, corpus, articles - 1)
            with serving(site, Path(folder)) as (port, _server):
                feeds = [{kind: f"http://127.0.0.1:{port}/{d.name}.xml"} for d in corpus]
                config = {"feeds": feeds, "watchlists": [], "network": {"allow": ["127.0.0.0/8"]},
                          "archive": {"vectors": False}}  # fmt: skip
                (Path(folder) / "feeds.yaml").write_text(json.dumps(config), encoding="utf-8")
                once = [TOCSIN, "-c", f"{folder}/feeds.yaml", "run", "--once", "--now", "--json"]
                cost(once)
                again = cost(once)
                publish(site, kind, corpus, articles)
                more = cost(once)
            new = [json.loads(c.output.splitlines()[-1])["new"] for c in (again, more)]
            print(f"| {kind}, {articles:,} articles | {per_feed(again, sources)} ({new[0]} new)"
                  f" | {per_feed(more, sources)} ({new[1]} new) |", flush=True)  # fmt: skip


def publish(site: Path, kind: str, corpus: Sequence[Document], count: int) -> None:
    """Write so many articles of each feed into a folder, as RSS or as a sitemap of news."""
    for document in corpus:
        shown = replace(document, pieces=document.pieces[:count])
        body = shown.rss() if kind == "url" else sitemap_of(shown)
        (site / f"{document.name}.xml").write_bytes(body)


def sitemap_of(document: Document) -> bytes:
    """Return the articles of a feed as a sitemap of news."""
    urls = "".join(
        f"<url><loc>https://{document.name}.example/{number}.html</loc><news:news>"
        f"<news:publication><news:name>{document.name}</news:name><news:language>{document.lang}"
        "</news:language></news:publication><news:publication_date>"
        f"{datetime.fromtimestamp(time.time() - 86_400 + 60 * number, UTC).isoformat()}"
        f"</news:publication_date><news:title>{escape(piece.title)}</news:title></news:news></url>"
        for number, piece in enumerate(document.pieces)
    )
    return f"<urlset xmlns:news='n'>{urls}</urlset>".encode()


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
