"""Rules for the entries of a feed of any format: lengths, addresses, dates, and keys.

The key, the hashes of its words and its canonical link identify an entry of a document.
`monitor.intake.ingest.article_changes` compares them with those in the store.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime
from hashlib import blake2b
from urllib.parse import parse_qs, quote, unquote, urljoin, urlsplit
from zlib import crc32

from msgspec.structs import replace

from monitor.base.article import Timestamp
from monitor.base.text_cleaning import folded, line, safe_url
from monitor.model.poll import Entry

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
    r"https?://(?:www\.)?(?:google\.[a-z.]{2,6}/url|bing\.com/news/apiclick\.aspx)\?", re.IGNORECASE
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


_SEPARATOR = re.compile(r"[-_+\s]+")
_SUFFIX = re.compile(r"\.\w{1,5}\Z")
_IDENTIFIER = re.compile(r"\d{5,}|(?=\w*\d)\w{8,}")


def title_of_address(url: str) -> str:
    """Return the words at the end of an address: `…/liege/le-depot-81234.html` is `Le depot`.

    Empty if there are fewer than two.
    """
    last = unquote(urlsplit(url).path.rstrip("/").rpartition("/")[2])
    words = _SEPARATOR.split(_SUFFIX.sub("", line(last)))
    words = [word for word in words if word and not _IDENTIFIER.fullmatch(word)]
    title = " ".join(words)[:TITLE_CAP]
    return title[:1].upper() + title[1:] if len(words) > 1 else ""


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
