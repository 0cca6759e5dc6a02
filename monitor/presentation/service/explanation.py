"""Why a watchlist of feeds.yaml matches an article, or does not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from monitor.base.article import Article
from monitor.base.errors import UnknownNameError
from monitor.base.translation import gettext as _
from monitor.judgement.match.matcher import Explanation, explain
from monitor.model.config import Config
from monitor.model.feed import Feed
from monitor.model.watchlist import Watchlist

if TYPE_CHECKING:
    from monitor.storage.store.sql.views import Views


def find_watchlist(config: Config, name: str) -> Watchlist:
    """Return a watchlist by its name, in any case.

    Raises:
        UnknownNameError: There is no such watchlist; the nearest name is proposed.
    """
    for watchlist in config.watchlists:
        if watchlist.name.casefold() == name.casefold():
            return watchlist
    from monitor.base.formatting import nearest

    close = nearest(name, [watchlist.name for watchlist in config.watchlists])
    close = close or _("; `tocsin watch list` lists them")
    raise UnknownNameError(_("no watchlist is called `{name}`", name=name) + close)


def explain_match(
    views: Views, config: Config, watchlist: Watchlist, article: Article
) -> Explanation:
    """Return the clauses that match with their text, or those that fail."""
    known = {feed.number: feed for feed in views.feeds.every()}
    return explain(watchlist, article, *_carriers(article, known, config.feeds))


def _carriers(article: Article, known: Mapping[int, Feed], described: Sequence[Feed]) -> list[Feed]:
    """Return the feeds that carry an article, as feeds.yaml describes them now."""
    now = {feed.url: feed for feed in described}
    carrying = [known[number] for number in article.feeds if number in known]
    return [now.get(feed.url, feed) for feed in carrying]
