"""The features of the texts of an article: language, shingles, names.

Shingles are sequences of words by which copies and versions of a text are recognised. After
Broder, "On the resemblance and containment of documents" (1997), whose sampling keeps the numbers
that a fixed number divides. Names are proper names, acronyms and figures, alike in French and
English.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import chain, starmap
from pathlib import Path
from sys import getsizeof
from zlib import crc32

from msgspec import Struct, msgpack

from index.analysis.folding import APOSTROPHES, IGNORED, MARKS, fold, without_blanks
from index.analysis.language import likely_languages
from index.analysis.text_cache import TextCache
from index.analysis.tokenizer import CACHED, MAX_CHARS, MAX_WORDS, shouts

# --- shingles ------------------------------------------------------------------------

WORDS = 4
SAMPLING = 4
"""One shingle in this many is kept. Copies of a 40-word teaser are recognised at 99.4 %,
at one in eight 87.7 % are; 400 words make 100 numbers to store."""
LEAST_SIZE = 4
"""Sampled shingles: a text with fewer is compared as a whole."""
LEAST_WORDS = 8
"""Words that a title and a short text together need to be compared as a whole."""
_MAX_FOLDS = 10_000
"""Number of characters whose folds are kept, of the million that a stranger may write."""
_WHOLE = 1 << 32
"""Marks the number of a whole text: a bit above every shingle."""


def shingles(title: str, *texts: str) -> frozenset[int]:
    """Return the sampled four-word sequences of the texts of an article, as numbers.

    The title is left out: copies get new headlines, and alike headlines are mostly not
    copies. Texts too short for enough shingles get one number for the title and all words
    together; if these are few as well, the set is empty.
    """
    word_lists = [_words(text) for text in texts]
    sampled = frozenset(
        [
            number
            for words in word_lists
            for number in map(crc32, map(b" ".join, _sequences(words)))
            if not number % SAMPLING
        ]
    )
    if len(sampled) >= LEAST_SIZE:
        return sampled
    all_words = [*_words(title), *chain(*word_lists)]
    if len(all_words) < LEAST_WORDS:
        return frozenset()
    return frozenset({_WHOLE | crc32(b" ".join(all_words))})


def _sequences(words: Sequence[bytes]) -> Iterator[tuple[bytes, ...]]:
    """Yield each sequence of `WORDS` words."""
    return zip(*(words[start:] for start in range(WORDS)), strict=False)


def is_whole(shingles: frozenset[int]) -> bool:
    """Tell whether the shingles are the single number of a whole text."""
    return len(shingles) == 1 and min(shingles) >= _WHOLE


def _words(text: str) -> list[bytes]:
    """Return the folded words of a text in order, at most `MAX_WORDS`."""
    return text[:MAX_CHARS].translate(_folded).encode().split()[:MAX_WORDS]


class _FoldedCharacters(dict[int, int | str | None]):
    """Table for `str.translate`, filled as characters occur: letters and digits are folded.

    Apostrophes, accents and invisible characters are dropped; a sign of a script without blanks
    becomes a word; all else becomes a blank.
    """

    def __missing__(self, code: int) -> int | str | None:
        if len(self) >= _MAX_FOLDS:
            self.clear()
        self[code] = folded = _folded_character(chr(code))
        return folded


def _folded_character(character: str) -> int | str | None:
    if _DROPPED.match(character):
        return None
    folded = fold(character)
    if without_blanks().match(folded):
        return f" {folded} "
    if not character.isalnum():
        return ord(" ")
    return ord(folded) if len(folded) == 1 else folded


_DROPPED = re.compile(rf"[{IGNORED}{MARKS}{APOSTROPHES}]")
_folded = _FoldedCharacters()


# --- names ---------------------------------------------------------------------------

_FILE = Path(__file__).with_name("exonyms.txt")
EXONYMS = dict(pair.split("=") for pair in _FILE.read_text(encoding="ascii").split())
"""English names of places, bodies and statesmen by French ones, both folded."""

LEAD = 500
"""Characters of the lead of a text, in which an article names its subject: the length of a long
teaser. On judged pairs of articles, 1,000 are no better."""
_SMALL = "".join(letter for letter in map(chr, range(0x2000)) if letter.islower())
"""Small letters of Latin, Greek and Cyrillic, for which `re` has no class."""
_WORD = (
    rf"[^\W_{_SMALL}](?<![^\W_].)(?:(?<=[0-9])(?:[0-9]*(?:[.,][0-9]+)+|[0-9]+)"
    r"|(?<=[^\W\d_])[^\W_]{2,}|(?<=[A-Z])[A-Z])(?![^\W_])"
)
"""A word with a capital (or without cases), an acronym, a figure of two digits. Tokens with
their places take six times as long. The first character is matched first, which is fast."""
_TOGETHER = "[ \u00a0\u202f-]"
"""The sign between two words of one name."""
_NAME = re.compile(f"{_WORD}(?:{_TOGETHER}{_WORD})*")
_BETWEEN = re.compile(_TOGETHER)


def names(title: str, text: str) -> tuple[frozenset[int], ...]:
    """Return the hashes of the words of each name in a title and the lead of a text.

    Those of figures are negative. New York has two words. All-caps headlines name nothing.
    """
    texts = [part for part in (title, text[:LEAD]) if not shouts(part)]
    return tuple(dict.fromkeys(_numbers[name] for part in texts for name in _NAME.findall(part)))


def _numbers_of(name: str) -> frozenset[int]:
    """Return the hashes of the words of a name."""
    return frozenset(map(word_number, _BETWEEN.split(name)))


def word_number(word: str) -> int:
    """Return the hash of a word of a name, the same in both languages; negative for a figure."""
    folded = fold(word)
    number = crc32(EXONYMS.get(folded, folded).encode())
    return -number if word[0].isdigit() else number


_numbers = TextCache(_numbers_of, getsizeof, CACHED // 8)


# --- all of them ---------------------------------------------------------------------

Texts = tuple[str, str, str]
"""Title, summary and body of an article, or of an entry of a feed."""


class TextFeatures(Struct, frozen=True):
    """The features of the texts of an article."""

    languages: dict[str, float]
    """The confidence of the model in each language; empty if it was not asked."""
    shingles: frozenset[int]
    names: tuple[frozenset[int], ...]
    """Hashes of the words of each name, see `names`."""


def text_features(texts: Sequence[Texts], *, with_languages: bool = True) -> list[TextFeatures]:
    """Return the features of each article.

    Each step runs for all articles before the next: its tables fill the processor's cache.

    Args:
        texts: Title, summary and body of each.
        with_languages: Whether the model is asked for their languages.
    """
    headlines = (f"{title}\n{summary}" if summary else title for title, summary, _ in texts)
    languages = [likely_languages(text) if with_languages else {} for text in headlines]
    shingle_sets = list(starmap(shingles, texts))
    name_hashes = [names(title, summary or body) for title, summary, body in texts]
    return list(map(TextFeatures, languages, shingle_sets, name_hashes))


def packed(features: TextFeatures) -> bytes:
    """Return features as MessagePack, for transfer between processes: 0.3 KB instead of 6."""
    return msgpack.encode(features)


def unpacked(features: bytes) -> TextFeatures:
    """Return the features from MessagePack."""
    return _decoder.decode(features)


_decoder = msgpack.Decoder(TextFeatures)
