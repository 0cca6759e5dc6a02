"""Words: text to tokens with offsets. The only place where words are normalised.

Reading a text
    A *run* is what stands between separators: a word, a compound (`plate-forme`,
    `AT&T`), dotted initials (`U.S.`), a number (`3,5`) or one CJK character (Han,
    kana, hangul). Every word of a run takes one position; a compound of two to four
    words is also there in one piece, at its first word's position, with their number
    as `length`. An elided article (l’, d’, qu’ ... before a letter) is no word and
    takes no position; any other apostrophe separates two words. Soft hyphens,
    zero-width characters and combining marks belong to the word they stand in.

What is kept of a word
    `term` is its folded form: case, accents and ligatures gone. `exact` is the form
    as written (NFC) where it differs from the term. In an all-caps headline case
    says nothing, so it is read as if written in folded form.

What the archive and the matcher keep of an article (`postings`)
    A mapping from key to ascending codes. A key is a term; or `term + EXACT + form`
    for a form that differs from its term; words of the author stand under keys of
    their own, prefixed by `AUTHOR`. A code is `(position << 2) | (length - 1)`, where
    the positions of title, summary, body and author start `PART_WIDTH` apart: further
    than any phrase reaches.
"""

from __future__ import annotations

import functools
import itertools
import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterator
from typing import NamedTuple

from index.article import PARTS, Article
from index.letters import APOSTROPHES, CJK, IGNORED, JAMO, LATIN, MARKS, NO_IGNORED, fold

EXACT = "\x1f"
"""Stands between a term and the form it was written in."""
AUTHOR = "\x1e"
"""Stands before every key of an author's word."""
PART_WIDTH = 1 << 20
"""Positions set apart for each part of an article: so many that no distance crosses two."""
MAX_CHARS = 1_000_000
"""Characters of one part that are read; the rest is not searched."""
MAX_COMPOUND = 4
"""Words of a compound that is also kept in one piece."""
MAX_TERM = 200
"""Characters of a word that count."""
_MEMO_SIZE = 200_000
_RUNS_KEPT = 20_000
"""Runs whose tokens are kept: what is asked of many articles has memos of its own."""

_BASES = {part: number * PART_WIDTH for number, part in enumerate(PARTS)}

# --- the one regular expression --------------------------------------------------

_ELISION = rf"(?:[ldjmnstcLDJMNSTC]|[qQ][uU])[{APOSTROPHES}](?=[^\W\d_])"
_OTHER = rf"[^\W_\u02bb-\u02bf\u3099\u309a\uff9e\uff9f{CJK}{JAMO}]"
_INITIAL = rf"[{LATIN}\u0370-\u03ff\u0400-\u052f][\u0300-\u036f]*+"
_VOICED = r"[\u3099\u309a\uff9e\uff9f]*+"
_HYPHEN = r"[-\u2010\u2011](?:[ \t]*+\r?\n[ \t]*+)?+"


@functools.cache
def _runs(wildcards: str = "") -> re.Pattern[str]:
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
_LOWER_WORD = re.compile(r"[a-z]{3}")
_LETTERS = re.compile(r"[^\W\d_]")


# --- words -----------------------------------------------------------------------


@functools.cache
def _stemmer(lang: str) -> object:
    import Stemmer

    return Stemmer.Stemmer({"fr": "french", "en": "english"}[lang])


@functools.lru_cache(_MEMO_SIZE)
def stem(term: str, lang: str) -> str:
    """Return the Snowball stem of a term; `lang` is fr or en."""
    return str(_stemmer(lang).stemWord(term))  # type: ignore[attr-defined]


def stems(term: str) -> tuple[str, str]:
    """Return the French and the English stem of a term."""
    return stem(term, "fr"), stem(term, "en")


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
    surface = unicodedata.normalize("NFC", written.translate(NO_IGNORED))[:MAX_TERM]
    term = fold(surface)
    if term == written:
        term = written  # most words: one string in memory instead of two
    return Token(term, "" if surface == term else surface, position, length, start, end)


def _analyse(run: str) -> tuple[Token, ...]:
    """Return the tokens of a run, their positions and offsets counted from its start."""
    if "." in run and not any(map(str.isdigit, run)):
        return (_token(run.replace(".", ""), 0, 1, 0, len(run)),)
    cuts = [(0, 0), *(found.span() for found in _SEPARATORS.finditer(run)), (len(run), len(run))]
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


class _Runs(dict[str, tuple[Token, ...]]):
    """The analysis of the runs met lately."""

    def __missing__(self, run: str) -> tuple[Token, ...]:
        if len(self) >= _RUNS_KEPT:
            self.clear()
        tokens = self[run] = _analyse(run)
        return tokens


_memo = _Runs()


class _Terms(dict[str, tuple[str, ...]]):
    """The single words of every run met so far, bounded."""

    def __missing__(self, run: str) -> tuple[str, ...]:
        if len(self) >= _MEMO_SIZE:
            self.clear()
        words = self[run] = tuple(token.term for token in _memo[run] if token.length == 1)
        return words


_terms = _Terms()


