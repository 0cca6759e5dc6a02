"""Who publishes: which addresses are of one publisher, by the name that somebody registered."""

from __future__ import annotations

from functools import lru_cache
from urllib.parse import urlsplit


def publisher(article: str, feed: str) -> str:
    """Return who published an article, by its address, else by that of its feed.

    `www.lesechos.fr` and `sections.lesechos.fr` are one publisher; a service that carries the
    feeds of many (FeedBurner) is none of them. A host without a registered name (a number, a
    name inside a house) identifies nobody, so each feed there is a publisher of its own.
    """
    return _registered_name(article) or _registered_name(feed) or feed


def is_same_site(one: str, other: str) -> bool:
    """Tell whether two addresses are of one site, by the registered name, else by the host."""
    name = _registered_name(one)
    if name or _registered_name(other):
        return name == _registered_name(other)
    return urlsplit(one).netloc == urlsplit(other).netloc


@lru_cache(20_000)
def _registered_name(url: str) -> str:
    """Return the registered name of a URL's host: `bbc.co.uk` of `feeds.bbc.co.uk`; or ''."""
    from tld import get_fld  # 110 ms, which a viewer need not spend

    try:
        host = urlsplit(url).hostname
    except ValueError:
        return ""
    return get_fld(f"https://{host}", fail_silently=True) or "" if host else ""
