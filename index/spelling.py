"""Words of the archive that look like another: what was probably meant."""

from __future__ import annotations

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

    space = AUTHOR if word.part == "author" else ""
    known = {
        key
        for segment in segments
        for letter in dict.fromkeys(word.term[:2])
        for key in segment.terms(space + letter)
    }
    own = space + word.term
    cutoff = 2 if len(word.term) >= LONG else 1
    alike = extract(own, known, scorer=OSA.distance, score_cutoff=cutoff, limit=None)
    articles = {
        key: sum(segment.frequency(key) for segment in segments)
        for key in (own, *(key for key, _, _ in alike if EXACT not in key))
    }
    ranked = sorted(
        (distance, -articles[key], key)
        for key, distance, _ in alike
        if articles.get(key, 0) > articles[own]
    )
    return [key.removeprefix(AUTHOR) for _, _, key in ranked[:limit]]
