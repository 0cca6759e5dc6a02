"""Who publishes: which addresses are of one publisher, by the name that somebody registered."""

from __future__ import annotations

from functools import lru_cache
from urllib.parse import urlsplit


def publisher(article: str, feed: str) -> str:
    """Return who published an article, by its address, else by that of its feed.

    `www.lesechos.fr` and `sections.lesechos.fr` are one; a service that carries the feeds
    of many (FeedBurner) is none of them. Hosts without a registered name (numbers, names
    inside a house) tell nothing, so that each feed there is a publisher of its own.
    """
    for address in (article, feed):
        if name := registered(_host(address)):
            return name
    return feed


def _host(address: str) -> str:
    try:
        return urlsplit(address).hostname or ""
    except ValueError:
        return ""


@lru_cache(10_000)
def registered(host: str) -> str:
    """Return what was registered of a host name: `bbc.co.uk` of `feeds.bbc.co.uk`; or ''."""
    from tld import get_fld  # 110 ms, which a viewer need not spend

    return get_fld(f"https://{host}", fail_silently=True) or "" if host else ""
