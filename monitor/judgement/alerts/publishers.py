"""Publishers: addresses belong to one publisher by the registered name of their host."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from urllib.parse import urlsplit


def publisher(article_url: str, feed_url: str) -> str:
    """Return the publisher of an article, by its address, else by that of its feed.

    `www.lesechos.fr` and `sections.lesechos.fr` are one publisher; a service that carries the
    feeds of many (FeedBurner) is none of them. A host without a registered name (a number, a
    name inside a house) identifies nobody, so each feed there is a publisher of its own.
    """
    return registered_name(article_url) or registered_name(feed_url) or feed_url


def is_aggregator(feed_url: str, sources: Iterable[str]) -> bool:
    """Tell whether a feed aggregates other sites: each of its entries names another site.

    An outlet that names an agency as the source of some of its articles is none.
    """
    sources = list(sources)
    return bool(sources) and all(url and not is_same_site(url, feed_url) for url in sources)


def host_name(url: str) -> str:
    """Return the host of an address without `www`."""
    try:
        return (urlsplit(url).hostname or "").removeprefix("www.")
    except ValueError:
        return ""


def is_same_site(url: str, other: str) -> bool:
    """Tell whether two addresses are of one site, by the registered name, else by the host."""
    name = registered_name(url)
    if name or registered_name(other):
        return name == registered_name(other)
    return urlsplit(url).netloc == urlsplit(other).netloc


_LONGEST_HOST = 253
"""Characters of a name in the domain name system."""


def registered_name(url: str) -> str:
    """Return the registered name of a URL's host: `bbc.co.uk` of `feeds.bbc.co.uk`; or ''."""
    try:
        host = urlsplit(url).hostname or ""
    except ValueError:
        return ""
    return _registered_name_of(host) if 0 < len(host) <= _LONGEST_HOST else ""


@lru_cache(20_000)
def _registered_name_of(host: str) -> str:
    from tld import get_fld  # 110 ms, which a viewer need not spend

    return get_fld(f"https://{host}", fail_silently=True) or ""
