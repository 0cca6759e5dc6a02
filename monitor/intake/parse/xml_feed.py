"""RSS, RDF and Atom, broken ones included, to entries."""

from __future__ import annotations

import calendar
import contextlib
import io
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from monitor.base.article import Timestamp
from monitor.base.text_cleaning import from_html, line, lines
from monitor.intake.parse.entry import (
    NAME_CAP,
    TEXT_CAP,
    TITLE_CAP,
    absolute,
    distinct_entries,
    entry_link,
    guid,
    language,
)
from monitor.intake.parse.plain_document import plain_document
from monitor.model.poll import Entry, ParsedFeed

UTF8 = "; charset=utf-8"
"""The parameter of a type whose text is in UTF-8."""
_PERIODS = {
    "hourly": 3_600.0,
    "daily": 86_400.0,
    "weekly": 604_800.0,
    "monthly": 2_592_000.0,
    "yearly": 31_536_000.0,
}
_FORMATS = {
    "rss10": "RSS 1.0 (RDF)",
    "rss090": "RSS 0.90 (RDF)",
    "rss20": "RSS 2.0",
    "rss": "RSS",
    "atom03": "Atom 0.3",
    "atom10": "Atom 1.0",
    "atom": "Atom",  # not a message
    "cdf": "CDF",
}
"""Names of the formats by those of feedparser."""
_NO_TEXT = ("image/", "audio/", "video/", "font/", "model/")
_MARKUP_CONTENT = re.compile(
    rb"content(?<=[<:]content)(\s[^<>]{0,200}?\btype\s*=\s*)([\"'])(?:[^\"'<>]*[/+]xml|xhtml)\2"
    rb"([^<>]*(?<!/)>)(?=\s*<\w)",
    re.IGNORECASE,
)
_PREFIX = re.compile(rb"(</?)[\w.-]+:(?=\w)")
_BASE64 = re.compile(r"[A-Za-z0-9+/\s]{24,}=*\s*")
"""Bytes that feedparser could not decode to text."""


def read(source: bytes, charset: str) -> Mapping[str, Any]:
    """Return feedparser's reading, without its addresses and safe HTML: ours are better.

    feedparser gets no address of the feed, so that a guid never depends on where the feed was
    fetched. Given bytes or text it would open files and addresses that they name.

    Args:
        source: The root element, and the XML declaration if there is one.
        charset: The parameter of the type to read it with.
    """
    source = _with_escaped_markup(source)
    if charset == UTF8 and (plain := plain_document(source)) is not None:
        return plain
    document: Mapping[str, Any] = _feedparser().parse(
        io.BytesIO(source),
        response_headers={"content-type": f"application/xml{charset}"},
        sanitize_html=False,
        resolve_relative_uris=False,
    )
    return document


def _with_escaped_markup(body: bytes) -> bytes:
    """Return a feed whose Atom content in XHTML or other XML is written as escaped HTML.

    feedparser takes the elements of other XML, and elements of XHTML with names of a feed
    (`summary`, `title`), for those of the entry.
    """
    pieces, last = [], 0
    for opening in _MARKUP_CONTENT.finditer(body):
        prefix = body[body.rfind(b"<", 0, opening.start()) + 1 : opening.start()]
        end = body.find(b"</" + prefix + b"content", opening.end())
        if end < 0:
            break
        if opening.start() < last:
            continue
        markup = _PREFIX.sub(rb"\1", body[opening.end() : end])
        escaped = markup.replace(b"&", b"&amp;").replace(b"<", b"&lt;")
        pieces += [body[last : opening.start()], b"content", opening[1], b'"text/html"', opening[3]]
        pieces.append(escaped)
        last = end
    return b"".join([*pieces, body[last:]]) if pieces else body


@cache
def _feedparser() -> Any:
    """Return feedparser, mended in what an element says and another one does not.

    It keeps the `xml:base` of an element for those behind it, unless there is one around them;
    and it gives the first of several authors the name of the next. Without this 59 of 201
    documents with `xml:base` at random elements gave other links than these elements say.
    """
    import feedparser

    parser_class = feedparser.mixin._FeedParserMixin
    end_tag, end_author = parser_class.unknown_endtag, parser_class._end_author

    def unknown_endtag(parser: Any, tag: str) -> None:
        bases, depth = parser.basestack, len(parser.basestack)
        end_tag(parser, tag)
        if bases and len(bases) == depth:
            bases.pop()
        parser.baseuri = bases[-1] if bases else ""

    def _end_author(parser: Any) -> None:
        end_author(parser)
        parser._get_context().pop("author_detail", None)

    parser_class.unknown_endtag, parser_class._end_author = unknown_endtag, _end_author
    return feedparser


def parsed_feed(document: Mapping[str, Any], url: str) -> ParsedFeed:
    """Return the entries of a reading; `url` is where the document came from."""
    feed = document["feed"]
    return ParsedFeed(
        title=line(_text(feed, "title", TITLE_CAP)),
        link=absolute(url, _plain(feed, "link")),
        lang=language(_plain(feed, "language")),
        ttl=_ttl(feed),
        format=_format(_plain(document, "version")),
        entries=distinct_entries(_entry(raw, url) for raw in document["entries"]),
    )


def _format(version: str) -> str:
    """Return the name of a format such as `rss20`; `RSS 0.91` needs no entry of its own."""
    return _FORMATS.get(version) or re.sub("rss0(..).?", r"RSS 0.\1", version)


