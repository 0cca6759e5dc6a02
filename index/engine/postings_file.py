"""Posting lists: the documents and places in which a term occurs, in one file for each segment.

The list of a term holds its documents, as 16-bit numbers or, if they are many, as one bit for each
document of the segment. Unless the term occurs once in each document, a bit for each place follows,
1 for the first place of a document. Then follow the places, of 8, 12, 16 or 32 bits. Places of 12
bits have their low byte first; behind these bytes, two places share a byte. All numbers of a list
have one width, so that a list of 50,000 documents is read by a few copies instead of a loop.
"""

from __future__ import annotations

import sys
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from itertools import accumulate, repeat
from typing import Any, BinaryIO, Literal, NamedTuple

from index.analysis.term_positions import PART_WIDTH, part_range
from index.engine import bit_sets
from index.engine.bit_sets import Bits
from index.engine.checksummed_file import ChecksummedFile, ChecksummedFileWriter
from monitor.base.article import PARTS


class PlaceLayout:
    """The places at which the parts of the articles of a segment begin."""

    def __init__(self, widths: Sequence[int]) -> None:
        """Take the number of positions of each part; one position of each stays unused.

        Raises:
            ValueError: The widths are impossible.
        """
        if len(widths) != len(PARTS) or not all(0 <= width <= 2 * PART_WIDTH for width in widths):
            raise ValueError("parts that cannot be")  # not a message
        self.widths = tuple(widths)
        self.starts = tuple(accumulate(widths, initial=0))
        """The first place of each part, and at the end the number of all places."""
        self._shifts = [number * PART_WIDTH - start for number, start in enumerate(self.starts)]

    def codes(self, places: Iterable[int], *, with_lengths: bool) -> list[int]:
        """Return the codes of places.

        Args:
            places: Places as a posting list has them.
            with_lengths: Whether the lowest two bits of each place are its length less one.
        """
        starts, shifts = self.starts[1:], self._shifts
        if with_lengths:
            return [
                (place & 3) | (((place >> 2) + shifts[bisect_right(starts, place >> 2)]) << 2)
                for place in places
            ]
        return [(place + shifts[bisect_right(starts, place)]) << 2 for place in places]

    def of_part(self, part: str) -> tuple[int, int]:
        """Return the range of the places of a part: the first one, and the one behind the last."""
        number = part_range(part)[0] // (PART_WIDTH << 2)
        return self.starts[number], self.starts[number + 1]


EMPTY = PlaceLayout([0] * len(PARTS))
"""The layout of a segment without words."""


EXTENSION = ".lists"
"""Extension of the file of posting lists."""
MAX_OCCURRENCES = (1 << 16) - 1
"""Number of occurrences of a term in one document that are kept."""
_TERM_END = b"\n"
_AFTER_ANY = b"\xff"  # no UTF-8 has this byte
PLACE_KIND, WITH_FIRSTS, WITH_LENGTHS, AS_BITS = 0b111, 0b1000, 0b1_0000, 0b10_0000
"""One byte of each list holds the kind of its places, and flags: first places of documents are
marked, the places have lengths (see `PlaceLayout.codes`), the documents are bits."""
PLACE_BITS = (0, 8, 12, 16, 32)
"""Binary digits of a place by its kind."""
_TYPES = "BBHHI"
"""Type of the places in memory by their kind."""
_LOW_BYTE = 0 if sys.byteorder == "little" else 1
_LOW_DIGITS = bytes(byte & 15 for byte in range(256))
_HIGH_DIGITS = bytes(byte >> 4 for byte in range(256))


_CHUNK = 9
"""Documents in a chunk of a set, for look-ups, as a power of two."""
_IN_CHUNK = (1 << _CHUNK) - 1


