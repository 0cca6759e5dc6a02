"""A page that lists articles becomes entries, by selectors of CSS. Runs in `workers`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from typing import TYPE_CHECKING

from monitor.base.article import Timestamp
from monitor.base.errors import ParseError
from monitor.base.text_cleaning import line
from monitor.base.translation import gettext as _
from monitor.intake.parse.entry import TITLE_CAP, absolute, distinct_entries, iso_moment, language
from monitor.intake.parse.web_page import PAGE_CAP, tree
from monitor.model.feed import Selectors, Source
from monitor.model.poll import Entry, ParsedFeed

if TYPE_CHECKING:
    from lxml.html import HtmlElement

MOST = 500
"""Items of a page that are read; the longest lists have a tenth of it."""
_SUMMARY_CAP = 5_000
_DATE_CAP = 120
"""Characters; a longer text is no date."""
_POINTS = re.compile(r"(?<=\d)[.-](?=\d)")


def parse(source: Source, body: bytes, url: str, content_type: str = "") -> ParsedFeed:
    """Return the entries of a page: what its selectors find, in its order, each link once.

    Raises:
        ParseError: They find nothing.
    """
    selectors = source.selectors
    assert selectors is not None
    root = tree(body[:PAGE_CAP], content_type)
    entries = (
        ()
        if root is None
        else distinct_entries(entry for _item, entry in items_of(root, url, selectors))
    )
    if root is None or not entries:
        reason = _(
            "the page has no `{selector}` with a headline and a link (any more): has it changed?",
            selector=selectors.item,
        )
        raise ParseError(url, reason)
    return ParsedFeed(
        title=line((root.findtext(".//title") or "")[:TITLE_CAP]),
        link=url,
        lang=language(root.get("lang", "")),
        format=_("a page"),
        entries=entries,
    )


def items_of(
    root: HtmlElement, url: str, selectors: Selectors
) -> Iterator[tuple[HtmlElement, Entry]]:
    """Yield each item of a page that has a headline and a link of its own, with its entry."""
    base = absolute(url, root.xpath("string(//base/@href)")) or url
    seen: set[str] = set()
    for item in select(root, selectors.item)[:MOST]:
        link = _link(item, selectors.link)
        headline = select(item, selectors.title) if selectors.title else [link]
        address = "" if link is None else absolute(base, link.get("href", ""))
        title = text_of(headline[0]) if headline and headline[0] is not None else ""
        if not address or not title or address in seen:
            continue
        seen.add(address)
        dates = select(item, selectors.date or "time")
        summaries = select(item, selectors.summary) if selectors.summary else []
        yield (
            item,
            Entry(
                guid="",
                url=address,
                title=title[:TITLE_CAP],
                summary=text_of(summaries[0])[:_SUMMARY_CAP] if summaries else "",
                published=moment(dates[0], root.get("lang", "")) if dates else None,
            ),
        )


def select(node: HtmlElement, selector: str) -> list[HtmlElement]:
    """Return the elements in a node that a selector of CSS finds, in their order.

    It finds none if it is not CSS: it may come from the broken tags of a page.
    """
    from cssselect import ExpressionError, HTMLTranslator, SelectorError

    with suppress(SelectorError, ExpressionError):
        return list(node.xpath(HTMLTranslator().css_to_xpath(selector, prefix="descendant::")))
    return []


def _link(item: HtmlElement, selector: str) -> HtmlElement | None:
    """Return the link of an item: what the selector finds, else the item, else its first link."""
    if not selector and item.tag == "a":
        return item
    links = select(item, selector or "a[href]")
    return links[0] if links else None


def text_of(node: HtmlElement) -> str:
    """Return the text of an element as a line."""
    return line(" ".join(node.itertext()))


def moment(node: HtmlElement, lang: str) -> Timestamp | None:
    """Return the date that an element has: its attribute `datetime`, else as people write it."""
    text = line(node.get("datetime") or node.text_content())
    if not text or len(text) > _DATE_CAP:
        return None
    with suppress(ValueError, OverflowError):
        return iso_moment(text)
    import dateparser
    from dateparser.search import search_dates

    order = "MDY" if lang.lower() == "en-us" else "DMY"
    settings = {"RETURN_AS_TIMEZONE_AWARE": True, "PREFER_DATES_FROM": "past", "DATE_ORDER": order}
    text, languages = _POINTS.sub("/", text), ["fr", "en"]
    date = dateparser.parse(text, languages=languages, settings=settings)
    if date is None:
        found = search_dates(text, languages=languages, settings=settings) or ()
        date = next((date for words, date in found if not words.strip().isdigit()), None)
    with suppress(ValueError, OverflowError):
        return max(date.timestamp(), 0.0) if date and not text.isdigit() else None
    return None
