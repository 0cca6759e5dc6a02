"""A document before any parser: encoding, prolog; and what holds for entries of any format."""

from __future__ import annotations

import codecs
import re
from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime
from hashlib import blake2b
from urllib.parse import parse_qs, urljoin, urlsplit

from msgspec.structs import replace

from monitor.base.article import Timestamp
from monitor.base.text_cleaning import line, safe_url
from monitor.base.translation import gettext as _
from monitor.base.translation import mark
from monitor.intake.parse.entry_keys import keyed_entries
from monitor.model.poll import Entry

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
_WEB_PAGE = mark("the answer is a web page, not a feed; the page may link to one")
UTF8 = "; charset=utf-8"
"""The parameter of a type whose text is in UTF-8."""


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
    plain = text.isascii() and "\x1b" not in text  # ISO-2022 is ASCII and escapes
    if plain or text.count("\ufffd") * 2 < len(body) - len(text):
        return text.encode(), UTF8
    declared = CHARSET.search(content_type)
    return body, f"; charset={declared[1]}" if declared else ""


def with_encoding(body: bytes, content_type: str, encoding: str) -> tuple[bytes, str]:
    """Return a body in UTF-8, and a type that says so, whatever it declares itself to be in."""
    kind = CHARSET.sub("", content_type).rstrip("; ")
    return body.decode(encoding, "replace").encode(errors="replace"), kind + UTF8


def root_only(body: bytes) -> bytes:
    """Return the XML declaration and the root element: no DOCTYPE, so no entity, no junk."""
    declaration, at = b"", 0
    while (at := body.find(b"<", at)) >= 0:
        if body.startswith(b"<?", at):
            end = _after(body, b"?>", at)
            if not declaration and body.startswith(b"<?xml ", at):
                declaration = body[at:end]
        elif body.startswith(b"<!--", at):
            end = _after(body, b"-->", at)
        elif body.startswith(b"<!", at):
            end = _declaration_end(body, at)
        else:
            return declaration + body[at:]
        at = end
    return b""


def _after(body: bytes, mark: bytes, at: int) -> int:
    found = body.find(mark, at)
    return found + len(mark) if found >= 0 else len(body)


def _declaration_end(body: bytes, at: int) -> int:
    """Return where a `<!DOCTYPE …>` ends, its internal subset included."""
    subset = False
    while token := _SUBSET.search(body, at):
        mark, at = token.group(), token.end()
        if mark == b"<!--":
            at = _after(body, b"-->", at)
        elif mark in b"\"'":
            at = _after(body, mark, at)
        elif mark in b"[]":
            subset = mark == b"["
        elif not subset:
            return at
    return len(body)


_KINDS = (
    (b"\x1f\x8b", mark("the answer is compressed and does not say so")),
    (b"{", mark("the answer is JSON, but no JSON Feed")),
    (b"[", mark("the answer is JSON, but no JSON Feed")),
    (b"<!doctype html", _WEB_PAGE),
    (b"<html", _WEB_PAGE),
)


def describe_content(body: bytes) -> str:
    """Say in words what a body is that holds no feed."""
    start = body[:4_096].removeprefix(codecs.BOM_UTF8).strip(b" \t\r\n\0").lower()
    for sign, words in _KINDS:
        if start.startswith(sign):
            return _(words)
    if b"<opml" in start:
        return _("the answer is a list of feeds (OPML); import it instead")
    if b"<html" in start:
        return _(_WEB_PAGE)
    if start.startswith(b"<"):
        return _("the answer is XML, but neither RSS nor Atom")
    return _("the answer is no feed") if start else _("the answer is empty")


TITLE_CAP = 1_000
NAME_CAP = 200
GUID_CAP = 500
"""Characters; what is longer is no title, no name, and not what identifies an entry."""
TEXT_CAP = 200_000

_LANGUAGE = re.compile(r"([a-z]{2})(?:[-_].*)?\Z")
_THREE_LETTERS = {"fra": "fr", "fre": "fr", "eng": "en", "nld": "nl", "dut": "nl", "deu": "de"}


def guid(text: str) -> str:
    """Return a guid as one clean line; the tail of a very long one becomes a hash."""
    whole = line(text)
    return whole if len(whole) <= GUID_CAP else f"{whole[:GUID_CAP]}#{_digest(whole)}"


_ABSOLUTE = re.compile(
    r"https?://[A-Za-z0-9.-]{,100}[A-Za-z0-9](?::[0-9]{1,5})?/[A-Za-z0-9%/:@!$'()*+,=._~-]{,900}"
    r"(?:\?[A-Za-z0-9%/:@!$&'()*+,=._~-]{1,900})?"
)
"""What nearly all addresses of entries look like: absolute, and nothing in them to be encoded."""


def absolute(base: str, href: str) -> str:
    """Return an absolute http(s) address; line ends in it vanish and spaces are encoded."""
    if _ABSOLUTE.fullmatch(href):
        return href
    href = re.sub(r"[\t\r\n]+", "", href).strip().replace(" ", "%20")
    if not href:
        return ""
    try:
        return safe_url(urljoin(base, href))
    except ValueError:
        return ""


def entry_link(base: str, hrefs: Iterable[str]) -> str:
    """Return the first of these that is an address; the feed's own is none of an entry."""
    own = base.partition("#")[0]
    for href in hrefs:
        if (url := _target(absolute(base, href))) and url.partition("#")[0] != own:
            return url
    return ""


_FORWARDERS = re.compile(
    r"https?://(?:www\.)?(?:google\.[a-z.]{2,6}/url|bing\.com/news/apiclick\.aspx)\?",
    re.IGNORECASE,
)
"""Addresses through which Google Alerts and Bing News lead to those of the articles."""


def _target(url: str) -> str:
    if not _FORWARDERS.match(url):
        return url
    parameters = parse_qs(urlsplit(url).query)
    named = (*parameters.get("url", ()), *parameters.get("q", ()))
    return next((target for one in named if (target := absolute("", one))), url)


def iso_moment(text: str) -> Timestamp:
    """Return a date of ISO 8601; without a zone it is taken as UTC. Raises ValueError."""
    moment = datetime.fromisoformat(text.strip())
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def language(declared: str) -> str:
    """Return a declared language as two letters; empty when it is none we know."""
    code = declared.strip().lower()
    found = _LANGUAGE.match(code)
    return found[1] if found else _THREE_LETTERS.get(code, "")


def distinct_entries(entries: Iterable[Entry]) -> tuple[Entry, ...]:
    """Return distinct entries with their keys: repeated ones once, those of one name renamed.

    One without title, text and link is left out: there is nothing in it to find. All that
    share a name get a new one, made of what tells them apart and not of their order, so that
    the next document names them the same.
    """
    filled = [e for e in entries if e.title or e.summary or e.body or e.url]
    unique = {(e.guid, e.url, e.title, e.summary, e.body): e for e in reversed(filled)}
    entries = list(reversed(unique.values()))
    for parts in (lambda e: (e.url, e.title), lambda e: (e.url, e.title, e.summary, e.body)):
        shared = Counter(map(_name, entries))
        entries = [
            replace(e, guid=f"{_name(e)}#{_digest(*parts(e))}") if shared[_name(e)] > 1 else e
            for e in entries
        ]
    return keyed_entries(entries)


def _name(entry: Entry) -> str:
    return entry.guid or entry.url or entry.title


def _digest(*parts: str) -> str:
    return blake2b("\0".join(parts).encode(), digest_size=8).hexdigest()
