"""Posting lists: in which documents a term occurs and where, in one file for each segment.

The list of a term holds its documents as 16-bit numbers, then how often it occurs in each
(nothing if always once, else 8 or 16 bits), then the codes of `term_positions`, 32 bits each.
Fixed widths take more disk than compressed ones, and make reading a list of 50,000 documents one
copy instead of a loop.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import accumulate, compress, count
from pathlib import Path
from typing import Any, BinaryIO, Literal, NamedTuple, TypeAlias

from index.engine.checksummed_file import ChecksummedFile, ChecksummedFileWriter

EXTENSION = ".lists"
"""What the name of such a file ends with."""
MAX_DOCUMENTS = 1 << 16
"""Documents of one segment at most: their numbers have 16 bits."""
MAX_OCCURRENCES = (1 << 16) - 1
"""Occurrences of a term in one document that are kept: their number has 16 bits."""
_TERM_END = b"\n"
_AFTER_ANY = b"\xff"  # no UTF-8 has this byte
_COUNT_TYPES = "?BH"
"""Type of the counts by their width in bytes; width 0: always once, none written."""

Codes: TypeAlias = "array[int] | memoryview"


class Postings:
    """The posting list of one term."""

    __slots__ = ("_ends", "codes", "counts", "docs")

    def __init__(self, docs: array[int], counts: array[int] | None, codes: Codes) -> None:
        self.docs = docs
        """Numbers of documents, ascending."""
        self.counts = counts
        """How often the term occurs in each of them; None: always once."""
        self.codes = codes
        """Codes of all documents, one after the other."""
        self._ends: array[int] | None = None

    @property
    def ends(self) -> Sequence[int]:
        """Where the codes of each document end, after a first 0."""
        if self.counts is None:
            return range(len(self.docs) + 1)
        if self._ends is None:
            self._ends = array("I", accumulate(self.counts, initial=0))
        return self._ends

    def at(self, doc: int) -> Codes:
        """Return the ascending codes of a document, empty if the term is not in it."""
        rank = bisect_left(self.docs, doc)
        if rank == len(self.docs) or self.docs[rank] != doc:
            return self.codes[:0]
        ends = self.ends
        return self.codes[ends[rank] : ends[rank + 1]]

    def ranks_of(self, docs: Collection[int]) -> dict[int, int]:
        """Return the rank in the list of each of some documents, if the term occurs in it."""
        own = self.docs
        if 16 * len(docs) > len(own):  # three times as fast as a comprehension
            chosen = list(map(docs.__contains__, own))
            return dict(zip(compress(own, chosen), compress(count(), chosen), strict=True))
        ranks = ((doc, bisect_left(own, doc)) for doc in docs)
        return {doc: rank for doc, rank in ranks if rank < len(own) and own[rank] == doc}

    def documents_in(self, docs: set[int]) -> set[int]:
        """Return those of some documents in which the term occurs."""
        if 16 * len(docs) > len(self.docs):
            return docs.intersection(self.docs)
        return set(self.ranks_of(docs))

    def documents_with_code(self, first: int, end: int) -> list[int]:
        """Return the documents with a code from `first` to below `end`."""
        codes, ends, docs = self.codes, self.ends, []
        for doc, low, high in zip(self.docs, ends, ends[1:], strict=False):
            at = bisect_left(codes, first, low, high)
            if at < high and codes[at] < end:
                docs.append(doc)
        return docs


class Records(NamedTuple):
    """Posting lists ready to be written, in the order of their terms."""

    terms: list[bytes]
    sizes: bytes
    """Documents of each list less one, 16 bits."""
    widths: bytes
    """Bytes of a count in each list."""
    lengths: bytes
    """Bytes of each list, 64 bits."""
    content: bytes


class PostingsFileWriter:
    """Writes the posting lists of a segment, field by field."""

    def __init__(self, file: BinaryIO) -> None:
        self._out = ChecksummedFileWriter(file)
        self._fields: dict[str, Any] = {}

    def add_field(self, field: str, lists: Iterable[Records]) -> None:
        """Write all lists of a field, which come in the order of their terms."""
        write = self._out.write
        first = self._out.offset
        terms: list[bytes] = []
        lengths, sizes, widths = array("Q"), array("H"), array("B")
        for some in lists:
            terms += some.terms
            lengths.frombytes(some.lengths)
            sizes.frombytes(some.sizes)
            widths.frombytes(some.widths)
            write(some.content)
        starts = array("Q", accumulate(lengths, initial=first))
        lexicon = _TERM_END.join(terms)
        if lexicon.count(_TERM_END) != max(len(terms) - 1, 0):
            raise ValueError("a term holds a line break")  # not a message
        tops = array("I", accumulate((len(term) + 1 for term in terms), initial=0))
        self._fields[field] = [
            len(terms),
            *(write(column.tobytes()) for column in (starts, sizes, tops, widths)),
            write(lexicon),
            len(lexicon),
        ]

    def close(self) -> None:
        """Write the directory and the checksum."""
        self._out.seal({"fields": self._fields})


class PostingsFile:
    """The posting lists of one segment, mapped into memory. Safe from any thread.

    Its methods raise ArchiveDamaged where numbers in the file are wrong.
    """

    def __init__(self, file: BinaryIO, name: str) -> None:
        self.file = ChecksummedFile(file, name)
        with self.file.damage_reported():
            self._fields = {
                field: Field(self.file, numbers)
                for field, numbers in self.file.directory["fields"].items()
            }

    @classmethod
    def open(cls, folder: Path, segment: str) -> PostingsFile:
        """Open the posting lists of a segment of an archive.

        Raises:
            FileNotFoundError: The file is gone.
            ArchiveDamaged: The file is not whole.
        """
        path = folder / f"{segment}{EXTENSION}"
        with path.open("rb") as file:
            return cls(file, str(path))

    def fields(self) -> list[str]:
        """Return the names of the fields."""
        return list(self._fields)

    def field(self, name: str) -> Field | None:
        """Return a field, None if the segment does not have it."""
        return self._fields.get(name)

    def terms(self, field: str, prefix: bytes = b"") -> list[bytes]:
        """Return the terms of a field that begin with a prefix, in order."""
        with self.file.damage_reported():
            return self._fields[field].terms(prefix) if field in self._fields else []

    def frequency(self, field: str, term: bytes) -> int:
        """Return in how many documents a term occurs, deleted ones included."""
        with self.file.damage_reported():
            return self._fields[field].frequency(term) if field in self._fields else 0

    def find(self, field: str, term: bytes) -> Postings | None:
        """Return the list of a term, None if it does not occur."""
        with self.file.damage_reported():
            return self._fields[field].find(term) if field in self._fields else None

    def each(self, field: str) -> Iterator[tuple[bytes, Postings]]:
        """Yield every term of a field with its list, in order."""
        if field in self._fields:
            with self.file.damage_reported():
                yield from self._fields[field].each()


class Field:
    """One field's lexicon and lists. What its methods return is checked."""

    def __init__(self, file: ChecksummedFile, numbers: Sequence[int]) -> None:
        self._file = file
        self.count, self.starts, self.sizes, self._tops, self.widths, self._lexicon, _ = numbers
        """Number of terms; then where these begin in the file: where each list starts, and where
        the last one ends (64 bits); documents of each list less one (16 bits); where each term
        starts in the lexicon (32 bits); bytes of a count in each list (8 bits); the lexicon."""
        content = file.content
        self._unchecked_tops = content[self._tops : self._tops + 4 * (self.count + 1)].cast("I")
        self._unchecked_lexicon = content[self._lexicon : self._lexicon + numbers[6]]

    def _unchecked_term(self, rank: int) -> bytes:
        tops = self._unchecked_tops
        return bytes(self._unchecked_lexicon[tops[rank] : tops[rank + 1] - 1])

    def _rank(self, term: bytes) -> tuple[int, list[bytes]]:
        """Return how many terms come before a term, and the one before it and the one at it.

        The search reads what may be damaged; its end is checked: a term that belongs between
        two neighbours of the lexicon belongs nowhere else.
        """
        rank = bisect_left(range(self.count), term, key=self._unchecked_term)
        first = max(rank - 1, 0)
        terms = self._terms(first, min(rank + 1, self.count))
        before, after = terms[: rank - first], terms[rank - first :]
        if (before and before[0] >= term) or (after and after[0] < term):
            self._terms(0, self.count)  # raises
            raise ValueError("the terms are not in order")  # not a message
        return rank, after

    def _terms(self, first: int, last: int) -> list[bytes]:
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

    def terms(self, prefix: bytes) -> list[bytes]:
        """Return the terms that begin with a prefix, in order."""
        first, last = 0, self.count
        if prefix:
            (first, _), (last, _) = self._rank(prefix), self._rank(prefix + _AFTER_ANY)
        return self._terms(first, last)

    def frequency(self, term: bytes) -> int:
        """Return in how many documents a term occurs."""
        rank, at = self._rank(term)
        return self._size(rank) if at == [term] else 0

    def find(self, term: bytes) -> Postings | None:
        """Return the list of a term."""
        rank, at = self._rank(term)
        return self._postings(rank) if at == [term] else None

    def each(self) -> Iterable[tuple[bytes, Postings]]:
        """Yield every term with its list."""
        return zip(self.terms(b""), map(self._postings, range(self.count)), strict=True)

    def _size(self, rank: int) -> int:
        return int(self._numbers("H", self.sizes, rank, rank + 1)[0]) + 1

    def _postings(self, rank: int) -> Postings:
        start, end = self._numbers("Q", self.starts, rank, rank + 2)
        content = self._file.section(start, end)
        size, (width,) = self._size(rank), self._numbers("B", self.widths, rank, rank + 1)
        middle = 2 * size
        tail = middle + width * size
        docs = array("H", content[:middle].tobytes())
        counts = array(_COUNT_TYPES[width], content[middle:tail].tobytes()) if width else None
        return Postings(docs, counts, content[tail:].cast("I"))
