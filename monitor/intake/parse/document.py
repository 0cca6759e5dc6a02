"""A document becomes a feed: its encoding, its prolog, and its kind. Runs in `workers`."""

from __future__ import annotations

import codecs
import re
from itertools import accumulate
from xml.sax import SAXException

from msgspec.structs import replace

from index.analysis.text_features import packed, text_features
from monitor.base.errors import ParseError
from monitor.base.translation import gettext as _, mark, number
from monitor.intake.parse import json_feed, xml_feed
from monitor.intake.parse.entry import absolute
from monitor.intake.parse.xml_feed import UTF8
from monitor.model.poll import ParsedFeed

_BOMS = (
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16, of which it is a prefix
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
    (b"<\0\0\0", "utf-32-le"),
    (b"\0\0\0<", "utf-32-be"),
    (b"<\0", "utf-16-le"),
    (b"\0<", "utf-16-be"),
)
CHARSET = re.compile(r"charset\s*=\s*[\"']?([\w.:-]{1,40})", re.IGNORECASE)
_SUBSET = re.compile(rb"<!--|[\"'\[\]>]")
_REFERENCE = re.compile("&#(?:x([0-9a-f]*)|([0-9]*));?", re.IGNORECASE)
_WEB_PAGE = mark("the answer is a web page, not a feed; the page may link to one")
ATTRIBUTES = 1_000
"""Attributes of an element that are read: the time for them grows with their square."""
_LONG_TAG = re.compile(rb"<[^<>]{4000,}")
_ATTRIBUTE = re.compile(rb"[\s\"'][^\s<>\"'=]+\s*=")
FEATURED = 150_000
"""Characters of the texts of a document whose features are read with it: 0.05 s."""


def parse(body: bytes, url: str, content_type: str = "") -> ParsedFeed:
    """Parse a feed's document; `url` is where it came from.

    Raises ParseError with a reason in words when it is no feed. A broken document that
    still has entries is a feed.
    """
    try:
        text, charset = in_utf8(body, content_type)
        if json_feed.is_json_feed(body):
            return json_feed.parse(text.decode("utf-8", "replace"), url)
        if any(len(_ATTRIBUTE.findall(tag)) > ATTRIBUTES for tag in _LONG_TAG.findall(text)):
            limit = number(ATTRIBUTES)
            raise ParseError(url, _("an element has more than {limit} attributes", limit=limit))
        try:
            document = xml_feed.read(root_only(text), charset)
        except (ValueError, OverflowError):  # most often one `&#1114112;`
            repaired = without_impossible_characters(text.decode("latin-1")).encode("latin-1")
            document = xml_feed.read(root_only(repaired), charset)
        if not document["entries"] and not document.get("version"):
            raise ParseError(url, describe_content(body))
        if not document["entries"] and isinstance(document.get("bozo_exception"), SAXException):
            raise ParseError(url, _("it is broken off or not well-formed, and has no entries"))
        return xml_feed.parsed_feed(document, url)
    except (ParseError, MemoryError):
        raise
    except Exception as error:  # feedparser raises anything on 9 % of mutated documents
        reason = _("it is too broken to be read ({error})", error=type(error).__name__)
        raise ParseError(url, reason) from error


def older(body: bytes, url: str, content_type: str = "") -> tuple[str, ...]:
    """Return the addresses of documents with older entries, which a feed's document names.

    https://www.rfc-editor.org/rfc/rfc5005 and `next_url` of JSON Feed.
    """
    from lxml import etree

    text, _charset = in_utf8(body, content_type)
    if json_feed.is_json_feed(body):
        return tuple(filter(None, (json_feed.next_page(text.decode("utf-8", "replace"), url),)))
    parser = etree.XMLParser(recover=True, resolve_entities=False, no_network=True)
    root = etree.fromstring(root_only(text), parser)
    path = "/*/*[local-name()='link']|/*/*/*[local-name()='link']"
    links = () if root is None else root.xpath(path)
    return tuple(
        address
        for link in links
        if link.get("rel") in ("prev-archive", "next")
        and (address := absolute(url, link.get("href", "")))
    )


def with_features(parsed: ParsedFeed) -> ParsedFeed:
    """Return what was parsed with the features of the first texts of its entries.

    The features are for feeds that were never read, all entries of which are new: they are most
    of the work of a first round, and this process is one of several.
    """
    sizes = accumulate(len(entry.summary) + len(entry.body) for entry in parsed.entries)
    first = sum(size <= FEATURED for size in sizes)
    featured = parsed.entries[:first]
    features = text_features([(entry.title, entry.summary, entry.body) for entry in featured])
    entries = tuple(map(lambda e, text: replace(e, features=packed(text)), featured, features))
    return replace(parsed, entries=entries + parsed.entries[first:])


