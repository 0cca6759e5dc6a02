"""Which articles in two languages are about one event: by the names they share. Pure."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

from monitor.base.article import Article
from monitor.model.poll import Names

LANGUAGES = ("fr", "en")
"""The two that were measured."""
LEAST_NAMES = 3
"""Different names in both: two are met by chance once in 33,000 pairs of articles."""
SHARE = 0.35
"""One false link in 2.6 million pairs of French and English articles; half as much makes 11."""
WINDOW = 72 * 3600.0
"""Seconds between two articles of one event, at most."""
MOST_BEARERS = 200
"""Articles that have a name by which others are still looked for."""
MOST_CANDIDATES = 3
"""Candidates that are weighed, those with the most names in common."""


def names(article: Article, groups: tuple[frozenset[int], ...]) -> Names:
    """Return what is named in an article; nothing of languages that were not measured."""
    return Names(groups, article.lang) if article.lang in LANGUAGES else Names()


def same_event(
    own: Names, rivals: Mapping[int, Names], bearers: Callable[[int], int], articles: int
) -> list[int]:
    """Return which articles in another language are about the same event, the likeliest first.

    `bearers` tells how many of the `articles` of these days have a word.
    """

    def weight(word: int) -> float:
        return math.log1p(articles / max(1, bearers(word)))

    found = [
        (share, -article)
        for article, other in rivals.items()
        if other.lang != own.lang and abs(other.date - own.date) <= WINDOW
        if (share := _share(own, other, weight)) >= SHARE
    ]
    return [-negated for _, negated in sorted(found, reverse=True)]


def _share(one: Names, other: Names, weight: Callable[[int], float]) -> float:
    """Return how much of the names of two articles is in both; 0 if too few names are."""
    common = one.words & other.words
    if max(_names_shared(one, common), _names_shared(other, common)) < LEAST_NAMES:
        return 0.0
    whole = min(sum(map(weight, one.words)), sum(map(weight, other.words)))
    return sum(map(weight, common)) / whole if whole else 0.0


def _names_shared(names: Names, words: frozenset[int]) -> int:
    """Return how many different names have one of these words; all figures are one.

    A headline In Title Case looks like one long name, so that the other article counts.
    """
    left = {word for word in words if word > 0}
    used = 1 if len(left) < len(words) else 0
    for group in names.groups:
        if group & left:
            left -= group
            used += 1
    return used
