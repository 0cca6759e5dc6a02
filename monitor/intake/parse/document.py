"""A document before any parser: encoding, prolog; and rules for entries of any format.

The key, the hashes of its words and its canonical link identify an entry of a document.
`monitor.intake.ingest.identify` compares them with those in the store.
"""

from __future__ import annotations

import codecs
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime
from hashlib import blake2b
from urllib.parse import parse_qs, quote, urljoin, urlsplit
from zlib import crc32

from msgspec.structs import replace

from monitor.base.article import Timestamp
from monitor.base.text_cleaning import line, safe_url
from monitor.base.translation import gettext as _
from monitor.base.translation import mark
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
_REFERENCE = re.compile("&#(?:x([0-9a-f]*)|([0-9]*));?", re.IGNORECASE)
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
    is_plain = text.isascii() and "\x1b" not in text  # ISO-2022 is ASCII and escapes
    if is_plain or text.count("\ufffd") * 2 < len(body) - len(text):
        return text.encode(), UTF8
    match = CHARSET.search(content_type)
    return body, f"; charset={match[1]}" if match else ""


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


_MARKUP_CONTENT = re.compile(
    rb"content(?<=[<:]content)(\s[^<>]{0,200}?\btype\s*=\s*)([\"'])(?:[^\"'<>]*[/+]xml|xhtml)\2"
    rb"([^<>]*(?<!/)>)(?=\s*<\w)",
    re.IGNORECASE,
)
_PREFIX = re.compile(rb"(</?)[\w.-]+:(?=\w)")


def with_escaped_markup(body: bytes) -> bytes:
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
    if b"<html" in start:
        return _(_WEB_PAGE)
    if start.startswith(b"<"):
        return _("the answer is XML, but neither RSS nor Atom")
    return _("the answer is no feed") if start else _("the answer is empty")


TITLE_CAP = 1_000
NAME_CAP = 200
GUID_CAP = 500
"""Characters; a longer text is no title, no name, and identifies no entry."""
TEXT_CAP = 200_000

_LANGUAGE = re.compile(r"([a-z]{2})(?:[-_].*)?\Z")
_THREE_LETTERS = {"fra": "fr", "fre": "fr", "eng": "en", "nld": "nl", "dut": "nl", "deu": "de"}


def guid(text: str) -> str:
    """Return a guid as one clean line; the tail of a very long one becomes a hash."""
    cleaned = line(text)
    return cleaned if len(cleaned) <= GUID_CAP else f"{cleaned[:GUID_CAP]}#{_digest(cleaned)}"


_ABSOLUTE = re.compile(
    r"https?://[A-Za-z0-9.-]{,100}[A-Za-z0-9](?::[0-9]{1,5})?/[A-Za-z0-9%/:@!$'()*+,=._~-]{,900}"
    r"(?:\?[A-Za-z0-9%/:@!$&'()*+,=._~-]{1,900})?"
)
"""The form of nearly all addresses of entries: absolute, with nothing to be encoded."""


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
    """Return the first of these that is an address; the feed's own address is left out."""
    feed_url = base.partition("#")[0]
    for href in hrefs:
        if (url := _target(absolute(base, href))) and url.partition("#")[0] != feed_url:
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
    hrefs = (*parameters.get("url", ()), *parameters.get("q", ()))
    return next((target for href in hrefs if (target := absolute("", href))), url)


def iso_moment(text: str) -> Timestamp:
    """Return a date of ISO 8601; without a zone it is taken as UTC. Raises ValueError."""
    moment = datetime.fromisoformat(text.strip())
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def language(declared: str) -> str:
    """Return a declared language as two letters; empty when it is unknown."""
    code = declared.strip().lower()
    match = _LANGUAGE.match(code)
    return match[1] if match else _THREE_LETTERS.get(code, "")


