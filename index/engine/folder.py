"""Makes, counts, rebuilds and replaces the folder of an archive as a whole."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from index.engine.table_of_contents import damage_reported, newest_table
from index.errors import ArchiveDamaged, ArchiveError

if TYPE_CHECKING:
    from index.engine.searcher import FolderArchive
    from index.engine.writer import FolderArchiveWriter


class FolderEngine:
    """See `index.archive.ArchiveEngine`; the address is the path of the folder."""

    def __init__(self, address: str) -> None:
        self._folder = Path(address)
        self._old_folder, self._new_folder = (
            self._folder.with_name(self._folder.name + end) for end in (".old", ".new")
        )

    def open(self, *, partial: bool) -> FolderArchive:
        from index.engine.searcher import FolderArchive

        return FolderArchive(self._folder, partial=partial)

    def open_writer(self) -> FolderArchiveWriter:
        """Open the archive for writing, and remove folders that a killed process left beside it."""
        from index.engine.writer import FolderArchiveWriter  # imports Whoosh, slow

        for leftover in (self._old_folder, self._new_folder):
            shutil.rmtree(leftover, ignore_errors=True)
        return FolderArchiveWriter(self._folder)

    def exists(self) -> bool:
        return self._folder.exists()

    def count_articles(self) -> int:
        try:
            with damage_reported(self._folder):
                entries = newest_table(self._folder).entries()
        except ArchiveError:
            return 0
        return sum(entry.count for entry in entries)

    def holds_articles(self) -> bool:
        if not any(self._folder.glob("*")):
            return False
        try:
            archive = self.open(partial=True)
        except ArchiveDamaged:
            return any(self._folder.glob("*.lists"))
        return archive.article_count > 0 or bool(archive.damage)

    def size(self) -> int:
        return sum(file.stat().st_size for file in self._folder.glob("*"))

    def survey(self) -> tuple[dict[str, object], list[str]]:
        return {}, []

    def replace(self) -> FolderArchiveWriter:
        """Move the folder aside, and open an empty archive in its place."""
        self._move_aside()
        return self.open_writer()

    @contextmanager
    def rebuild(self) -> Iterator[FolderArchiveWriter]:
        """Yield the writer of a new folder, which takes the place of the old one at the end."""
        shutil.rmtree(self._new_folder, ignore_errors=True)
        with closing(FolderEngine(str(self._new_folder)).open_writer()) as writer:
            yield writer
        self._move_aside()
        self._new_folder.rename(self._folder)
        shutil.rmtree(self._old_folder, ignore_errors=True)

    def _move_aside(self) -> None:
        shutil.rmtree(self._old_folder, ignore_errors=True)
        with suppress(FileNotFoundError):
            self._folder.rename(self._old_folder)
