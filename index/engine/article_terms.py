"""The index keys of many articles at once, as numbers that numpy sorts.

`term_positions.postings` says of one article what this says of a batch, in a fifth of its time; a
test compares the two. An occurrence is one number: that of its key, of its document and its code,
in this order, so that a batch is inverted by sorting.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from index.analysis.term_positions import (
    AUTHOR,
    Additions,
    Keys,
    additions,
    keys_of_word,
    part_range,
)
from index.analysis.tokenizer import readable, shouts, spaced
from index.engine.chunk_table import Chunks, ChunkTable
from index.engine.list_encoder import DOC, Occurrences
from index.engine.term_pool import in_order
from monitor.base.article import PARTS, Article

_GROUP = 1 << 18
"""Characters that are looked at together: more do not fit into the processor's caches."""
_KNOWN = 36 * 2**20
"""Bytes of what is known of chunks from one batch to the next."""
_CACHED = 8 * 2**20
"""Bytes of the cache of runs that chunks are made of."""
_LOUD, _AUTHOR = 1, 2
"""Styles of texts: all in capitals, an author's."""


class _Part(NamedTuple):
    """A part of an article that has any text."""

    doc: int
    first: int
    """The first code of the part."""
    text: str
    style: int


class ArticleTerms:
    """Reads articles, and remembers the chunks of earlier ones."""

    def __init__(self) -> None:
        self._keys = Keys(most=_CACHED)
        self._table = ChunkTable(self._additions, self._keys_of_word, styles=4)

    def occurrences(
        self, articles: Sequence[Article]
    ) -> tuple[list[bytes], Occurrences, list[int]]:
        """Return the index keys of some articles as UTF-8, where these occur, and how often.

        Returns:
            The keys; the occurrences in order; the number of occurrences in each article.
        """
        if self._table.bytes > _KNOWN:
            self._table = self._table.without_rare()
        none = np.empty(0, dtype=np.uint64)
        every = np.concatenate([none, *map(self._occurrences, _groups(articles))])
        docs = (every >> np.uint64(DOC)).astype(np.uint16)
        lengths = np.bincount(docs, minlength=len(articles)).tolist()
        keys = self._table.numbers_of_keys
        return *in_order(keys.written, keys.sorted_numbers(), every), lengths

    def _keys_of_word(self, word: str, term: str, style: int) -> Sequence[str]:
        keys = keys_of_word(word, term, is_loud=bool(style & _LOUD))
        return [AUTHOR + key for key in keys] if style & _AUTHOR else keys

    def _additions(self, chunk: str, style: int) -> Additions:
        added = additions(chunk, self._keys_of(style))
        if not style & _AUTHOR:
            return added
        return added._replace(pairs=tuple((AUTHOR + key, code) for key, code in added.pairs))

    def _keys_of(self, style: int) -> Keys:
        return self._keys.loud if style & _LOUD else self._keys

    def _occurrences(self, parts: Sequence[_Part]) -> Occurrences:
        """Return the occurrences in some parts, with the numbers of keys in the table."""
        chunks = Chunks.of([part.text for part in parts])
        numbers = self._table.numbers(chunks, np.array([part.style for part in parts]))
        words, firsts, counts = self._table.entries(numbers).T.astype(np.int64, "C")
        behind = np.cumsum(words)
        sizes = np.diff(chunks.texts)
        before = behind - words
        before -= np.repeat(before[chunks.texts[:-1]], sizes)
        places = np.array([(part.doc << DOC) + part.first for part in parts])
        bases = np.repeat(places, sizes) + (before << 2)
        at = np.repeat(firsts - (np.cumsum(counts) - counts), counts)
        at += np.arange(len(at))
        occurrences: Occurrences = np.frombuffer(self._table.added, dtype=np.uint64)[at]
        occurrences += np.repeat(bases, counts).view(np.uint64)
        return occurrences


def _groups(articles: Sequence[Article]) -> Iterator[list[_Part]]:
    """Yield the parts of articles that have any text, some at a time."""
    group: list[_Part] = []
    characters = 0
    parts = [(part_range(name)[0], _AUTHOR * (name == "author")) for name in PARTS]
    for doc, article in enumerate(articles):
        for (first, style), text in zip(parts, article.texts, strict=True):
            if not text:
                continue
            read = readable(text)
            group.append(_Part(doc, first, spaced(read), style + _LOUD * shouts(read)))
            characters += len(read)
            if characters > _GROUP:
                yield group
                group, characters = [], 0
    if group:
        yield group