def in_utf8(body: bytes, content_type: str) -> tuple[bytes, str]:
    """Return the body and the charset parameter to read it with.

    Bytes that are UTF-8 are read as UTF-8 whatever is declared, a few bad ones apart:
    no other encoding looks like it by accident, and servers declare it wrongly.
    """
    for sign, encoding in _BOMS:
        if body.startswith(sign):
            return body.decode(encoding, "replace").encode(errors="replace"), UTF8
    body = body.removeprefix(codecs.BOM_UTF8)
    text = body.decode("utf-8", "replace")
    is_plain = text.isascii() and "\x1b" not in text  # ISO-2022 is ASCII and escapes
    if is_plain or text.count("\ufffd") * 2 < len(body) - len(text):
        return text.encode(), UTF8
    match = CHARSET.search(content_type)
    return body, f"; charset={match[1]}" if match else ""


_SLOW = ("punycode", "idna")
"""Encodings of names, which take hours for a text."""


def decoded(body: bytes, content_type: str) -> str:
    """Return the text of a body in the charset that its type declares, or else its markup."""
    body, charset = in_utf8(body, content_type)
    match = CHARSET.search(charset) or CHARSET.search(body[:4_096].decode("latin-1"))
    try:
        return body.decode(
            match[1] if match and match[1].lower() not in _SLOW else "cp1252", "replace"
        )
    except LookupError:  # an unknown charset
        return body.decode("cp1252", "replace")


def with_encoding(body: bytes, content_type: str, encoding: str) -> tuple[bytes, str]:
    """Return a body in UTF-8, and a type that says so, whatever encoding it declares."""
    kind = CHARSET.sub("", content_type).rstrip("; ")
    return body.decode(encoding, "replace").encode(errors="replace"), kind + UTF8


def root_only(body: bytes) -> bytes:
    """Return the XML declaration and the root element: no DOCTYPE, so no entity, no junk."""
    declaration, offset = b"", 0
    while (offset := body.find(b"<", offset)) >= 0:
        if body.startswith(b"<?", offset):
            end = _after(body, b"?>", offset)
            if not declaration and body.startswith(b"<?xml ", offset):
                declaration = body[offset:end]
        elif body.startswith(b"<!--", offset):
            end = _after(body, b"-->", offset)
        elif body.startswith(b"<!", offset):
            end = _declaration_end(body, offset)
        else:
            return declaration + body[offset:]
        offset = end
    return b""


def without_impossible_characters(source: str) -> str:
    """Return markup without references to characters that XML does not allow."""
    return _REFERENCE.sub(_if_possible, source)


def _if_possible(reference: re.Match[str]) -> str:
    digits, base = (reference[1], 16) if reference[1] else (reference[2] or "", 10)
    digits = digits.lstrip("0")
    code = int(digits, base) if 0 < len(digits) < 8 else 0
    is_valid = code in (9, 10, 13) or 0x20 <= code < 0xD800 or 0xE000 <= code < 0x110000
    return reference.group() if is_valid else ""


def _after(body: bytes, mark: bytes, offset: int) -> int:
    position = body.find(mark, offset)
    return position + len(mark) if position >= 0 else len(body)


def _declaration_end(body: bytes, offset: int) -> int:
    """Return the end of a `<!DOCTYPE …>`, its internal subset included."""
    subset = False
    while token := _SUBSET.search(body, offset):
        mark, offset = token.group(), token.end()
        if mark == b"<!--":
            offset = _after(body, b"-->", offset)
        elif mark in b"\"'":
            offset = _after(body, mark, offset)
        elif mark in b"[]":
            subset = mark == b"["
        elif not subset:
            return offset
    return len(body)


_KINDS = (
    (b"\x1f\x8b", mark("the answer is compressed and does not say so")),
    (b"{", mark("the answer is JSON, but no JSON Feed")),
    (b"[", mark("the answer is JSON, but no JSON Feed")),
    (b"<!doctype html", _WEB_PAGE),
    (b"<html", _WEB_PAGE),
)


def describe_content(body: bytes) -> str:
    """Describe a body that holds no feed."""
    start = body[:4_096].removeprefix(codecs.BOM_UTF8).strip(b" \t\r\n\0").lower()
    for sign, words in _KINDS:
        if start.startswith(sign):
            return _(words)
    if b"<opml" in start:
        return _("the answer is a list of feeds (OPML); import it instead")
    if b"<urlset" in start or b"<sitemapindex" in start:
        return _("the answer is a sitemap; write `sitemap:` before its address, not `url:`")
    if b"<html" in start:
        return _(_WEB_PAGE)
    if start.startswith(b"<"):
        return _("the answer is XML, but neither RSS nor Atom")
    return _("the answer is no feed") if start else _("the answer is empty")
