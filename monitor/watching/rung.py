"""The articles that a watchlist rang for, by what was said of their alerts."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from index.article import Article
from monitor.model import Feed, Judged, Verdict
from monitor.watching.suggest import Carried, Rung

LOOKED_AT = 1_000
"""Articles without a verdict that are looked at, the newest."""


def rung(
    judged: Sequence[Judged],
    read: Callable[[Sequence[int]], Sequence[Article]],
    feeds: Mapping[int, Feed],
) -> Rung:
    """Return what was judged, read; articles that are gone, or of no known feed, are left out."""

    def those(verdict: Verdict, most: int = 0) -> list[Carried]:
        ids = [one.article for one in judged if one.verdict is verdict]
        found = read(ids[-most:])
        return [(a, feed) for a in found if (feed := feeds.get(a.feeds[0])) is not None]

    return Rung(
        noise=those(Verdict.NOISE),
        relevant=those(Verdict.RELEVANT),
        unjudged=those(Verdict.NONE, LOOKED_AT),
    )
