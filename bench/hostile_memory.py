"""Hostile feeds that exhaust the memory of the monitor and of the indexer."""

from __future__ import annotations

import json
import random
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from string import ascii_lowercase

from bench.hostile_cost import Harm
from bench.loopback import Loopback, serve_loopback
from bench.measure import cost
from bench.tocsin_run import TOCSIN

ARTICLES = 81
MB = 2**20


def runs(folder: Path) -> Iterator[Harm]:
    """Attack with 81 articles of one compound of 40,000 words, all different."""
    texts = [f"b{number}-" * 40_000 for number in range(1, 1 + ARTICLES)]
    yield from _read_once(folder, f"{ARTICLES} articles of 40,000 words in one run", texts)


def pieces(folder: Path) -> Iterator[Harm]:
    """Attack with 81 articles of 2,400 compounds, all different, of cacheable length."""
    rng = random.Random(4)
    texts = [" ".join(_piece(rng) for _ in range(2_400)) for _ in range(ARTICLES)]
    yield from _read_once(folder, f"{ARTICLES} articles of 2,400 compounds of 16 words", texts)


def _piece(rng: random.Random) -> str:
    return "-".join("".join(rng.choices(ascii_lowercase, k=3)) for _ in range(16))


def _read_once(folder: Path, label: str, texts: Sequence[str]) -> Iterator[Harm]:
    """Poll and index a feed of these texts once, beside nine healthy feeds."""
    hostile = _feed("hostile", texts)
    with serve_loopback(Loopback(lambda path: _document(path, hostile))) as loopback:
        address = f"http://127.0.0.1:{loopback.port}"
        names = ["hostile", *(f"well{number}" for number in range(9))]
        settings = {
            "network": {"allow": ["127.0.0.0/8"]},
            "feeds": [{"url": f"{address}/{name}", "name": name} for name in names],
            "watchlists": ["Alibaba"],
        }
        config = folder / "feeds.yaml"
        config.write_text(json.dumps(settings), encoding="utf-8")
        spent = cost([TOCSIN, "-c", str(config), "-q", "run", "--once", "--now"], check=False)
    stored = _stored(folder / "var" / "newsroom.db")
    outcome = f"{spent.cpu:.0f} s of processor time; exit code {spent.code}; {stored}"
    yield Harm(f"{label}: the monitor", spent.wall, spent.main_memory / MB, outcome)
    yield Harm(f"{label}: all processes", spent.wall, spent.total_memory / MB)


def _document(path: str, hostile: bytes) -> tuple[str, bytes]:
    name = path.strip("/")
    if name == "hostile":
        return '"hostile"', hostile
    return f'"{name}"', _feed(name, [f"Alibaba is in the news of {name} again."])


def _feed(name: str, texts: Sequence[str]) -> bytes:
    items = (
        f"<item><guid>{name}-{number}</guid><title>Article {number} of {name}</title>"
        f"<description>{text}</description></item>"
        for number, text in enumerate(texts)
    )
    return f"<rss version='2.0'><channel>{''.join(items)}</channel></rss>".encode()


def _stored(database: Path) -> str:
    with closing(sqlite3.connect(database)) as sql:
        (articles,) = sql.execute("SELECT count(*) FROM articles").fetchone()
        (alerts,) = sql.execute("SELECT count(*) FROM alerts WHERE kind = 'match'").fetchone()
        (waiting,) = sql.execute("SELECT count(*) FROM outbox").fetchone()
    return f"{articles} articles, {alerts} of 9 alerts, {waiting} not indexed"
