"""The positions of the words of an article, as the archive and the matcher use them.

A mapping from key to ascending codes. A key is a term; or `term + EXACT + form` for a form
that differs from its term; words of the author stand under keys of their own, prefixed by
`AUTHOR`. A code is `(position << 2) | (length - 1)`, where the positions of title, summary,
body and author start `PART_WIDTH` apart: further than any phrase reaches.
"""

from __future__ import annotations

import functools
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from itertools import accumulate, compress

from index.analysis.folding import fold_latin
from index.analysis.tokenizer import (
    AROUND,
    MAX_CHARS,
    MAX_TERM,
    MEMO_SIZE,
    Token,
    chunks,
    pattern,
    shouts,
    tokens_of,
)
from index.article import PARTS, Article

EXACT = "\x1f"
"""Stands between a term and the form it was written in."""
AUTHOR = "\x1e"
"""Stands before every key of an author's word."""
PART_WIDTH = 1 << 20
"""Positions reserved for each part of an article: so many that no distance spans two parts."""

_STEP = 1 << 2
"""Difference of the codes of two words in a row."""
_BASES = {part: number * PART_WIDTH for number, part in enumerate(PARTS)}

_CHUNKS = 20_000
"""Chunks whose words are cached."""
_LONGEST = 64
"""Characters of the longest chunk that is cached: longer ones hardly ever come twice."""

_Pairs = tuple[tuple[str, int], ...]
_Entry = str | tuple[_Pairs, int] | None


class Keys(dict[str, _Entry]):
    """Cache of chunk to the index keys that it adds; only of keys that are wanted.

    `wanted` returns a key, the object that it is known by, or ''.

    Most chunks add nothing and hold one word: None. One of one word adds its key (a string).
    Others add keys with the codes they are off by, and have the int to go on by.
    """

    def __init__(self, wanted: Callable[[str], str] = lambda key: key) -> None:
        self.wanted = wanted

    def __missing__(self, chunk: str) -> _Entry:
        if len(chunk) > _LONGEST:
            return self._decide(chunk)
        if len(self) >= MEMO_SIZE:
            self.clear()
        entry = self[chunk] = self._decide(chunk)
        return entry

    def _decide(self, chunk: str) -> _Entry:
        core = chunk.strip(AROUND)
        if core != chunk and core in self:
            return self[core]
        if core.isalnum() and fold_latin(core):  # one run, told at once
            return self[core] if core != chunk else self._of_run(core)
        runs: list[str] = pattern().findall(core)
        if len(runs) == 1:
            (run,) = runs
            return self._of_run(run) if run == chunk else self[run]
        every: list[tuple[str, int]] = []
        at = 0
        for run in runs:
            entry = self[run]
            if isinstance(entry, str):
                every.append((entry, at))
            elif entry:
                every += [(key, at + code) for key, code in entry[0]]
            at += entry[1] if isinstance(entry, tuple) else _STEP
        return tuple(every), at

    def _of_run(self, run: str) -> _Entry:
        every, step = _of_run(run)
        known = ((self.wanted(key), code) for key, code in every)
        pairs = tuple(pair for pair in known if pair[0])
        if step != _STEP or len(pairs) > 1:
            return pairs, step
        return pairs[0][0] if pairs else None


def _of_run(run: str) -> tuple[_Pairs, int]:
    """Return what a run adds to postings, and the code to go on by."""
    if run.isalnum() and len(run) <= MAX_TERM and (term := fold_latin(run)):  # most
        return ((term, 0),) if term == run else ((term, 0), (term + EXACT + run, 0)), _STEP
    tokens = tokens_of[run]
    pairs = (pair for token in tokens for pair in _of_token(token))
    return tuple(pairs), (tokens[-1].position + 1) << 2


def _of_token(token: Token) -> Iterator[tuple[str, int]]:
    code = encode(token.position, token.length)
    yield token.term, code
    if token.exact:
        yield token.term + EXACT + token.exact, code


