"""The folder of the archive: what is committed there survives a power cut."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from whoosh.filedb.filestore import FileStorage
from whoosh.filedb.structfile import BufferFile
from whoosh.index import EmptyIndexError, LockError

from index.errors import ArchiveDamaged, ArchiveError


class DurableStorage(FileStorage):  # type: ignore[misc]
    """A folder whose files reach the disk before their names do.

    Whoosh itself never asks for that: after a power cut a table of contents may be empty
    or name files that are.
    """

    def create_file(self, name: str, **options: Any) -> Any:
        """Create a file that is on the disk when it is closed."""
        return super().create_file(name, **{"onclose": _sync, **options})

    def open_file(self, name: str, **options: Any) -> Any:
        """Open a file; a table of contents in memory: Whoosh leaves those it cannot read open."""
        if name.endswith(".toc"):
            return BufferFile(memoryview(Path(self.folder, name).read_bytes()), name=name)
        return super().open_file(name, **options)

    def rename_file(self, oldname: str, newname: str, safe: bool = False) -> None:
        """Rename a file for good."""
        super().rename_file(oldname, newname, safe=safe)
        _sync_folder(Path(self.folder))


def sizes(folder: Path, segments: Iterable[Any]) -> dict[str, int]:
    """Return the files of an archive with their lengths: its newest table, and its segments."""
    names = tuple(f"{segment.segment_id()}." for segment in segments)
    found: dict[str, int] = {}
    with contextlib.suppress(FileNotFoundError), os.scandir(folder) as files:
        for file in files:
            if file.name.endswith(".toc") or file.name.startswith(names):
                found[file.name] = file.stat().st_size
    return found


def _sync(file: Any) -> None:
    file.flush()
    os.fsync(file.fileno())


def _sync_folder(folder: Path) -> None:
    if not hasattr(os, "O_DIRECTORY"):  # Windows: a folder cannot be opened
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def damage(folder: Path) -> Iterator[None]:
    """Turn what Whoosh raises on files it cannot use into ArchiveDamaged."""
    try:
        yield
    except (ArchiveError, LockError):
        raise
    except EmptyIndexError as error:
        raise ArchiveDamaged(f"{folder}: no index of this version") from error
    except Exception as error:  # pickle alone raises anything
        raise ArchiveDamaged(f"{folder}: cannot be read ({error!r})") from error
