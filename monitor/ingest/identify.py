"""Identifies the entries of a document: new, changed, seen, duplicate or reissued. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from hashlib import blake2b
from urllib.parse import quote, urlsplit
from zlib import crc32

from msgspec import Struct

from monitor.model.poll import Entry, Known, KnownArticle


class KeyedEntry(Struct, frozen=True, kw_only=True):
    """An entry with the key, fingerprint and canonical link that identify it."""

    entry: Entry
    key: str
    fingerprint: bytes
    canonical: str

    @property
    def parts(self) -> bytes:
        """Return hashes of title, summary, body and canonical link, `PART` bytes each.

        They are asked for where something changed; to see whether it did is done for each entry.
        """
        folded = (_folded(getattr(self.entry, part)) for part in PARTS)
        return b"".join(map(_part_hash, (*folded, self.canonical)))


class New(KeyedEntry, frozen=True, kw_only=True):
    """An article never seen before."""


class KnownEntry(KeyedEntry, frozen=True, kw_only=True):
    """An entry of a known article; `article` is its id."""

    article: int


class Seen(KnownEntry, frozen=True):
    """The same key with the same text."""


class Relinked(KnownEntry, frozen=True):
    """The same key with the same text, and another link than before."""


class Changed(KnownEntry, frozen=True, kw_only=True):
    """Another text than this feed had, under the same key or a key that replaces it."""

    before: bytes = b""
    """The hashes of its parts then; empty when they are not known."""


class Variant(Changed, frozen=True):
    """An article of another feed of this site, under the same guid and link, with another text."""


class Duplicate(KnownEntry, frozen=True):
    """An article of another feed that this feed carries too."""


class Reissued(KnownEntry, frozen=True):
    """An unchanged article of this feed under a new key."""


Decision = New | Seen | Relinked | Changed | Duplicate | Reissued


# --- keys of an entry -----------------------------------------------------------


def key(entry: Entry) -> str:
    """Return the key of an entry in its feed: guid, else link, else a hash of title or text."""
    if entry.guid or entry.url:
        return entry.guid or entry.url
    text = entry.title or f"{entry.summary}\0{entry.body}"
    return f"text:{blake2b(_folded(text).encode(), digest_size=16).hexdigest()}"


def fingerprint(entry: Entry) -> bytes:
    """Return the hash of an entry's words, whatever their case and white space."""
    text = "\0".join(map(_folded, (entry.title, entry.summary, entry.body)))
    return blake2b(text.encode(), digest_size=16).digest()


PARTS = ("title", "summary", "body")
PART = 4
"""Bytes of the hash of one part of an entry."""


def changed_parts(one: KeyedEntry, before: bytes) -> frozenset[str]:
    """Return which parts of an entry are not as they were; all when that is not known."""
    if not before:
        return frozenset(PARTS)
    now = one.parts
    places = {part: slice(number * PART, (number + 1) * PART) for number, part in enumerate(PARTS)}
    return frozenset(part for part, place in places.items() if now[place] != before[place])


def _has_new_link(one: KeyedEntry, before: bytes) -> bool:
    return bool(one.canonical and before) and _part_hash(one.canonical) != before[-PART:]


def _part_hash(text: str) -> bytes:
    return crc32(text.encode()).to_bytes(PART, "big")


def _folded(text: str) -> str:
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


# --- decisions -------------------------------------------------------------------


def keyed_entries(entries: Sequence[Entry]) -> list[KeyedEntry]:
    """Return entries with their keys, fingerprints and canonical links."""
    return [
        KeyedEntry(entry=e, key=key(e), fingerprint=fingerprint(e), canonical=canonical(e.url))
        for e in entries
    ]


def identify(entries: Sequence[KeyedEntry], known: Known) -> list[Decision]:
    """Decide for each entry of one document, in its order.

    Entries of one document never become one article: each article is taken once.
    """
    return _DocumentEntries(entries, known).decisions()


