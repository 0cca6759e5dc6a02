"""The archive: words, queries and the full-text index.

The bottom layer: it knows no feed, no network and no clock. `open_archive` and
`open_archive_writer` open the archive of a folder; `archive` says what can be asked of it.

::

    a query as text ──▶ query: lexer, parser ──▶ ast ──▶ validation: can it match at all?
                                                  │
                   ┌──────────────────────────────┴──────────────┐
                   ▼ on one article                              ▼ on the archive
    evaluation: a memory_document ──▶ spans       archive: the protocol of viewers and monitor
                   │                                             │
                   ├──▶ highlight, explain                       ▼ implemented by
                   └──▶ term_expansion            engine: the segments of a folder, on Whoosh
                        (words of `~` and `*`)        query_executor ──▶ bm25, or result_set
                                                                 ▲
    articles ────────────────▶ engine.writer ──▶ postings_file, columns, phrase arrays
                   ▲                                             ▲
                   └──── analysis: from text to terms ───────────┘

Articles and queries, in searches and in watchlists, go through the same `analysis`. A watchlist
therefore matches an article exactly when a search with its query finds it; tests compare
`evaluation` with `engine`.

`article` and `errors` are shared by all.
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