class Postings:
    """The posting list of one term."""

    def __init__(
        self,
        docs: Sequence[int] | Bits,
        firsts: bytes | None,
        places: array[int],
        layout: PlaceLayout = EMPTY,
        *,
        with_lengths: bool = False,
    ) -> None:
        """Take the sections of a list; see `PostingsFile`."""
        self._bits = docs if isinstance(docs, Bits) else None
        self._docs = () if isinstance(docs, Bits) else docs
        self.size = docs.bit_count() if isinstance(docs, Bits) else len(docs)
        """Number of documents."""
        self._firsts = firsts
        self.places = places
        """Places of all documents, one after the other."""
        self.layout = layout
        self.with_lengths = with_lengths

    @property
    def bits(self) -> Bits:
        """The documents, as a set."""
        return bit_sets.of_documents(self._docs) if self._bits is None else self._bits

    @property
    def docs(self) -> Sequence[int]:
        """Numbers of the documents, ascending."""
        return self._docs if self._bits is None else bit_sets.documents(self._bits)

    @cached_property
    def counts(self) -> array[int] | None:
        """The number of occurrences in each document; None if each has one."""
        if self._firsts is None:
            return None
        firsts = int.from_bytes(self._firsts, "little") | 1 << len(self.places)
        zeros = f"{firsts:b}"[::-1].split("1")[1:-1]  # those of each document
        counts = [1 + len(run) for run in zeros]
        return array("B" if max(counts, default=0) < 256 else "H", counts)

    @property
    def is_bits(self) -> bool:
        """Whether the documents are kept as a set."""
        return self._bits is not None

    @cached_property
    def _ends(self) -> Sequence[int]:
        """The index behind the places of each document, after a first 0."""
        if self.counts is None:
            return range(self.size + 1)
        return array("I", accumulate(self.counts, initial=0))

    def at(self, doc: int) -> list[int]:
        """Return the ascending codes of a document, empty if the term is not in it."""
        rank = self._rank(doc)
        if rank < 0:
            return []
        places = self.places[self._ends[rank] : self._ends[rank + 1]]
        return self.layout.codes(places, with_lengths=self.with_lengths)

    def counts_in(self, docs: Sequence[int]) -> list[int]:
        """Count the term in each of the documents."""
        if self._bits is None:
            count_by_doc = dict(zip(self._docs, self.counts or repeat(1), strict=False))
            return [count_by_doc.get(doc, 0) for doc in docs]
        ranks, counts = map(self._rank, docs), self.counts
        return [0 if rank < 0 else counts[rank] if counts else 1 for rank in ranks]

    def _rank(self, doc: int) -> int:
        """Return the rank of a document in the list, -1 if it is not in the list."""
        if self._bits is not None:
            if doc >> _CHUNK >= len(self._chunks):
                return -1
            chunk, before = self._chunks[doc >> _CHUNK]
            shifted = chunk >> (doc & _IN_CHUNK)
            return before + chunk.bit_count() - shifted.bit_count() if shifted & 1 else -1
        rank = bisect_left(self._docs, doc)
        return rank if rank < self.size and self._docs[rank] == doc else -1

    @cached_property
    def _chunks(self) -> list[tuple[Bits, int]]:
        """The chunks of the set, each with the number of documents before it."""
        bits = self._bits or 0
        content = bits.to_bytes((bits.bit_length() >> 3) + 1, "little")
        size = 1 << _CHUNK - 3
        chunks = [
            int.from_bytes(content[i : i + size], "little") for i in range(0, len(content), size)
        ]
        return list(zip(chunks, accumulate(map(int.bit_count, chunks), initial=0), strict=False))

    def documents_with_part(self, part: str) -> Bits:
        """Return the documents in which the term occurs in a part."""
        first, last = self.layout.of_part(part)
        if self.with_lengths:
            first, last = first << 2, last << 2
        inside = [i for i, code in enumerate(self.places) if first <= code < last]
        docs, ends, rank, part_docs = self.docs, self._ends, 0, []
        for i in inside:
            rank = bisect_right(ends, i, rank) - 1
            part_docs.append(docs[rank])
        return bit_sets.of_documents(part_docs)


class Records(NamedTuple):
    """Posting lists to write, in the order of their terms."""

    terms: list[bytes]
    sizes: bytes
    """The number of documents of each list less one, 16 bits."""
    kinds: bytes
    """The sections of each list, 8 bits."""
    lengths: bytes
    """The number of bytes of each list, 64 bits."""
    content: bytes


