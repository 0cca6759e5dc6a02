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
from collections.abc import Sequence
from itertools import accumulate, compress
from sys import getsizeof
from typing import NamedTuple, Protocol

from index.analysis.folding import APOSTROPHES, fold_latin
from index.analysis.text_cache import LONGEST, BoundedCache, TextCache
from index.analysis.tokenizer import (
    AROUND,
    CACHED,
    ELIDED,
    LOUD,
    MAX_TERM,
    Token,
    as_token,
    chunks,
    is_inclusive,
    pattern,
    pieces,
    readable,
    shouts,
    tokens_of,
    tokens_of_number,
)
from monitor.base.article import PARTS, Article


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


EXACT = "\x1f"
"""Stands between a term and the form it was written in."""
AUTHOR = "\x1e"
"""Stands before every key of an author's word."""
PART_WIDTH = 1 << 20
"""Positions reserved for each part of an article: so many that no distance spans two parts."""

_STEP = 1 << 2
"""Difference of the codes of two words in a row."""
_BASES = {part: number * PART_WIDTH for number, part in enumerate(PARTS)}

_CACHED_CHUNKS = 64 * 2**20
"""Bytes of the cache of chunks with all of their keys: 290,000 of news. 5,800 articles have
180,000."""
_CACHED_PLACES = 8 * 2**20
"""Bytes of the cache of where the words of a chunk are."""
_PAIR = 60
"""Bytes of two values in a tuple, roughly."""

_Pairs = tuple[tuple[str, int], ...]


class Additions(NamedTuple):
    """What a chunk adds to the postings of a part of an article."""

    pairs: _Pairs
    """Index keys, with the codes that they are off by."""
    words: int


def keys_of_word(word: str, term: str, *, is_loud: bool) -> tuple[str, ...]:
    """Return the index keys of a plain word: its term, and how it is written otherwise."""
    if term == word:
        return (word,)  # one string in memory instead of two
    return term, term + EXACT + (LOUD if is_loud else word)


_Entry = str | tuple[str, ...] | Additions | None


def _size_of_entry(entry: _Entry) -> int:
    if entry is None or isinstance(entry, str):  # the string of a run that is cached too
        return 0
    if isinstance(entry, Additions):
        return 2 * _PAIR + sum([_PAIR + getsizeof(key) for key, _ in entry.pairs])
    return _PAIR + sum(map(getsizeof, entry))


class KeySelector(Protocol):
    """Selects the words of texts that get postings, and their keys there."""

    def may_select(self, term: str) -> bool:
        """Return False if no word with this term is selected; quick, and asked first."""

    def select(self, keys: tuple[str, ...]) -> tuple[str, ...]:
        """Return the keys of a word in the postings, each once; empty if it is not selected.

        Args:
            keys: Its index keys.

        Returns:
            Some of these, or others, such as the watched terms that the word is.
        """


class _EveryWord:
    """Selects every word, under its index keys."""

    def may_select(self, term: str) -> bool:
        return True

    def select(self, keys: tuple[str, ...]) -> tuple[str, ...]:
        return keys


class Keys(BoundedCache[_Entry]):
    """Cache of chunk to the keys that it adds to the postings: its index keys, or those selected.

    Most chunks are one plain word. It adds nothing (None), a key, or several: that of the word, and
    that of the form in which it is written. Other chunks have `Additions`.
    """

    def __init__(
        self, selector: KeySelector | None = None, most: int = CACHED, *, is_loud: bool = False
    ) -> None:
        super().__init__(most)
        self.selector = selector or _EveryWord()
        self._is_loud = is_loud

    @functools.cached_property
    def loud(self) -> Keys:
        """The same for texts all in capitals."""
        return Keys(self.selector, CACHED, is_loud=True)

    def additions(self, chunk: str) -> Additions:
        """Return what a chunk adds."""
        return _as_additions(self[chunk])

    def __missing__(self, chunk: str) -> _Entry:
        plain = plain_word(chunk) if len(chunk) <= LONGEST else None
        if plain and not self.selector.may_select(plain[1]):
            return self.keep(chunk, None, 0)
        core = chunk.strip(AROUND)
        if core != chunk and "(" not in chunk:  # not employé(e), whose end is its own
            return self.keep(chunk, self[core], 0)
        if plain is None:
            entry = self._decide(chunk)
            return self.keep(chunk, entry, _size_of_entry(entry))
        word, term = plain
        if word != chunk:
            return self.keep(chunk, self[word], 0)
        entry = self._of_word(word, term)
        return self.keep(word, entry, _size_of_entry(entry))

    def _of_word(self, word: str, term: str) -> _Entry:
        keys = self.selector.select(keys_of_word(word, term, is_loud=self._is_loud))
        return keys[0] if len(keys) == 1 else keys or None

    def _known(self, token: Token) -> _Pairs:
        """Return the keys that a token adds, with its code."""
        term = token.term
        if not self.selector.may_select(term):
            return ()
        keys = keys_of_word(token.exact or term, term, is_loud=self._is_loud)
        code = encode(token.position, token.length)
        return tuple([(key, code) for key in self.selector.select(keys)])

    def _decide(self, chunk: str) -> _Entry:
        if chunk.isalnum() and len(chunk) <= MAX_TERM and (term := fold_latin(chunk)):
            return self._of_word(chunk, term)
        if tokens := tokens_of_number(chunk):
            return self._of_tokens(tokens)
        runs: list[str] = pattern(chunk).findall(chunk)
        if len(runs) == 1:
            (run,) = runs
            return self._of_run(run) if run == chunk else self[run]
        every: list[tuple[str, int]] = []
        at = 0
        for run in runs:
            entry = self[run]
            if entry is None:  # most, where few words are selected
                at += 1
                continue
            pairs, words = _as_additions(entry)
            every += [(key, at * _STEP + code) for key, code in pairs]
            at += words
        return Additions(tuple(every), at)

    def _of_run(self, run: str) -> _Entry:
        if is_inclusive(run):
            pairs, words = self._of_tokens(tokens_of[run])
        else:
            pairs, words = self._of_pieces(run)
        if words != 1 or len(pairs) > 1:
            return Additions(pairs, words)
        return pairs[0][0] if pairs else None

    def _of_tokens(self, tokens: Sequence[Token]) -> Additions:
        pairs = [pair for token in tokens for pair in self._known(token)]
        # Forms of a word in one place, as in employé·e, may mean the same.
        return Additions(tuple(dict.fromkeys(pairs)), 1 + max(token.position for token in tokens))

    def _of_pieces(self, run: str) -> tuple[_Pairs, int]:
        pairs: list[tuple[str, int]] = []
        for written, first, last in pieces(run):
            if first < last or written == run:
                pairs += self._known(as_token(written, first, last - first + 1, 0, 0))
            elif entry := self[written]:
                at = first * _STEP
                pairs += [(key, at + code) for key, code in _as_additions(entry).pairs]
        return tuple(pairs), last + 1


