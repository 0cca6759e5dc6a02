"""The table of contents: the segments that an archive has at this moment.

A commit writes a new table under the next generation number, and renames it into place. Whoosh's
own table is a pickle, which can run any code; this one is JSON with a checksum. This module does
not import Whoosh, which would double the start time of a search.
"""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from index.engine.checksummed_file import (
    ChecksummedFile,
    ChecksummedFileWriter,
    durable_file,
    rename_durably,
)
from index.engine.columns import MAX_DOCUMENTS, NAME
from index.errors import ArchiveDamaged, ArchiveError
from monitor.base.translation import gettext as _

_FILE = re.compile(rf"_{NAME}_(\d+)\.toc")
_PART = f"_{NAME}.part"
_ID = re.compile(r"[0-9a-z]+")


class NoTableOfContents(FileNotFoundError):
    """A folder holds no archive of this version."""


class SegmentEntry(Struct, frozen=True):
    """A segment in the table of contents."""

    id: str
    """The unique part of the names of its files."""
    documents: int
    """Number of documents, deleted ones included."""
    deleted: frozenset[int]
    """Numbers of the deleted documents."""

    def __post_init__(self) -> None:
        if not _ID.fullmatch(self.id) or not 0 <= self.documents <= MAX_DOCUMENTS:
            raise ValueError("a segment that cannot be")  # not a message

    def segment_id(self) -> str:
        """Return the prefix of the names of its files; Whoosh calls this method."""
        return f"{NAME}_{self.id}"

    @property
    def count(self) -> int:
        """Number of documents that are not deleted."""
        return self.documents - len(self.deleted)

    def without(self, docs: Iterable[int]) -> SegmentEntry:
        """Return the segment with more of its documents deleted."""
        return replace(self, deleted=self.deleted.union(docs))


class TableOfContents(Struct, frozen=True):
    """The newest table in a folder."""

    path: Path
    next_path: Path
    """The path of the next table."""
    generation: int

    @property
    def stamp(self) -> tuple[int, float]:
        """A value that changes with every commit."""
        return self.generation, self.path.stat().st_mtime

    def is_newest(self, stamp: tuple[int, float]) -> bool:
        """Tell whether the table is still the newest: a commit removes the earlier tables.

        This is quicker than finding the newest table.
        """
        try:
            return self.stamp == stamp and not self.next_path.exists()
        except OSError:
            return False

    def entries(self) -> list[SegmentEntry]:
        """Return the listed segments.

        Raises any exception if the file is no table of contents.
        """
        with self.path.open("rb") as file:
            directory = ChecksummedFile(file, str(self.path)).directory
        if directory["generation"] != self.generation:
            raise ValueError("of another generation than its name says")  # not a message
        return [
            SegmentEntry(id, documents, frozenset(deleted))
            for id, documents, deleted in directory["segments"]
        ]


def write_table(folder: Path, generation: int, entries: Iterable[SegmentEntry]) -> None:
    """Write a new table of contents into its place, durably; the writer holds its lock.

    `generation` is one more than that of the previous table.
    """
    segments = [[entry.id, entry.documents, sorted(entry.deleted)] for entry in entries]
    with durable_file(folder / _PART) as file:
        ChecksummedFileWriter(file).seal({"generation": generation, "segments": segments})
    rename_durably(folder / _PART, folder / _name(generation))


def newest_table(folder: Path) -> TableOfContents:
    """Return the table of contents of an archive.

    Raises:
        FileNotFoundError: There is no such folder, or it has no table of this version.
    """
    with os.scandir(folder) as files:
        generations = [int(match[1]) for file in files if (match := _FILE.fullmatch(file.name))]
    if not generations:
        raise NoTableOfContents(NAME)
    generation = max(generations)
    path, next_path = (folder / _name(number) for number in (generation, generation + 1))
    return TableOfContents(path, next_path, generation)


def _name(generation: int) -> str:
    return f"_{NAME}_{generation}.toc"


@contextlib.contextmanager
def damage_reported(folder: Path) -> Iterator[None]:
    """Raise ArchiveDamaged for every exception while files of an archive are read."""
    try:
        yield
    except ArchiveError:
        raise
    except NoTableOfContents as error:
        raise ArchiveDamaged(_("{folder}: no index of this version", folder=folder)) from error
    except Exception as error:
        message = _("{folder}: cannot be read ({reason})", folder=folder, reason=repr(error))
        raise ArchiveDamaged(message) from error
