"""A watchlist before it is saved: what it would have matched lately, counted and with examples."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import closing

from msgspec import Struct

from index import interruption
from index.evaluation.highlight import Highlighter, snippet
from monitor.base.article import Timestamp
from monitor.model.config import StoreAddress
from monitor.model.feed import Feed
from monitor.model.search import SearchHit
from monitor.model.watchlist import Watchlist
from monitor.storage.store.sql.views import Views
from monitor.watchlists.backtest import ArchiveReplay, TrialTallies, known_feeds, replay

EXAMPLES = 10
"""Articles that are shown with their matches."""
SNIPPET = 120
"""Cells of the text around the matches of an example."""


class WatchlistPreview(Struct, frozen=True):
    """What a watchlist would have matched in a time."""

    articles: int
    """Articles of that time."""
    matched: int
    terms: tuple[tuple[str, int], ...]
    """Articles that each term matches, the most frequent term first; terms without are left out."""
    examples: tuple[SearchHit, ...]
    """The newest articles that match."""


def preview(
    store: StoreAddress,
    views: Views,
    watchlist: Watchlist,
    described: Sequence[Feed],
    since: Timestamp,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> WatchlistPreview:
    """Return what a watchlist would have matched since a time.

    Args:
        store: Where the store is.
        views: Reads it.
        watchlist: The watchlist.
        described: The feeds as feeds.yaml describes them.
        since: Only articles dated from then on.
        progress: Told now and then how many articles of how many are done.

    Raises:
        Interrupted: Nobody waits for the result.
        StoreError: The store cannot be read.
    """
    feeds = known_feeds(views.feeds.every(), described)
    settings = ArchiveReplay(store=store, watchlists=(watchlist,), feeds=feeds, since=since)
    newest = views.version().article
    oldest = min(views.articles.seen_since(since), newest + 1)
    tallies = TrialTallies([watchlist])
    with closing(replay(settings, newest, after=oldest - 1)) as parts:
        for part in parts:
            interruption.check()
            tallies.take(part)
            progress(min(part.upto, newest) - oldest + 1, newest - oldest + 1)
    (tally,) = tallies.tallies
    highlighter = Highlighter(watchlist.query)
    examples = []
    for article in views.articles.get(tally.newest(tally.dates, EXAMPLES)):
        spans = tuple(highlighter.spans(article))
        line, lit = snippet(article, spans, SNIPPET)
        feed = next((feeds[one].name for one in article.feeds if one in feeds), "?")
        examples.append(SearchHit(article, feed, 0.0, spans, line, tuple(lit)))
    return WatchlistPreview(
        len(tallies.dates), len(tally.dates), tuple(tally.terms.most_common()), tuple(examples)
    )
