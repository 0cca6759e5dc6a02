"""Enrichment of articles from their words alone: language, matches, shingles, names. Pure.

This is most of the work of storing an article. It needs no store and is done before the
transaction, so that a viewer's triage waits only while rows are written.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

from msgspec import Struct
from msgspec.structs import replace

from index.analysis.language import detect, prior
from index.article import PARTS, Article
from monitor.ingest import cross_language, stories
from monitor.match.fence import MatchingFence
from monitor.match.matcher import WatchlistMatcher
from monitor.model.feed import Feed
from monitor.model.match import WatchlistMatch
from monitor.model.poll import Names


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
        return all(self.article.part(part) == article.part(part) for part in PARTS)


def enrich(
    articles: Sequence[Article],
    feed: Feed,
    rules: WatchlistMatcher,
    recent: deque[str],
    declared: str,
    fence: MatchingFence | None = None,
) -> list[Enrichment]:
    """Return the enrichment of each article of a feed; adds their languages to `recent`.

    An article that exceeds the limits of the fence has no matches, and says why.

    Each step runs for all articles before the next: its tables fill the processor's cache.
    """
    known = [
        replace(article, lang=_language(article, feed, recent, declared)) for article in articles
    ]
    shingles = [stories.shingles(article) for article in known]
    names = [cross_language.names(article) for article in known]
    fence = fence or MatchingFence()
    hits = [fence.match(rules, article, feed) for article in known]
    return [
        Enrichment(article, own, named, found.hits, found.unmatched)
        for article, own, named, found in zip(known, shingles, names, hits, strict=True)
    ]


def _language(article: Article, feed: Feed, recent: deque[str], declared: str) -> str:
    headline = f"{article.title}\n{article.summary}" if article.summary else article.title
    lang = feed.lang or detect(headline, prior(recent, declared)).code
    recent.append(lang)
    return lang
