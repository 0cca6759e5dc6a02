"""Which feeds a web page names, and where sites that name none keep theirs. Pure.

https://blog.whatwg.org/feed-autodiscovery; reading a page runs in `workers`.
"""

from __future__ import annotations

import re
from typing import NamedTuple
from urllib.parse import urljoin, urlsplit

from monitor.base.text_cleaning import line, safe_url
from monitor.intake.parse.document import in_utf8

PAGE_CAP = 2_000_000
"""Bytes of a page that are read."""
MOST = 50
"""Feeds of one page that are looked at."""
USUAL = ("feed", "rss", "rss.xml", "feed.xml", "atom.xml", "index.xml")
_TYPES = {
    "application/rss+xml",
    "application/atom+xml",
    "application/rdf+xml",
    "application/feed+json",
    "application/json",  # JSON Feed 1.0 said so
    "application/xml",
    "text/xml",
}
_NO_FEED = re.compile(r"/wp-json/|/oembed", re.IGNORECASE)
"""What WordPress names beside its feeds."""


class FeedLink(NamedTuple):
    """A feed that a page names."""

    url: str
    title: str


def feed_links(body: bytes, url: str, content_type: str = "") -> tuple[FeedLink, ...]:
    """Return the feeds that a page at `url` names, in its order, each once."""
    from lxml import etree

    body, charset = in_utf8(body[:PAGE_CAP], content_type)
    reader = _LinkReader()
    parser = etree.HTMLParser(target=reader, encoding="utf-8" if "utf-8" in charset else None)
    try:
        etree.fromstring(body, parser)
    except etree.LxmlError:  # nothing in it that is markup
        return ()
    base = _absolute(url, reader.base) or url
    found: dict[str, FeedLink] = {}
    for href, title in reader.found:
        if (address := _absolute(base, href)) and not _NO_FEED.search(address):
            found.setdefault(address, FeedLink(address, line(title)[:200]))
    return tuple(found.values())[:MOST]


def usual_feed_urls(url: str) -> list[str]:
    """Return the addresses at which sites usually have their feed, by that of a page."""
    return [urljoin(url, f"/{path}") for path in USUAL]


class _LinkReader:
    """Receives parse events and keeps the links; no tree, so no depth is too deep."""

    def __init__(self) -> None:
        self.base = ""
        self.found: list[tuple[str, str]] = []

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        href = attributes.get("href", "")
        if tag == "base":
            self.base = self.base or href
        elif tag == "link" and href and _is_feed(attributes):
            self.found.append((href, attributes.get("title", "")))

    def close(self) -> None:
        """Do nothing: all has been kept."""


def _is_feed(attributes: dict[str, str]) -> bool:
    relations = attributes.get("rel", "").lower().split()
    kind = attributes.get("type", "").partition(";")[0].strip().lower()
    return ("alternate" in relations and kind in _TYPES) or "feed" in relations


def _absolute(base: str, href: str) -> str:
    """Return an address on the web, '' for any other."""
    href = re.sub(r"[\t\r\n]+", "", href).strip().replace(" ", "%20")
    try:
        return safe_url(urlsplit(urljoin(base, href))._replace(fragment="").geturl())
    except ValueError:
        return ""
