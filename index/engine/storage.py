"""The folder of an archive, as Whoosh uses it: what is committed survives a power cut."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from whoosh.filedb.filestore import FileStorage


class DurableStorage(FileStorage):  # type: ignore[misc]
    """A folder whose files are on the disk before a table of contents names them.

    Whoosh never calls fsync: after a power cut a table of contents could be empty, or name
    files that are.
    """

    def create_file(self, name: str, **options: Any) -> Any:
        """Create a file that closing writes to the disk."""
        return super().create_file(name, **{"onclose": _sync, **options})

    def rename_file(self, oldname: str, newname: str, safe: bool = False) -> None:
        """Rename a file, and write the new name to the disk."""
        super().rename_file(oldname, newname, safe=safe)
        _sync_folder(Path(self.folder))


def file_sizes(folder: Path, segments: Iterable[Any]) -> dict[str, int]:
    """Return the length of each file of an archive: tables of contents and segments."""
    names = tuple(f"{segment.segment_id()}." for segment in segments)
    sizes: dict[str, int] = {}
    with contextlib.suppress(FileNotFoundError), os.scandir(folder) as files:
        for file in files:
            if file.name.endswith(".toc") or file.name.startswith(names):
                sizes[file.name] = file.stat().st_size
    return sizes


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
