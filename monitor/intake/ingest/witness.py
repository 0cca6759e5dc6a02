"""Witnesses: sitemaps beside feeds, which show what these never did. Pure."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from urllib.parse import urlsplit

from msgspec.structs import replace

from monitor.base.article import Timestamp
from monitor.base.text_cleaning import folded
from monitor.base.url import host, registered_name, site
from monitor.intake.ingest.article_changes import Decision, New, Variant
from monitor.judgement.recall import PATIENCE
from monitor.model.feed import Feed, Source, SourceKind
from monitor.model.poll import EDITION, Entry

HOURLY = 3_600.0
"""Seconds between two polls of a witness."""


def outlet_of(url: str) -> str:
    """Return the outlet of an address: its registered name, else its host with the port; or ''."""
    try:
        return registered_name(url) or urlsplit(url).netloc
    except ValueError:
        return ""


def _outlet(feed: Feed) -> str:
    """Return the outlet of a feed, '' of a mailbox: its address is of no site."""
    return "" if feed.source.kind is SourceKind.MAILBOX else outlet_of(feed.url)


def outlets(feeds: Iterable[Feed]) -> dict[str, list[Feed]]:
    """Return what is polled of sites, by their outlets."""
    groups: dict[str, list[Feed]] = defaultdict(list)
    for feed in feeds:
        if feed.enabled and not feed.is_found and (outlet := _outlet(feed)):
            groups[outlet].append(feed)
    return groups


def wants_witness(group: Sequence[Feed]) -> bool:
    """Tell whether an outlet is to be compared with a sitemap that tocsin finds."""
    is_wanted = all(feed.witness is not False for feed in group)
    is_public = any(feed.witness for feed in group) or registered_name(group[0].url)
    return bool(is_wanted and is_public and all(map(_is_feed, group)))


def with_witnesses(feeds: Sequence[Feed], found: Iterable[str]) -> tuple[Feed, ...]:
    """Return feeds, and the sitemaps that were found beside them; those to compare know it.

    A sitemap in `feeds.yaml` is compared with the feeds of its outlet, too.
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
    own = (replace(f, outlet=o) if (o := _outlet(f)) in compared else f for f in feeds)
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
