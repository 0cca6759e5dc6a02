"""Words of the archive that look like another: what was probably meant."""

from __future__ import annotations

import re
from collections.abc import Sequence

from index.postings import AUTHOR, EXACT
from index.segment import Segment
from index.tree import Word

SHORTEST = 3
"""Letters below which every other word would look alike."""
LONG = 6
"""Letters from which two may be wrong instead of one."""


def similar(word: Word, segments: Sequence[Segment], limit: int = 2) -> list[str]:
    """Return terms of the archive that differ from a word in a letter or two, more common ones.

    The nearest first, then the most frequent. A letter left out, added, replaced or two
    swapped is one difference; the first or the second letter is taken to be right.
    """
    if len(word.term) < SHORTEST:
        return []
    from rapidfuzz.distance import OSA
    from rapidfuzz.process import extract

    own = (AUTHOR if word.part == "author" else "") + word.term
    cutoff = 2 if len(word.term) >= LONG else 1
    known = _candidates(own, word.term, cutoff, _large(segments))
    alike = extract(own, known, scorer=OSA.distance, score_cutoff=cutoff, limit=None)
    articles = {
        key: sum(segment.frequency(key) for segment in segments)
        for key in (own, *(key for key, _, _ in alike))
    }
    ranked = sorted(
        (distance, -articles[key], key)
        for key, distance, _ in alike
        if articles.get(key, 0) > articles[own]
    )
    return [key.removeprefix(AUTHOR) for _, _, key in ranked[:limit]]


def _candidates(own: str, term: str, cutoff: int, segments: Sequence[Segment]) -> set[str]:
    """Return the keys of some segments that are about as long, and begin with a letter of it."""
    space = own.removesuffix(term)
    least, most = max(len(term) - cutoff - 1, 0), len(term) + cutoff - 1
    about_as_long = re.compile(f"^{space}[^\n{EXACT}][^\n{EXACT}]{{{least},{most}}}$", re.MULTILINE)
    return {
        key
        for segment in segments
        for letter in dict.fromkeys(term[:2])
        for key in about_as_long.findall(segment.lexicon(space + letter))
    }


def _large(segments: Sequence[Segment]) -> list[Segment]:
    """Return the largest segments, nine tenths of all articles: few words are in others."""
    found, left = [], 0.9 * sum(segment.count for segment in segments)
    for segment in sorted(segments, key=lambda segment: -segment.count):
        if left <= 0:
            break
        found.append(segment)
        left -= segment.count
    return found
