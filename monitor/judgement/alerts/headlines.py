"""Decides by their headlines whether two articles with one text are one piece. Pure."""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import takewhile

from index.analysis.folding import fold
from index.analysis.term_positions import terms
from index.evaluation.significant_terms import stop_words
from monitor.base.article import Article, Timestamp
from monitor.judgement.alerts.publishers import host_name, registered_name
from monitor.model.poll import Headline

EDITION = 20 * 3600.0
"""Seconds after which a source that repeats a headline brings the next edition of a column."""
TELLING = 2
"""Significant words, without figures, of a headline that names its piece: more than `Part 2`."""
LONGEST_BLANK = 4
"""Words of the day, town or name in a pattern, at most."""
_CALENDAR = """
lundi mardi mercredi jeudi vendredi samedi dimanche janvier fevrier mars avril mai juin juillet
aout septembre octobre novembre decembre monday tuesday wednesday thursday friday saturday sunday
january february march april june july august september october november december
jan feb mar apr jun jul aug sep sept oct nov dec
"""
_DATES = frozenset(_CALENDAR.split())
_WORD = re.compile(r"\w+")
_PART = re.compile(r"\s?:\s|\s[-–—|]\s")


def headline(
    title: str, *, feed: int, outlet: str = "", url: str = "", date: Timestamp = 0.0
) -> Headline:
    """Build the headline of an article from its stored fields."""
    source = outlet or registered_name(url) or str(feed)
    return Headline(title, source, f"{outlet} {host_name(url)}".strip(), date)


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
    words, other_words = _words(first.title, first.publisher), _words(other.title, other.publisher)
    is_part = words <= other_words or other_words <= words
    is_edition = is_part and abs(first.date - other.date) < EDITION
    return is_alike(first, other) and (first.source != other.source or is_edition)


def is_alike(first: Headline, other: Headline) -> bool:
    """Tell whether two headlines share most of their words, and no figure differs."""
    words, other_words = _words(first.title, first.publisher), _words(other.title, other.publisher)
    figures, other_figures = _figures(words), _figures(other_words)
    if figures - other_figures and other_figures - figures:
        return False
    return 2 * len(words & other_words) > len(words | other_words)


def is_telling(headline: Headline) -> bool:
    words = _words(headline.title, headline.publisher)
    return len(words - _figures(words)) >= TELLING


def may_be_one_story(first: Headline, other: Headline) -> bool:
    """Tell whether the headlines of two articles with alike texts allow that they are one story.

    One source repeats a text for each day, town or part: there, both must name their piece and
    share a word beside the name of a column (`Weather: …`). They must not be one pattern with
    other names or dates in it, nor the same again an edition later.
    """
    if first.source != other.source or not (first.title or other.title):
        return True
    parts, other_parts = _PART.split(first.title), _PART.split(other.title)
    own = _words(" ".join(p for p in parts if p not in other_parts), first.publisher)
    other_own = _words(" ".join(p for p in other_parts if p not in parts), other.publisher)
    is_other_subject = own and other_own and own & other_own <= _figures(own)
    if is_other_subject or not (is_telling(first) and is_telling(other)):
        return False
    words, other_words = _WORD.findall(first.title), _WORD.findall(other.title)
    start = _alike_at_start(words, other_words)
    end = _alike_at_start(words[start:][::-1], other_words[start:][::-1])
    if 2 * (start + end) < max(len(words), len(other_words)):
        return True
    blanks = words[start : len(words) - end], other_words[start : len(other_words) - end]
    if all(map(str.isdigit, [*blanks[0], *blanks[1]])):
        dated = all(blanks) and not _DATES.isdisjoint(map(fold, words))
        return not dated and abs(first.date - other.date) < EDITION
    return not all(_is_named(blank, begins=not start) for blank in blanks)


def _is_named(blank: list[str], *, begins: bool) -> bool:
    """Tell whether a name, a figure, a day or a month fills the blank of a pattern."""
    words = blank[1:] or blank if begins else blank  # the first word has a capital anyway
    is_name = (not (w.isalpha() and w.islower()) or fold(w) in _DATES for w in words)
    return any(is_name) and len(blank) <= LONGEST_BLANK


def _alike_at_start(words: list[str], other_words: list[str]) -> int:
    pairs = zip(map(fold, words), map(fold, other_words), strict=False)
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))


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
