"""The corpus on disk: documents for a web server, a `feeds.yaml`, and the expected counts."""

from __future__ import annotations

import json
import os
from pathlib import Path

from msgspec import Struct
from msgspec.structs import asdict

from bench.corpus import BEGINNING, SEED, Corpus

COMMON_RANK, RARE_RANK = 60, 12_000


class Newsroom(Struct, frozen=True, kw_only=True):
    """The newsroom in `folder`, with its counts."""

    folder: Path
    feeds: int
    entries: int
    seed: int
    alerts: int
    """(watchlist, article) pairs, counted by brute force."""
    words: dict[str, int]
    """A common and a rare word, with the number of articles that have each."""
    watchlists: dict[str, list[str]]

    @property
    def site(self) -> Path:
        """The folder to serve."""
        return self.folder / "site"

    @property
    def articles(self) -> int:
        """Number of distinct articles."""
        return self.feeds * self.entries

    def urls(self, port: int, feeds: int | None = None) -> list[str]:
        """Return the addresses of the feeds, or of the first ones."""
        return [
            f"http://127.0.0.1:{port}/feed-{number:04d}.xml"
            for number in range(self.feeds if feeds is None else feeds)
        ]

    def config(self, port: int, feeds: int | None = None) -> str:
        """Return the `feeds.yaml` for this newsroom."""
        lines = ["network:", "  allow: [127.0.0.0/8]", "archive: {vectors: false}", "feeds:"]
        for url in self.urls(port, feeds):
            lines += [f"  - url: {url}", f"    name: {Path(url).stem}"]
        lines.append("watchlists:")
        for name, terms in self.watchlists.items():
            lines += [f"  - name: {name}", f"    terms: [{', '.join(terms)}]"]
        return "\n".join(lines) + "\n"


def lay_out(folder: Path, feeds: int, entries: int) -> Newsroom:
    """Write a newsroom into a folder, or use the one that the folder has."""
    about = folder / "newsroom.json"
    settings = {"feeds": feeds, "entries": entries, "seed": SEED}
    if about.exists():
        facts = json.loads(about.read_text(encoding="utf-8"))
        if settings.items() <= facts.items():
            return Newsroom(folder=folder, **facts)
    corpus = Corpus(feeds, entries)
    site = folder / "site"
    site.mkdir(parents=True, exist_ok=True)
    for document in corpus.documents:
        path = site / f"{document.name}.xml"
        path.write_bytes(document.rss())
        os.utime(path, (BEGINNING, BEGINNING))
    words = [corpus.word("fr", COMMON_RANK), corpus.word("en", RARE_RANK)]
    newsroom = Newsroom(
        folder=folder,
        alerts=corpus.alerts(),
        words={word: corpus.having(word) for word in words},
        watchlists={name: list(terms) for name, terms in corpus.watchlists.items()},
        **settings,
    )
    facts = {name: value for name, value in asdict(newsroom).items() if name != "folder"}
    about.write_text(json.dumps(facts), encoding="utf-8")
    return newsroom
