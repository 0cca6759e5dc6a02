"""The index keys of many articles at once, as numbers that numpy sorts.

`term_positions.postings` reads one article; this module reads a batch in a fifth of the time, and a
test compares the two. An occurrence is one number, made of the numbers of its key and its document
and of its code, in this order, so that a batch is inverted by sorting.

News are made of the same 100,000 chunks (texts between two blanks). A chunk is analysed when it
first occurs; later, numpy finds its number by its hash, in 0.15 µs; a dict takes 0.6. The hash has
64 bits and depends on numbers that no stranger can guess; chunks of up to eight bytes have
different hashes. A table that is too large is replaced by an empty one.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from itertools import repeat
from sys import getsizeof
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from index.analysis.term_positions import AUTHOR, Keys, part_range
from index.analysis.text_cache import LONGEST
from index.analysis.tokenizer import readable, shouts, spaced
from index.engine.list_encoder import DOC, TERM, Numbers, Occurrences
from monitor.base.article import PARTS, Article

Hashes = NDArray[np.uint64]

_GROUP = 1 << 18
"""Characters that are read at once: more do not fit into the processor's caches."""
_TABLE_BYTES = 36 * 2**20
"""Bytes of the table of chunks that is kept from one batch to the next."""
_CACHE_BYTES = 8 * 2**20
"""Bytes of the cache of the runs of chunks."""
_LOUD, _AUTHOR = 1, 2
"""Styles of texts: all in capitals, an author's."""


class _Part(NamedTuple):
    """A part of an article that is not empty."""

    doc: int
    first: int
    """The first code of the part."""
    text: str
    style: int


class ArticleTerms:
    """Reads articles, and remembers the chunks of earlier ones."""

    def __init__(self) -> None:
        self._table = ChunkTable()

    def occurrences(
        self, articles: Sequence[Article]
    ) -> tuple[list[bytes], Occurrences, list[int]]:
        """Return the index keys of articles as UTF-8, their occurrences, and the counts by article.

        Returns:
            The keys in order; the occurrences in order; the number of occurrences in each article.
        """
        if self._table.bytes > _TABLE_BYTES:
            self._table = ChunkTable()
        empty = np.empty(0, dtype=np.uint64)
        occurrences = np.concatenate([empty, *map(self._occurrences, _groups(articles))])
        docs = (occurrences >> np.uint64(DOC)).astype(np.uint16)
        lengths = np.bincount(docs, minlength=len(articles)).tolist()
        keys = self._table.key_numbers
        numbers = (occurrences >> np.uint64(TERM)).view(np.int64)
        is_used = np.zeros(len(keys), dtype=np.bool_)
        is_used[numbers] = True
        order = keys.sorted_numbers()
        used_keys = order[is_used[order]]
        shifts = np.empty(len(keys), dtype=np.uint64)
        shifts[used_keys] = np.arange(len(used_keys), dtype=np.uint64) - used_keys  # modulo 2**64
        occurrences += (shifts << np.uint64(TERM))[numbers]
        occurrences.sort()
        return [*map(keys.by_number.__getitem__, used_keys.tolist())], occurrences, lengths

    def _occurrences(self, parts: Sequence[_Part]) -> Occurrences:
        """Return the occurrences in the parts, with the numbers of keys in the table."""
        chunks = Chunks.of([part.text for part in parts])
        numbers = self._table.numbers(chunks, np.array([part.style for part in parts]))
        words, firsts, counts = self._table.entries(numbers).T.astype(np.int64, "C")
        word_ends = np.cumsum(words)
        sizes = np.diff(chunks.text_starts)
        word_starts = word_ends - words
        word_starts -= np.repeat(word_starts[chunks.text_starts[:-1]], sizes)
        places = np.array([(part.doc << DOC) + part.first for part in parts])
        bases = np.repeat(places, sizes) + (word_starts << 2)
        indexes = np.repeat(firsts - (np.cumsum(counts) - counts), counts)
        indexes += np.arange(len(indexes))
        occurrences: Occurrences = np.frombuffer(self._table.added, dtype=np.uint64)[indexes]
        occurrences += np.repeat(bases, counts).view(np.uint64)
        return occurrences


def _groups(articles: Sequence[Article]) -> Iterator[list[_Part]]:
    """Yield the parts of articles that are not empty, in groups of about `_GROUP` characters."""
    group: list[_Part] = []
    characters = 0
    parts = [(part_range(name)[0], _AUTHOR * (name == "author")) for name in PARTS]
    for doc, article in enumerate(articles):
        for (first, style), text in zip(parts, article.texts, strict=True):
            if not text:
                continue
            beginning = readable(text)
            group.append(_Part(doc, first, spaced(beginning), style + _LOUD * shouts(beginning)))
            characters += len(beginning)
            if characters > _GROUP:
                yield group
                group, characters = [], 0
    if group:
        yield group


