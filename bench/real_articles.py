"""Real French and English articles: those that lie beside the repository, in `../shared/data`."""

from __future__ import annotations

import argparse
import json
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from index.analysis.text_cleaning import line, lines
from index.article import Article

DATA = Path(__file__).parents[2] / "shared" / "data"


def arguments(usage: str) -> argparse.ArgumentParser:
    """Return the parser of the options that every bench on real texts has."""
    parser = argparse.ArgumentParser(
        description=usage, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, default=DATA, help="where the texts are")
    return parser


def rows(path: Path) -> Iterator[dict[str, Any]]:
    """Yield the objects of a file of JSON lines."""
    with path.open(encoding="utf-8") as file:
        yield from map(json.loads, file)


def articles(data: Path) -> list[Article]:
    """Return every article: 4,647 French ones and 1,154 English ones, of 290 words on average."""
    found = [*_french(data), *_english(data)]
    return [made(id, *written) for id, written in enumerate(found, 1)]


def made(id: int, lang: str, title: str, summary: str, body: str) -> Article:
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
