"""A sitemap of news becomes entries. Runs in `workers`.

https://www.sitemaps.org/protocol.html,
https://developers.google.com/search/docs/crawling-indexing/sitemaps/news-sitemap.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from xml.etree.ElementTree import Element, XMLParser
from xml.etree.ElementTree import ParseError as XmlError

from monitor.base.errors import ParseError
from monitor.base.text_cleaning import line
from monitor.base.translation import gettext as _
from monitor.intake.parse.document import describe_content, in_utf8, root_only
from monitor.intake.parse.entry import (
    TITLE_CAP,
    absolute,
    distinct_entries,
    iso_moment,
    language,
)
from monitor.model.poll import Entry, ParsedFeed

_SITEMAP = "{http://www.sitemaps.org/schemas/sitemap/0.9}"
_NEWS = "{http://www.google.com/schemas/sitemap-news/0.9}"
MOST = 50_000
"""Addresses of a document that are read, as the protocol allows."""


def parse(body: bytes, url: str, content_type: str = "") -> ParsedFeed:
    """Return the entries of a sitemap, those with the dates of the news.

    Raises:
        ParseError: It is no sitemap.
    """
    text, _charset = in_utf8(body, content_type)
    parser = XMLParser()
    try:
        parser.feed(root_only(text))
        root = parser.close()
    except XmlError as error:
        if b"<urlset" not in body[:4_096]:
            raise ParseError(url, describe_content(body)) from None
        reason = _("the sitemap is broken off or not well-formed ({error})", error=error)
        raise ParseError(url, reason) from None
    if root.tag != f"{_SITEMAP}urlset":
        raise ParseError(url, _("the answer is XML, but no sitemap"))
    languages = [language(_text(node, f".//{_NEWS}language")) for node in root[:1]]
    return ParsedFeed(
        title=line(_text(root, f".//{_NEWS}publication/{_NEWS}name", TITLE_CAP)),
        lang=next(iter(languages), ""),
        format=_("a sitemap"),
        entries=distinct_entries(_entries(root, url)),
    )


def _entries(root: Element, base: str) -> Iterator[Entry]:
    for node in root[:MOST]:
        link = absolute(base, _text(node, f"{_SITEMAP}loc"))
        title = line(_text(node, f"{_NEWS}news/{_NEWS}title", TITLE_CAP))
        published = None
        with suppress(ValueError, OverflowError):
            published = iso_moment(_text(node, f"{_NEWS}news/{_NEWS}publication_date"))
        if link and title:
            yield Entry(guid="", url=link, title=title, summary="", published=published)


def _text(node: Element, path: str, cap: int = 2_000) -> str:
    return (node.findtext(path) or "")[:cap]
