"""Pages of a site: the text of an article, the feeds a page names, the rules of robots.txt.

Reading runs in `workers`. https://blog.whatwg.org/feed-autodiscovery,
https://www.rfc-editor.org/rfc/rfc9309.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

from msgspec import Struct

from monitor.base.errors import BarrierError, ParseError
from monitor.base.text_cleaning import clean, folded, line, lines, safe_url
from monitor.base.translation import gettext as _
from monitor.intake.copied_addresses import source_behind
from monitor.intake.parse.barrier import barrier
from monitor.intake.parse.document import decoded, in_utf8, without_impossible_characters
from monitor.intake.parse.entry import TITLE_CAP
from monitor.model.poll import Page

if TYPE_CHECKING:
    from lxml.html import HtmlElement


PAGE_CAP = 2_000_000
"""Bytes of a page that are read; the longest articles have a tenth of it."""
_LEAST_TEXT = 200
_LEAST_PARAGRAPH = 80
"""Characters: a page with less prose is a form, an error or a list of links."""

_ASIDES = ("cookie", "consent", "didomi", "gdpr", "newsletter", "comment", "related")
_PRUNED = [
    "//*[self::div or self::section or self::aside or self::form or self::dialog]"
    f"[contains(translate(concat(@id,' ',@class),'ABCDEFGHIJKLMNOPQRSTUVWXYZ',"
    f"'abcdefghijklmnopqrstuvwxyz'),'{word}')]"
    "[string-length() < 2000 and not(.//h1)]"  # not a message; longer, it may be the article
    for word in _ASIDES
]
_WEB_PAGE = re.compile(r"\s*(?:text/|application/(?:xhtml\+)?xml|$)", re.IGNORECASE)


def extract(body: bytes, url: str, content_type: str = "") -> Page:
    """Return the headline of a page and the text of its article, a paragraph a line, if any.

    Raises ParseError when it is no web page.
    """
    if body.startswith(b"%PDF") or not _WEB_PAGE.match(content_type):
        kind = content_type.partition(";")[0].strip() or "application/pdf"
        raise ParseError(url, _("the page is {kind}, not a web page", kind=kind))
    try:
        root = tree(body[:PAGE_CAP], content_type)
        if root is None:
            return Page()
        text = _article(root)
        refuse_barrier(body, url, root, text)
        return Page(title=_headline(root), text=text)
    except (BarrierError, MemoryError):
        raise
    except Exception as error:  # whatever two parsers and three heuristics may raise
        reason = _("the page cannot be read ({error})", error=type(error).__name__)
        raise ParseError(url, reason) from error


def refuse_barrier(body: bytes, url: str, root: HtmlElement, article: str = "") -> None:
    """Check that a page is no barrier.

    `article` is the text that was taken for its article; empty if there is none.

    Raises:
        BarrierError: It is one.
    """
    hidden = " or ".join(f"self::{tag}" for tag in ("script", "style", "noscript", "head"))
    visible = line(" ".join(root.xpath(f"//text()[not(ancestor::*[{hidden}])]")))
    if reason := barrier(body, url, visible, article):
        raise BarrierError(url, _("blocked: {what} in its place", what=reason))


def tree(body: bytes, content_type: str) -> HtmlElement | None:
    """Return the tree of a page, None when it has no element.

    The source is cleaned first: one control character makes the extraction give up.
    """
    from lxml import etree, html

    source = without_impossible_characters(decoded(body, content_type))
    source = clean(source, keep_newlines=True)
    parser = html.HTMLParser(encoding="utf-8", remove_comments=True)
    try:
        return html.document_fromstring(source.encode(), parser=parser)
    except etree.ParserError:
        return None


def _article(root: HtmlElement) -> str:
    import trafilatura

    titles = {folded(title) for title in _titles(root)}
    extracted = trafilatura.extract(root, include_comments=False, prune_xpath=_PRUNED)
    paragraphs = lines(extracted or "").split("\n")
    while paragraphs and folded(paragraphs[0]) in titles:
        del paragraphs[0]
    text = "\n".join(paragraphs)
    longest = max(map(len, paragraphs), default=0)
    return text if len(text) >= _LEAST_TEXT and longest >= _LEAST_PARAGRAPH else ""


def _headline(root: HtmlElement) -> str:
    """Return the headline of a page: that for other sites, else its first heading."""
    for path in ("//meta[@property='og:title']/@content", "//h1", "//head/title"):
        if title := line(root.xpath(f"string({path})")[:TITLE_CAP]):
            return title
    return ""


def _titles(root: HtmlElement) -> list[str]:
    """Return the titles of the page; many articles begin by repeating one."""
    nodes = root.xpath("//h1 | //head/title | //meta[@property='og:title']/@content")
    titles = [node if isinstance(node, str) else str(node.text_content()) for node in nodes]
    return [*titles, *(re.split(r"\s+[|–—-]\s+", title)[0] for title in titles)]


MOST = 50
"""Most feeds of one page that are read."""
USUAL = ("feed", "rss", "rss.xml", "feed.xml", "atom.xml", "index.xml")
_TYPES = {
    "application/rss+xml",
    "application/atom+xml",
    "application/rdf+xml",
    "application/feed+json",
    "application/json",  # the type of JSON Feed 1.0
    "application/xml",
    "text/xml",
}
_NO_FEED = re.compile(r"/wp-json/|/oembed", re.IGNORECASE)
"""Addresses that WordPress names beside its feeds."""


def feed_links(body: bytes, url: str, content_type: str = "") -> tuple[str, ...]:
    """Return the addresses of the feeds that a page at `url` names, in its order, each once."""
    from lxml import etree

    body, charset = in_utf8(body[:PAGE_CAP], content_type)
    parser = etree.HTMLParser(encoding="utf-8" if "utf-8" in charset else None)
    try:
        root = etree.fromstring(body, parser)
    except etree.LxmlError:  # there is no markup in it
        return ()
    if root is None:
        return ()
    base = next((href for tag in root.iter("base") if (href := tag.get("href"))), "")
    base = _absolute(url, base) or url
    hrefs = [tag.get("href", "") for tag in root.iter("link") if _is_feed(tag.attrib)]
    addresses = dict.fromkeys(_absolute(base, href) for href in hrefs if href)
    if not addresses:
        names = [tag.get("href", "") for tag in root.iter("link") if tag.get("rel") == "canonical"]
        addresses = dict.fromkeys(source_behind(_absolute(base, name))[0] for name in names)
    return tuple(url for url in addresses if url and not _NO_FEED.search(url))[:MOST]


USUAL_NEWS = ("sitemap-news.xml", "news-sitemap.xml", "sitemap_news.xml")
USUAL_SITEMAPS = ("sitemap.xml", "sitemap_index.xml", "sitemap.xml.gz")


def _is_feed(attributes: Mapping[str, str]) -> bool:
    relations = attributes.get("rel", "").lower().split()
    kind = attributes.get("type", "").partition(";")[0].strip().lower()
    is_alternate = "alternate" in relations and kind in _TYPES
    return is_alternate or not {"feed", "sitemap"}.isdisjoint(relations)


def _absolute(base: str, href: str) -> str:
    """Return an address on the web, '' for any other."""
    href = re.sub(r"[\t\r\n]+", "", href).strip().replace(" ", "%20")
    try:
        return safe_url(urlsplit(urljoin(base, href))._replace(fragment="").geturl())
    except ValueError:
        return ""


CAP = 500 << 10
"""Bytes of robots.txt that are read, by RFC 9309, 2.5; the rest does not count."""
TOKEN = "tocsin"
"""The name of this program in robots.txt."""
LONGEST_DELAY = 60.0
"""Seconds between two pages that are granted to a site that asks for more."""


class Allowance(Struct, frozen=True):
    """The permission that a site gives."""

    allowed: bool = True
    delay: float = 0.0
    """Seconds that it wants between two requests."""


def allowance(body: bytes, url: str, content_type: str = "") -> Allowance:
    """Apply the rules in a body to the page at `url`; lines that are no rules are ignored."""
    from protego import Protego

    text = body[:CAP].removeprefix(codecs.BOM_UTF8).decode("utf-8", "replace")
    rules = Protego.parse(text.replace("\0", ""))
    delay = min(rules.crawl_delay(TOKEN) or 0.0, LONGEST_DELAY)
    return Allowance(rules.can_fetch(url, TOKEN), delay)
