"""The index keys of many articles at once, as numbers that numpy sorts.

`term_positions.postings` says of one article what this says of a batch, in a fifth of its time; a
test compares the two. An occurrence is one number: that of its key, of its document and its code,
in this order, so that a batch is inverted by sorting.

News are made of the same 100,000 chunks (what stands between two blanks). A chunk is analysed when
it comes for the first time; then numpy finds its number by its hash, in 0.15 µs; a dict takes 0.6.
The hash has 64 bits and depends on numbers that no stranger can guess, and of chunks of up to eight
bytes no two have the same. A table that is too large is replaced by an empty one.
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
        self._table = ChunkTable()

    def occurrences(
        self, articles: Sequence[Article]
    ) -> tuple[list[bytes], Occurrences, list[int]]:
        """Return the index keys of some articles as UTF-8, where these occur, and how often.

        Returns:
            The keys in order; the occurrences in order; how many each article has.
        """
        if self._table.bytes > _KNOWN:
            self._table = ChunkTable()
        none = np.empty(0, dtype=np.uint64)
        every = np.concatenate([none, *map(self._occurrences, _groups(articles))])
        docs = (every >> np.uint64(DOC)).astype(np.uint16)
        lengths = np.bincount(docs, minlength=len(articles)).tolist()
        keys = self._table.numbers_of_keys
        numbers = (every >> np.uint64(TERM)).view(np.int64)
        occurs = np.zeros(len(keys), dtype=np.bool_)
        occurs[numbers] = True
        order = keys.sorted_numbers()
        used = order[occurs[order]]
        shifts = np.empty(len(keys), dtype=np.uint64)
        shifts[used] = np.arange(len(used), dtype=np.uint64) - used  # modulo 2**64
        every += (shifts << np.uint64(TERM))[numbers]
        every.sort()
        return [*map(keys.written.__getitem__, used.tolist())], every, lengths

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


# --- chunks --------------------------------------------------------------------------------

_BITS = 18
"""Binary digits of the number of slots; 12 bytes each."""
_MASK = (1 << _BITS) - 1
_SHIFTS = np.uint64(64 - _BITS), np.uint64(8)
"""Which digits of a hash are the number of its slot; a chunk has two slots that it may be in."""
_COLUMNS = 3
"""Numbers of the entry of a chunk."""
_SLOT = 100
"""Bytes of an entry of a dict and the number that it leads to, roughly."""
_ENTRY, _ADDED = 14, 9
"""Bytes of the entry of a chunk, and of an index key that it adds, with what arrays reserve."""
_MASKS = np.array([(1 << 8 * size) - 1 for size in range(9)], dtype=np.uint64)
"""What leaves the first bytes of eight, by their number."""


def _random(count: int) -> list[np.uint64]:
    """Return odd numbers that nobody can guess: hashes of strings differ by process."""
    return [np.uint64(hash(f"{number}") % (1 << 64) | 1) for number in range(count)]


def _mixed(hashes: Hashes, eights: Hashes, factor: np.uint64) -> Hashes:
    mixed = (hashes ^ eights) * factor
    mixed ^= mixed >> np.uint64(32)
    return mixed


class Chunks(NamedTuple):
    """Where the chunks of some texts are, which stand in one row of bytes with blanks between."""

    content: bytes
    starts: Numbers
    ends: Numbers
    texts: Numbers
    """Number of the first chunk of each text; at the end, how many chunks there are."""

    @classmethod
    def of(cls, texts: Sequence[str]) -> Chunks:
        """Return the chunks of some texts."""
        encoded = [text.encode() for text in texts]
        content = b" ".join(encoded)
        blanks = np.flatnonzero(np.frombuffer(content, dtype=np.uint8) == ord(" "))
        starts = np.concatenate(([0], blanks + 1))
        ends = np.append(blanks, len(content))
        behind = np.cumsum([len(text) + 1 for text in encoded])
        firsts = np.searchsorted(starts, behind[:-1])
        return cls(content, starts, ends, np.concatenate(([0], firsts, [len(starts)])))


class _KeyNumbers(dict[bytes, int]):
    """Numbers index keys, as UTF-8, as they come."""

    def __init__(self) -> None:
        super().__init__()
        self.written: list[bytes] = []
        """The keys by their numbers."""
        self.bytes = 0
        """Bytes of the keys and their numbers, roughly."""
        self._sorted = np.empty(0, dtype=np.uint32)

    def sorted_numbers(self) -> NDArray[np.uint32]:
        """Return the numbers of all keys, in the order of the keys."""
        written, known = self.written.__getitem__, self._sorted.data
        new = sorted(range(len(known), len(self)), key=written)  # few from batch to batch
        places = [bisect_left(known, key, key=written) for key in map(written, new)]
        self._sorted = np.insert(self._sorted, places, new)
        return self._sorted

    def __missing__(self, key: bytes) -> int:
        self.written.append(key)
        self.bytes += _SLOT + getsizeof(key)
        return self.setdefault(key, len(self))


class ChunkTable:
    """Numbers chunks and the index keys that they add. It grows until `bytes` is too much."""

    def __init__(self) -> None:
        self._keys = Keys(most=_CACHED)
        self._random = _random(2 + (_LOUD | _AUTHOR) + 1)
        self._slots = np.zeros(1 << _BITS, dtype=np.uint64)
        self._slot_numbers = np.zeros(1 << _BITS, dtype=np.uint32)
        self._crowded_out: dict[int, int] = {}
        """Numbers of the chunks that have neither of their slots, by their hashes."""
        self.numbers_of_keys = _KeyNumbers()
        """Numbers of the index keys."""
        self._entries = array("I")
        """By number: the columns of `entries`."""
        self.added = array("Q")
        """Occurrences: numbers of index keys, and the codes that they are off by."""

    @property
    def bytes(self) -> int:
        """Bytes that the table takes, roughly."""
        numbers = _ENTRY * len(self._entries) // _COLUMNS + _ADDED * len(self.added)
        return self.numbers_of_keys.bytes + _SLOT * len(self._crowded_out) + numbers

    def entries(self, numbers: NDArray[np.unsignedinteger[Any]]) -> NDArray[np.uint32]:
        """Return the entries of some chunks, in three columns.

        These are the words of a chunk, where what it adds begins in `added`, and how many index
        keys these are. One row for all: memory is read once.
        """
        every = np.frombuffer(self._entries, dtype=np.uint32).reshape(-1, _COLUMNS)
        return every.take(numbers, axis=0)

    def numbers(self, chunks: Chunks, styles: Numbers) -> NDArray[np.uint32]:
        """Return the number of each chunk; `styles` are those of the texts."""
        hashes = self._hashes(chunks, styles)
        slots = (hashes >> _SHIFTS[0]).astype(np.int64)
        numbers = self._slot_numbers[slots]
        is_short = chunks.ends - chunks.starts <= LONGEST
        at = np.flatnonzero((self._slots[slots] != hashes) | ~is_short)
        if len(at):
            slots = (hashes[at] >> _SHIFTS[1]).astype(np.int64) & _MASK
            numbers[at] = self._slot_numbers[slots]
            at = at[(self._slots[slots] != hashes[at]) | ~is_short[at]]
        if len(at):
            of_text = np.searchsorted(chunks.texts, at, side="right") - 1
            numbers[at] = self._looked_up(chunks, at, hashes[at], styles[of_text])
        return numbers

    def _hashes(self, chunks: Chunks, styles: Numbers) -> Hashes:
        """Return the hash of each chunk: eight bytes after eight bytes are mixed into it."""
        content = np.frombuffer(chunks.content + b"        ", dtype=np.uint8)
        eights = np.ndarray(len(content) - 7, "<u8", content, strides=(1,))
        sizes = chunks.ends - chunks.starts
        first, second, *of_style = self._random
        seeds = np.array(of_style, dtype=np.uint64)[styles]
        hashes: Hashes = np.repeat(seeds, np.diff(chunks.texts)) + sizes.view(np.uint64)
        hashes = _mixed(hashes, eights[chunks.starts] & _MASKS[np.minimum(sizes, 8)], first)
        for behind in range(8, LONGEST, 8):
            at = np.flatnonzero(sizes > behind)
            if not len(at):
                break
            masks = _MASKS[np.minimum(sizes[at] - behind, 8)]
            hashes[at] = _mixed(hashes[at], eights[chunks.starts[at] + behind] & masks, first)
        hashes *= second
        return hashes

    def _looked_up(self, chunks: Chunks, at: Numbers, hashes: Hashes, styles: Numbers) -> Numbers:
        """Return the numbers of chunks of which the table has none; each is analysed once."""
        long = (chunks.ends[at] - chunks.starts[at]) > LONGEST
        hashes[long] = np.arange(1, 1 + np.count_nonzero(long))
        different, first, which = np.unique(hashes, return_index=True, return_inverse=True)
        numbers = np.array([*map(self._crowded_out.get, different.tolist(), repeat(-1))])
        long = long[first]
        numbers[long] = -1
        new = np.flatnonzero(numbers < 0)
        examples = at[first[new]]
        bounds = zip(chunks.starts[examples].tolist(), chunks.ends[examples].tolist(), strict=True)
        texts = [chunks.content[start:end].decode() for start, end in bounds]
        numbers[new] = [*map(self._analysed, texts, styles[first[new]].tolist())]
        new = new[~long[new]]
        self._remember(different[new], numbers[new])
        return numbers[which]

    def _remember(self, hashes: Hashes, numbers: Numbers) -> None:
        """Add chunks of which the table has none, in the first of their slots that is free."""
        for shift in _SHIFTS:
            slots = (hashes >> shift).astype(np.int64) & _MASK
            free = np.flatnonzero(self._slots[slots] == 0)
            taken, first = np.unique(slots[free], return_index=True)
            placed = free[first]
            self._slots[taken] = hashes[placed]
            self._slot_numbers[taken] = numbers[placed]
            hashes, numbers = np.delete(hashes, placed), np.delete(numbers, placed)
        self._crowded_out.update(zip(hashes.tolist(), numbers.tolist(), strict=True))

    def _analysed(self, chunk: str, style: int) -> int:
        """Return a new number, for what a chunk in a text of some style adds."""
        pairs, words = (self._keys.loud if style & _LOUD else self._keys).additions(chunk)
        space = AUTHOR if style & _AUTHOR else ""
        self._entries.extend((words, len(self.added), len(pairs)))
        numbers = self.numbers_of_keys
        self.added.extend([(numbers[(space + key).encode()] << TERM) + code for key, code in pairs])
        return len(self._entries) // _COLUMNS - 1
