"""Runs: what stands between the separators of a text, and the words that each one holds.

A *run* is a word, a compound (`plate-forme`, `AT&T`), dotted initials (`U.S.`), a number
(`3,5`) or one CJK character (Han, kana, hangul). Every word of a run takes one position; a
compound of two to four words is also there in one piece, at its first word's position, with
their number as `length`. An elided article (l’, d’, qu’ ... before a letter) is no word and
takes no position; any other apostrophe separates two words. Soft hyphens, zero-width
characters and combining marks belong to the word they stand in.
"""

from __future__ import annotations

import functools
import itertools
import re
import unicodedata
from collections.abc import Iterator
from typing import NamedTuple

from index.letters import APOSTROPHES, CJK, IGNORED, JAMO, LATIN, MARKS, NO_IGNORED, fold

MAX_COMPOUND = 4
"""Words of a compound that is also kept in one piece."""
MAX_TERM = 200
"""Characters of a word that count."""
_KEPT = 20_000
"""Runs whose tokens are kept: what is asked of many articles has memos of its own."""

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
    """A word of a text: `text[start:end]` is what to light."""

    term: str
    """Folded form: what is searched."""
    exact: str
    """Form as written, where it differs from the term and case says something; or ''."""
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
"""The tokens of a run by the run, of those met lately."""
