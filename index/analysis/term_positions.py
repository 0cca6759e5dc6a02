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
    """Return the word and the term of a chunk that is one word of Latin letters, as most are.

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
"""Separates a term from the form in which it was written."""
AUTHOR = "\x1e"
"""Prefix of every key of an author's word."""
PART_WIDTH = 1 << 20
"""Positions reserved for each part of an article: so many that no distance spans two parts."""

_STEP = 1 << 2
"""Difference between the codes of two consecutive words."""
_BASES = {part: number * PART_WIDTH for number, part in enumerate(PARTS)}

_CHUNK_CACHE_BYTES = 64 * 2**20
"""Bytes of the cache of chunks with all of their keys: 290,000 of news. 5,800 articles have
180,000."""
_PLACE_CACHE_BYTES = 8 * 2**20
"""Bytes of the cache of the places of the words of chunks."""
_PAIR = 60
"""Bytes of two values in a tuple, roughly."""

_Pairs = tuple[tuple[str, int], ...]


class Additions(NamedTuple):
    """The postings that a chunk adds to a part of an article."""

    pairs: _Pairs
    """Index keys, each with its code counted from the start of the chunk."""
    words: int


def keys_of_word(word: str, term: str, *, is_loud: bool) -> tuple[str, ...]:
    """Return the index keys of a plain word: its term, and its written form if that differs."""
    if term == word:
        return (word,)  # one string in memory instead of two
    return term, term + EXACT + (LOUD if is_loud else word)


_Entry = str | tuple[str, ...] | Additions | None


