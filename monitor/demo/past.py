"""The weeks before the demo opens: they teach it the usual, and end in a spike and a silence."""

from __future__ import annotations

from collections.abc import Sequence

from monitor.demo.newsroom import DemoNewsroom
from monitor.intake.article_import import ArticleImport, parse_article
from monitor.model.feed import Feed
from monitor.model.watchlist import Watchlist
from monitor.storage.store.sql.store import Store


def store_past(
    store: Store,
    feeds: Sequence[Feed],
    watchlists: tuple[Watchlist, ...],
    newsroom: DemoNewsroom,
    url: str,
) -> None:
    """Import the articles of the past into a new store, as if it had been watched all the time.

    Args:
        store: The store.
        feeds: The feeds of the demo.
        watchlists: Its watchlists.
        newsroom: The newsroom, which opens now.
        url: Address of its server, without a slash at its end.
    """
    articles, now = newsroom.content.past, newsroom.opened
    rows = [
        {
            "title": article.title,
            "url": f"{url}/{article.outlet}/{article.slug}.html",
            "body": "\n\n".join(article.text),
            "author": article.author,
            "date": now - 60 * article.minutes_ago,
            "feed": newsroom.content.outlets[article.outlet].name,
        }
        for article in articles
    ]
    store.subscribe(feeds, watchlists)
    ArticleImport(store, lambda: watchlists, lambda: now).take(
        parse_article(row, now) for row in rows
    )
    begun = now - 60 * max(article.minutes_ago for article in articles)
    with store.batch() as batch:
        for at in (begun, now):
            batch.volumes.note_watched(at, at - begun, begun)
