"""Phrases of articles: two or three words that follow each other, and say something."""

from __future__ import annotations

import re
from collections.abc import Iterator

from index.analysis import tokenize
from index.article import PARTS, Article
from index.runs import Token
from index.wording import silent

LONGEST = 3
"""Words of a phrase."""
_APART = re.compile(r"[.!?;:\n()«»“”\"|–—]")
"""What stands between words that are no phrase."""


def phrases(article: Article) -> dict[str, str]:
    """Return the phrases of an article: folded, with how each is written first."""
    found: dict[str, str] = {}
    for part in PARTS[:-1]:
        text = article.part(part)
        tokens = [token for token in tokenize(text) if token.length == 1]
        for at in range(len(tokens)):
            for run in _runs(tokens[at : at + LONGEST], text, article.lang):
                folded = " ".join(token.term for token in run)
                found.setdefault(folded, text[run[0].start : run[-1].end])
    return found


def _runs(tokens: list[Token], text: str, lang: str) -> Iterator[list[Token]]:
    """Yield the phrases that begin with the first of some tokens."""
    if not tokens or not _says(tokens[0], lang):
        return
    for last in range(1, len(tokens)):
        between = text[tokens[last - 1].end : tokens[last].start]
        if not between or _APART.search(between):
            return
        if _says(tokens[last], lang):
            yield tokens[: last + 1]


def _says(token: Token, lang: str) -> bool:
    return (
        len(token.term) > 1 and token.term not in silent(lang) and any(map(str.isalpha, token.term))
    )
