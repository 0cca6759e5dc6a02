"""`tocsin watch explain`: why a watchlist matches an article, or why not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from monitor.cli import Newsroom

if TYPE_CHECKING:
    from index.article import Article
    from monitor.model import Config, Feed, Watchlist


@click.command("explain")
@click.argument("article", type=int)
@click.argument("watchlist")
@click.pass_context
def command(context: click.Context, article: int, watchlist: str) -> None:
    """Tell why WATCHLIST matches the article of that number: each clause with its text.

    Or the clause that fails, and then exits with 1.
    """
    from monitor.config import load
    from monitor.match import explain

    newsroom: Newsroom = context.obj
    config = load(newsroom.config_path, data=newsroom.data)
    asked = watchlist_of(config, watchlist)
    reading = newsroom.service().read(article) if 0 < article < 2**63 else None
    if reading is None:
        raise click.UsageError(f"there is no article {article}; `tocsin search` shows their ids")
    told = explain(asked, reading.article, _feed(newsroom, config, reading.article))
    for clause in told.reason.split("\n"):
        click.echo(f"{'matches' if told.hit else 'no match'}: {clause}")
    context.exit(0 if told.hit else 1)


def watchlist_of(config: Config, name: str) -> Watchlist:
    """Return a watchlist by its name, in any case; raises UsageError that names the nearest."""
    from monitor.config.fitting import nearest

    for watchlist in config.watchlists:
        if watchlist.name.casefold() == name.casefold():
            return watchlist
    close = nearest(name, [watchlist.name for watchlist in config.watchlists])
    raise click.UsageError(f"no watchlist is called `{name}`{close}")


def _feed(newsroom: Newsroom, config: Config, article: Article) -> Feed:
    """Return the feed that had an article first, as feeds.yaml describes it today."""
    known = {feed.number: feed for feed in newsroom.service().every_feed()}[article.feeds[0]]
    return next((feed for feed in config.feeds if feed.url == known.url), known)
