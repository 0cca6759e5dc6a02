"""The sentence of an article that a watchlist hit, and where to light it."""

from __future__ import annotations

import re
from collections.abc import Sequence

from index.article import Article
from monitor.model import Match

LONGEST = 280
"""Characters of a passage; a longer sentence is cut around its first match."""
_END = re.compile(r"(?<=[.!?…])[\s»”\"]+|\n+")

Lit = tuple[tuple[int, int], ...]


def passage(article: Article, matches: Sequence[Match]) -> tuple[str, Lit]:
    """Return the first sentence with a match and the matches in it; the title's come last.

    Empty when the title alone holds all of them: a message has it already.
    """
    for part in ("summary", "body"):
        found = sorted((m.start, m.end) for m in matches if m.field == part)
        text = article.part(part)
        if found and found[0][1] <= len(text):
            start, end = _sentence(text, found[0])
            inside = tuple((a - start, b - start) for a, b in found if a >= start and b <= end)
            return text[start:end], inside
    return "", ()


def _sentence(text: str, match: tuple[int, int]) -> tuple[int, int]:
    """Return from where to where the sentence of a match goes, cut to a readable length."""
    starts = [found.end() for found in _END.finditer(text, 0, match[0])]
    start = starts[-1] if starts else 0
    found = _END.search(text, match[1])
    end = found.start() if found else len(text)
    if end - start <= LONGEST:
        return start, end
    start = max(start, match[0] - LONGEST // 3)
    end = max(match[1], min(end, start + LONGEST))
    return start, end
