"""The sentence of an article that shows why it matched."""

from __future__ import annotations

import re
from collections.abc import Sequence

from monitor.base.article import Article
from monitor.model.match import Match

MAX_SENTENCE = 280
"""Most characters of a sentence; a longer one is cut around its first match."""
_END = re.compile(r"(?<=[.!?…])[\s»”\"]+|\n+")

Spans = tuple[tuple[int, int], ...]


def passage(article: Article, matches: Sequence[Match]) -> tuple[str, Spans]:
    """Return the first sentence with a match, and the spans of its matches.

    Empty if only the title has matches, because each message has the title.
    """
    for part in ("summary", "body"):
        spans = sorted((m.start, m.end) for m in matches if m.field == part)
        text = article.part(part)
        if spans and spans[0][1] <= len(text):
            start, end = _sentence(text, spans[0])
            inside = tuple((a - start, b - start) for a, b in spans if a >= start and b <= end)
            return text[start:end], inside
    return "", ()


def _sentence(text: str, match: tuple[int, int]) -> tuple[int, int]:
    """Return start and end of the sentence around a match, cut to a readable length."""
    starts = [end.end() for end in _END.finditer(text, 0, match[0])]
    start = starts[-1] if starts else 0
    ending = _END.search(text, match[1])
    end = ending.start() if ending else len(text)
    if end - start <= MAX_SENTENCE:
        return start, end
    start = max(start, match[0] - MAX_SENTENCE // 3)
    end = max(match[1], min(end, start + MAX_SENTENCE))
    return start, end
