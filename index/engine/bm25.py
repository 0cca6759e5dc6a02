"""BM25: how relevant an article is to the words of a query."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from itertools import compress, repeat

from index.engine import bit_sets
from index.engine.bit_sets import Bits
from index.engine.postings_file import Postings
from index.engine.segment import Segment
from index.search import CollectionStats

K1 = 1.2
"""Saturation: the higher, the more do further occurrences of a word count."""
B = 0.75
"""Weight of the length of an article: 0 ignores it, 1 applies it fully."""

_FEW = 200
"""Number of documents up to which single look-ups are faster than reading a whole list."""


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
        terms: The index keys of each word; the forms of a word count as one word.
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
    docs: Bits,
    terms: Iterable[tuple[Collection[str], float]],
    average_length: float,
) -> dict[int, float]:
    """Return the scores of documents of a segment.

    Args:
        segment: The segment.
        docs: The documents.
        terms: The index keys of each word of the query, with the rarity of the word.
        average_length: Mean number of words of an article.
    """
    numbers, lengths = bit_sets.documents(docs), segment.lengths
    flat, slope = K1 * (1 - B), K1 * B / average_length
    norms = [flat + slope * lengths[doc] for doc in numbers]
    scores = [0.0] * len(numbers)
    for keys, weight in terms:
        lists = [postings for key in keys if (postings := segment.postings(key)).size]
        if not lists:
            continue
        factor = weight * (K1 + 1)
        rows = zip(scores, _counts(lists, docs, numbers), norms, strict=True)
        scores = [score + factor * count / (count + norm) for score, count, norm in rows]
    return dict(zip(numbers, scores, strict=True))


def _counts(lists: Sequence[Postings], docs: Bits, numbers: Sequence[int]) -> Iterable[int]:
    """Count all keys together in each of the documents, in their order."""
    if len(lists) == 1:
        return _counted(lists[0], docs, numbers)
    total: defaultdict[int, int] = defaultdict(int)
    for postings in lists:
        for doc, count in zip(postings.docs, postings.counts or repeat(1), strict=False):
            total[doc] += count
    return [total.get(doc, 0) for doc in numbers]


def _counted(postings: Postings, docs: Bits, numbers: Sequence[int]) -> Iterable[int]:
    """Count a key in each of the documents, in their order."""
    if not postings.is_bits or len(numbers) < _FEW:
        return postings.counts_in(numbers)
    bits = postings.bits
    counts: Iterable[int] = postings.counts or repeat(1, postings.size)
    common = bits & docs
    if common != bits:
        counts = compress(counts, bit_sets.membership(common, bits))
    if common == docs:
        return counts
    remaining = iter(counts)
    return [next(remaining) if flag else 0 for flag in bit_sets.membership(common, docs)]
