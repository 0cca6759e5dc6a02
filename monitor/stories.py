"""Which story an article tells: near-duplicates, by the word sequences they share. Pure."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from zlib import crc32

from index.analysis import terms
from index.article import Article
from monitor.model import Outlet

WORDS = 4
SAMPLED = 4
"""One shingle in so many is kept. Copies of a 40-word teaser are recognised at 98.8 %,
at one in eight half of them are; 400 words make 100 numbers to store."""
SAME = 0.7
VERSION = 0.5
_LEAST_SIZE = 4
LEAST_SHARED = 3
"""Sampled shingles, of about 20 words: fewer are a headline or a common phrase."""

OLDEST = 72 * 3600.0
"""Seconds before we saw it that an article of a story can be dated at most."""


class Relation(enum.StrEnum):
    """What an article is to the one it resembles most."""

    ALONE = ""
    VERSION = "version"
    """The same story, told otherwise."""
    SAME = "same"
    """Nearly the same text: a copy, a cut, a new headline."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """An article that shares shingles with the one to judge."""

    article: int
    story: int
    shared: int
    size: int
    """Shingles it has."""


@dataclass(frozen=True, slots=True)
class Told:
    """The story an article belongs to: its own id when it is alone."""

    story: int
    relation: Relation = Relation.ALONE
    copy_of: int | None = None
    """The article of which it is nearly the same text."""


def shingles(article: Article) -> frozenset[int]:
    """Return the sampled four-word sequences of an article's text.

    The title is left out: copies get new headlines, and alike headlines are mostly not
    copies.
    """
    found: set[int] = set()
    for text in (article.summary, article.body):
        words = terms(text)
        windows = zip(*(words[start:] for start in range(WORDS)), strict=False)
        hashes = [crc32(" ".join(window).encode()) for window in windows]
        found.update([number for number in hashes if not number % SAMPLED])
    return frozenset(found)


def containment(shared: int, one: int, other: int) -> float:
    """Return which share of the smaller of two sets is in the other; 0 if that says nothing."""
    smaller = min(one, other)
    if smaller < _LEAST_SIZE or shared < LEAST_SHARED:
        return 0.0
    return shared / smaller


def published_first(outlets: Sequence[Outlet]) -> Outlet | None:
    """Return the outlet that had a story first by the publishers' own dates.

    None where they agree with the order in which we saw them, within a minute, or say
    nothing: dates that are missing, in the future or older than any story are no dates.
    """
    dated = [o for o in outlets if o.published and 0 <= o.seen - o.published <= OLDEST]
    first = min(dated, key=lambda outlet: outlet.published or 0.0, default=None)
    if first is None or first is outlets[0] or outlets[0] not in dated:
        return None
    return first if (outlets[0].published or 0.0) - (first.published or 0.0) >= 60 else None


def judge(article: int, shingles: frozenset[int], candidates: Iterable[Candidate]) -> Told:
    """Return which story an article tells; of equal candidates the earliest decides."""
    likely = [
        (containment(other.shared, len(shingles), other.size), -other.article, other)
        for other in candidates
        if other.article != article
    ]
    share, _, best = max(likely, key=lambda one: one[:2], default=(0.0, 0, None))
    if best is None or share < VERSION:
        return Told(article)
    if share < SAME:
        return Told(best.story, Relation.VERSION)
    return Told(best.story, Relation.SAME, best.article)
