"""Identifies the entries of a document: new, changed, seen, duplicate or reissued. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from urllib.parse import urlsplit

from msgspec import Struct

from monitor.intake.parse.entry import PART, PARTS, folded, part_hash
from monitor.model.poll import Entry, Known, KnownArticle


class New(Struct, frozen=True, kw_only=True):
    """An article never seen before."""

    entry: Entry


class KnownEntry(Struct, frozen=True, kw_only=True):
    """An entry of a known article; `article` is its id."""

    entry: Entry
    article: int


class Seen(KnownEntry, frozen=True):
    """The same key with the same text."""


class Relinked(KnownEntry, frozen=True):
    """The same key with the same text, and another link than before."""


class Changed(KnownEntry, frozen=True, kw_only=True):
    """Another text than this feed had, under the same key or a key that replaces it."""

    old_parts: bytes = b""
    """The hashes of its parts before; empty when they are not known."""


class Variant(Changed, frozen=True):
    """An article of another feed that this feed carries in other words."""


class Duplicate(KnownEntry, frozen=True):
    """An article of another feed that this feed carries too."""


class Reissued(KnownEntry, frozen=True):
    """An unchanged article of this feed under a new key."""


Decision = New | Seen | Relinked | Changed | Duplicate | Reissued


def changed_parts(entry: Entry, old_parts: bytes) -> frozenset[str]:
    """Return the changed parts of an entry; all when its old parts are not known."""
    if not old_parts:
        return frozenset(PARTS)
    return frozenset(p for p in PARTS if old_part(p, entry.parts) != old_part(p, old_parts))


def old_part(part: str, hashes: bytes) -> bytes:
    """Return the hash of a part among those of an entry; empty when they are not known."""
    place = PARTS.index(part) * PART
    return hashes[place : place + PART]


def has_new_link(entry: Entry, old_parts: bytes) -> bool:
    """Tell whether an entry has another link than its feed gave before."""
    return bool(entry.canonical and old_parts) and part_hash(entry.canonical) != old_parts[-PART:]


def identify(entries: Sequence[Entry], known: Known) -> list[Decision]:
    """Decide for each entry of one document, in its order.

    Entries of one document never become one article: each article is taken once.
    """
    return _DocumentEntries(entries, known).decisions()


class _DocumentEntries:
    """The entries of one document, with the known ones to which they are compared."""

    def __init__(self, entries: Sequence[Entry], known: Known) -> None:
        self._known = known
        self._entries = entries
        self._links = Counter(entry.canonical for entry in self._entries)
        matches = (known.guids.get(entry.key) for entry in self._entries)
        self._used = {match[0] for match in matches if match}
        """Articles that are still in the document, or were found in it under a new key."""

    def decisions(self) -> list[Decision]:
        reissues = self._moved()
        return [
            Reissued(entry=entry, article=reissues[i]) if i in reissues else self._decision(entry)
            for i, entry in enumerate(self._entries)
        ]

    def _decision(self, entry: Entry) -> Decision:
        if match := self._known.guids.get(entry.key):
            article, fingerprint = match
            old_parts = self._known.parts.get(entry.key, b"")
            if entry.fingerprint != fingerprint:
                return Changed(entry=entry, article=article, old_parts=old_parts)
            kind = Relinked if has_new_link(entry, old_parts) else Seen
            return kind(entry=entry, article=article)
        candidates = self._known.urls.get(entry.canonical, ()) if entry.canonical else ()
        if previous := self._by_link(entry, candidates):
            self._used.add(previous.id)
            if _is_unchanged(entry, previous):
                return Reissued(entry=entry, article=previous.id)
            return Changed(entry=entry, article=previous.id)
        others = [c for c in candidates if c.id not in self._used and c.id not in self._known.own]
        for other in others:
            if entry.fingerprint == other.fingerprint:
                self._used.add(other.id)
                return Duplicate(entry=entry, article=other.id)
        for other in others:
            is_named = entry.key in other.site_guids and self._identifies(entry.canonical)
            if is_named or _has_title_of(entry, other):
                self._used.add(other.id)
                return Variant(entry=entry, article=other.id)
        return New(entry=entry)

    def _by_link(self, entry: Entry, candidates: Sequence[KnownArticle]) -> KnownArticle | None:
        """Return the one article of this feed that left the document and had this link."""
        match [c for c in candidates if c.id in self._known.own]:
            case [article] if article.id not in self._used and self._identifies(entry.canonical):
                return article
        return None

    def _identifies(self, link: str) -> bool:
        """Tell whether a link is that of one entry; one that several share identifies none."""
        return self._links[link] == 1 and (urlsplit(link).path != "/" or "?" in link)

    def _moved(self) -> dict[int, int]:
        """Return the places of entries with exactly the text of an article that left the document.

        Equal text is not enough where the link differs: each morning's forecast may read the
        same. It is enough when most of the document moved in this way.
        """
        same_text: dict[int, int] = {}
        confirmed: dict[int, int] = {}
        used = set(self._used)
        for i, entry in enumerate(self._entries):
            match = self._known.guids.get(entry.key)
            if match and match[1] == entry.fingerprint:
                continue
            candidates = (
                id for _, id in self._known.contents.get(entry.fingerprint, ()) if id not in used
            )
            article = next(candidates, None)
            if article is None:
                continue
            used.add(article)
            same_text[i] = article
            same_link = {c.id for c in self._known.urls.get(entry.canonical, ())}
            if not entry.canonical or article in same_link:
                confirmed[i] = article
        reissues = same_text if 2 * len(same_text) >= len(self._entries) else confirmed
        self._used.update(reissues.values())
        return reissues


def _has_title_of(entry: Entry, other: KnownArticle) -> bool:
    title = folded(entry.title)
    return bool(title and title == folded(other.title))


def _is_unchanged(entry: Entry, article: KnownArticle) -> bool:
    if article.fingerprint:
        return entry.fingerprint == article.fingerprint
    return folded(entry.title) == folded(article.title)
