"""Columns: one number of each kind for each document of a segment, in one file."""

from __future__ import annotations

from array import array
from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO

from index.engine.checksummed_file import ChecksummedFile, ChecksummedFileWriter

VERSION = 7
"""Version of the archive. Raise it when the fields, the files, or the words of the tokenizer
change: an archive of another version is built again."""
NAME = f"tocsin{VERSION}"
"""Name of the index; it is part of the name of every file, as Whoosh wants it."""
MAX_DOCUMENTS = 1 << 16
"""Largest number of documents in a segment: their numbers have 16 bits."""
WORDS, LANG, FEED = "words", "lang", "feed"
"""Fields with posting lists."""
ID, DATE, STORY, LENGTH = "id", "date", "story", "length"
"""Fields with one number for each article."""
COLUMN_TYPES = {ID: "Q", DATE: "d", STORY: "Q", LENGTH: "I"}
"""Typecode (see `array`) of the numbers of a field."""


EXTENSION = ".columns"
"""Extension of the file of columns."""

_Entry = tuple[str, int, float, float, float]
"""Typecode, offset in the file, smallest, largest, sum."""


def write_columns(file: BinaryIO, columns: Mapping[str, array[Any]]) -> None:
    """Write columns, each with one number for each document."""
    out = ChecksummedFileWriter(file)
    entries = {}
    for name, column in columns.items():
        start = out.write(column.tobytes())
        entries[name] = [column.typecode, start, min(column), max(column), sum(column)]
    documents = max(map(len, columns.values()))
    out.seal({"documents": documents, "columns": entries})


class Columns:
    """The columns of one segment, mapped into memory. Safe from any thread."""

    def __init__(self, file: BinaryIO, name: str) -> None:
        self.file = ChecksummedFile(file, name)
        self.documents: int = self.file.directory["documents"]
        self._entries: dict[str, _Entry] = self.file.directory["columns"]

    @classmethod
    def open(cls, folder: Path, segment: str) -> Columns:
        """Open the columns of a segment of an archive.

        Raises:
            FileNotFoundError: The file is gone.
            ArchiveDamaged: The file is not whole.
        """
        path = folder / f"{segment}{EXTENSION}"
        with path.open("rb") as file:
            return cls(file, str(path))

    def values(self, name: str) -> array[Any]:
        """Return a copy of a column."""
        typecode, start, *_ = self._entries[name]
        column: array[Any] = array(typecode)
        with self.file.damage_reported():
            column.frombytes(self.file.section(start, start + column.itemsize * self.documents))
        return column

    def bounds(self, name: str) -> tuple[float, float]:
        """Return the smallest and the largest value of a column."""
        _, _, low, high, _ = self._entries[name]
        return low, high

    def total(self, name: str) -> float:
        """Return the sum of a column."""
        return self._entries[name][-1]
