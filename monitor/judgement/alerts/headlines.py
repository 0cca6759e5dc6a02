"""Decides by their headlines whether two articles with one text are one piece. Pure."""

from __future__ import annotations

from functools import lru_cache

from index.analysis.term_positions import terms
from index.evaluation.significant_terms import stop_words
from monitor.base.article import Article, Timestamp
from monitor.judgement.alerts.publishers import host_name
from monitor.model.poll import Headline

EDITION = 20 * 3600.0
"""Seconds after which a feed that repeats headline and text brings the next edition of a column."""
_CALENDAR = """
lundi mardi mercredi jeudi vendredi samedi dimanche janvier fevrier mars avril mai juin juillet
aout septembre octobre novembre decembre monday tuesday wednesday thursday friday saturday sunday
january february march april june july august september october november december
jan feb mar apr jun jul aug sep sept oct nov dec
"""
_DATES = frozenset(_CALENDAR.split())


def headline(
    title: str, *, feed: int, outlet: str = "", url: str = "", date: Timestamp = 0.0
) -> Headline:
    """Build the headline of an article from its stored fields."""
    return Headline(title, outlet or str(feed), f"{outlet} {host_name(url)}".strip(), date)


def headline_of(article: Article) -> Headline:
    return headline(
        article.title,
        feed=article.feeds[0],
        outlet=article.outlet,
        url=article.url,
        date=article.date,
    )


def is_same_piece(first: Headline, other: Headline) -> bool:
    """Tell whether two headlines are of one piece; an empty headline is of no piece.

    One source rarely publishes one piece twice: in one source, one headline must have all the
    words of the other, and both must be dated within an edition.
    """
    if not is_alike(first, other):
        return False
    if first.source != other.source:
        return True
    words, other_words = _words(first.title, first.publisher), _words(other.title, other.publisher)
    return (words <= other_words or other_words <= words) and abs(first.date - other.date) < EDITION


def is_alike(first: Headline, other: Headline) -> bool:
    """Tell whether two headlines share most of their words, and no figure differs."""
    words, other_words = _words(first.title, first.publisher), _words(other.title, other.publisher)
    figures, other_figures = _figures(words), _figures(other_words)
    if figures - other_figures and other_figures - figures:
        return False
    return 2 * len(words & other_words) > len(words | other_words)


@lru_cache(10_000)
def _figures(words: frozenset[str]) -> frozenset[str]:
    """Return the figures and names of days and months: editions of a column differ in these."""
    return frozenset(word for word in words if word in _DATES or any(map(str.isdigit, word)))


@lru_cache(10_000)
def _words(title: str, publisher: str) -> frozenset[str]:
    """Return the significant words of a headline, folded; all words where none is significant.

    Left out are stop words and the words of the publisher: `Liège - Le Soir`.
    """
    words = frozenset(terms(title))
    content_words = words - stop_words("fr") - stop_words("en") or words
    return content_words - _own_words(publisher) or content_words


@lru_cache(1_000)
def _own_words(publisher: str) -> frozenset[str]:
    return frozenset(terms(publisher))
