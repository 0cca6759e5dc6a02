"""An article that takes too long to match is set aside; the others go on."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from index.errors import Interrupted
from index.interruption import interruptible
from monitor.base.article import Article
from monitor.base.translation import gettext as _
from monitor.judgement.match.matcher import WatchlistMatcher
from monitor.model.feed import Feed
from monitor.model.watchlist import WatchlistMatch

ARTICLE_SECONDS = 5.0
"""Seconds of processor time in which an article is matched. A long one takes 0.2 s."""
DOCUMENT_SECONDS = 20.0
"""The same for all articles of a document together."""


class Matching(NamedTuple):
    """What came of matching an article."""

    hits: tuple[WatchlistMatch, ...]
    unmatched: str = ""
    """Why the article was set aside; empty when it was matched."""


class TimedMatcher:
    """Matches the articles of one document, within its time."""

    def __init__(self, stopwatch: Callable[[], float] = lambda: 0.0) -> None:
        """Begin a document.

        Args:
            stopwatch: Returns the seconds of processor time of this thread.
        """
        self._stopwatch = stopwatch
        self._left = DOCUMENT_SECONDS

    def match(self, rules: WatchlistMatcher, article: Article, *feeds: Feed) -> Matching:
        """Return the watchlists that an article satisfies, or why that is not known."""
        if self._left <= 0:
            seconds = f"{DOCUMENT_SECONDS:g}"
            message = _("its document takes longer than {seconds} s to match", seconds=seconds)
            return Matching((), message)
        began, most = self._stopwatch(), min(self._left, ARTICLE_SECONDS)
        try:
            with interruptible(lambda: self._stopwatch() - began > most):
                return Matching(rules.match(article, *feeds))
        except Interrupted:
            message = _("matching it takes longer than {seconds} s", seconds=f"{most:.1g}")
            return Matching((), message)
        except MemoryError:
            return Matching((), _("matching it needs too much memory"))
        finally:
            self._left -= self._stopwatch() - began
