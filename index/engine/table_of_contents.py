"""Reads Whoosh's table of contents: which segments an archive has at this moment.

Whoosh writes the table with every commit, under a new generation number, and renames it into
place. A search reads it here, without Whoosh: importing Whoosh would double the time a search
takes to start, and Whoosh unpickles whatever the file names, while this reader accepts the two
classes that belong there.
"""

from __future__ import annotations

import contextlib
import io
import os
import pickle
import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from index.engine.schema import NAME
from index.errors import ArchiveDamaged, ArchiveError

_FILE = re.compile(rf"_{NAME}_(\d+)\.toc")
_HEADER = struct.Struct("!BBBii")  # sizes of three C types, a marker of the byte order, a version
_EXPECTED = struct.calcsize("!i"), struct.calcsize("!q"), struct.calcsize("!f"), -12345, -111
_NUMBERS = struct.Struct("!ii")  # the generation, and one that Whoosh does not use


class NoTableOfContents(FileNotFoundError):
    """A folder holds no archive of this version."""


@dataclass(frozen=True, slots=True)
class SegmentEntry:
    """A segment as the table of contents lists it."""

    name: str
    """What the names of its files begin with."""
    documents: int
    """Number of documents, deleted ones included."""
    deleted: frozenset[int]
    """Numbers of the deleted documents."""


@dataclass(frozen=True, slots=True)
class TableOfContents:
    """The newest table in a folder."""

    path: Path
    generation: int

    @property
    def stamp(self) -> tuple[int, float]:
        """What changes with every commit."""
        return self.generation, self.path.stat().st_mtime

    def entries(self) -> list[SegmentEntry]:
        """Return the segments it lists.

        Raises whatever a file that is no table of contents leads to.
        """
        stream = io.BytesIO(self.path.read_bytes())
        if _HEADER.unpack(stream.read(_HEADER.size)) != _EXPECTED:
            raise ValueError("written by another Whoosh or on another machine")
        for _ in range(3):  # the version of Whoosh
            _read_varint(stream)
        stream.seek(_read_varint(stream), io.SEEK_CUR)  # the schema
        generation, _ = _NUMBERS.unpack(stream.read(_NUMBERS.size))
        if generation != self.generation:
            raise ValueError("of another generation than its name says")
        return [
            SegmentEntry(f"{s.indexname}_{s.segid}", s._doccount, frozenset(s._deleted or ()))
            for s in _Unpickler(stream).load()
        ]


def newest_table(folder: Path) -> TableOfContents:
    """Return the table of contents of an archive.

    Raises:
        FileNotFoundError: There is no such folder, or it has none of this version.
    """
    with os.scandir(folder) as files:
        generations = [int(found[1]) for file in files if (found := _FILE.fullmatch(file.name))]
    if not generations:
        raise NoTableOfContents(NAME)
    generation = max(generations)
    return TableOfContents(folder / f"_{NAME}_{generation}.toc", generation)


@contextlib.contextmanager
def damage_reported(folder: Path) -> Iterator[None]:
    """Raise ArchiveDamaged for everything that goes wrong while files of an archive are read."""
    try:
        yield
    except ArchiveError:
        raise
    except NoTableOfContents as error:
        raise ArchiveDamaged(f"{folder}: no index of this version") from error
    except Exception as error:  # a pickle alone can raise anything
        raise ArchiveDamaged(f"{folder}: cannot be read ({error!r})") from error


class _Listed:
    """Holds the attributes of a pickled object."""

    indexname: str
    segid: str
    _doccount: int
    _deleted: set[int] | None


class _Unpickler(pickle.Unpickler):
    """Unpickles the list of segments; no other class is looked up."""

    def find_class(self, module: str, name: str) -> Any:
        if name in ("W3Segment", "ArrayCodec"):
            return _Listed
        raise pickle.UnpicklingError(f"{module}.{name} does not belong there")


def _read_varint(stream: io.BytesIO) -> int:
    """Read a number of seven bits a byte, the lowest first."""
    number = shift = 0
    while (byte := stream.read(1)[0]) & 0x80:
        number |= (byte & 0x7F) << shift
        shift += 7
    return number | byte << shift
