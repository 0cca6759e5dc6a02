"""Enrichment of articles from their words alone: language, matches, shingles, names. Pure.

This is most of the work of storing an article. It needs no store and is done before the
transaction, so that a viewer's triage waits only while rows are written.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

from msgspec import Struct
from msgspec.structs import replace

from index.analysis.language import choose, prior
from index.analysis.text_features import TextFeatures, text_features
from monitor.base.article import Article
from monitor.intake.ingest import cross_language
from monitor.judgement.match.matcher import WatchlistMatcher
from monitor.judgement.match.time_limit import TimedMatcher
from monitor.model.feed import Feed
from monitor.model.poll import Names
from monitor.model.watchlist import WatchlistMatch


class Enrichment(Struct, frozen=True):
    """An article with its language, shingles, names and matches, before it is stored."""

    article: Article
    shingles: frozenset[int]
    names: Names
    hits: tuple[WatchlistMatch, ...]
    unmatched: str = ""
    """Why the article was set aside and not matched; empty when it was matched."""

    def is_of(self, article: Article) -> bool:
        """Return whether an article has exactly the text that was enriched."""
        return self.article.texts == article.texts


def enrich(
    articles: Sequence[Article],
    feed: Feed,
    rules: WatchlistMatcher,
    recent: deque[str],
    declared: str,
    matcher: TimedMatcher | None = None,
    *,
    read: Sequence[TextFeatures | None] = (),
) -> list[Enrichment]:
    """Return the enrichment of each article of a feed; adds their languages to `recent`.

    An article that exceeds the time limit has no matches, and says why.

    Args:
        articles: The articles.
        feed: The feed that has them.
        rules: The watchlists.
        recent: The languages of the last articles of the feed.
        declared: The language that the feed declares.
        matcher: Matches within the time limit.
        read: The features of each article, None where they were not read with the document.
    """
    features = _features(articles, read or [None] * len(articles), with_languages=not feed.lang)
    known = [
        replace(article, lang=_language(one, feed, recent, declared))
        for article, one in zip(articles, features, strict=True)
    ]
    names = [
        cross_language.names(article, one.names)
        for article, one in zip(known, features, strict=True)
    ]
    matcher = matcher or TimedMatcher()
    hits = [matcher.match(rules, article, feed) for article in known]
    return [
        Enrichment(article, one.shingles, named, found.hits, found.unmatched)
        for article, one, named, found in zip(known, features, names, hits, strict=True)
    ]


def _features(
    articles: Sequence[Article], read: Sequence[TextFeatures | None], *, with_languages: bool
) -> list[TextFeatures]:
    """Return the features of each article; those that were not read yet are read."""
    unread = [
        (article.title, article.summary, article.body)
        for article, one in zip(articles, read, strict=True)
        if one is None
    ]
    made = iter(text_features(unread, with_languages=with_languages))
    return [next(made) if one is None else one for one in read]


def _language(features: TextFeatures, feed: Feed, recent: deque[str], declared: str) -> str:
    lang = feed.lang or choose(features.languages, prior(recent, declared))
    recent.append(lang)
    return lang
