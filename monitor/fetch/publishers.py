"""Who publishes: which addresses are of one publisher, by the name that somebody registered."""

from __future__ import annotations

from functools import lru_cache

from monitor.fetch.url import host


def publisher(article: str, feed: str) -> str:
    """Return who published an article, by its address, else by that of its feed.

    `www.lesechos.fr` and `sections.lesechos.fr` are one; a service that carries the feeds
    of many (FeedBurner) is none of them. Hosts without a registered name (numbers, names
    inside a house) tell nothing, so that each feed there is a publisher of its own.
    """
    for address in (article, feed):
        if name := registered(host(address)):
            return name
    return feed


@lru_cache(10_000)
def registered(name: str) -> str:
    """Return what was registered of the name of a host: `bbc.co.uk` of `feeds.bbc.co.uk`; or ''."""
    from tld import get_fld  # 110 ms, which a viewer need not spend

    return get_fld(f"https://{name}", fail_silently=True) or "" if name else ""
