"""An article's page to the article's text. Runs in `workers`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from monitor.base.errors import ParseError
from monitor.base.text_cleaning import clean, lines
from monitor.base.translation import gettext as _
from monitor.intake.parse.document import in_utf8, without_impossible_characters

if TYPE_CHECKING:
    from lxml.html import HtmlElement

PAGE_CAP = 2_000_000
"""Bytes of a page that are read; the longest articles have a tenth of it."""
_LEAST = 200
_LEAST_PARAGRAPH = 80
"""Characters: a page without so much prose is a form, an error or a list of links."""

_ASIDES = ("cookie", "consent", "didomi", "gdpr", "newsletter", "comment", "related")
_PRUNED = [
    "//*[self::div or self::section or self::aside or self::form or self::dialog]"
    f"[contains(translate(concat(@id,' ',@class),'ABCDEFGHIJKLMNOPQRSTUVWXYZ',"
    f"'abcdefghijklmnopqrstuvwxyz'),'{word}')]"
    "[string-length() < 2000 and not(.//h1)]"  # not a message; longer, it may be the article
    for word in _ASIDES
]
_WEB_PAGE = re.compile(r"\s*(?:text/|application/(?:xhtml\+)?xml|$)", re.IGNORECASE)
_CHARSET = re.compile(rb"charset\s*=\s*[\"']?([\w.:-]{1,40})", re.IGNORECASE)


def extract_text(body: bytes, url: str, content_type: str = "") -> str:
    """Return the text of the article in a page, a paragraph a line; '' if it has none.

    Raises ParseError when it is no web page.
    """
    if body.startswith(b"%PDF") or not _WEB_PAGE.match(content_type):
        kind = content_type.partition(";")[0].strip() or "application/pdf"
        raise ParseError(url, _("the page is {kind}, not a web page", kind=kind))
    try:
        tree = _tree(body[:PAGE_CAP], content_type)
        return "" if tree is None else _article(tree)
    except MemoryError:
        raise
    except Exception as error:  # whatever two parsers and three heuristics may raise
        reason = _("the page cannot be read ({error})", error=type(error).__name__)
        raise ParseError(url, reason) from error


def _tree(body: bytes, content_type: str) -> HtmlElement | None:
    """Return the page's tree, None when it has no element.

    Clean before it is a tree: one control character makes the extraction give up.
    """
    from lxml import etree, html

    body, charset = in_utf8(body, content_type)
    declared = _CHARSET.search(charset.encode()) or _CHARSET.search(body[:4_096])
    try:
        source = body.decode(declared[1].decode() if declared else "cp1252", "replace")
    except LookupError:  # a charset nobody knows
        source = body.decode("cp1252", "replace")
    source = clean(without_impossible_characters(source), keep_newlines=True)
    parser = html.HTMLParser(encoding="utf-8", remove_comments=True)
    try:
        return html.document_fromstring(source.encode(), parser=parser)
    except etree.ParserError:
        return None


def _article(tree: HtmlElement) -> str:
    import trafilatura

    titles = {_folded(title) for title in _titles(tree)}
    found = trafilatura.extract(tree, include_comments=False, prune_xpath=_PRUNED)
    paragraphs = lines(found or "").split("\n")
    while paragraphs and _folded(paragraphs[0]) in titles:
        del paragraphs[0]
    text = "\n".join(paragraphs)
    longest = max(map(len, paragraphs), default=0)
    return text if len(text) >= _LEAST and longest >= _LEAST_PARAGRAPH else ""


def _titles(tree: HtmlElement) -> list[str]:
    """Return what the page calls itself; many articles begin by repeating it."""
    found = tree.xpath("//h1 | //head/title | //meta[@property='og:title']/@content")
    titles = [node if isinstance(node, str) else str(node.text_content()) for node in found]
    return [*titles, *(re.split(r"\s+[|–—-]\s+", title)[0] for title in titles)]


def _folded(text: str) -> str:
    return " ".join(text.casefold().split())