class PostingsFileWriter:
    """Writes the posting lists of a segment, field by field."""

    def __init__(self, file: BinaryIO) -> None:
        self._out = ChecksummedFileWriter(file)
        self._fields: dict[str, Any] = {}

    def add_field(self, field: str, lists: Iterable[Records]) -> None:
        """Write all lists of a field, in the order of their terms."""
        import numpy as np  # readers do not need it

        write = self._out.write
        first = self._out.offset
        lexicon, lengths, sizes, kinds = bytearray(), bytearray(), bytearray(), bytearray()
        for records in lists:
            lexicon += _TERM_END.join([*records.terms, b""])
            lengths += records.lengths
            sizes += records.sizes
            kinds += records.kinds
            write(records.content)
        ends = first + np.cumsum(np.frombuffer(lengths, dtype=np.uint64))
        starts = np.append(np.uint64(first), ends).astype("Q" if self._out.offset >> 32 else "I")
        term_ends = np.flatnonzero(np.frombuffer(lexicon, dtype=np.uint8) == ord(_TERM_END))
        term_starts = np.append(0, term_ends + 1).astype("I")
        if len(term_starts) != len(starts):
            raise ValueError("a term holds a line break")  # not a message
        del lexicon[-1:]
        self._fields[field] = [
            len(kinds),
            *(write(bytes(column)) for column in (starts, sizes, term_starts, kinds, lexicon)),
            len(lexicon),
            starts.itemsize,
        ]

    def close(self, documents: int, layout: PlaceLayout = EMPTY) -> None:
        """Write the directory and the checksum."""
        self._out.seal({"documents": documents, "parts": layout.widths, "fields": self._fields})


class PostingsFile:
    """The posting lists of one segment, mapped into memory. Safe from any thread."""

    def __init__(self, file: BinaryIO, name: str) -> None:
        self.file = ChecksummedFile(file, name)
        with self.file.damage_reported():
            self.documents = int(self.file.directory["documents"])
            """Number of documents of the segment."""
            self.layout = PlaceLayout(self.file.directory["parts"])
            self._fields = {
                field: Field(self.file, numbers, self.documents, self.layout)
                for field, numbers in self.file.directory["fields"].items()
            }

    def field(self, name: str) -> Field:
        """Return a field."""
        return self._fields[name]