def _size_of_entry(entry: _Entry) -> int:
    if entry is None or isinstance(entry, str):  # the string of a run, which is cached itself
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
            Some of these keys, or others, such as watched terms that the word equals.
        """


class _EveryWord:
    """Selects every word, under its index keys."""

    def may_select(self, term: str) -> bool:
        return True

    def select(self, keys: tuple[str, ...]) -> tuple[str, ...]:
        return keys


class Keys(BoundedCache[_Entry]):
    """Cache of chunk to the keys that it adds to the postings: its index keys, or selected keys.

    Most chunks are one plain word, which adds nothing (None), the key of the word, or also the key
    of its written form. Other chunks have `Additions`.
    """

    def __init__(
        self, selector: KeySelector | None = None, max_bytes: int = CACHED, *, is_loud: bool = False
    ) -> None:
        super().__init__(max_bytes)
        self.selector = selector or _EveryWord()
        self._is_loud = is_loud

    @functools.cached_property
    def loud(self) -> Keys:
        """The cache for texts all in capitals."""
        return Keys(self.selector, CACHED, is_loud=True)

    def additions(self, chunk: str) -> Additions:
        """Return the additions of a chunk."""
        return _as_additions(self[chunk])

    def __missing__(self, chunk: str) -> _Entry:
        plain = plain_word(chunk) if len(chunk) <= LONGEST else None
        if plain and not self.selector.may_select(plain[1]):
            return self.keep(chunk, None, 0)
        core = chunk.strip(AROUND)
        if core != chunk and "(" not in chunk:  # not employé(e), which ends in a bracket
            return self.keep(chunk, self[core], 0)
        if plain is None:
            entry = self._chunk_entry(chunk)
            return self.keep(chunk, entry, _size_of_entry(entry))
        word, term = plain
        if word != chunk:
            return self.keep(chunk, self[word], 0)
        entry = self._word_entry(word, term)
        return self.keep(word, entry, _size_of_entry(entry))

    def _word_entry(self, word: str, term: str) -> _Entry:
        keys = self.selector.select(keys_of_word(word, term, is_loud=self._is_loud))
        return keys[0] if len(keys) == 1 else keys or None

    def _token_pairs(self, token: Token) -> _Pairs:
        """Return the keys that a token adds, each with its code."""
        term = token.term
        if not self.selector.may_select(term):
            return ()
        keys = keys_of_word(token.exact or term, term, is_loud=self._is_loud)
        code = encode(token.position, token.length)
        return tuple([(key, code) for key in self.selector.select(keys)])

    def _chunk_entry(self, chunk: str) -> _Entry:
        if chunk.isalnum() and len(chunk) <= MAX_TERM and (term := fold_latin(chunk)):
            return self._word_entry(chunk, term)
        if tokens := tokens_of_number(chunk):
            return self._token_additions(tokens)
        runs: list[str] = pattern(chunk).findall(chunk)
        if len(runs) == 1:
            (run,) = runs
            return self._run_entry(run) if run == chunk else self[run]
        pairs: list[tuple[str, int]] = []
        word_count = 0
        for run in runs:
            entry = self[run]
            if entry is None:  # most, where few words are selected
                word_count += 1
                continue
            run_pairs, words = _as_additions(entry)
            pairs += [(key, word_count * _STEP + code) for key, code in run_pairs]
            word_count += words
        return Additions(tuple(pairs), word_count)

    def _run_entry(self, run: str) -> _Entry:
        if is_inclusive(run):
            pairs, words = self._token_additions(tokens_of[run])
        else:
            pairs, words = self._piece_additions(run)
        if words != 1 or len(pairs) > 1:
            return Additions(pairs, words)
        return pairs[0][0] if pairs else None

    def _token_additions(self, tokens: Sequence[Token]) -> Additions:
        pairs = [pair for token in tokens for pair in self._token_pairs(token)]
        # Forms of a word in one place, as in employé·e, may mean the same.
        return Additions(tuple(dict.fromkeys(pairs)), 1 + max(token.position for token in tokens))

    def _piece_additions(self, run: str) -> tuple[_Pairs, int]:
        pairs: list[tuple[str, int]] = []
        for written, first, last in pieces(run):
            if first < last or written == run:
                pairs += self._token_pairs(as_token(written, first, last - first + 1, 0, 0))
            elif entry := self[written]:
                offset = first * _STEP
                pairs += [(key, offset + code) for key, code in _as_additions(entry).pairs]
        return tuple(pairs), last + 1


_ONE_WORD = Additions((), 1)


def _as_additions(entry: _Entry) -> Additions:
    if entry is None:
        return _ONE_WORD
    if isinstance(entry, Additions):
        return entry
    keys = (entry,) if isinstance(entry, str) else entry
    return Additions(tuple([(key, 0) for key in keys]), 1)


_all_keys = Keys(max_bytes=_CHUNK_CACHE_BYTES)


class DocumentTerms:
    """The words of one article: their positions, and their offsets in the texts."""

    def __init__(self, article: Article, keys: Keys = _all_keys) -> None:
        postings: defaultdict[str, list[int]] = defaultdict(list)
        self._parts = {
            part: _Part(postings, text, _BASES[part], keys)
            for part, text in zip(PARTS[:-1], article.texts, strict=False)
            if text
        }
        if article.author:
            author_codes: defaultdict[str, list[int]] = defaultdict(list)
            self._parts["author"] = _Part(author_codes, article.author, _BASES["author"], _all_keys)
            for key, codes in author_codes.items():
                for selected in keys.selector.select((AUTHOR + key,)):
                    postings[selected] = sorted({*postings[selected], *codes})
        self.postings = dict(postings)
        """Ascending codes by index key, or by the keys selected instead."""

    def place(self, first: int, last: int) -> tuple[str, int, int]:
        """Return the part of two positions, and the start and end of their words in it."""
        part = part_at(first)
        words = self._parts[part]
        start, end = words.bounds(first)
        return part, start, end if first == last else words.bounds(last)[1]


class _Part:
    """The chunks of a part of an article, and the numbers of those that do not hold one word.

    Making it adds the words of the text to `postings`.
    """

    __slots__ = ("_chunks", "_ends", "_irregular", "_long_places", "_offset", "_positions")

    def __init__(
        self, postings: defaultdict[str, list[int]], text: str, offset: int, keys: Keys
    ) -> None:
        text = readable(text)
        self._chunks = chunks(text)
        self._ends: list[int] | None = None
        self._long_places: dict[int, Sequence[tuple[int, int]]] = {}
        """Places of the words of long chunks, by the number of the chunk; filled when needed."""
        self._irregular: list[int] = []
        """Numbers of the chunks with no word or with several words."""
        self._positions: list[int] = []
        """Position of the word behind each irregular chunk."""
        self._offset = offset
        """Position of a word minus the number of its chunk, before the first irregular chunk."""
        if shouts(text):
            keys = keys.loud
        part_code = offset << 2
        entries = list(map(keys.__getitem__, self._chunks))
        for number in compress(range(len(entries)), entries):
            entry = entries[number]
            chunk_code = part_code + number * _STEP
            if isinstance(entry, str):  # most
                postings[entry].append(chunk_code)
            elif isinstance(entry, Additions):
                pairs, words = entry
                for key, code in pairs:
                    postings[key].append(chunk_code + code)
                if words != 1:
                    part_code += (words - 1) * _STEP
                    self._irregular.append(number)
                    self._positions.append((chunk_code >> 2) + words)
            elif entry:
                for key in entry:
                    postings[key].append(chunk_code)

    def bounds(self, position: int) -> tuple[int, int]:
        i = bisect_right(self._positions, position)
        offset = self._positions[i - 1] - self._irregular[i - 1] - 1 if i else self._offset
        number = position - offset
        if i < len(self._irregular):
            number = min(number, self._irregular[i])
        if self._ends is None:
            self._ends = list(accumulate(map(len, self._chunks), initial=0))
        start, end = self._words(number)[position - offset - number]
        chunk_start = self._ends[number] + number
        return chunk_start + start, chunk_start + end

    def _words(self, number: int) -> Sequence[tuple[int, int]]:
        chunk = self._chunks[number]
        if len(chunk) <= LONGEST:
            return places_of_words[chunk]
        if number not in self._long_places:
            self._long_places[number] = words_of(chunk)
        return self._long_places[number]


def postings(article: Article, keys: Keys = _all_keys) -> dict[str, list[int]]:
    """Return the ascending codes of the words of an article, by index key."""
    return DocumentTerms(article, keys).postings


def encode(position: int, length: int = 1) -> int:
    """Return the code of a position and a length of 1 to `MAX_COMPOUND` words."""
    return (position << 2) | (length - 1)


def part_at(position: int) -> str:
    """Return the name of the part of an article to which a position belongs."""
    return PARTS[position // PART_WIDTH]


def part_range(part: str) -> tuple[int, int]:
    """Return the range of the codes of a part: the first one, and the one behind the last."""
    return _BASES[part] << 2, (_BASES[part] + PART_WIDTH) << 2


def words_of(chunk: str) -> tuple[tuple[int, int], ...]:
    """Return the start and end of every word of a chunk."""
    if len(chunk) <= LONGEST and (plain := plain_word(chunk)):  # most
        end = len(chunk.rstrip(AROUND))
        return ((end - len(plain[0]), end),)
    return tuple(
        (match.start(1) + token.start, match.start(1) + token.end)
        for match in pattern(chunk).finditer(chunk)
        for token in tokens_of[match[1]]
        if token.is_word
    )


places_of_words = TextCache(words_of, lambda places: 2 * _PAIR * len(places), _PLACE_CACHE_BYTES)
"""Start and end of every word of a chunk."""
