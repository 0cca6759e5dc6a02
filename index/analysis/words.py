"""The words of a text without their places."""

from __future__ import annotations

from sys import getsizeof

from index.analysis.folding import APOSTROPHES, fold_latin
from index.analysis.text_cache import LONGEST, TextCache
from index.analysis.tokenizer import AROUND, CACHED, ELIDED, chunks, pattern, readable, tokens_of


def terms(text: str) -> list[str]:
    """Return the folded words of a text in order, compounds word by word."""
    return " ".join(map(_words.__getitem__, chunks(readable(text)))).split()


def _words_of_chunk(chunk: str) -> str:
    """Return the folded words of a chunk, compounds word by word, with blanks between them."""
    if len(chunk) <= LONGEST and (plain := plain_word(chunk)):  # most
        return plain[1]
    runs: list[str] = pattern(chunk).findall(chunk)
    return " ".join(token.term for run in runs for token in tokens_of[run] if token.is_word)


_words = TextCache(_words_of_chunk, getsizeof, CACHED // 8)


def plain_word(chunk: str) -> tuple[str, str] | None:
    """Return the word of Latin letters that a chunk is, as most are, and its term.

    Punctuation may stand around it, and an elided article before: `(l’été,`.
    """
    word = chunk.strip(AROUND)
    if not word.isalnum():
        elided = 2 if word[:1] in ELIDED else 3 if word[:2] in ELIDED else 0
        if not elided or word[elided - 1] not in APOSTROPHES:
            return None
        word = word[elided:]
        if not word.isalnum():
            return None
    if "0" <= word[0] <= "9":
        return None
    term = fold_latin(word)
    return (word, term) if term else None
