"""The chunks of texts as numbers, and what each of them adds to an index.

News are made of the same 100,000 chunks (what stands between two blanks). A chunk is analysed when
it comes for the first time; then numpy finds its number by its hash, in 0.15 µs; a dict takes 0.6.
The hash has 64 bits and depends on numbers that no stranger can guess, and of chunks of up to eight
bytes no two have the same. A table that is too large is replaced by one of the chunks that came
more than once.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Callable, Sequence
from itertools import repeat
from sys import getsizeof
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from index.analysis.term_positions import Additions, plain_word
from index.analysis.text_cache import LONGEST
from index.engine.list_encoder import TERM

Numbers = NDArray[np.int64]
Hashes = NDArray[np.uint64]

_BITS = 18
"""Binary digits of the number of slots; 13 bytes each."""
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

    def written(self, first: int, last: int) -> list[str]:
        """Return the chunks from `first` to below `last`."""
        return self.content[self.starts[first] : self.ends[last - 1]].decode().split(" ")


class _KeyNumbers(dict[bytes, int]):
    """Numbers index keys, as UTF-8, as they come."""

    def __init__(self) -> None:
        super().__init__()
        self.written: list[bytes] = []
        """The keys by their numbers."""
        self.words = array("i")
        """By the number of a key: the chunk of one plain word whose last key it is, or -1."""
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
        self.words.append(-1)
        self.bytes += _SLOT + getsizeof(key)
        return self.setdefault(key, len(self))


class ChunkTable:
    """Numbers chunks and the index keys that they add. It grows until `bytes` is too much."""

    def __init__(
        self,
        add: Callable[[str, int], Additions],
        keys_of_word: Callable[[str, str, int], Sequence[str]],
        styles: int,
    ) -> None:
        """Make an empty table.

        Args:
            add: Returns what a chunk in a text of some style adds.
            keys_of_word: Returns the index keys of a plain word, with its term, in such a text.
            styles: Number of styles.
        """
        self._add = add
        self._keys_of_word = keys_of_word
        self._random = _random(2 + styles)
        self._slots = np.zeros(1 << _BITS, dtype=np.uint64)
        self._slot_numbers = np.zeros(1 << _BITS, dtype=np.uint32)
        self._came_again = np.zeros(1 << _BITS, dtype=np.bool_)
        """By slot: whether its chunk came again after it was remembered."""
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
        """Return the number of each chunk; `styles` are those of the texts.

        Chunks that add the same have the same number.
        """
        hashes = self._hashes(chunks, styles)
        slots = (hashes >> _SHIFTS[0]).astype(np.int64)
        numbers = self._slot_numbers[slots]
        is_short = chunks.ends - chunks.starts <= LONGEST
        is_known = (self._slots[slots] == hashes) & is_short
        self._came_again[slots[is_known]] = True
        at = np.flatnonzero(~is_known)
        if len(at):
            slots = (hashes[at] >> _SHIFTS[1]).astype(np.int64) & _MASK
            numbers[at] = self._slot_numbers[slots]
            is_known = (self._slots[slots] == hashes[at]) & is_short[at]
            self._came_again[slots[is_known]] = True
            at = at[~is_known]
        if len(at):
            of_text = np.searchsorted(chunks.texts, at, side="right") - 1
            numbers[at] = self._looked_up(chunks, at, hashes[at], styles[of_text])
        return numbers

    def without_rare(self) -> ChunkTable:
        """Return a table of the chunks that came more than once since this one was made."""
        at = np.flatnonzero(self._came_again)
        old, new = np.unique(self._slot_numbers[at], return_inverse=True)
        table = ChunkTable(self._add, self._keys_of_word, len(self._random) - 2)
        table._random = self._random
        table._remember(self._slots[at], new)
        table._take(self, old)
        return table

    def _take(self, other: ChunkTable, numbers: NDArray[np.uint32]) -> None:
        """Take over some numbers of another table, which are 0, 1, 2 and so on in this one."""
        entries = other.entries(numbers)
        firsts, counts = entries[:, 1].copy(), entries[:, 2]
        entries[:, 1] = np.cumsum(counts) - counts
        at = np.repeat(firsts - entries[:, 1], counts)
        at += np.arange(len(at), dtype=np.uint32)
        occurrences = np.array(other.added)[at]
        keys, added = np.unique(occurrences >> np.uint64(TERM), return_inverse=True)
        occurrences &= np.uint64((1 << TERM) - 1)
        occurrences += added.astype(np.uint64) << np.uint64(TERM)
        self._entries = array("I", entries.tobytes())
        self.added = array("Q", occurrences.tobytes())
        written = other.numbers_of_keys.written
        for key in keys.tolist():
            self.numbers_of_keys[written[key]]
        known = np.full(1 + len(other._entries) // _COLUMNS, -1, dtype=np.int32)
        known[numbers] = np.arange(len(numbers))
        words = known[np.array(other.numbers_of_keys.words)[keys]]
        self.numbers_of_keys.words = array("i", words.tobytes())

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
        """Return the number of a chunk, which it shares with others of the same word."""
        plain = plain_word(chunk) if len(chunk) <= LONGEST else None
        if plain is None:
            return self._new(*self._add(chunk, style))
        pairs = [(key, 0) for key in self._keys_of_word(*plain, style)]
        last = self.numbers_of_keys[pairs[-1][0].encode()]  # tells all of them
        number = self.numbers_of_keys.words[last]
        if number < 0:
            number = self.numbers_of_keys.words[last] = self._new(pairs)
        return number

    def _new(self, pairs: Sequence[tuple[str, int]], words: int = 1) -> int:
        """Return a new number, for what adds these index keys with their codes."""
        self._entries.extend((words, len(self.added), len(pairs)))
        numbers = self.numbers_of_keys
        self.added.extend([(numbers[key.encode()] << TERM) + code for key, code in pairs])
        return len(self._entries) // _COLUMNS - 1