# --- chunks --------------------------------------------------------------------------------

_BITS = 18
"""Binary digits of the number of slots; 12 bytes each."""
_MASK = (1 << _BITS) - 1
_SHIFTS = np.uint64(64 - _BITS), np.uint64(8)
"""Shifts of a hash to the number of its slot; each chunk may be in one of two slots."""
_COLUMNS = 3
"""Numbers in the entry of a chunk."""
_SLOT = 100
"""Bytes of an entry of a dict and its number, roughly."""
_ENTRY, _ADDED = 14, 9
"""Bytes of the entry of a chunk, and of an index key that it adds, with the arrays' reserve."""
_MASKS = np.array([(1 << 8 * size) - 1 for size in range(9)], dtype=np.uint64)
"""Masks that keep the first bytes of eight, by the number of bytes."""


def _random(count: int) -> list[np.uint64]:
    """Return odd numbers that nobody can guess: hashes of strings differ by process."""
    return [np.uint64(hash(f"{number}") % (1 << 64) | 1) for number in range(count)]


def _mixed(hashes: Hashes, blocks: Hashes, factor: np.uint64) -> Hashes:
    mixed = (hashes ^ blocks) * factor
    mixed ^= mixed >> np.uint64(32)
    return mixed


class Chunks(NamedTuple):
    """The chunks of texts, which are one row of bytes with blanks between them."""

    content: bytes
    starts: Numbers
    ends: Numbers
    text_starts: Numbers
    """The number of the first chunk of each text, and at the end the number of chunks."""

    @classmethod
    def of(cls, texts: Sequence[str]) -> Chunks:
        """Return the chunks of texts."""
        encoded = [text.encode() for text in texts]
        content = b" ".join(encoded)
        blanks = np.flatnonzero(np.frombuffer(content, dtype=np.uint8) == ord(" "))
        starts = np.concatenate(([0], blanks + 1))
        ends = np.append(blanks, len(content))
        next_starts = np.cumsum([len(text) + 1 for text in encoded])
        firsts = np.searchsorted(starts, next_starts[:-1])
        return cls(content, starts, ends, np.concatenate(([0], firsts, [len(starts)])))


class _KeyNumbers(dict[bytes, int]):
    """Numbers index keys, as UTF-8, in the order of their first use."""

    def __init__(self) -> None:
        super().__init__()
        self.by_number: list[bytes] = []
        """The keys in the order of their numbers."""
        self.bytes = 0
        """Bytes of the keys and their numbers, roughly."""
        self._sorted = np.empty(0, dtype=np.uint32)

    def sorted_numbers(self) -> NDArray[np.uint32]:
        """Return the numbers of all keys, in the order of the keys."""
        key_of, old = self.by_number.__getitem__, self._sorted.data
        new = sorted(range(len(old), len(self)), key=key_of)  # few from batch to batch
        places = [bisect_left(old, key, key=key_of) for key in map(key_of, new)]
        self._sorted = np.insert(self._sorted, places, new)
        return self._sorted

    def __missing__(self, key: bytes) -> int:
        self.by_number.append(key)
        self.bytes += _SLOT + getsizeof(key)
        return self.setdefault(key, len(self))


