"""Which articles in two languages are about one event: by the names they share."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence

from monitor.base.article import Article
from monitor.judgement.alerts.publishers import publisher
from monitor.model.feed import Feed
from monitor.model.poll import ArticleChange, Names
from monitor.storage.store.sql.batch import StoreReads

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


def same_events(
    reading: StoreReads, feed: Feed, changes: Sequence[ArticleChange]
) -> list[int | None]:
    """Return for each new article the earlier one that names the same names, if there is any.

    It is in another language, and of another publisher: an outlet that tells an event in two
    languages spreads nothing.

    Args:
        reading: What is stored.
        feed: The feed that brought the articles.
        changes: The new articles, with their names.
    """
    names = [change.names for change in changes]
    shared_names = reading.names_elsewhere([(one.words, one.lang) for one in names])
    shared_names = [words if len(words) >= LEAST_NAMES else frozenset() for words in shared_names]
    known = reading.name_frequencies(frozenset().union(*shared_names))
    rare = {word for word, count in known.items() if count <= MOST_BEARERS}
    rivals, recent = reading.articles_named(
        [(words & rare, one.lang) for words, one in zip(shared_names, names, strict=True)],
        LEAST_NAMES,
        MOST_CANDIDATES,
    )
    weighed = {
        word
        for own, found in zip(names, rivals, strict=True)
        if found
        for one in (own, *found.values())
        for word in one.words
    }
    known |= reading.name_frequencies(weighed - known.keys())
    likely = [
        same_event(own, found, known.__getitem__, recent)
        for own, found in zip(names, rivals, strict=True)
    ]
    origins = reading.articles.origins([id for found in likely for id in found])
    publishers = {one.article: publisher(one.url, one.feed_url) for one in origins}
    return [
        _first_elsewhere(change, feed, found, publishers) if found else None
        for change, found in zip(changes, likely, strict=True)
    ]


def _first_elsewhere(
    change: ArticleChange, feed: Feed, likely: Sequence[int], publishers: Mapping[int, str]
) -> int | None:
    own = publisher(change.outlet_url or change.article.url, feed.url)
    others = (id for id in likely if id in publishers and publishers[id] != own)
    return next(others, None)
