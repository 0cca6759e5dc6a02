"""Any number of articles of real French and English sentences, no two the same."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from itertools import cycle, islice
from pathlib import Path

from msgspec.structs import replace

from bench.real_articles import articles
from monitor.base.article import Article

SEED = 1944
FEEDS = 1_000
MINUTE = 60.0
_SENTENCE = re.compile(r"[^.!?…]+[.!?…]*\s*")
_SYLLABLES = ("ba", "cor", "du", "fen", "gal", "hi", "jor", "ka", "lun", "mer", "no", "pra", "sta")


def mixed_articles(data: Path, count: int) -> Iterator[Article]:
    """Yield articles: first the real ones, then mixtures of two of one language.

    A mixture has half of the sentences of each article and two names of its own, so that the
    vocabulary grows as in real news.
    """
    rng = random.Random(SEED)
    real = articles(data)
    rng.shuffle(real)
    partners = {lang: cycle([a for a in real if a.lang == lang]) for lang in ("fr", "en")}
    for id, article in enumerate(islice(cycle(real), count), 1):
        if id > len(real):
            other = next(islice(partners[article.lang], rng.randrange(1, 9), None))
            article = _mixed(article, other, rng)  # noqa: PLW2901
        date = 1.3e9 + MINUTE * id
        yield replace(
            article, id=id, feeds=(1 + id % FEEDS,), published=date, seen=date, story=id,
            url=f"https://x.example/{id}",
        )  # fmt: skip


def _mixed(article: Article, other: Article, rng: random.Random) -> Article:
    sentences = [*_half(article.body, rng), *_half(other.body, rng)]
    rng.shuffle(sentences)
    sentences.append(f"{_name(rng)} {_name(rng)}.")
    body = " ".join(map(str.strip, sentences))  # joined without a blank, they would make new words
    return replace(article, title=f"{article.title} {_name(rng)}", body=body)


def _half(text: str, rng: random.Random) -> list[str]:
    sentences = _SENTENCE.findall(text)
    return rng.sample(sentences, -(-len(sentences) // 2))


def _name(rng: random.Random) -> str:
    return "".join(rng.choices(_SYLLABLES, k=3)).capitalize()
