"""The archive: words, queries and the full-text index.

The bottom layer: it knows no feed, no network and no clock. `open_archive` and
`open_archive_writer` open the archive of a folder; `index.archive` says what can be asked of it.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from index.archive import Archive, ArchiveWriter

# The engine is imported when an archive is opened: most commands open none.


def open_archive(folder: Path, *, partial: bool = False) -> Archive:
    """Open the archive of a folder for searching.

    Args:
        folder: Where the archive is.
        partial: Go on without the segments that cannot be read; `Archive.damage` lists them.

    Raises:
        ArchiveDamaged: There is no archive of this version, or it cannot be read.
    """
    from index.engine.searcher import FolderArchive

    return FolderArchive(folder, partial=partial)


def open_archive_writer(folder: Path) -> ArchiveWriter:
    """Open the archive of a folder for writing, or make an empty one in an empty folder.

    Raises:
        ArchiveDamaged: There is an archive that cannot be used.
    """
    from index.engine.writer import FolderArchiveWriter

    return FolderArchiveWriter(folder)