class Field:
    """The lexicon and the lists of a field. Its methods check the bytes that they return.

    They raise ArchiveDamaged where numbers in the file are wrong.
    """

    def __init__(
        self, file: ChecksummedFile, numbers: Sequence[int], documents: int, layout: PlaceLayout
    ) -> None:
        self._file = file
        self._documents, self._layout = documents, layout
        self.count, self.starts, self.sizes, self._tops, self.kinds, self._lexicon = numbers[:6]
        """The number of terms, then the offsets of five sections: the start of each list, and the
        end of the last one; documents of each list less one (16 bits); the start of each term in
        the lexicon (32 bits); the sections of each list (8 bits); the lexicon."""
        self.start_type: Literal["Q", "I"] = "Q" if numbers[7] == 8 else "I"
        """Type of the numbers of the starts of lists."""
        content = file.content
        self._unchecked_tops = content[self._tops : self._tops + 4 * (self.count + 1)].cast("I")
        self._unchecked_lexicon = content[self._lexicon : self._lexicon + numbers[6]]

    def _unchecked_term(self, rank: int) -> bytes:
        tops = self._unchecked_tops
        return bytes(self._unchecked_lexicon[tops[rank] : tops[rank + 1] - 1])

    def _locate(self, term: bytes) -> tuple[int, list[bytes]]:
        """Return the rank of a term, and the term at that rank, in a list.

        The search reads bytes that may be damaged; then the neighbours are checked: a term that
        belongs between two neighbours of the lexicon belongs nowhere else.
        """
        rank = bisect_left(range(self.count), term, key=self._unchecked_term)
        first = max(rank - 1, 0)
        terms = self._terms_at(first, min(rank + 1, self.count))
        before, after = terms[: rank - first], terms[rank - first :]
        if (before and before[0] >= term) or (after and after[0] < term):
            self._terms_at(0, self.count)  # raises
            raise ValueError("the terms are not in order")  # not a message
        return rank, after

    def _terms_at(self, first: int, last: int) -> list[bytes]:
        """Return the terms from one rank to below another."""
        if first == last:
            return []
        tops = self._numbers("I", self._tops, first, last + 1)
        start, end = self._lexicon + tops[0], self._lexicon + tops[-1] - 1
        return bytes(self._file.section(start, end)).split(_TERM_END)

    def _numbers(
        self, typecode: Literal["B", "H", "I", "Q"], start: int, first: int, last: int
    ) -> memoryview[int]:
        size = array(typecode).itemsize
        return self._file.section(start + size * first, start + size * last).cast(typecode)

    def terms(self, prefix: bytes = b"") -> list[bytes]:
        """Return the terms that begin with a prefix, in order."""
        with self._file.damage_reported():
            first, last = 0, self.count
            if prefix:
                (first, _), (last, _) = self._locate(prefix), self._locate(prefix + _AFTER_ANY)
            return self._terms_at(first, last)

    def terms_at(self, first: int, last: int) -> list[bytes]:
        """Return the terms from one rank to below another."""
        with self._file.damage_reported():
            return self._terms_at(first, last)

    def rank(self, term: bytes) -> int:
        """Count the terms before a term."""
        with self._file.damage_reported():
            return self._locate(term)[0]

    def frequency(self, term: bytes) -> int:
        """Count the documents with a term, deleted ones included."""
        with self._file.damage_reported():
            rank, following = self._locate(term)
            return self._size(rank) if following == [term] else 0

    def find(self, term: bytes) -> Postings | None:
        """Return the list of a term, None if it does not occur."""
        with self._file.damage_reported():
            rank, following = self._locate(term)
            return self._postings(rank) if following == [term] else None

    def items(self) -> Iterator[tuple[bytes, Postings]]:
        """Yield every term with its list, in order."""
        with self._file.damage_reported():
            yield from zip(self.terms(), map(self._postings, range(self.count)), strict=True)

    def _size(self, rank: int) -> int:
        return int(self._numbers("H", self.sizes, rank, rank + 1)[0]) + 1

    def _postings(self, rank: int) -> Postings:
        start, end = self._numbers(self.start_type, self.starts, rank, rank + 2)
        content = self._file.section(start, end)
        size, (kind,) = self._size(rank), self._numbers("B", self.kinds, rank, rank + 1)
        docs_end = (self._documents + 7) >> 3 if kind & AS_BITS else 2 * size
        bits = PLACE_BITS[kind & PLACE_KIND] + (kind & WITH_FIRSTS > 0)
        total = 8 * (len(content) - docs_end) // bits if bits else 0
        places_start = docs_end + ((total + 7) >> 3 if kind & WITH_FIRSTS else 0)
        docs: Sequence[int] | Bits
        if kind & AS_BITS:
            docs = int.from_bytes(content[:docs_end], "little")
        else:
            docs = array("H", content[:docs_end].tobytes())
        firsts = content[docs_end:places_start].tobytes() if kind & WITH_FIRSTS else None
        places = _places(content[places_start:].tobytes(), total, kind & PLACE_KIND)
        return Postings(docs, firsts, places, self._layout, with_lengths=bool(kind & WITH_LENGTHS))


def _places(content: bytes, count: int, kind: int) -> array[int]:
    """Return the places as numbers of one machine type."""
    if PLACE_BITS[kind] != 12:
        return array(_TYPES[kind], content)
    shared = content[count:]
    high = bytearray(2 * len(shared))
    high[::2], high[1::2] = shared.translate(_LOW_DIGITS), shared.translate(_HIGH_DIGITS)
    places = bytearray(2 * count)
    places[_LOW_BYTE::2], places[1 - _LOW_BYTE :: 2] = content[:count], high[:count]
    return array(_TYPES[kind], bytes(places))
