"""Finds earlier articles about one event by names: in another language, or in other words."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence

from index.analysis.text_features import LEAD
from monitor.base.article import Article
from monitor.base.url import publisher
from monitor.judgement.stories import story_told
from monitor.model.event_link import LANGUAGES, WINDOW
from monitor.model.feed import Feed
from monitor.model.poll import ArticleChange, Names, Namesakes, rarity
from monitor.storage.store.sql.batch import LEAST_NAMES, StoreReads

SHARE = 0.35
"""No false link in 2.4 million pairs of French and English articles; 0.2 makes 13."""
_OFFER = re.compile(
    r"\b(?:offres?|promo(?:s|tions?|tionnelles?)?|remises?|rabais|soldes|bons? plans?|prix|aubaine"
    r"|profit[eé][rz]?|craque[rz]|deals|sale|discounts?|coupons?|bargains?|save|black friday"
    r"|cyber monday|shipping)\b|% off\b"
)
"""Words of special offers: two are in 52 of 80 offers, and in 5 of 4,547 French reports."""


def names(article: Article, groups: tuple[frozenset[int], ...]) -> Names:
    """Return the names in an article; none in special offers and in languages not measured."""
    lead = f"{article.title} {(article.summary or article.body)[:LEAD]}".lower()
    stems = {word[:4] for word in _OFFER.findall(lead)}  # offre and offres are one word
    is_news = article.lang in LANGUAGES and len(stems) < 2
    return Names(groups, article.lang) if is_news else Names()


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
    reading: StoreReads, feed: Feed, changes: Sequence[ArticleChange], namesakes: Namesakes
) -> list[int | None]:
    """Return for each article, with its names, an earlier article with the same, if there is any.

    It is in another language, and of another publisher than the feed and the article: an outlet
    that tells an event in two languages spreads nothing.
    """
    likely = [
        same_event(change.names, others, namesakes.bearers.__getitem__, namesakes.recent)
        for change, others in zip(changes, namesakes.of, strict=True)
    ]
    origins = reading.articles.origins([id for ids in likely for id in ids])
    publishers = {origin.article: publisher(origin.url, origin.feed_url) for origin in origins}

    def own(change: ArticleChange) -> str:
        return publisher(change.outlet_url or change.article.url, feed.url)

    return [
        next((id for id in ids if publishers.get(id) not in {None, own(change)}), None)
        for change, ids in zip(changes, likely, strict=True)
    ]


# --- in one language -------------------------------------------------------------------

RARE = 4.0
"""Rarity of a name that one article in 55 has: rarer ones weigh no more."""


def stories_told(
    reading: StoreReads, changes: Sequence[ArticleChange], namesakes: Namesakes
) -> list[int | None]:
    """Return the earlier story that tells the event of each article, None if it has a story."""
    reports = reading.candidates({id for others in namesakes.of for id in others})
    weight_of = {
        count: min(1.0, max(0.0, rarity(count, namesakes.recent) / RARE)) ** 2
        for count in {*namesakes.bearers.values()}
    }
    weights = {word: weight_of[count] for word, count in namesakes.bearers.items()}
    return [
        story_told(
            change.article,
            change.names,
            [(reports[id], n) for id, n in others.items() if n.lang == change.names.lang],
            weights,
        )
        if change.article.story == change.article.id
        else None
        for change, others in zip(changes, namesakes.of, strict=True)
    ]