_ONE_WORD = Additions((), 1)


def _as_additions(entry: _Entry) -> Additions:
    if entry is None:
        return _ONE_WORD
    if isinstance(entry, Additions):
        return entry
    keys = (entry,) if isinstance(entry, str) else entry
    return Additions(tuple([(key, 0) for key in keys]), 1)


_every_key = Keys(most=_CACHED_CHUNKS)


class DocumentTerms:
    """The words of one article: their positions, and their offsets in the texts."""

    def __init__(self, article: Article, keys: Keys = _every_key) -> None:
        postings: defaultdict[str, list[int]] = defaultdict(list)
        self._parts = {
            part: _Part(postings, text, _BASES[part], keys)
            for part, text in zip(PARTS[:-1], article.texts, strict=False)
            if text
        }
        if article.author:
            own: defaultdict[str, list[int]] = defaultdict(list)
            self._parts["author"] = _Part(own, article.author, _BASES["author"], _every_key)
            for key, codes in own.items():
                for selected in keys.selector.select((AUTHOR + key,)):
                    postings[selected] = sorted({*postings[selected], *codes})
        self.postings = dict(postings)
        """Ascending codes by index key, or by the keys selected instead."""

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

    __slots__ = ("_behind", "_chunks", "_ends", "_long", "_offset", "_others")

    def __init__(
        self, postings: defaultdict[str, list[int]], text: str, offset: int, keys: Keys
    ) -> None:
        text = readable(text)
        self._chunks = chunks(text)
        self._ends: list[int] | None = None
        self._long: dict[int, Sequence[tuple[int, int]]] = {}
        """Words of long chunks, by the number of the chunk; filled when they are needed."""
        self._others: list[int] = []
        """Numbers of the chunks with no word or several."""
        self._behind: list[int] = []
        """Position of the word behind each of these."""
        self._offset = offset
        """From the number of a chunk to the position of its word, before the first of these."""
        if shouts(text):
            keys = keys.loud
        at = offset << 2
        entries = list(map(keys.__getitem__, self._chunks))
        for number in compress(range(len(entries)), entries):
            entry = entries[number]
            here = at + number * _STEP
            if isinstance(entry, str):  # most
                postings[entry].append(here)
            elif isinstance(entry, Additions):
                pairs, words = entry
                for key, code in pairs:
                    postings[key].append(here + code)
                if words != 1:
                    at += (words - 1) * _STEP
                    self._others.append(number)
                    self._behind.append((here >> 2) + words)
            elif entry:
                for key in entry:
                    postings[key].append(here)

    def bounds(self, position: int) -> tuple[int, int]:
        turn = bisect_right(self._behind, position)
        offset = self._behind[turn - 1] - self._others[turn - 1] - 1 if turn else self._offset
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
        if len(chunk) <= LONGEST:
            return places_of_words[chunk]
        if number not in self._long:
            self._long[number] = words_of(chunk)
        return self._long[number]


def postings(article: Article, keys: Keys = _every_key) -> dict[str, list[int]]:
    """Return the ascending codes of the words of an article, by index key."""
    return DocumentTerms(article, keys).postings


def encode(position: int, length: int = 1) -> int:
    """Return the code of a position and a length of 1 to `MAX_COMPOUND` words."""
    return (position << 2) | (length - 1)


def part_at(position: int) -> str:
    """Return the name of the part that an article's position is in."""
    return PARTS[position // PART_WIDTH]


def part_range(part: str) -> tuple[int, int]:
    """Return the codes a part may have: from the first to below the second."""
    return _BASES[part] << 2, (_BASES[part] + PART_WIDTH) << 2


def words_of(chunk: str) -> tuple[tuple[int, int], ...]:
    """Return start and end of every word of a chunk."""
    if len(chunk) <= LONGEST and (plain := plain_word(chunk)):  # most
        end = len(chunk.rstrip(AROUND))
        return ((end - len(plain[0]), end),)
    return tuple(
        (match.start(1) + token.start, match.start(1) + token.end)
        for match in pattern(chunk).finditer(chunk)
        for token in tokens_of[match[1]]
        if token.is_word
    )


places_of_words = TextCache(words_of, lambda places: 2 * _PAIR * len(places), _CACHED_PLACES)
"""Start and end of every word of a chunk."""
