"""Shingles: sequences of words by which copies and versions of a text are recognised.

After Broder, "On the resemblance and containment of documents" (1997), whose sampling keeps the
numbers that a fixed number divides.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import chain
from zlib import crc32

from index.analysis.folding import APOSTROPHES, IGNORED, MARKS, WITHOUT_BLANKS, fold
from index.analysis.tokenizer import MAX_CHARS, MAX_WORDS

WORDS = 4
SAMPLED = 4
"""One shingle in so many is kept. Copies of a 40-word teaser are recognised at 99.4 %,
at one in eight 87.7 % are; 400 words make 100 numbers to store."""
LEAST_SIZE = 4
"""Sampled shingles: a text with fewer is compared as a whole."""
LEAST_WORDS = 8
"""Words from which a title and the little text under it are compared as a whole."""
_KNOWN = 10_000
"""Characters whose folds are kept at most, of the million that a stranger may write."""
_WHOLE = 1 << 32
"""Above every shingle: marks the number of a whole text."""


def shingles(title: str, *texts: str) -> frozenset[int]:
    """Return the sampled four-word sequences of the texts of an article, as numbers.

    The title is left out: copies get new headlines, and alike headlines are mostly not
    copies. Of texts too short to have enough of them, the one number returned stands for
    the title and every word of them; nothing is returned if these are few as well.
    """
    read = [_words(text) for text in texts]
    sampled = frozenset(
        [
            number
            for words in read
            for number in map(crc32, map(b" ".join, _sequences(words)))
            if not number % SAMPLED
        ]
    )
    if len(sampled) >= LEAST_SIZE:
        return sampled
    whole = [*_words(title), *chain(*read)]
    if len(whole) < LEAST_WORDS:
        return frozenset()
    return frozenset({_WHOLE | crc32(b" ".join(whole))})


def _sequences(words: Sequence[bytes]) -> Iterator[tuple[bytes, ...]]:
    """Yield each sequence of `WORDS` words."""
    return zip(*(words[start:] for start in range(WORDS)), strict=False)


def is_whole(shingles: frozenset[int]) -> bool:
    """Tell whether shingles are the one number of a whole text."""
    return len(shingles) == 1 and min(shingles) >= _WHOLE


def _words(text: str) -> list[bytes]:
    """Return the folded words of a text in order, as many as are searched."""
    return text[:MAX_CHARS].translate(_folded).encode().split()[:MAX_WORDS]


class _FoldedCharacters(dict[int, int | str | None]):
    """Table for `str.translate`, made as characters are met: letters and digits are folded.

    Apostrophes, accents and invisible characters are dropped; a sign of a script without blanks
    becomes a word; all else becomes a blank.
    """

    def __missing__(self, code: int) -> int | str | None:
        if len(self) >= _KNOWN:
            self.clear()
        self[code] = folded = _folded_character(chr(code))
        return folded


def _folded_character(character: str) -> int | str | None:
    if _DROPPED.match(character):
        return None
    folded = fold(character)
    if WITHOUT_BLANKS.match(folded):
        return f" {folded} "
    if not character.isalnum():
        return ord(" ")
    return ord(folded) if len(folded) == 1 else folded


_DROPPED = re.compile(rf"[{IGNORED}{MARKS}{APOSTROPHES}]")
_folded = _FoldedCharacters()
