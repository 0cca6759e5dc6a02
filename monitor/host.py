"""The host in an address."""

from __future__ import annotations

from functools import lru_cache
from urllib.parse import urlsplit


@lru_cache(10_000)
def host(url: str) -> str:
    """Return the host of a URL, in small letters; empty when it has none."""
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""