class ChunkTable:
    """Numbers chunks and the index keys that they add. It grows; the caller watches `bytes`."""

    def __init__(self) -> None:
        self._keys = Keys(max_bytes=_CACHE_BYTES)
        self._random = _random(2 + (_LOUD | _AUTHOR) + 1)
        self._slots = np.zeros(1 << _BITS, dtype=np.uint64)
        self._slot_numbers = np.zeros(1 << _BITS, dtype=np.uint32)
        self._overflow: dict[int, int] = {}
        """The numbers of chunks for which both slots were taken, by their hashes."""
        self.key_numbers = _KeyNumbers()
        """The numbers of the index keys."""
        self._entries = array("I")
        """The columns of `entries`, by the number of a chunk."""
        self.added = array("Q")
        """Occurrences: numbers of index keys, and codes counted from the start of the chunk."""

    @property
    def bytes(self) -> int:
        """Bytes that the table takes, roughly."""
        numbers = _ENTRY * len(self._entries) // _COLUMNS + _ADDED * len(self.added)
        return self.key_numbers.bytes + _SLOT * len(self._overflow) + numbers

    def entries(self, numbers: NDArray[np.unsignedinteger[Any]]) -> NDArray[np.uint32]:
        """Return the entries of chunks, in three columns.

        They hold the number of words of a chunk, the index of its first occurrence in `added`, and
        the number of its occurrences. All are in one row, so that memory is read once.
        """
        entries = np.frombuffer(self._entries, dtype=np.uint32).reshape(-1, _COLUMNS)
        return entries.take(numbers, axis=0)

    def numbers(self, chunks: Chunks, styles: Numbers) -> NDArray[np.uint32]:
        """Return the number of each chunk, given the style of each text."""
        hashes = self._hashes(chunks, styles)
        slots = (hashes >> _SHIFTS[0]).astype(np.int64)
        numbers = self._slot_numbers[slots]
        is_short = chunks.ends - chunks.starts <= LONGEST
        rows = np.flatnonzero((self._slots[slots] != hashes) | ~is_short)
        if len(rows):
            slots = (hashes[rows] >> _SHIFTS[1]).astype(np.int64) & _MASK
            numbers[rows] = self._slot_numbers[slots]
            rows = rows[(self._slots[slots] != hashes[rows]) | ~is_short[rows]]
        if len(rows):
            text_numbers = np.searchsorted(chunks.text_starts, rows, side="right") - 1
            numbers[rows] = self._looked_up(chunks, rows, hashes[rows], styles[text_numbers])
        return numbers

    def _hashes(self, chunks: Chunks, styles: Numbers) -> Hashes:
        """Return the hash of each chunk, into which its bytes are mixed eight at a time."""
        content = np.frombuffer(chunks.content + b"        ", dtype=np.uint8)
        blocks = np.ndarray(len(content) - 7, "<u8", content, strides=(1,))
        sizes = chunks.ends - chunks.starts
        factor, last_factor, *style_seeds = self._random
        seeds = np.array(style_seeds, dtype=np.uint64)[styles]
        hashes: Hashes = np.repeat(seeds, np.diff(chunks.text_starts)) + sizes.view(np.uint64)
        hashes = _mixed(hashes, blocks[chunks.starts] & _MASKS[np.minimum(sizes, 8)], factor)
        for start in range(8, LONGEST, 8):
            rows = np.flatnonzero(sizes > start)
            if not len(rows):
                break
            masks = _MASKS[np.minimum(sizes[rows] - start, 8)]
            hashes[rows] = _mixed(hashes[rows], blocks[chunks.starts[rows] + start] & masks, factor)
        hashes *= last_factor
        return hashes

    def _looked_up(self, chunks: Chunks, rows: Numbers, hashes: Hashes, styles: Numbers) -> Numbers:
        """Return the numbers of chunks without a slot; each new chunk is analysed once."""
        is_long = (chunks.ends[rows] - chunks.starts[rows]) > LONGEST
        hashes[is_long] = np.arange(1, 1 + np.count_nonzero(is_long))
        unique, first, inverse = np.unique(hashes, return_index=True, return_inverse=True)
        numbers = np.array([*map(self._overflow.get, unique.tolist(), repeat(-1))])
        is_long = is_long[first]
        numbers[is_long] = -1
        new = np.flatnonzero(numbers < 0)
        examples = rows[first[new]]
        bounds = zip(chunks.starts[examples].tolist(), chunks.ends[examples].tolist(), strict=True)
        texts = [chunks.content[start:end].decode() for start, end in bounds]
        numbers[new] = [*map(self._analysed, texts, styles[first[new]].tolist())]
        new = new[~is_long[new]]
        self._remember(unique[new], numbers[new])
        return numbers[inverse]

    def _remember(self, hashes: Hashes, numbers: Numbers) -> None:
        """Add new chunks, each in the first of its slots that is free."""
        for shift in _SHIFTS:
            slots = (hashes >> shift).astype(np.int64) & _MASK
            free = np.flatnonzero(self._slots[slots] == 0)
            free_slots, first = np.unique(slots[free], return_index=True)
            placed = free[first]
            self._slots[free_slots] = hashes[placed]
            self._slot_numbers[free_slots] = numbers[placed]
            hashes, numbers = np.delete(hashes, placed), np.delete(numbers, placed)
        self._overflow.update(zip(hashes.tolist(), numbers.tolist(), strict=True))

    def _analysed(self, chunk: str, style: int) -> int:
        """Analyse a chunk of a text of some style, and return its new number."""
        pairs, words = (self._keys.loud if style & _LOUD else self._keys).additions(chunk)
        prefix = AUTHOR if style & _AUTHOR else ""
        self._entries.extend((words, len(self.added), len(pairs)))
        keys = self.key_numbers
        self.added.extend([(keys[(prefix + key).encode()] << TERM) + code for key, code in pairs])
        return len(self._entries) // _COLUMNS - 1
