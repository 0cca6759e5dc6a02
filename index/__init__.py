"""The archive: words, queries, and the full-text index.

The bottom layer. It knows no network and no clock, and feeds only by the names given to it.
`open_archive` and `open_archive_writer` open the archive of a folder; `index.archive` says what can
be asked of it.

::

    query text ─▶ query/: lexer, parser, validation ─▶ ast, the tree of a query
                                                        │
              ┌─────────────────────────────────────────┴──────────────┐
              ▼ on one article                                         ▼ on the archive
    evaluation/: spans ─▶ explain, highlight          archive: Archive, a page of hits, counts
                                                                       │
                                                      engine/: searcher, for each segment
                                                      of a reader: query_executor
                                                      (phrase_arrays), bm25
                                                                       ▲
    article ─▶ analysis/: tokenizer, term_positions ─▶ engine/: writer, article_terms (chunk_table)
                                                       ─▶ segment_writer, term_pool
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


def count_articles(folder: Path) -> int:
    """Return how many articles can be searched in a folder; 0 without an archive of this version.

    Only its table of contents is read.
    """
    from index.engine.table_of_contents import damage_reported, newest_table
    from index.errors import ArchiveError

    try:
        with damage_reported(folder):
            entries = newest_table(folder).entries()
    except ArchiveError:
        return 0
    return sum(entry.documents - len(entry.deleted) for entry in entries)


def holds_articles(folder: Path) -> bool:
    """Tell whether there is an archive, of any version, with articles in it."""
    from index.errors import ArchiveDamaged

    if not any(folder.glob("*")):
        return False
    try:
        archive = open_archive(folder, partial=True)
    except ArchiveDamaged:
        return any(folder.glob("*.lists"))
    return archive.article_count > 0 or bool(archive.damage)


def open_archive_writer(folder: Path) -> ArchiveWriter:
    """Open the archive of a folder for writing, or make an empty one in an empty folder.

    Raises:
        ArchiveDamaged: There is an archive that cannot be used.
    """
    from index.engine.writer import FolderArchiveWriter

    return FolderArchiveWriter(folder)
