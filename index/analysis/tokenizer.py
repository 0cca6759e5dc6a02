"""Text to tokens with offsets: the only place where words are normalised."""

from __future__ import annotations

import functools
import itertools
import re
import unicodedata
from collections.abc import Callable, Iterator
from typing import NamedTuple

from index.analysis.folding import APOSTROPHES, CJK, IGNORED, JAMO, LATIN, MARKS, NO_IGNORED, fold

MAX_COMPOUND = 4
"""Words of the longest compound that is also one term."""
MAX_TERM = 200
"""Characters of a word that are kept."""
_KEPT = 20_000
"""Runs whose tokens are cached; callers that read many articles have larger caches."""

# --- the one regular expression --------------------------------------------------

_ELISION = rf"(?:[ldjmnstcLDJMNSTC]|[qQ][uU])[{APOSTROPHES}](?=[^\W\d_])"
_OTHER = rf"[^\W_\u02bb-\u02bf\u3099\u309a\uff9e\uff9f{CJK}{JAMO}]"
_INITIAL = rf"[{LATIN}\u0370-\u03ff\u0400-\u052f][\u0300-\u036f]*+"
_VOICED = r"[\u3099\u309a\uff9e\uff9f]*+"
_HYPHEN = r"[-\u2010\u2011](?:[ \t]*+\r?\n[ \t]*+)?+"


@functools.cache
def pattern(wildcards: str = "") -> re.Pattern[str]:
    """Compile the expression whose one group is a run; `wildcards` count as letters.

    It takes 25 ms, which commands that read no text need not spend.
    """
    plain = rf"[0-9{LATIN}{wildcards}]"
    common = rf"{plain}{{2,}}+(?=[ \n]|[,.] )"  # most words, told at once: 4.8 M/s, not 1.9
    word = (
        rf"(?:{plain}++|{_OTHER})"
        rf"(?:{plain}++|{_OTHER}|[{MARKS}]|[{IGNORED}]++(?={plain}|{_OTHER}|[{MARKS}]))*+"
    )
    unit = rf"{word}(?:(?<=[0-9])[.,](?=[0-9]){word})*+"
    syllable = "[\u1100-\u115f\ua960-\ua97f][\u1160-\u11a7\ud7b0-\ud7c6]*+[\u11a8-\u11ff]*+"
    return re.compile(
        rf"(?=[\w{wildcards}])(?:(?=.[{APOSTROPHES}uU]){_ELISION})?+({common}"
        rf"|(?<!\w\.)(?:(?:{_INITIAL}\.){{2,}}(?!\w)|(?:{_INITIAL}\.)+{_INITIAL}(?![\w.]))"
        rf"|{unit}(?:(?:{_HYPHEN}|&)(?!{_ELISION}){unit})*+"
        rf"|(?:[{CJK}]|{syllable}){_VOICED}|[{JAMO}])"
    )


_SEPARATORS = re.compile(rf"(?:{_HYPHEN}|&)")
AROUND = ".,;:!?…()[]\"'’‘“”«»–—-\u00a0\u202f"
"""What may be taken from the ends of a chunk without changing the words of its runs."""
_BROKEN = re.compile(rf"{_HYPHEN}(?<=\s)")


def chunks(text: str) -> list[str]:
    """Return what stands between the blanks of a text, none of which a run reaches across.

    Each blank is one character, so a chunk starts one behind the end of that before it; where
    blanks follow each other, chunks are empty. Every run of a text is a run of a chunk.
    """
    if "\n" in text:
        # A compound may be broken at the end of a line, after its hyphen.
        broken = _BROKEN.search(text)
        text = _BROKEN.sub(_unspaced, text) if broken else text.replace("\n", " ")
    return text.split(" ")


def _unspaced(broken: re.Match[str]) -> str:
    return broken[0].replace(" ", "\t")


# --- the words of a run -------------------------------------------------------------


class Token(NamedTuple):
    """A word of a text: `text[start:end]` is what to highlight."""

    term: str
    """Folded form: what is searched."""
    exact: str
    """Form as written, if it differs from the term and case is significant; or ''."""
    position: int
    """Number of the word in the text, from 0."""
    length: int
    """Words it spans: 1, or more for a compound in one piece."""
    start: int
    end: int


def _token(written: str, position: int, length: int, start: int, end: int) -> Token:
    if written.isascii():
        surface = written[:MAX_TERM]
    else:
        surface = unicodedata.normalize("NFC", written.translate(NO_IGNORED))[:MAX_TERM]
    term = fold(surface)
    if term == written:
        term = written  # most words: one string in memory instead of two
    return Token(term, "" if surface == term else surface, position, length, start, end)


def _analyse(run: str) -> tuple[Token, ...]:
    """Return the tokens of a run, their positions and offsets counted from its start."""
    if run.isalnum():
        return (_token(run, 0, 1, 0, len(run)),)
    if "." in run and not any(map(str.isdigit, run)):
        return (_token(run.replace(".", ""), 0, 1, 0, len(run)),)
    separators = [found.span() for found in _SEPARATORS.finditer(run)]
    if not separators:
        return (_token(run, 0, 1, 0, len(run)),)
    cuts = [(0, 0), *separators, (len(run), len(run))]
    bounds = [(left[1], right[0]) for left, right in itertools.pairwise(cuts)]
    glue = ["&" if run[a:b] == "&" else "" for a, b in cuts[1:-1]]
    tokens = []
    for first, (start, end) in enumerate(bounds):
        tokens.append(_token(run[start:end], first, 1, start, end))
        opens_pair = first < len(glue) and glue[first] and not (first and glue[first - 1])
        if first == 0 or opens_pair:  # the whole compound, and AT&T in AT&T-owned
            tokens += _joined(run, bounds, glue, first, whole=first == 0)
    return tuple(tokens)


def _joined(
    run: str, bounds: list[tuple[int, int]], glue: list[str], first: int, *, whole: bool
) -> Iterator[Token]:
    """Yield the compounds in one piece that begin at word `first`."""
    amp = first
    while amp < len(glue) and glue[amp]:
        amp += 1
    lasts = {amp, len(bounds) - 1} if whole else {amp}
    for last in sorted(lasts - {first}):
        if last - first < MAX_COMPOUND:
            words = [run[start:end] for start, end in bounds[first : last + 1]]
            joined = "".join(w + g for w, g in zip(words, [*glue[first:last], ""], strict=True))
            yield _token(joined, first, last - first + 1, bounds[first][0], bounds[last][1])


class _Memo(dict[str, tuple[Token, ...]]):
    def __missing__(self, run: str) -> tuple[Token, ...]:
        if len(self) >= _KEPT:
            self.clear()
        tokens = self[run] = _analyse(run)
        return tokens


tokens_of = _Memo()
"""Cache of run to its tokens; bounded, cleared when full."""


MAX_CHARS = 1_000_000
"""Characters of one part that are read; the rest is not searched."""
MEMO_SIZE = 200_000
"""Entries of a cache of words; it is cleared when full."""

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
"""The same, cached."""


class _Terms(dict[str, tuple[str, ...]]):
    """Cache of run to its single words; bounded, cleared when full."""

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
