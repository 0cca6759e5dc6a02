"""Finds articles in two languages about one event by their common names."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence

from monitor.base.article import Article
from monitor.base.url import publisher
from monitor.model.feed import Feed
from monitor.model.poll import ArticleChange, Names
from monitor.storage.store.sql.batch import StoreReads

LANGUAGES = ("fr", "en")
"""The languages that were measured."""
LEAST_NAMES = 3
"""Different names in both articles: chance makes two in one of 33,000 pairs of articles."""
SHARE = 0.35
"""No false link in 2.4 million pairs of French and English articles; 0.2 makes 13."""
WINDOW = 72 * 3600.0
"""Seconds between two articles of one event, at most."""
MOST_BEARERS = 200
"""Most articles with a name: a more frequent name finds no candidates."""
MOST_CANDIDATES = 3
"""Candidates that are compared, those with the most names in common."""


def names(article: Article, groups: tuple[frozenset[int], ...]) -> Names:
    """Return the names in an article; none in languages that were not measured."""
    return Names(groups, article.lang) if article.lang in LANGUAGES else Names()


def same_event(
    article_names: Names, rivals: Mapping[int, Names], bearers: Callable[[int], int], articles: int
) -> list[int]:
    """Return the articles in another language about the same event, the likeliest first.

    `bearers` returns the number of `articles` of these days that have a word.
    """

    def weight(word: int) -> float:
        return math.log1p(articles / max(1, bearers(word)))

    shares = [
        (share, -article)
        for article, other in rivals.items()
        if other.lang != article_names.lang and abs(other.date - article_names.date) <= WINDOW
        if (share := _share(article_names, other, weight)) >= SHARE
    ]
    return [-negated for _, negated in sorted(shares, reverse=True)]


def _share(first: Names, other: Names, weight: Callable[[int], float]) -> float:
    """Return the weighted share of common names of two articles; 0 if they are too few."""
    common_words = first.words & other.words
    if max(len([*names.having(common_words)]) for names in (first, other)) < LEAST_NAMES:
        return 0.0
    total = min(sum(map(weight, first.words)), sum(map(weight, other.words)))
    return sum(map(weight, common_words)) / total if total else 0.0


def same_events(
    reading: StoreReads, feed: Feed, changes: Sequence[ArticleChange]
) -> list[int | None]:
    """Return for each new article the earlier article with the same names, if there is any.

    It is in another language, and of another publisher: an outlet that tells an event in two
    languages spreads nothing.

    Args:
        reading: The store.
        feed: The feed that brought the articles.
        changes: The new articles, with their names.
    """
    names = [change.names for change in changes]
    shared_names = reading.names_elsewhere([(n.words, n.lang) for n in names])
    shared_names = [words if len(words) >= LEAST_NAMES else frozenset() for words in shared_names]
    frequencies = reading.name_frequencies(frozenset().union(*shared_names))
    rare_words = {word for word, count in frequencies.items() if count <= MOST_BEARERS}
    rivals, recent = reading.articles_named(
        [(words & rare_words, n.lang) for words, n in zip(shared_names, names, strict=True)],
        LEAST_NAMES,
        MOST_CANDIDATES,
    )
    compared_words = {
        word
        for own_names, others in zip(names, rivals, strict=True)
        if others
        for n in (own_names, *others.values())
        for word in n.words
    }
    frequencies |= reading.name_frequencies(compared_words - frequencies.keys())
    likely = [
        same_event(n, others, frequencies.__getitem__, recent)
        for n, others in zip(names, rivals, strict=True)
    ]
    origins = reading.articles.origins([id for ids in likely for id in ids])
    publishers = {origin.article: publisher(origin.url, origin.feed_url) for origin in origins}
    return [
        _first_elsewhere(change, feed, ids, publishers) if ids else None
        for change, ids in zip(changes, likely, strict=True)
    ]


def _first_elsewhere(
    change: ArticleChange, feed: Feed, likely: Sequence[int], publishers: Mapping[int, str]
) -> int | None:
    own_publisher = publisher(change.outlet_url or change.article.url, feed.url)
    candidates = (id for id in likely if id in publishers and publishers[id] != own_publisher)
    return next(candidates, None)
