"""The archive: words, queries, and the full-text index.

The bottom layer. It knows no network and no clock, and feeds only by the names given to it.
`open_archive` and `open_archive_writer` open the archive of a folder; `index.archive` has the
values that it takes and answers.

::

    query text ─▶ query/: lexer, parser, validation ─▶ ast, the tree of a query
                                                        │
              ┌─────────────────────────────────────────┴──────────────┐
              ▼ on one article                                         ▼ on the archive
    evaluation/: spans ─▶ explain, highlight          archive: a page of hits, counts
                                                                       │
                                                      engine/: searcher, for each segment
                                                      of a reader: query_executor
                                                      (phrase_arrays), bm25
                                                                       ▲
    article ─▶ analysis/: tokenizer, term_positions ─▶ engine/: writer, article_terms

                                                       ─▶ segment_writer
                                                       ─▶ inverted_batch, list_encoder
                                                       ─▶ postings_file, columns
                                                       ─▶ segment_merges

`analysis` alone decides what a word is, for articles and for queries, and reads the features of
texts: language, shingles, names. A watchlist is evaluated on one article, a search on the archive:
a watchlist matches an article exactly when a search with the same query finds it. Whoosh keeps the
folder: its lock, and which files are current. Segments, merges, executor and query language are
ours: see docs/explanation/search-engine.md, with figures. `errors` has the errors that all of these
share, `interruption` ends a search. Of the monitor, only `monitor.base` is known here: articles,
messages, and the cleaning of texts.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from index.errors import ArchiveDamaged, ArchiveError

if TYPE_CHECKING:
    from index.engine.searcher import Archive as Archive
    from index.engine.writer import ArchiveWriter as ArchiveWriter

PRELOADED = ("index.engine.writer",)
"""Modules that a process imports before it forks others that write archives: all but numpy."""


class ArchiveFolder:
    """The folder of an archive, whether there is an archive or not: most commands open none."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._aside, self._beside = (path.with_name(path.name + end) for end in (".old", ".new"))

    def open(self, *, partial: bool = False) -> Archive:
        """Open the archive for searching.

        Args:
            partial: Go on without the parts that cannot be read; `Archive.damage` lists them.

        Raises:
            ArchiveDamaged: There is no archive of this version, or it cannot be read.
        """
        from index.engine.searcher import Archive

        return Archive(self._path, partial=partial)

    def open_writer(self) -> ArchiveWriter:
        """Open the archive for writing, or make an empty one where there is none.

        What a killed process left beside it is removed.

        Raises:
            ArchiveDamaged: There is an archive that cannot be used.
        """
        from index.engine.writer import ArchiveWriter  # with Whoosh: searches do without

        for left in (self._aside, self._beside):
            shutil.rmtree(left, ignore_errors=True)
        return ArchiveWriter(self._path)

    def exists(self) -> bool:
        """Tell whether there is anything, of whatever version."""
        return self._path.exists()

    def count_articles(self) -> int:
        """Count the articles that can be searched; 0 without an archive of this version.

        Quick: no archive is opened for it.
        """
        from index.engine.table_of_contents import damage_reported, newest_table

        try:
            with damage_reported(self._path):
                entries = newest_table(self._path).entries()
        except ArchiveError:
            return 0
        return sum(entry.count for entry in entries)

    def holds_articles(self) -> bool:
        """Tell whether there are articles, of any version."""
        if not any(self._path.glob("*")):
            return False
        try:
            archive = self.open(partial=True)
        except ArchiveDamaged:
            return any(self._path.glob("*.lists"))
        return archive.article_count > 0 or bool(archive.damage)

    def size(self) -> int:
        """Return the bytes that the archive takes."""
        return sum(file.stat().st_size for file in self._path.glob("*"))

    def replace(self) -> ArchiveWriter:
        """Give up an archive that cannot be used; return the writer of an empty one."""
        self._move_aside()
        return self.open_writer()

    @contextmanager
    def rebuild(self) -> Iterator[ArchiveWriter]:
        """Yield the writer of a new archive, which takes the place of the old one at the end.

        Searches go on meanwhile. If the block fails, the old archive stays.
        """
        shutil.rmtree(self._beside, ignore_errors=True)
        with closing(ArchiveFolder(self._beside).open_writer()) as writer:
            yield writer
        self._move_aside()
        self._beside.rename(self._path)
        shutil.rmtree(self._aside, ignore_errors=True)

    def _move_aside(self) -> None:
        shutil.rmtree(self._aside, ignore_errors=True)
        with suppress(FileNotFoundError):
            self._path.rename(self._aside)


def open_archive(folder: Path, *, partial: bool = False) -> Archive:
    """Open the archive of a folder for searching; see `ArchiveFolder.open`."""
    return ArchiveFolder(folder).open(partial=partial)


def open_archive_writer(folder: Path) -> ArchiveWriter:
    """Open the archive of a folder for writing; see `ArchiveFolder.open_writer`."""
    return ArchiveFolder(folder).open_writer()
