"""Measures how soon an alert is stored and sent, while articles arrive and the index is rebuilt.

python -m bench.alert_latency [--rate 20] [--seconds 60] [--rules 1000] [--archive 60000]

The monitor is `tocsin run`, with one feed for each article per second; each feed is polled every
second, and each article raises an alert. An alert is stored when another process can read it, and
told when a webhook on loopback has the message. Seconds count from the last byte of the answer.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from contextlib import closing
from itertools import islice, product
from pathlib import Path
from statistics import median, quantiles
from xml.sax.saxutils import escape

import feedparser
from msgspec import Struct, field

from bench.growth import endless_articles, queue
from bench.loopback import Loopback, serve_loopback
from monitor.base.article import Article
from monitor.model.config import STORE_FILE, StoreAddress
from monitor.model.feed import Feed
from monitor.storage.maintenance import index_notes
from monitor.storage.store.sql.store import Store

TOCSIN = str(Path(sys.executable).with_name("tocsin"))
SHOWN = 10
LOOK = 0.002
_SYLLABLES = ("ba", "cor", "du", "fen", "gal", "hi", "jor", "ka", "lun", "mer", "no", "pra", "sta")


class Press(Struct):
    """Feeds that each publish a new article every second, from `began` on."""

    rate: int
    names: list[str]
    articles: list[Article]
    began: float = 0.0
    last: int = 0

    def edition(self) -> int:
        """Return the number of the current edition."""
        return min(int(time.time() - self.began), self.last) if self.began else 0

    def document(self, path: str) -> tuple[str, bytes]:
        """Return the current ETag and document of a feed."""
        feed, edition = int(path.removeprefix("/feed-")), self.edition()
        numbers = range(edition, max(-1, edition - SHOWN), -1)
        return f'"{edition}"', self.rss(feed, numbers)

    def link(self, feed: int, number: int) -> str:
        """Return the link of an article."""
        return f"http://127.0.0.1/{feed}/{number}"

    def rss(self, feed: int, numbers: range) -> bytes:
        """Return a feed's document."""
        items = "".join(self._item(feed, number) for number in numbers)
        channel = f"<channel><title>Feed {feed}</title>{items}</channel>"
        return f"<rss version='2.0'>{channel}</rss>".encode()

    def _item(self, feed: int, number: int) -> str:
        index = number * self.rate + feed
        text, name = self.articles[index % len(self.articles)], self.names[index % len(self.names)]
        title = f"{name} {text.title}" if number else text.title
        return (
            f"<item><title>{escape(title)}</title><link>{self.link(feed, number)}</link>"
            f"<guid>{feed}-{number}</guid><description>{escape(text.summary)} {escape(text.body)}"
            "</description></item>"
        )


class Observed(Struct):
    """The alerts that another process could read, and when."""

    stored: dict[str, float] = field(default_factory=dict)
    """When the alert of an article was stored, by the link of the article."""
    load: float = 0.0
    rebuilding: float = 0.0
    """Seconds for which the index was being rebuilt."""


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rate", type=int, default=20)
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--rules", type=int, default=1_000)
    parser.add_argument("--archive", type=int, default=60_000)
    options = parser.parse_args()
    print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        measured(Path(folder), options.rate, options.seconds, options.rules, options.archive)