class _DocumentEntries:
    """The entries of one document against the known ones, while they are decided."""

    def __init__(self, entries: Sequence[KeyedEntry], known: Known) -> None:
        self._known = known
        self._entries = entries
        self._links = Counter(one.canonical for one in self._entries)
        named = (known.guids.get(one.key) for one in self._entries)
        self._taken = {found[0] for found in named if found}
        """Articles that are still in the document, or were found in it under a new key."""

    def decisions(self) -> list[Decision]:
        moved = self._moved()
        return [
            _known_entry(Reissued, one, moved[at]) if at in moved else self._decision(one)
            for at, one in enumerate(self._entries)
        ]

    def _decision(self, one: KeyedEntry) -> Decision:
        if found := self._known.guids.get(one.key):
            article, fingerprint = found
            before = self._known.parts.get(one.key, b"")
            if one.fingerprint != fingerprint:
                return _changed(Changed, one, article, before)
            return _known_entry(Relinked if _has_new_link(one, before) else Seen, one, article)
        candidates = self._known.urls.get(one.canonical, ()) if one.canonical else ()
        if own := self._by_link(one, candidates):
            self._taken.add(own.id)
            if _is_unchanged(one, own):
                return _known_entry(Reissued, one, own.id)
            return _changed(Changed, one, own.id)
        others = [c for c in candidates if c.id not in self._taken and c.id not in self._known.own]
        for other in others:
            if _tells_the_same(one, other):
                self._taken.add(other.id)
                return _known_entry(Duplicate, one, other.id)
        for other in others:
            if one.key in other.site_guids and self._identifies(one.canonical):
                self._taken.add(other.id)
                return _changed(Variant, one, other.id)
        return New(
            entry=one.entry,
            key=one.key,
            fingerprint=one.fingerprint,
            canonical=one.canonical,
        )

    def _by_link(self, one: KeyedEntry, candidates: Sequence[KnownArticle]) -> KnownArticle | None:
        """Return the one article of this feed that left the document and had this link."""
        own = [c for c in candidates if c.id in self._known.own]
        if len(own) != 1 or own[0].id in self._taken or not self._identifies(one.canonical):
            return None
        return own[0]

    def _identifies(self, link: str) -> bool:
        """Tell whether a link is that of one entry; one that several share identifies none."""
        return self._links[link] == 1 and (urlsplit(link).path != "/" or "?" in link)

    def _moved(self) -> dict[int, int]:
        """Return which entries have exactly the text of an article that left the document.

        Equal text is not enough where the link differs: each morning's forecast may read the
        same. It is enough when most of the document moved in this way.
        """
        same: dict[int, int] = {}
        sure: dict[int, int] = {}
        taken = set(self._taken)
        for at, one in enumerate(self._entries):
            before = self._known.guids.get(one.key)
            if before and before[1] == one.fingerprint:
                continue
            gone = (
                id for _, id in self._known.contents.get(one.fingerprint, ()) if id not in taken
            )
            article = next(gone, None)
            if article is None:
                continue
            taken.add(article)
            same[at] = article
            linked = {c.id for c in self._known.urls.get(one.canonical, ())}
            if not one.canonical or article in linked:
                sure[at] = article
        moved = same if 2 * len(same) >= len(self._entries) else sure
        self._taken.update(moved.values())
        return moved


def _tells_the_same(one: KeyedEntry, other: KnownArticle) -> bool:
    title = _folded(one.entry.title)
    return bool(title and title == _folded(other.title)) or one.fingerprint == other.fingerprint


def _is_unchanged(one: KeyedEntry, before: KnownArticle) -> bool:
    if before.fingerprint:
        return one.fingerprint == before.fingerprint
    return _folded(one.entry.title) == _folded(before.title)


def _known_entry(
    kind: type[Seen | Relinked | Duplicate | Reissued], one: KeyedEntry, article: int
) -> Seen | Relinked | Duplicate | Reissued:
    return kind(
        entry=one.entry,
        key=one.key,
        fingerprint=one.fingerprint,
        canonical=one.canonical,
        article=article,
    )


def _changed(kind: type[Changed], one: KeyedEntry, article: int, before: bytes = b"") -> Changed:
    return kind(
        entry=one.entry,
        key=one.key,
        fingerprint=one.fingerprint,
        canonical=one.canonical,
        article=article,
        before=before,
    )
