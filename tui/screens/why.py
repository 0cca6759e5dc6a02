"""Why an article is here: each watchlist that rang, its terms, and the words around them."""

from __future__ import annotations

from index.article import Article
from index.text import line
from monitor.model import Match, Reading
from tui.article_page import cleaned
from tui.ink import Line, wrap
from tui.screens.dialog import Dialog
from tui.widgets.sheet import Sheet


class Why(Dialog[None]):
    """The alerts of an article, with their matches in context."""

    def __init__(self, reading: Reading) -> None:
        super().__init__("Why this matches", Sheet(lambda cells: explained(reading, cells)))


def explained(reading: Reading, cells: int) -> list[Line]:
    """Return the explanation as lines."""
    article = reading.article
    lines = [*wrap(line(article.title) or "(no title)", cells, "title"), []]
    if not reading.alerts:
        lines += wrap("No watchlist matched this article.", cells, "plain")
    for alert in reading.alerts:
        lines += wrap(f"{line(alert.watchlist)} ({alert.severity})", cells, "accent")
        lines += [_context(article, match, cells) for match in alert.matches]
        lines.append([])
    return lines


def _context(article: Article, match: Match, cells: int) -> Line:
    """Return a match with as many of the words around it as fit, its term first."""
    text, [(start, end, _)] = cleaned(article.part(match.field), [(match.start, match.end, "hit")])
    term, where = f"  {line(match.term)} ", f"in the {match.field}: "
    around = max(8, (cells - len(term) - len(where) - len(match.text) - 2) // 2)
    left = text[max(0, start - around) : start]
    right = text[end : end + around]
    return [
        (term, "list"),
        (where, "quiet"),
        ("…" if start > around else "", "quiet"),
        (line(left) + " " * left[-1:].isspace(), "plain"),
        (line(text[start:end]), "hit"),
        (" " * right[:1].isspace() + line(right), "plain"),
        ("…" if end + around < len(text) else "", "quiet"),
    ]
