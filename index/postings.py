"""What the archive and the matcher keep of an article: where each of its words stands.

A mapping from key to ascending codes. A key is a term; or `term + EXACT + form` for a form
that differs from its term; words of the author stand under keys of their own, prefixed by
`AUTHOR`. A code is `(position << 2) | (length - 1)`, where the positions of title, summary,
body and author start `PART_WIDTH` apart: further than any phrase reaches.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator

from index.analysis import MAX_CHARS, MEMO_SIZE, shouts, tokenize
from index.article import PARTS, Article
from index.runs import Token, pattern, tokens_of

EXACT = "\x1f"
"""Stands between a term and the form it was written in."""
AUTHOR = "\x1e"
"""Stands before every key of an author's word."""
PART_WIDTH = 1 << 20
"""Positions set apart for each part of an article: so many that no distance crosses two."""

_STEP = 1 << 2
"""From the code of a word to that of the next one."""
_BASES = {part: number * PART_WIDTH for number, part in enumerate(PARTS)}

_Entry = str | int | tuple[tuple[tuple[str, int], ...], int] | None


class Keys(dict[str, _Entry]):
    """What each run adds to postings, decided once per run; only keys that are `wanted`.

    Most runs add nothing and are one word: None. A run of one word adds its key (a string).
    Others add several keys with the codes they are off by, and the int to go on by; or
    nothing but that.
    """

    def __init__(self, wanted: Callable[[str], bool] = lambda _: True) -> None:
        self.wanted = wanted

    def __missing__(self, run: str) -> _Entry:
        if len(self) >= MEMO_SIZE:
            self.clear()
        tokens = tokens_of[run]
        pairs = tuple(pair for token in tokens for pair in _pairs(token) if self.wanted(pair[0]))
        step = (tokens[-1].position + 1) << 2
        entry: _Entry = (pairs, step) if pairs else None if step == _STEP else step
        if len(pairs) == 1 and step == _STEP and not pairs[0][1]:
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
    entries = enumerate(map(keys.__getitem__, pattern().findall(text)))
    for number, entry in [told for told in entries if told[1] is not None]:
        here = at + number * _STEP
        if isinstance(entry, str):
            found[entry].append(here)
        elif isinstance(entry, int):
            at += entry - _STEP
        elif entry is not None:
            pairs, step = entry
            for key, code in pairs:
                found[key].append(here + code)
            at += step - _STEP


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
    for found in pattern().finditer(text[:MAX_CHARS]):
        run = found[1]
        if run.isalnum():  # no compound, no initials: one word
            yield found.span(1)
            continue
        at = found.start(1)
        for token in tokens_of[run]:
            if token.length == 1:
                yield at + token.start, at + token.end