def distinct_entries(entries: Iterable[Entry]) -> tuple[Entry, ...]:
    """Return distinct entries with their keys: repeated ones once, those of one name renamed.

    An entry without title, text and link is left out: there is nothing in it to find. All that
    share a name get a new one, made of their differences and not of their order, so that the
    next document names them the same.
    """
    nonempty = [e for e in entries if e.title or e.summary or e.body or e.url]
    unique = {(e.guid, e.url, e.title, e.summary, e.body): e for e in reversed(nonempty)}
    entries = list(reversed(unique.values()))
    for parts in (lambda e: (e.url, e.title), lambda e: (e.url, e.title, e.summary, e.body)):
        counts = Counter(map(_name, entries))
        entries = [
            replace(e, guid=f"{_name(e)}#{_digest(*parts(e))}") if counts[_name(e)] > 1 else e
            for e in entries
        ]
    return keyed_entries(entries)


def _name(entry: Entry) -> str:
    return entry.guid or entry.url or entry.title


def _digest(*parts: str) -> str:
    return blake2b("\0".join(parts).encode(), digest_size=8).hexdigest()


PARTS = ("title", "summary", "body")
PART = 4
"""Bytes of the hash of one part of an entry."""


def keyed_entries(entries: Iterable[Entry]) -> tuple[Entry, ...]:
    return tuple(map(_keyed, entries))


def _keyed(entry: Entry) -> Entry:
    parts, link = _folded_parts(entry), canonical(entry.url)
    return replace(
        entry,
        key=key(entry),
        fingerprint=_hash_of(parts),
        canonical=link,
        parts=b"".join(map(part_hash, (*parts, link))),
    )


def key(entry: Entry) -> str:
    """Return the key of an entry in its feed: guid, else link, else a hash of title or text."""
    if entry.guid or entry.url:
        return entry.guid or entry.url
    text = entry.title or f"{entry.summary}\0{entry.body}"
    return f"text:{blake2b(folded(text).encode(), digest_size=16).hexdigest()}"


def fingerprint(entry: Entry) -> bytes:
    """Return the hash of an entry's words, whatever their case and white space."""
    return _hash_of(_folded_parts(entry))


def _hash_of(parts: Iterable[str]) -> bytes:
    return blake2b("\0".join(parts).encode(), digest_size=16).digest()


def _folded_parts(entry: Entry) -> tuple[str, str, str]:
    return folded(entry.title), folded(entry.summary), folded(entry.body)


def part_hash(text: str) -> bytes:
    """Return the hash of a part of an entry, or of its canonical link."""
    return crc32(text.encode()).to_bytes(PART, "big")


def folded(text: str) -> str:
    """Return a text without case, and with single blanks for its white space."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


_TRACKING = re.compile(
    r"(?:utm|at|mc|pk|mtm|hsa|vero|wt)_\w+|ns_(?:mchannel|source|campaign)"
    r"|(?:fb|g|dc|ms|y)clid|gbraid|wbraid|igshid|xtor|xtref|ocid|cmpid|s_cid|smid|ftag|_g[al]",
    re.IGNORECASE,
)
_ESCAPE = re.compile("%[0-9a-fA-F]{2}")


def canonical(url: str) -> str:
    """Return the address that all spellings of one article's link share; '' if it has none.

    Dropped are the parts that never tell two articles apart: scheme, case of the host, default
    port, fragment (not `#!`), tracking parameters, a trailing slash.
    """
    try:
        parts = urlsplit(url.strip())
        port = parts.port
    except ValueError:
        return ""
    host = (parts.hostname or "").rstrip(".")
    if parts.scheme not in ("http", "https") or not host:
        return ""
    path = quote(parts.path, safe="%/:@!$&'()*+,;=~").rstrip("/")
    path = _ESCAPE.sub(lambda escape: escape.group().upper(), path)
    query = "&".join(
        pair
        for pair in parts.query.split("&")
        if pair and not _TRACKING.fullmatch(pair.partition("=")[0])
    )
    host = f"[{host}]" if ":" in host else host
    place = host if port in (None, 80, 443) else f"{host}:{port}"
    hashbang = f"#{parts.fragment}" if parts.fragment.startswith("!") else ""
    return f"https://{place}{path or '/'}{'?' if query else ''}{query}{hashbang}"
