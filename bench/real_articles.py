"""Real articles and real feeds from `../shared/data`, beside the repository."""

from __future__ import annotations

import argparse
import json
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from index.analysis.language import detect
from monitor.base.article import Article
from monitor.base.errors import ParseError
from monitor.base.text_cleaning import line, lines
from monitor.intake.ingest import article_changes
from monitor.intake.parse.document import parse
from monitor.model.feed import Feed

DATA = Path(__file__).parents[2] / "shared" / "data"


def arguments(usage: str) -> argparse.ArgumentParser:
    """Return the parser of the options that every bench on real texts has."""
    parser = argparse.ArgumentParser(
        description=usage, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, default=DATA, help="where the texts are")
    return parser


def rows(path: Path) -> Iterator[dict[str, Any]]:
    """Yield the objects of a file of JSON lines; raise SystemExit if there is no file."""
    try:
        with path.open(encoding="utf-8") as file:
            yield from map(json.loads, file)
    except FileNotFoundError:
        raise SystemExit(f"{path}: there is no such file; --data FOLDER says where") from None


def articles(data: Path) -> list[Article]:
    """Return every article: 4,647 French ones and 1,154 English ones, of 290 words on average."""
    texts = [*_french(data), *_english(data)]
    return [as_article(id, *text) for id, text in enumerate(texts, 1)]


def as_article(id: int, lang: str, title: str, summary: str, body: str) -> Article:
    """Return an article of these words."""
    return Article(
        id=id,
        feeds=(1 if lang == "fr" else 2,),
        url=f"https://{lang}.example/{id}",
        title=line(title),
        summary=lines(summary),
        body=lines(body),
        lang=lang,
        seen=1.5e9 + 600.0 * id,
        story=id,
    )


def published(data: Path) -> list[Article]:
    """Return the articles of real feeds, each with the number of its feed.

    These are 8,600 documents and teasers of 300 feeds, then the French and English articles above.
    Each article of `clusters` is from a publisher of its own.
    """
    collected = [*_documents(data / "feeds-real"), *_teasers(data / "crossing")]
    for text in _french(data):
        collected.append(replace(as_article(0, *text), feeds=(20_000,)))
    for number, text in enumerate(_english(data), 30_000):
        article = replace(as_article(0, *text), feeds=(number,))
        if article.title.startswith("http"):  # the address of its page
            headline, _, body = article.body.partition("\n")
            article = replace(article, title=headline, body=body)
        collected.append(article)
    return [
        replace(article, id=id, story=id, url=f"https://a{id}.example/", seen=1.5e9 + 600.0 * id)
        for id, article in enumerate(collected, 1)
    ]


def _documents(folder: Path) -> Iterator[Article]:
    """Yield the articles of feeds, each once; each folder of `timeseries` is a feed.

    A document of which half was read already is the same feed in another format.
    """
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    sources = {path: path.parent if "timeseries" in path.parts else path for path in files}
    feeds = {
        source: Feed(url=f"https://{number}.example/feed", name=source.name, number=number)
        for number, source in enumerate(dict.fromkeys(sources.values()), 1)
    }
    known_keys: set[tuple[int, str]] = set()
    earlier: set[bytes] = set()
    for path in files:
        feed = feeds[sources[path]]
        try:
            entries = parse(path.read_bytes(), feed.url).entries
        except ParseError:
            continue
        fingerprints = {entry.fingerprint for entry in entries}
        if 2 * len(fingerprints & earlier) > len(fingerprints) and path == sources[path]:
            continue
        earlier |= fingerprints
        for entry in entries:
            keys = {(feed.number, entry.key), *([(0, entry.canonical)] if entry.canonical else [])}
            if keys.isdisjoint(known_keys):
                article = article_changes.article(entry, feed)
                code = detect(f"{article.title}\n{article.summary}")
                yield replace(article, lang=code)
            known_keys |= keys


def _teasers(folder: Path) -> Iterator[Article]:
    """Yield headlines with the text below them, of feeds that were polled for some days."""
    numbers: dict[str, int] = {}
    for lang in ("fr", "en"):
        for row in rows(folder / f"{lang}.jsonl"):
            number = numbers.setdefault(row["src"], 10_000 + len(numbers))
            article = as_article(0, lang, row["title"], row["summary"], "")
            yield replace(article, feeds=(number,), published=float(row["at"]))


_Written = tuple[str, str, str, str]


def _french(data: Path) -> Iterator[_Written]:
    for row in rows(data / "text-fr" / "orangesum-dev.jsonl"):
        yield "fr", row["title"], row["heading"], row["text"]
    for row in rows(data / "text-fr" / "wikinews-2012-100.jsonl"):
        title, _, body = row["text"].partition(". ")
        yield "fr", title, "", body


def _english(data: Path) -> Iterator[_Written]:
    for row in rows(data / "clusters" / "ecbplus-en-dev.jsonl"):
        title, _, body = row["text"].partition("\n")
        yield "en", title, "", body
    for name in ("ud-ewt-sentences", "ud-gum-wikinews"):
        documents: defaultdict[str, list[str]] = defaultdict(list)
        for row in rows(data / "text-en" / f"{name}.jsonl"):
            documents[row["doc"]].append(row["text"])
        for title, *body in documents.values():
            yield "en", title, "", "\n".join(body)
