"""`tocsin watch test` on a large archive: a file of 1,000 watchlists over 100,000 articles.

python -m bench.backtest [--articles 100000] [--watchlists 1000] [--data FOLDER]

The articles are real ones, taken to pieces and put together again (see `bench.real_articles`).
What the command says is compared with what the matcher makes of a sample, article by article.
"""

from __future__ import annotations

import json
import os
import random
import re
import sys
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
from monitor.storage.store.sql.store import Store

SAMPLE = 97
"""Every so many articles are compared."""
_SENTENCE = re.compile(r"(?<=[.!?])\s*")


def main() -> None:
    """Measure, compare, and print."""
    parser = arguments(__doc__ or "")
    parser.add_argument("--articles", type=int, default=100_000)
    parser.add_argument("--watchlists", type=int, default=1_000)
    asked = parser.parse_args()
    real = articles(asked.data)
    # A score has no one-line form in feeds.yaml's `query:`.
    written = Author(Vocabulary.of(real[::3])).watchlists(asked.watchlists * 11 // 10)
    watchlists = [one for one in written if "×" not in one.name][: asked.watchlists]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        file = written_to(folder, watchlists)
        kept = stored(folder / "var", recombined(real, asked.articles))
        command = [TOCSIN, "-c", str(file), "watch", "test", "--format", "jsonl"]
        cost([TOCSIN, "-c", str(file), "reindex"])
        load = os.getloadavg()[0]
        found = cost(command)
        rows = [json.loads(text) for text in found.said.splitlines() if text.startswith("{")]
        hits = sum(row["hits"] for row in rows)
        compared = compare(rows, watchlists, kept)
        print(
            f"{asked.articles:,} articles, {len(watchlists):,} watchlists, {hits:,} hits:"
            f" {found.wall:.1f} s, {found.cpu:.1f} s of processor time,"
            f" {found.together / 2**20:.0f} MB; {os.cpu_count()} cores, load {load:.1f} before;"
            f" {compared:,} articles compared with the matcher"
        )


def recombined(real: Sequence[Article], count: int) -> Iterator[Article]:
    """Yield articles of the headlines of some, the sentences of two others of their language."""
    chance = random.Random(SEED)
    by_lang = {lang: [a for a in real if a.lang == lang] for lang in ("fr", "en")}
    split = {a.id: _SENTENCE.split(a.body) for a in real}
    for id in range(1, count + 1):
        one = chance.choice(real)
        first, second = chance.choices(by_lang[one.lang], k=2)
        body = " ".join([*split[first.id][::2], *split[second.id][1::2]])
        yield replace(one, id=id, feeds=(1,), story=id, body=body, seen=1.6e9 + 60.0 * id)


def stored(folder: Path, articles: Iterator[Article]) -> list[Article]:
    """Put articles into a fresh store, return those that are compared."""
    folder.mkdir(mode=0o700)
    store = Store(StoreAddress(folder))
    store.subscribe([FEED], [])
    kept = []
    with store._connection as sql:
        for a in articles:
            sql.execute(
                "INSERT INTO articles (id, feed, url, canonical, fingerprint, title, summary, body,"
                " author, lang, published, seen, story)"
                " VALUES (?, 1, '', '', x'', ?, ?, ?, '', ?, NULL, ?, ?)",
                (a.id, a.title, a.summary, a.body, a.lang, a.seen, a.id),
            )
            if a.id % SAMPLE == 0:
                kept.append(a)
    store.close()
    return kept


def written_to(folder: Path, watchlists: Sequence[Watchlist]) -> Path:
    """Write a feeds.yaml of these watchlists, return where it is."""
    file = folder / "feeds.yaml"
    said = {
        "feeds": [{"url": FEED.url, "name": FEED.name}],
        "watchlists": [
            {"name": f"{number}", "query": watchlist.query.text}
            for number, watchlist in enumerate(watchlists)
        ],
    }
    file.write_text(json.dumps(said, ensure_ascii=False, indent=1), encoding="utf-8")
    return file


def compare(
    rows: Sequence[dict[str, object]], watchlists: Sequence[Watchlist], kept: Sequence[Article]
) -> int:
    """Return how many articles were compared; raises WrongError where the two differ."""
    rules = WatchlistMatcher(watchlists)
    said = {(row["name"], id) for row in rows for id in row["gained"]}  # type: ignore[attr-defined]
    names = {watchlist.name: str(number) for number, watchlist in enumerate(watchlists)}
    for article in kept:
        expected = {names[hit.watchlist.name] for hit in rules.match(article, FEED)}
        if expected != {name for name, id in said if id == article.id}:
            raise WrongError(f"article {article.id}: {expected}")
    return len(kept)


if __name__ == "__main__":
    sys.exit(main())
