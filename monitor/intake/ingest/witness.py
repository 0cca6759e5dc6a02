"""Witnesses: sitemaps beside feeds, which show what these never did. Pure."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from operator import and_
from urllib.parse import urlsplit

from msgspec.structs import replace

from monitor.base.article import Timestamp
from monitor.base.url import host, registered_name, site
from monitor.intake.ingest.article_changes import Decision, New, Variant
from monitor.intake.parse.entry import folded
from monitor.judgement.stories import EDITION
from monitor.model.feed import Feed, Source, SourceKind
from monitor.model.poll import Entry
from monitor.model.recall import ShownArticle, Witnessed

PATIENCE = 3_600.0
"""Seconds from the publication of an article for which its feed may take to show it."""


HOURLY = 3_600.0
"""Seconds between two polls of a witness."""


def outlet_of(url: str) -> str:
    """Return the outlet of an address: its registered name, else its host with the port; or ''."""
    try:
        return registered_name(url) or urlsplit(url).netloc
    except ValueError:
        return ""


def outlets(feeds: Iterable[Feed]) -> dict[str, list[Feed]]:
    """Return what is polled of sites, by their outlets; the address of a mailbox is of no site."""
    groups: dict[str, list[Feed]] = defaultdict(list)
    for feed in feeds:
        if feed.enabled and not feed.is_found and feed.source.kind is not SourceKind.MAILBOX:
            groups[outlet_of(feed.url)].append(feed)
    return groups


def wants_witness(group: Sequence[Feed]) -> bool:
    """Tell whether an outlet is to be compared with a sitemap that tocsin finds."""
    is_wanted = all(feed.witness is not False for feed in group)
    is_public = any(feed.witness for feed in group) or registered_name(group[0].url)
    return bool(is_wanted and is_public and all(map(_is_feed, group)))


def with_witnesses(feeds: Sequence[Feed], found: Iterable[str]) -> tuple[Feed, ...]:
    """Return feeds, and the sitemaps that were found beside them; those to compare know it.

    A sitemap in `feeds.yaml` is compared with the feeds of its outlet, too.

    Args:
        feeds: The feeds of `feeds.yaml`.
        found: Addresses of the sitemaps.
    """
    addresses = {outlet_of(url): url for url in found}
    if not addresses and all(map(_is_feed, feeds)):
        return tuple(feeds)
    groups = outlets(feeds)
    witnesses = [
        _witness(addresses[outlet], outlet, group)
        for outlet, group in groups.items()
        if outlet in addresses and wants_witness(group)
    ]
    compared = {outlet for outlet, group in groups.items() if len({*map(_is_feed, group)}) > 1}
    compared.update(witness.outlet for witness in witnesses)
    own = (replace(f, outlet=o) if (o := outlet_of(f.url)) in compared else f for f in feeds)
    return (*own, *witnesses)


def _is_feed(feed: Feed) -> bool:
    return feed.source.kind is not SourceKind.SITEMAP


def _witness(url: str, outlet: str, group: Sequence[Feed]) -> Feed:
    """Return the sitemap of an outlet, with all that its feeds have in common."""
    first, *others = group
    options = first.request_options
    if site(url) != site(first.url):  # secrets stay with their server
        options = replace(options, headers=())
    return Feed(
        url=url,
        source=Source(kind=SourceKind.SITEMAP),
        name=host(url) if others else first.name,
        tags=tuple(tag for tag in first.tags if all(tag in feed.tags for feed in others)),
        every=HOURLY,
        full_text=all(feed.full_text for feed in group),
        lang=first.lang if all(feed.lang == first.lang for feed in others) else "",
        request_options=options,
        outlet=outlet,
        is_found=True,
    )


def with_twins(
    decisions: Sequence[Decision], headlines: Iterable[tuple[str, Timestamp, int]], now: Timestamp
) -> list[Decision]:
    """Return decisions in which a new entry is the article that has its headline and day.

    Args:
        decisions: The decisions by the addresses of the entries of a feed or sitemap.
        headlines: Headlines, dates and ids of what its witnesses showed lately.
        now: The time of the poll.
    """
    articles = {folded(title): (date, id) for title, date, id in headlines if title}
    used = {decision.article for decision in decisions if not isinstance(decision, New)}
    twins: list[Decision] = []
    for decision in decisions:
        entry = decision.entry
        date, id = articles.get(folded(entry.title), (0.0, 0))
        is_twin = id and id not in used and abs((entry.published or now) - date) < EDITION
        if isinstance(decision, New) and is_twin:
            used.add(id)
            twins.append(Variant(entry=entry, article=id))
        else:
            twins.append(decision)
    return twins


def witnessed_entries(decisions: Sequence[Decision], now: Timestamp) -> list[Decision]:
    """Return the decisions about the entries of a sitemap that are to be stored now.

    What the feeds of the outlet may still show waits. So does what has no date: nobody can tell
    whether it is news. Of two addresses with one headline, one counts.
    """
    known = (decision.entry for decision in decisions if not isinstance(decision, New))
    latest = {folded(entry.title): entry.published or now for entry in known}
    stored: list[Decision] = []
    for decision in decisions:
        headline, published = folded(decision.entry.title), decision.entry.published
        if not isinstance(decision, New):
            stored.append(decision)
        elif (
            published is not None
            and published <= now - PATIENCE
            and abs(published - latest.get(headline, -math.inf)) >= EDITION
        ):
            latest[headline] = published
            stored.append(decision)
    return stored


def waits(entries: Iterable[Entry], now: Timestamp) -> bool:
    """Tell whether any of the entries of a witness is so young that its feed may still show it."""
    return any(entry.published and entry.published > now - PATIENCE for entry in entries)


# --- counting what both showed ------------------------------------------------------------


def joined(articles: Iterable[ShownArticle]) -> list[ShownArticle]:
    """Return the articles of an outlet, those under two addresses with one headline as one."""
    pieces: list[ShownArticle] = []
    latest: dict[str, int] = {}
    for article in sorted(articles, key=lambda article: article.published):
        title = folded(article.title)
        place = latest.get(title) if title else None
        if place is not None and article.published - pieces[place].published < EDITION:
            pieces[place] = pieces[place]._replace(
                by_feed=_earlier(pieces[place].by_feed, article.by_feed),
                by_sitemap=_earlier(pieces[place].by_sitemap, article.by_sitemap),
            )
        else:
            latest[title] = len(pieces)
            pieces.append(article)
    return pieces


def _earlier(first: Timestamp | None, other: Timestamp | None) -> Timestamp | None:
    return min((time for time in (first, other) if time is not None), default=None)


def witnessed(pieces: Collection[ShownArticle], *, dependent: bool = False) -> Witnessed:
    """Count articles by the witnesses that showed them."""
    by_feed = [piece.by_feed is not None for piece in pieces]
    by_sitemap = [piece.by_sitemap is not None for piece in pieces]
    return Witnessed(
        feed=sum(by_feed),
        sitemap=sum(by_sitemap),
        both=sum(map(and_, by_feed, by_sitemap)),
        dependent=dependent,
    )