def _entry(raw: Mapping[str, Any], base: str) -> Entry:
    summary, body = _summary_and_body(raw)
    link = entry_link(base, _addresses(raw))
    source, source_url = _source(raw, base, link)
    return Entry(
        guid=guid(_plain(raw, "id")),
        url=link,
        title=line(_text(raw, "title", TITLE_CAP) or _text(raw, "itunes_title", TITLE_CAP)),
        summary=summary,
        body=body,
        author=_author(raw),
        published=_moment(raw, "published_parsed", "created_parsed", "updated_parsed"),
        source=source,
        source_url=source_url,
    )


# feedparser's dictionaries answer for keys they do not have and warn about it: `dict.get`
# asks for what is there, and costs a tenth.


def _plain(raw: Mapping[str, Any], key: str) -> str:
    value = dict.get(raw, key)  # type: ignore[call-overload]
    return value if isinstance(value, str) else ""


def _text(raw: Mapping[str, Any], key: str, cap: int = TEXT_CAP) -> str:
    """Return the clean text of an element, of which feedparser says whether it is HTML."""
    value = _plain(raw, key)
    detail = dict.get(raw, f"{key}_detail")  # type: ignore[call-overload]
    if detail and detail.get("value") == value:
        return _words(detail, cap)
    return from_html(value, cap)


def _words(detail: Mapping[str, Any], cap: int = TEXT_CAP) -> str:
    kind = (detail.get("type") or "text/html").partition(";")[0].strip()
    value = detail.get("value") or ""
    if kind.startswith("text/") and kind not in ("text/html", "text/xml"):
        return lines(value[:cap])
    if kind.startswith(_NO_TEXT) or (not kind.startswith("text/") and _BASE64.fullmatch(value)):
        return ""
    return from_html(value, cap)


def _summary_and_body(raw: Mapping[str, Any]) -> tuple[str, str]:
    """Return the teaser and the text, the latter empty when it says nothing more."""
    contents = dict.get(raw, "content") or []  # type: ignore[call-overload]
    body = max((_words(content) for content in contents), key=len, default="")
    if any(content.get("value") == _plain(raw, "summary") for content in contents):
        return "", body  # feedparser copies a content that has no summary beside it
    summary = _text(raw, "summary")
    return summary, "" if body in summary else body


def _addresses(raw: Mapping[str, Any]) -> Iterator[str]:
    """Yield possible addresses of an entry, the best first.

    The order: the original one behind a proxy, the alternates, a guid that is an address, the
    entry itself, and only then its subject.
    """
    links: dict[str, list[str]] = defaultdict(list)
    for link in dict.get(raw, "links") or []:  # type: ignore[call-overload]
        links[_relation(link.get("rel") or "")].append(link.get("href") or "")
    yield absolute("", _plain(raw, "feedburner_origlink"))  # some are no addresses
    chosen, alternates = _plain(raw, "link"), links["alternate"]
    if chosen in alternates:
        yield chosen
    yield from alternates
    yield chosen if chosen.startswith("/") else absolute("", chosen)  # or else a guid is no link
    yield from links["self"]
    yield from links["related"]


def _relation(rel: str) -> str:
    """Return the relation of a link; RFC 4287 allows its address in the registry as well."""
    return rel.rpartition("/")[2] if "iana.org/assignments/" in rel else rel


def _source(raw: Mapping[str, Any], base: str, link: str) -> tuple[str, str]:
    """Return name and address of the source of an entry; Bing gives the name only."""
    source = dict.get(raw, "source")  # type: ignore[call-overload]
    if isinstance(source, Mapping):
        name = line(_text(source, "title", NAME_CAP))
        hrefs = [_plain(source, "href"), *_addresses(source)]
        return name, next((url for href in hrefs if (url := absolute(base, href))), "")
    name = line(from_html(_plain(raw, "news_source"), NAME_CAP))
    return name, link if name else ""


def _author(raw: Mapping[str, Any]) -> str:
    authors = dict.get(raw, "authors") or []  # type: ignore[call-overload]
    names = ", ".join(name for author in authors if (name := author.get("name")))
    text = line(from_html(names or _plain(raw, "author"), NAME_CAP))
    distinct_names: dict[str, str] = {}
    for name in text.split(", "):
        distinct_names.setdefault(name.casefold(), name)
    return ", ".join(distinct_names.values())


def _moment(raw: Mapping[str, Any], *keys: str) -> Timestamp | None:
    """Return the first moment there is: RDF and much of Atom have an update only.

    A moment before 1970, such as the year 1 of .NET, does not count.
    """
    for key in keys:
        parts = dict.get(raw, key)  # type: ignore[call-overload]
        if not parts:
            continue
        with contextlib.suppress(ValueError, OverflowError):
            moment = float(calendar.timegm(parts))
            if moment >= 0:
                return moment
    return None


def _ttl(feed: Mapping[str, Any]) -> float | None:
    """Return the seconds for which the feed says that it stays unchanged."""
    minutes = _number(_plain(feed, "ttl"))
    period = _PERIODS.get(_plain(feed, "sy_updateperiod").strip().lower(), 0.0)
    times = _number(_plain(feed, "sy_updatefrequency")) or 1.0
    return max(minutes * 60, period / times) or None


def _number(text: str) -> float:
    """Return a positive whole number of at most six digits, else 0."""
    text = text.strip()
    return float(text) if text.isascii() and text.isdigit() and len(text) <= 6 else 0.0
