"""A sitemap becomes entries, an index of sitemaps the addresses of its newest. Runs in `workers`.

https://www.sitemaps.org/protocol.html,
https://developers.google.com/search/docs/crawling-indexing/sitemaps/news-sitemap.

Documents have up to 50 MB, so they are read in pieces. Elements count by their names, whatever
their prefixes. Entities that a document defines are not read.
"""

from __future__ import annotations

import codecs
import re
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress
from html import unescape
from itertools import chain
from statistics import median
from urllib.parse import urlsplit
from xml.parsers import expat

from monitor.base.article import Timestamp
from monitor.base.errors import ParseError
from monitor.base.text_cleaning import line
from monitor.base.translation import gettext as _, number
from monitor.intake.parse.document import describe_content, root_only, without_impossible_characters
from monitor.intake.parse.entry import (
    TITLE_CAP,
    absolute,
    distinct_entries,
    iso_moment,
    language,
    title_of_address,
)
from monitor.model.poll import Entry, ParsedFeed

MAX_BYTES = 50 << 20
"""Bytes of a document, after decompression, as the protocol allows."""
ADDRESSES = 50_000
"""Addresses of a document that are read, as the protocol allows."""
MOST = 1_000
"""Entries of a document that are kept, the newest: a sitemap of news may have as many."""
CHILDREN = 4
"""Sitemaps of an index that are read at each poll."""
_RECENT = 2 * 86_400.0
"""Seconds by which a sitemap may be older than the newest of its index, and still be read."""
_TELLING = 3_600.0
"""Seconds between the newest date and the median without which dates tell nothing: many
publishers say of every address that it was modified just now."""
_PIECE = 1 << 16
_GZIP = b"\x1f\x8b"
_ENCODING = re.compile(rb"<\?xml[^>]{0,80}encoding\s*=\s*[\"'](iso-8859-\d+|windows-125\d)", re.I)
"""The encodings that sitemaps declare beside UTF-8 and UTF-16."""
_MONTH = re.compile(r"(20\d\d)[-_/.]?(0[1-9]|1[0-2])(?!\d)")
"""The month that the address of a sitemap names."""
_CONTROL = re.compile("[\0-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_ADDRESS, _MODIFIED, _NEWS = "loc", "lastmod", "news/title"
_FIELDS = {
    _ADDRESS: 2_000, _MODIFIED: 40, _NEWS: TITLE_CAP, "news/publication_date": 40,
    "news/keywords": TITLE_CAP, "news/publication/name": TITLE_CAP,
    "news/publication/language": 40,
}  # fmt: skip
"""Paths of the elements that are read, with the most characters of each."""


def parse(body: bytes, url: str, content_type: str = "", *, since: str = "") -> ParsedFeed:
    """Return the entries of a sitemap, the newest if they are many; or the children of an index.

    `since` is the day from which all dated entries and all children are returned; empty for the
    newest.

    Raises:
        ParseError: It is no sitemap.
    """
    document = _Document()
    try:
        document.read(_markup(body, url))
    except (expat.ExpatError, zlib.error) as error:
        if not is_sitemap(body):
            raise ParseError(url, describe_content(body)) from None
        reason = _("the sitemap is broken off or not well-formed ({error})", error=error)
        raise ParseError(url, reason) from None
    if document.root == "sitemapindex":
        return ParsedFeed(
            format=_("an index of sitemaps"), children=_children(document, url, since)
        )
    if document.root != "urlset":
        raise ParseError(url, _("the answer is XML, but no sitemap"))
    return _sitemap(document.elements, url, since)


def is_sitemap(body: bytes) -> bool:
    """Tell whether a document is a sitemap, or compressed as only these are."""
    start = body[:4_096]
    return start[:2] == _GZIP or b"<urlset" in start or b"<sitemapindex" in start


class _Document:
    """The elements below the root of a document: the texts of `_FIELDS` in each."""

    def __init__(self) -> None:
        self.root = ""
        self.elements: list[dict[str, str]] = []
        self._path: list[str] = []
        self._text: list[str] = []
        self._length = 0

    def read(self, markup: Iterator[str]) -> None:
        """Read a document in pieces; raises ExpatError."""
        parser = expat.ParserCreate("utf-8")
        parser.buffer_text = True
        parser.UseForeignDTD(True)  # without it, `&eacute;` would be an error
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._add
        parser.SkippedEntityHandler = lambda name, _is_parameter: self._add(f"&{name};")
        head = root_only(next(markup, "").encode()).decode()
        head = head.partition("?>")[2] if head[:2] == "<?" else head
        for piece in chain([head], markup):
            parser.Parse(piece)
        parser.Parse(b"", True)

    def _start(self, tag: str, _attributes: object) -> None:
        self._path.append(tag.rpartition(":")[2])
        self._text, self._length = [], 0
        if len(self._path) == 1:
            self.root = self._path[0]
        elif len(self._path) == 2 and len(self.elements) < ADDRESSES:
            self.elements.append({})

    def _add(self, text: str) -> None:
        if self._length <= TITLE_CAP * 2:
            self._text.append(text)
            self._length += len(text)

    def _end(self, _tag: str) -> None:
        if 3 <= len(self._path) <= 5:
            path = "/".join(self._path[2:])
            if path in _FIELDS and path not in self.elements[-1]:
                self.elements[-1][path] = "".join(self._text)[: _FIELDS[path]]
        self._path.pop()
        self._text, self._length = [], 0


def _markup(body: bytes, url: str) -> Iterator[str]:
    """Yield the text of a document in pieces that end behind a tag, if they have one."""
    decoder, rest = None, ""
    for piece in chain(_inflated(body, url), [b""]):
        if decoder is None:
            is_utf16 = piece[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
            declared = _ENCODING.match(piece)
            name = "utf-16" if is_utf16 else declared[1].decode() if declared else "utf-8-sig"
            decoder = codecs.getincrementaldecoder(name)("replace")
        text = rest + decoder.decode(piece, not piece)
        end = text.rfind(">") + 1 or len(text)
        yield without_impossible_characters(_CONTROL.sub("", text[:end]))
        rest = text[end:]
    yield rest


def _inflated(body: bytes, url: str) -> Iterator[bytes]:
    """Yield pieces of a document, which may be compressed without saying so; raises zlib.error."""
    if body[:2] != _GZIP:
        yield from (body[start : start + _PIECE] for start in range(0, len(body), _PIECE))
        return
    stream, total = zlib.decompressobj(31), 0
    while not stream.eof:
        piece = stream.decompress(body, _PIECE)
        body, total = stream.unconsumed_tail, total + len(piece)
        if total > MAX_BYTES:
            raise ParseError(url, _("larger than {size} MB", size=number(MAX_BYTES >> 20)))
        if not piece and not body:
            return
        yield piece


def _children(document: _Document, url: str, since: str) -> tuple[str, ...]:
    """Return the addresses of the sitemaps of an index that are read, the newest first.

    Where some are named after the news, the others list the same articles, or none.
    """
    elements = [
        (absolute(url, e.get(_ADDRESS, "")), _date(e, _MODIFIED)) for e in document.elements
    ]
    elements = [element for element in elements if element[0]]
    if since:
        return tuple(dict.fromkeys(url for url, date in elements if _is_since(url, date, since)))
    named = [e for e in elements if "news" in urlsplit(e[0]).path.rpartition("/")[2].lower()]
    places, are_dated = _newest([date for _url, date in named or elements])
    newest = [(named or elements)[place] for place in places[:CHILDREN]]
    oldest = (newest[0][1] or 0.0) - _RECENT if are_dated else 0.0
    return tuple(dict.fromkeys(url for url, date in newest if (date or oldest) >= oldest))


def _is_since(url: str, date: Timestamp | None, since: str) -> bool:
    """Tell whether a sitemap of an index may have articles since a day, by address and date."""
    month = _MONTH.search(url)
    if month and f"{month[1]}-{month[2]}" < since[:7]:
        return False
    return date is None or date >= iso_moment(since)


def _sitemap(elements: Sequence[dict[str, str]], url: str, since: str) -> ParsedFeed:
    """Return the entries of the news in a sitemap; without news, of all pages in it."""
    news = [element for element in elements if element.get(_NEWS)]
    elements, key = (news, "news/publication_date") if news else (elements, _MODIFIED)
    dates = [_date(element, key) for element in elements]
    places, are_dated = _newest(dates)
    dates = dates if news or are_dated else [None] * len(dates)
    kept = sorted(places[:MOST])
    if since:
        first = iso_moment(since)
        kept = [place for place in sorted(places) if (dates[place] or 0.0) >= first]
    languages = Counter(lang for e in elements if (lang := _language(e)))
    return ParsedFeed(
        title=_line(elements[0], "news/publication/name") if elements else "",
        lang=max(languages, key=languages.__getitem__, default=""),
        format=_("a sitemap"),
        entries=distinct_entries(
            entry for place in kept if (entry := _entry(elements[place], dates[place], url))
        ),
    )


def _entry(element: dict[str, str], date: Timestamp | None, base: str) -> Entry | None:
    """Return the entry of an address; None for a page that is no article, as the first page."""
    address = absolute(base, element.get(_ADDRESS, ""))
    title = _line(element, _NEWS) or title_of_address(address)
    is_article = title or any(map(str.isdigit, urlsplit(address).path.rpartition("/")[2]))
    if not address or not is_article:
        return None
    return Entry(
        guid="", url=address, title=title, summary=_line(element, "news/keywords"),
        published=date, lang=_language(element),
    )  # fmt: skip


def _newest(dates: Sequence[Timestamp | None]) -> tuple[list[int], bool]:
    """Return the places of dates, the newest first, and whether the dates tell anything.

    If they do not, the places at both ends come first: publishers add to either.
    """
    known = [date for date in dates if date is not None]
    if known and max(known) - median(known) > _TELLING:
        return sorted(range(len(dates)), key=lambda place: -(dates[place] or 0.0)), True
    return sorted(range(len(dates)), key=lambda place: min(place, len(dates) - 1 - place)), False


def _date(element: dict[str, str], key: str) -> Timestamp | None:
    with suppress(ValueError, OverflowError):
        return iso_moment(element.get(key, ""))
    return None


def _language(element: dict[str, str]) -> str:
    return language(element.get("news/publication/language", ""))


def _line(element: dict[str, str], key: str) -> str:
    return line(unescape(element.get(key, "")))
