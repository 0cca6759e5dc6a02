"""Words: text to tokens with offsets. The only place where words are normalised.

A text is read run by run (see `runs`). What is kept of a word: `term` is its folded form: case,
accents and ligatures gone. `exact` is the form as written (NFC) where it differs from the term.
In an all-caps headline case says nothing, so it is read as if written in folded form.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable

from index.runs import Token, pattern, tokens_of

MAX_CHARS = 1_000_000
"""Characters of one part that are read; the rest is not searched."""
MEMO_SIZE = 200_000
"""Words, of which the memory of what was decided once is kept."""

_LOWER_WORD = re.compile(r"[a-z]{3}")
_LETTERS = re.compile(r"[^\W\d_]")


@functools.cache
def _stemmers() -> tuple[Callable[[str], str], Callable[[str], str]]:
    """Return what stems French and English words."""
    import Stemmer

    # Its own memory of words takes three times as long as to stem them again.
    french, english = (Stemmer.Stemmer(name, maxCacheSize=0) for name in ("french", "english"))
    return french.stemWord, english.stemWord


def stem(term: str, lang: str) -> str:
    """Return the Snowball stem of a term; `lang` is fr or en."""
    return _stemmers()[("fr", "en").index(lang)](term)


def both_stems(term: str) -> tuple[str, str]:
    """Return the French and the English Snowball stem of a term."""
    french, english = _stemmers()
    return french(term), english(term)


stems = functools.lru_cache(MEMO_SIZE)(both_stems)
"""The same, of a term that may be asked again."""


class _Terms(dict[str, tuple[str, ...]]):
    """The single words of every run met so far, bounded."""

    def __missing__(self, run: str) -> tuple[str, ...]:
        if len(self) >= MEMO_SIZE:
            self.clear()
        words = self[run] = tuple(token.term for token in tokens_of[run] if token.length == 1)
        return words


_terms = _Terms()


def shouts(text: str) -> bool:
    """Tell an all-caps headline: no word in lower case, three or more, two of three letters.

    A word with a digit says nothing: `LE 2e TOUR DES ÉLECTIONS` shouts.
    """
    if _LOWER_WORD.search(text):
        return False
    runs: list[str] = pattern().findall(text)
    cased = [run for run in runs if run.upper() != run.lower() and not any(map(str.isdigit, run))]
    long = [run for run in cased if len(_LETTERS.findall(run)) > 2]
    return len(runs) > 2 and len(long) > 1 and all(run == run.upper() for run in cased)


def tokenize(text: str) -> list[Token]:
    """Return the words of a text in order; a compound in one piece follows its first word."""
    return _tokens(pattern(), text[:MAX_CHARS], keep_case=not shouts(text))


def terms(text: str) -> list[str]:
    """Return the folded words of a text in order, compounds word by word."""
    return [term for run in pattern().findall(text[:MAX_CHARS]) for term in _terms[run]]


def tokenize_query(text: str) -> list[Token]:
    """Return the words of a query's text: `*` and `?` count as letters, capitals as meant."""
    return _tokens(pattern("*?" if "*" in text or "?" in text else ""), text, keep_case=True)


def _tokens(runs: re.Pattern[str], text: str, *, keep_case: bool) -> list[Token]:
    tokens: list[Token] = []
    position = 0
    for found in runs.finditer(text):
        at = found.start(1)
        for token in tokens_of[found[1]]:
            tokens.append(
                Token(
                    token.term,
                    token.exact if keep_case else "",
                    position + token.position,
                    token.length,
                    at + token.start,
                    at + token.end,
                )
            )
        position += tokens_of[found[1]][-1].position + 1
    return tokens