def measured(folder: Path, rate: int, seconds: int, rules: int, archive: int) -> None:
    """Fill an archive that has no index, then watch."""
    source = endless_articles()
    press = Press(rate, _names(rules), list(islice(source, 5_000)))
    with closing(Store(StoreAddress(folder / "var"))) as store:
        (feed,) = store.subscribe([Feed(url="https://bench.example/rss", name="Bench")], [])
        for _ in range(archive // 2_000):
            queue(store, feed, list(islice(source, 2_000)))
        store.mark_indexed(1 << 62)  # and yet there is no index
    base = baseline(folder, press)
    press.last = seconds
    with serve_loopback(Loopback(press.document)) as server:
        settings = {
            "feeds": [
                {"url": f"http://127.0.0.1:{server.port}/feed-{n}", "name": f"f{n}", "every": "1s"}
                for n in range(rate)
            ],
            "watchlists": [{"name": name, "query": f"{name} OR ({name} NEAR/5 police)"}
                           for name in press.names],
            "channels": [{"name": "desk", "webhook": f"http://127.0.0.1:{server.port}/in"}],
            "network": {"allow": ["127.0.0.0/8"]},
            "archive": {"vectors": False},
        }  # fmt: skip
        (folder / "feeds.yaml").write_text(json.dumps(settings), encoding="utf-8")
        observed = _watched(folder, press, seconds)
    print(
        f"for {observed.rebuilding:.0f} of {seconds} s an index of {archive:,} articles was"
        f" being built again; load {observed.load:.1f} by then"
    )
    report(press, server, observed, base)


def baseline(folder: Path, press: Press) -> float:
    """Return the median seconds of plain feedparser and one durable commit for such a feed."""
    body, times = press.rss(0, range(SHOWN, 0, -1)), []
    with closing(sqlite3.connect(folder / "plain.db", isolation_level=None)) as sql:
        sql.execute("PRAGMA journal_mode = WAL")
        sql.execute("PRAGMA synchronous = FULL")
        sql.execute("CREATE TABLE alerts (title TEXT)")
        for _ in range(50):
            start = time.perf_counter()
            parsed = feedparser.parse(io.BytesIO(body))
            sql.execute("INSERT INTO alerts VALUES (?)", (parsed.entries[0].title,))
            times.append(time.perf_counter() - start)
    return median(times)


def _watched(folder: Path, press: Press, seconds: int) -> Observed:
    """Run a monitor; look for alerts until all are sent, or for another minute."""
    observed, data = Observed(), folder / "var"
    running = subprocess.Popen(
        [TOCSIN, "-c", str(folder / "feeds.yaml"), "run"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        with closing(sqlite3.connect(f"file:{data / STORE_FILE}?mode=ro", uri=True)) as sql:
            while _one(sql, "SELECT count(*) FROM feeds WHERE last_ok IS NOT NULL") < press.rate:
                time.sleep(0.1)
            press.began, last = time.time(), 0
            due = press.rate * seconds
            while len(observed.stored) < due and time.time() < press.began + seconds + 60:
                rows = sql.execute(
                    "SELECT al.id, a.url FROM alerts al JOIN articles a ON a.id = al.article"
                    " WHERE al.id > ? ORDER BY al.id",
                    (last,),
                ).fetchall()
                now = time.time()
                for last, url in rows:  # noqa: B007
                    observed.stored.setdefault(url, now)
                if index_notes.read_progress(data, now) is not None:
                    observed.rebuilding = now - press.began
                time.sleep(LOOK)
            observed.load = os.getloadavg()[0]
            unsent = "SELECT count(*) FROM deliveries WHERE state <> 'sent'"
            while _one(sql, unsent) and time.time() < press.began + seconds + 90:
                time.sleep(0.1)
    finally:
        running.send_signal(signal.SIGTERM)
        running.wait(60)
    return observed


def report(press: Press, loopback: Loopback, observed: Observed, base: float) -> None:
    """Print the latencies; raise SystemExit if an alert is missing."""
    moments = {}
    for key, moment in loopback.answer_times.items():
        path, _, tag = key.partition(" ")
        feed, edition = int(path.removeprefix("/feed-")), int(tag.strip('"'))
        moments[feed, edition] = moment
    stored, sent, missing = [], [], 0
    for feed, number in product(range(press.rate), range(1, press.last + 1)):
        later = [moments[feed, n] for n in range(number, press.last + 1) if (feed, n) in moments]
        link = press.link(feed, number)
        if not later or link not in observed.stored or link not in loopback.notice_times:
            missing += 1
            continue
        stored.append(observed.stored[link] - later[0])
        sent.append(loopback.notice_times[link] - later[0])
    print(f"{len(stored):,} alerts, {missing} missing; baseline {1e3 * base:.0f} ms a feed")
    for stage, times in (("stored", stored), ("told", sent)):
        p95 = quantiles(times, n=20)[-1]
        print(
            f"  {stage:7} {1e3 * median(times):5.0f} ms in the middle, {1e3 * p95:5.0f} in 95 of"
            f" 100, {1e3 * max(times):5.0f} at most; 95 of 100 within {p95 / base:.0f} baselines"
        )
    if missing:
        raise SystemExit(1)


def _one(sql: sqlite3.Connection, query: str) -> int:
    (value,) = sql.execute(query).fetchone()
    return int(value)


def _names(count: int) -> list[str]:
    """Return words that no article has."""
    names = ("Wix" + "".join(four) for four in product(_SYLLABLES, repeat=4))
    return list(islice(names, count))


if __name__ == "__main__":
    main()