_every_key = Keys()


class DocumentTerms:
    """The words of one article: their positions, and their offsets in the texts."""

    def __init__(self, article: Article, keys: Keys = _every_key) -> None:
        found: defaultdict[str, list[int]] = defaultdict(list)
        self._parts = {part: _Part(found, article, part, keys) for part in PARTS[:-1]}
        if article.author:
            own: defaultdict[str, list[int]] = defaultdict(list)
            self._parts["author"] = _Part(own, article, "author", _every_key)
            named = ((AUTHOR + key, codes) for key, codes in own.items())
            found.update((key, codes) for key, codes in named if keys.wanted(key))
        self.postings = dict(found)
        """Ascending codes by index key."""

    def place(self, first: int, last: int) -> tuple[str, int, int]:
        """Return the part that two positions are in, and there the start and end of their words."""
        part = part_at(first)
        words = self._parts[part]
        start, end = words.bounds(first)
        return part, start, end if first == last else words.bounds(last)[1]


class _Part:
    """The chunks of a part of an article, and which of them hold another number of words than one.

    Made of a part's text, it adds what stands there to the keys that are found.
    """

    __slots__ = ("_behind", "_chunks", "_ends", "_long", "_offsets", "_others")

    def __init__(
        self, found: defaultdict[str, list[int]], article: Article, part: str, keys: Keys
    ) -> None:
        text = article.part(part)[:MAX_CHARS]
        offset = _BASES[part]
        self._chunks = chunks(text)
        self._ends: list[int] | None = None
        self._long: dict[int, Sequence[tuple[int, int]]] = {}
        """Words of long chunks, by the number of the chunk; filled when they are needed."""
        self._others: list[int] = []
        """Numbers of the chunks with no word or several."""
        self._behind: list[int] = []
        """Position of the word behind each of these."""
        self._offsets = [offset]
        """From the number of a chunk to the position of its word: at first, and behind each."""
        loud = shouts(text)
        at = offset << 2
        entries = list(map(keys.__getitem__, self._chunks))
        for number, entry in compress(enumerate(entries), entries):
            here = at + number * _STEP
            if isinstance(entry, str):
                if not loud or EXACT not in entry:
                    found[entry].append(here)
            elif entry is not None:
                pairs, step = entry
                for key, code in pairs:
                    if not loud or EXACT not in key:
                        found[key].append(here + code)
                if step != _STEP:
                    at += step - _STEP
                    self._others.append(number)
                    self._behind.append((here + step) >> 2)
                    self._offsets.append(at >> 2)

    def bounds(self, position: int) -> tuple[int, int]:
        turn = bisect_right(self._behind, position)
        offset = self._offsets[turn]
        number = position - offset
        if turn < len(self._others):
            number = min(number, self._others[turn])
        if self._ends is None:
            self._ends = list(accumulate(map(len, self._chunks), initial=0))
        start, end = self._words(number)[position - offset - number]
        at = self._ends[number] + number
        return at + start, at + end

    def _words(self, number: int) -> Sequence[tuple[int, int]]:
        chunk = self._chunks[number]
        if len(chunk) <= _LONGEST:
            return _remembered_words(chunk)
        if number not in self._long:
            self._long[number] = _words_of(chunk)
        return self._long[number]


def postings(article: Article, keys: Keys = _every_key) -> dict[str, list[int]]:
    """Return the ascending codes of the words of an article, by index key."""
    return DocumentTerms(article, keys).postings


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


def _words_of(chunk: str) -> tuple[tuple[int, int], ...]:
    """Return start and end of every word of a chunk."""
    return tuple(
        (found.start(1) + token.start, found.start(1) + token.end)
        for found in pattern().finditer(chunk)
        for token in tokens_of[found[1]]
        if token.length == 1
    )


_remembered_words = functools.lru_cache(_CHUNKS)(_words_of)