def shouts(text: str) -> bool:
    """Tell an all-caps headline: no word in lower case, three or more, two of three letters.

    A word with a digit says nothing: `LE 2e TOUR DES ÉLECTIONS` shouts.
    """
    if _LOWER_WORD.search(text):
        return False
    runs: list[str] = _runs().findall(text)
    cased = [run for run in runs if run.upper() != run.lower() and not any(map(str.isdigit, run))]
    long = [run for run in cased if len(_LETTERS.findall(run)) > 2]
    return len(runs) > 2 and len(long) > 1 and all(run == run.upper() for run in cased)


def tokenize(text: str) -> list[Token]:
    """Return the words of a text in order; a compound in one piece follows its first word."""
    return _tokens(_runs(), text[:MAX_CHARS], keep_case=not shouts(text))


def terms(text: str) -> list[str]:
    """Return the folded words of a text in order, compounds word by word."""
    return [term for run in _runs().findall(text[:MAX_CHARS]) for term in _terms[run]]


def tokenize_query(text: str) -> list[Token]:
    """Return the words of a query's text: `*` and `?` count as letters, capitals as meant."""
    return _tokens(_runs("*?"), text, keep_case=True)


def _tokens(runs: re.Pattern[str], text: str, *, keep_case: bool) -> list[Token]:
    tokens: list[Token] = []
    position = 0
    for found in runs.finditer(text):
        at = found.start(1)
        for token in _memo[found[1]]:
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
        position += _memo[found[1]][-1].position + 1
    return tokens


# --- articles ----------------------------------------------------------------------


_Entry = str | int | tuple[tuple[tuple[str, int], ...], int]


class Keys(dict[str, _Entry]):
    """What each run adds to postings, decided once per run; only keys that are `wanted`.

    A run adds one key (a string), nothing (the int to go on by), or several keys with
    the codes they are off by (and the int to go on by).
    """

    def __init__(self, wanted: Callable[[str], bool] = lambda _: True) -> None:
        self.wanted = wanted

    def __missing__(self, run: str) -> _Entry:
        if len(self) >= _MEMO_SIZE:
            self.clear()
        tokens = _memo[run]
        pairs = tuple(pair for token in tokens for pair in _pairs(token) if self.wanted(pair[0]))
        step = (tokens[-1].position + 1) << 2
        entry: _Entry = (pairs, step) if pairs else step
        if len(pairs) == 1 and step == encode(1) and not pairs[0][1]:
            entry = pairs[0][0]
        self[run] = entry
        return entry


def _pairs(token: Token) -> Iterator[tuple[str, int]]:
    code = encode(token.position, token.length)
    yield token.term, code
    if token.exact:
        yield token.term + EXACT + token.exact, code


_every_key = Keys()


def postings(article: Article, keys: Keys = _every_key) -> dict[str, list[int]]:
    """Return where the words of an article stand: key to ascending codes."""
    found: defaultdict[str, list[int]] = defaultdict(list)
    for part in PARTS[:-1]:
        _add(found, article.part(part)[:MAX_CHARS], _BASES[part] << 2, keys)
    if article.author:
        own: defaultdict[str, list[int]] = defaultdict(list)
        _add(own, article.author[:MAX_CHARS], _BASES["author"] << 2, _every_key)
        named = ((AUTHOR + key, codes) for key, codes in own.items())
        found.update((key, codes) for key, codes in named if keys.wanted(key))
    return dict(found)


def _add(found: defaultdict[str, list[int]], text: str, at: int, keys: Keys) -> None:
    """Add a part's words, the first one at code `at`."""
    if shouts(text):
        for token in tokenize(text):
            if keys.wanted(token.term):
                found[token.term].append(at + encode(token.position, token.length))
        return
    for run in _runs().findall(text):
        entry = keys[run]
        if isinstance(entry, int):
            at += entry
        elif isinstance(entry, str):
            found[entry].append(at)
            at += 4
        else:
            pairs, step = entry
            for key, code in pairs:
                found[key].append(at + code)
            at += step


def encode(position: int, length: int = 1) -> int:
    """Return the code of a position and a length of 1 to `MAX_COMPOUND` words."""
    return (position << 2) | (length - 1)


def decode(code: int) -> tuple[int, int]:
    """Return the position and the length that a code stands for."""
    return code >> 2, (code & 3) + 1


def part_at(position: int) -> str:
    """Return the name of the part that an article's position is in."""
    return PARTS[position // PART_WIDTH]


def part_range(part: str) -> tuple[int, int]:
    """Return the codes a part may have: from the first to below the second."""
    return _BASES[part] << 2, (_BASES[part] + PART_WIDTH) << 2


def offsets(text: str) -> Iterator[tuple[int, int]]:
    """Yield start and end of every word of a text, by position, reading no further than asked."""
    for found in _runs().finditer(text[:MAX_CHARS]):
        start, end = span = found.span(1)
        tokens = _memo[text[start:end]]
        if len(tokens) == 1:
            yield span
        else:
            for token in tokens:
                if token.length == 1:
                    yield start + token.start, start + token.end
