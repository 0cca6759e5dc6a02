"""What identifies an entry of a document: its key, the hashes of its words, its canonical link.

It is made where a document is parsed; what a store knows decides what the entry is
(`monitor.intake.ingest.identify`).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from hashlib import blake2b
from urllib.parse import quote, urlsplit
from zlib import crc32

from msgspec.structs import replace

from monitor.model.poll import Entry

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

    Only what never tells two articles apart is dropped: scheme, case of the host, default
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
