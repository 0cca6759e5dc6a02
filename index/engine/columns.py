"""Columns: one number of each kind for each document of a segment, in one file."""

from __future__ import annotations

from array import array
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from index.engine.checksummed_file import ChecksummedFile, ChecksummedFileWriter

if TYPE_CHECKING:
    from numpy.typing import NDArray

EXTENSION = ".columns"
"""What the name of such a file ends with."""

_Listed = tuple[str, int, float, float, float]
_EMPTY = ("Q", 0, 0, 0, 0)


class ColumnsWriter:
    """Gathers the columns of a segment and writes them at its end."""

    def __init__(self) -> None:
        self._columns: dict[str, array[Any]] = {}

    def put(self, name: str, typecode: str, doc: int, value: float) -> None:
        """Set the value of a document. Documents come in order; those left out have 0."""
        column = self._columns.setdefault(name, array(typecode))
        if len(column) < doc:
            column.frombytes(bytes(column.itemsize * (doc - len(column))))
        column.append(value)

    def extend(self, name: str, doc: int, values: array[Any]) -> None:
        """Set the values of consecutive documents, the first of which is `doc`."""
        column = self._columns.setdefault(name, array(values.typecode))
        column.frombytes(bytes(column.itemsize * (doc - len(column))))
        column.extend(values)

    def numbers(self, name: str) -> NDArray[Any]:
        """Return a copy of a column."""
        import numpy as np  # readers do without

        column = self._columns[name]
        return np.array(column, dtype=column.typecode)

    def reorder(self, order: NDArray[Any]) -> None:
        """Put the documents into another order; all columns have all documents."""
        for name, column in self._columns.items():
            reordered = self.numbers(name)[order]
            self._columns[name] = array(column.typecode, reordered.tobytes())

    def drop(self, doc: int) -> None:
        """Remove the values of the documents from `doc` on."""
        for column in self._columns.values():
            del column[doc:]

    def write(self, file: BinaryIO, documents: int) -> None:
        """Write the file."""
        out = ChecksummedFileWriter(file)
        listed = {}
        for name, column in self._columns.items():
            column.frombytes(bytes(column.itemsize * (documents - len(column))))
            start = out.write(column.tobytes())
            listed[name] = [column.typecode, start, min(column), max(column), sum(column)]
        out.seal({"documents": documents, "columns": listed})


class Columns:
    """The columns of one segment, mapped into memory. Safe from any thread."""

    def __init__(self, file: BinaryIO, name: str) -> None:
        self.file = ChecksummedFile(file, name)
        self.documents: int = self.file.directory["documents"]
        self._listed: dict[str, _Listed] = self.file.directory["columns"]

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

    def __contains__(self, name: str) -> bool:
        return name in self._listed

    def values(self, name: str) -> array[Any]:
        """Return a copy of a column; a column without values is all 0."""
        if name not in self._listed:
            return array("Q", bytes(8 * self.documents))
        typecode, start, *_ = self._listed[name]
        column: array[Any] = array(typecode)
        with self.file.damage_reported():
            column.frombytes(self.file.section(start, start + column.itemsize * self.documents))
        return column

    def bounds(self, name: str) -> tuple[float, float]:
        """Return the smallest and the largest value of a column."""
        _, _, low, high, _ = self._listed.get(name, _EMPTY)
        return low, high

    def total(self, name: str) -> float:
        """Return the sum of a column."""
        return self._listed.get(name, _EMPTY)[-1]
