"""`tocsin watch test` on a large archive: a file of 1,000 watchlists over 100,000 articles.

python -m bench.backtest [--articles 100000] [--watchlists 1000] [--data FOLDER]

The articles are made of sentences of real ones (see `bench.real_articles`). The output of the
command is compared with the hits of the matcher in a sample, article by article.
"""

from __future__ import annotations

import json
import os
import random
import re
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from msgspec.structs import replace

from bench.matching_peers import FEED
from bench.measure import cost
from bench.real_articles import arguments, articles
from bench.real_watchlists import SEED, Author, Vocabulary
from bench.tocsin_run import TOCSIN, WrongError
from monitor.base.article import Article
from monitor.judgement.match.matcher import WatchlistMatcher
from monitor.model.config import StoreAddress
from monitor.model.watchlist import Watchlist
from monitor.storage.store.database.connection import transaction
from monitor.storage.store.sql.store import Store

SAMPLE = 97
"""One article in this many is compared."""
_SENTENCE = re.compile(r"(?<=[.!?])\s*")


def main() -> None:
    """Measure, compare, and print."""
    parser = arguments(__doc__ or "")
    parser.add_argument("--articles", type=int, default=100_000)
    parser.add_argument("--watchlists", type=int, default=1_000)
    options = parser.parse_args()
    real = articles(options.data)
    # A score has no one-line form in feeds.yaml's `query:`.
    written = Author(Vocabulary.of(real[::3])).watchlists(options.watchlists * 11 // 10)
    watchlists = [rule for rule in written if "×" not in rule.name][: options.watchlists]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        file = write_config(folder, watchlists)
        sample = stored(folder / "var", recombined(real, options.articles))
        command = [TOCSIN, "-c", str(file), "watch", "test", "--format", "jsonl"]
        cost([TOCSIN, "-c", str(file), "reindex"])
        load = os.getloadavg()[0]
        spent = cost(command)
        rows = [json.loads(text) for text in spent.output.splitlines() if text.startswith("{")]
        hits = sum(row["hits"] for row in rows)
        compared = compare(rows, watchlists, sample)
        print(
            f"{options.articles:,} articles, {len(watchlists):,} watchlists, {hits:,} hits:"
            f" {spent.wall:.1f} s, {spent.cpu:.1f} s of processor time,"
            f" {spent.total_memory / 2**20:.0f} MB; {os.cpu_count()} cores, load {load:.1f}"
            f" before; {compared:,} articles compared with the matcher"
        )


def recombined(real: Sequence[Article], count: int) -> Iterator[Article]:
    """Yield articles with the headline of one and sentences of two others of its language."""
    rng = random.Random(SEED)
    by_lang = {lang: [a for a in real if a.lang == lang] for lang in ("fr", "en")}
    sentences = {a.id: _SENTENCE.split(a.body) for a in real}
    for id in range(1, count + 1):
        original = rng.choice(real)
        first, second = rng.choices(by_lang[original.lang], k=2)
        body = " ".join([*sentences[first.id][::2], *sentences[second.id][1::2]])
        yield replace(original, id=id, feeds=(1,), story=id, body=body, seen=1.6e9 + 60.0 * id)


def stored(folder: Path, articles: Iterator[Article]) -> list[Article]:
    """Put articles into a fresh store; return the sample to compare."""
    folder.mkdir(mode=0o700)
    store = Store(StoreAddress(folder))
    store.subscribe([FEED], [])
    sample = []
    with transaction(store._connection) as sql:
        for a in articles:
            sql.execute(
                "INSERT INTO articles (id, feed, url, canonical, fingerprint, title, summary, body,"
                " author, lang, published, seen, story)"
                " VALUES (?, 1, '', '', x'', ?, ?, ?, '', ?, NULL, ?, ?)",
                (a.id, a.title, a.summary, a.body, a.lang, a.seen, a.id),
            )
            if a.id % SAMPLE == 0:
                sample.append(a)
    store.close()
    return sample


def write_config(folder: Path, watchlists: Sequence[Watchlist]) -> Path:
    """Write a feeds.yaml of these watchlists; return its path."""
    file = folder / "feeds.yaml"
    settings = {
        "feeds": [{"url": FEED.url, "name": FEED.name}],
        "watchlists": [
            {"name": f"{number}", "query": watchlist.query.text}
            for number, watchlist in enumerate(watchlists)
        ],
    }
    file.write_text(json.dumps(settings, ensure_ascii=False, indent=1), encoding="utf-8")
    return file


def compare(
    rows: Sequence[dict[str, object]], watchlists: Sequence[Watchlist], sample: Sequence[Article]
) -> int:
    """Return the number of compared articles; raises WrongError where the hits differ."""
    rules = WatchlistMatcher(watchlists)
    hits = {(row["name"], id) for row in rows for id in row["gained"]}  # type: ignore[attr-defined]
    names = {watchlist.name: str(number) for number, watchlist in enumerate(watchlists)}
    for article in sample:
        expected = {names[hit.watchlist.name] for hit in rules.match(article, FEED)}
        if expected != {name for name, id in hits if id == article.id}:
            raise WrongError(f"article {article.id}: {expected}")
    return len(sample)


if __name__ == "__main__":
    main()
