"""Assigns articles to stories: near-duplicates, by shared shingles. Pure."""

from __future__ import annotations

import enum
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable

from msgspec import Struct

from index.analysis.text_features import LEAST_SIZE, is_whole
from monitor.base.article import Article
from monitor.judgement.alerts.headlines import headline_of, is_alike, is_telling, may_be_one_story
from monitor.model.poll import Headline, StoryCandidate

SAME = 0.7
VERSION = 0.5
LONGER = 0.12
"""Least share of the longer text that a copy with an unlike headline is: less is a quotation."""
LEAST_SHARED = 3
"""Least sampled shingles, of about 20 words: fewer are a headline or a common phrase."""
REPEATED = 2
"""Unlike headlines of one source under which a shingle is no evidence of a copy any more."""
BOILERPLATE = 3
"""Unlike headlines of one source under which a shingle is no evidence of a story any more."""
_HEADLINES = 8
"""Unlike headlines of a source that are compared, at most."""


class Relation(enum.StrEnum):
    """The relation of an article to the one it resembles most."""

    ALONE = ""
    VERSION = "version"
    """Another version of the same story."""
    SAME = "same"
    """Nearly the same text: a copy, a cut, a new headline."""


class StoryDecision(Struct, frozen=True):
    """The story an article belongs to: its own id when it is alone."""

    story: int
    relation: Relation = Relation.ALONE
    copy_of: int | None = None
    """The original, of nearly the same text."""


def least_shared(shingles: frozenset[int]) -> int:
    """Return the number of shingles that another article must share to be a candidate."""
    return 1 if is_whole(shingles) else LEAST_SHARED


def containment(shared: int, size: int, other_size: int) -> float:
    """Return the share of the smaller of two sets that is in the other; 0 for too few shingles."""
    smaller = min(size, other_size)
    if smaller < LEAST_SIZE or shared < LEAST_SHARED:
        return 0.0
    return shared / smaller


def assign_story(
    article: Article, shingles: frozenset[int], candidates: Iterable[StoryCandidate]
) -> StoryDecision:
    """Return the story of an article; of equal candidates the earliest decides.

    Shingles that one source repeats under unlike headlines do not count: a lead, a tail, praise
    of a channel by itself. Short texts that are the same word for word are copies between
    sources; of one source they are the next edition of the same column.

    Args:
        article: The article, whose story is not known.
        shingles: The shingles of its text.
        candidates: Articles that share some of these.
    """
    others = [candidate for candidate in candidates if candidate.article != article.id]
    headline = headline_of(article)
    if not others or (is_whole(shingles) and not is_telling(headline)):
        return StoryDecision(article.id)
    if is_whole(shingles):
        shares = [(1.0, 1.0, c) for c in others if c.headline.source != headline.source]
    else:
        headlines = _headlines(shingles, others, headline)
        repeated = {shingle for shingle, count in headlines.items() if count >= REPEATED}
        boilerplate = {shingle for shingle in repeated if headlines[shingle] >= BOILERPLATE}
        shares = [
            (
                _share(shingles, c, repeated, _least_of_longer(headline, c.headline)),
                _share(shingles, c, boilerplate),
                c,
            )
            for c in others
            if may_be_one_story(headline, c.headline)
        ]
    likely = [
        (copy_share if copy_share >= SAME else 0.0, share, -other.article, other)
        for copy_share, share, other in shares
        if copy_share >= SAME or share >= VERSION
    ]
    if not likely:
        return StoryDecision(article.id)
    copy_share, _, _, best = max(likely, key=lambda rated: rated[:3])
    if not copy_share:
        return StoryDecision(best.story, Relation.VERSION)
    original = best.article if best.copy_of is None else best.copy_of
    return StoryDecision(best.story, Relation.SAME, original)


def _headlines(
    shingles: frozenset[int], candidates: Collection[StoryCandidate], headline: Headline
) -> Counter[int]:
    """Count the unlike headlines of one source under which shingles stand, where several are.

    Args:
        shingles: The shingles of an article.
        candidates: Articles that share some of these.
        headline: The headline of the article.
    """
    by_source: defaultdict[str, list[StoryCandidate]] = defaultdict(list)
    for candidate in candidates:
        by_source[candidate.headline.source].append(candidate)
    counts: Counter[int] = Counter()
    for source, members in by_source.items():
        groups = [(headline, set(shingles))] if source == headline.source else []
        if len(members) + len(groups) < REPEATED:
            continue
        for candidate in members:
            for first, union in groups:
                if is_alike(first, candidate.headline):
                    union.update(candidate.shared)
                    break
            else:
                if len(groups) < _HEADLINES:
                    groups.append((candidate.headline, set(candidate.shared)))
        counts |= Counter(shingle for _, union in groups for shingle in union)
    return counts


def _share(
    shingles: frozenset[int], other: StoryCandidate, ignored: set[int], least_of_longer: float = 0.0
) -> float:
    """Return the share of the shorter of two texts in the other; 0 for too little of the longer.

    `ignored` are shingles that do not count.
    """
    count = len(other.shared & ignored)
    shared, size, other_size = (
        len(other.shared) - count,
        len(shingles - ignored),
        other.size - count,
    )
    share = containment(shared, size, other_size)
    is_enough = share * min(size, other_size) >= least_of_longer * max(size, other_size)
    return share if is_enough else 0.0


def _least_of_longer(first: Headline, other: Headline) -> float:
    """Return the least share of the longer of two texts that are copies."""
    if first.source == other.source:
        return SAME
    return 0.0 if is_alike(first, other) else LONGER
