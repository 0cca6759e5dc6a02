"""Shingles: sequences of words by which copies and versions of a text are recognised.

After Broder, "On the resemblance and containment of documents" (1997), whose sampling keeps the
numbers that a fixed number divides.
"""

from __future__ import annotations

from sys import getsizeof
from zlib import crc32

from index.analysis.text_cache import TextCache
from index.analysis.tokenizer import CACHED, chunks, readable
from index.analysis.words import words_of_chunk

WORDS = 4
SAMPLED = 4
"""One shingle in so many is kept. Copies of a 40-word teaser are recognised at 99.7 %,
at one in eight half of them are; 400 words make 100 numbers to store."""
LEAST_SIZE = 4
"""Sampled shingles: a text with fewer is compared as a whole."""
LEAST_WORDS = 8
"""Of a title and the little text under it that are compared as a whole."""
_WHOLE = 1 << 32
"""Above every shingle: marks the number of a whole text."""
_HASH = 4
"""Bytes of the hash of a word."""
_WIDTH = WORDS * _HASH


def shingles(title: str, *texts: str) -> frozenset[int]:
    """Return the sampled four-word sequences of the texts of an article, as numbers.

    The title is left out: copies get new headlines, and alike headlines are mostly not
    copies. Of texts too short to have enough of them, the one number returned stands for
    the title and every word of them; nothing is returned if these are few as well.
    """
    hashed = [_hashes_of(text) for text in texts]
    found = frozenset(
        [
            number
            for hashes in hashed
            for at in range(0, len(hashes) - _WIDTH + 1, _HASH)
            if not (number := crc32(hashes[at : at + _WIDTH])) % SAMPLED
        ]
    )
    if len(found) >= LEAST_SIZE:
        return found
    whole = b"".join([_hashes_of(title), *hashed])
    if len(whole) < LEAST_WORDS * _HASH:
        return frozenset()
    return frozenset({_WHOLE | crc32(whole)})


def is_whole(shingles: frozenset[int]) -> bool:
    """Tell whether shingles are the one number of a whole text."""
    return len(shingles) == 1 and min(shingles) >= _WHOLE


def _hashes_of(text: str) -> bytes:
    """Return the hashes of the words of a text in order."""
    return b"".join(map(_hashes.__getitem__, chunks(readable(text))))


def _hashes_of_chunk(chunk: str) -> bytes:
    """Return the CRC-32 of each folded word of a chunk, compounds word by word."""
    words = words_of_chunk(chunk).split()
    return b"".join([crc32(word.encode()).to_bytes(_HASH, "big") for word in words])


_hashes = TextCache(_hashes_of_chunk, getsizeof, CACHED // 2)
