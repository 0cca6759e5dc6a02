"""Relevance: BM25 over the words of a query, deterministic."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import repeat
from typing import NamedTuple

from index.engine.postings_file import Postings
from index.engine.segment import Segment

K1 = 1.2
"""How soon more of the same word stops to count."""
B = 0.75
"""How much a long article is held against it."""


class CollectionStats(NamedTuple):
    """What an archive was like when scores were given: the same scale, the same scores."""

    average: float
    """Words of an article, in the mean."""
    rarities: tuple[float, ...]
    """What each word of the query is worth."""


def collection_stats(
    leaves: Iterable[Collection[str]], segments: Sequence[Segment], articles: int, average: float
) -> CollectionStats:
    """Return the scale for leaves, each the keys that satisfy it."""
    return CollectionStats(average, tuple(_rarity(leaf, segments, articles) for leaf in leaves))


def _rarity(leaf: Collection[str], segments: Sequence[Segment], articles: int) -> float:
    """Return the inverse document frequency; forms of one word count as one word."""
    found = min(sum(s.frequency(key) for s in segments for key in leaf), articles)
    return math.log(1 + (articles - found + 0.5) / (found + 0.5))


def scores(
    segment: Segment,
    docs: Collection[int],
    leaves: Iterable[tuple[Collection[str], float]],
    average: float,
) -> dict[int, float]:
    """Return the score of documents of a segment; `average` is the mean length in words."""
    found = dict.fromkeys(docs, 0.0)
    lengths = segment.lengths
    flat, slope = K1 * (1 - B), K1 * B / average
    for leaf, worth in leaves:
        top = worth * (K1 + 1)
        for doc, count in _counts(segment, leaf, found):
            found[doc] += top * count / (count + flat + slope * lengths[doc])
    return found


def _counts(
    segment: Segment, leaf: Collection[str], docs: Mapping[int, float]
) -> Iterable[tuple[int, int]]:
    """Return how often any of the keys of a leaf stands in each of the documents."""
    lists = [segment.postings(key) for key in leaf]
    pairs = (pair for postings in lists for pair in _counted(postings, docs))
    if len(lists) == 1:
        return pairs
    total: Counter[int] = Counter()
    for doc, count in pairs:
        total[doc] += count
    return total.items()


def _counted(postings: Postings, docs: Collection[int]) -> Iterable[tuple[int, int]]:
    """Return how often a term stands in each of those documents that it is in."""
    own, counts = postings.docs, postings.counts
    if 4 * len(docs) > len(own):
        return (pair for pair in zip(own, counts or repeat(1), strict=False) if pair[0] in docs)
    found = postings.among(docs)
    if counts is None:
        return zip(found, repeat(1), strict=False)
    return zip(found, map(counts.__getitem__, found.values()), strict=True)
