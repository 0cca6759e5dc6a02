"""BM25: how relevant an article is to the words of a query."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import repeat

from index.archive import CollectionStats
from index.engine.postings_file import Postings
from index.engine.segment import Segment

K1 = 1.2
"""How soon further occurrences of a word stop to count."""
B = 0.75
"""How much the length of an article counts against it: 0 not at all, 1 in full."""


def rarity(frequency: int, articles: int) -> float:
    """Return the inverse document frequency of a word in `frequency` of `articles` articles."""
    return math.log(1 + (articles - frequency + 0.5) / (frequency + 0.5))


def collection_stats(
    terms: Iterable[Collection[str]],
    segments: Sequence[Segment],
    articles: int,
    average_length: float,
) -> CollectionStats:
    """Return the statistics of an archive for the words of a query.

    Args:
        terms: The index keys of each word. The forms of one word count as one word.
        segments: All segments.
        articles: Number of articles.
        average_length: Mean number of words of an article.
    """
    frequencies = (sum(s.frequency(key) for s in segments for key in keys) for keys in terms)
    return CollectionStats(
        average_length,
        tuple(rarity(min(frequency, articles), articles) for frequency in frequencies),
    )


def scores(
    segment: Segment,
    docs: Collection[int],
    terms: Iterable[tuple[Collection[str], float]],
    average_length: float,
) -> dict[int, float]:
    """Return the score of some documents of a segment.

    Args:
        segment: Where the documents are.
        docs: Numbers of documents.
        terms: The index keys of each word of the query, with the rarity of the word.
        average_length: Mean number of words of an article.
    """
    scores = dict.fromkeys(docs, 0.0)
    lengths = segment.lengths
    flat, slope = K1 * (1 - B), K1 * B / average_length
    for keys, weight in terms:
        top = weight * (K1 + 1)
        for doc, count in _counts(segment, keys, scores):
            scores[doc] += top * count / (count + flat + slope * lengths[doc])
    return scores


def _counts(
    segment: Segment, keys: Collection[str], docs: Mapping[int, float]
) -> Iterable[tuple[int, int]]:
    """Return how often any of some keys occurs in each of the documents."""
    lists = [segment.postings(key) for key in keys]
    pairs = (pair for postings in lists for pair in _counted(postings, docs))
    if len(lists) == 1:
        return pairs
    total: Counter[int] = Counter()
    for doc, count in pairs:
        total[doc] += count
    return total.items()


def _counted(postings: Postings, docs: Collection[int]) -> Iterable[tuple[int, int]]:
    """Return how often a key occurs in each of those documents that have it."""
    own, counts = postings.docs, postings.counts
    if 4 * len(docs) > len(own):
        return (pair for pair in zip(own, counts or repeat(1), strict=False) if pair[0] in docs)
    ranks = postings.ranks_of(docs)
    if counts is None:
        return zip(ranks, repeat(1), strict=False)
    return zip(ranks, map(counts.__getitem__, ranks.values()), strict=True)
