"""The archive: words, queries, and the full-text index.

The bottom layer. It knows no network and no clock, and feeds only by the names given to it.
`open_archive` and `open_archive_writer` open the archive at an address; `index.archive` says what
can be asked of it, and what another engine has to do.

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

import os
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from index.archive import Archive, ArchiveAddress, ArchiveEngine, ArchiveWriter

PRELOADED = ("index.engine.writer",)
"""Modules that a process imports before it forks others that write archives: all but numpy."""

_engines: dict[str, Callable[[str], ArchiveEngine]] = {}


def register_engine(scheme: str, factory: Callable[[str], ArchiveEngine]) -> None:
    """Register a factory, which makes an engine of what follows `scheme:` in an address."""
    _engines[scheme] = factory


def archive_engine(address: ArchiveAddress) -> ArchiveEngine:
    """Return the engine of an address; nothing is opened."""
    text = os.fspath(address)
    scheme, _, location = text.partition(":")
    if scheme in _engines:
        return _engines[scheme](location)
    from index.engine.folder import FolderEngine  # most commands open no archive

    return FolderEngine(text)


def open_archive(address: ArchiveAddress, *, partial: bool = False) -> Archive:
    """Open an archive for searching.

    Args:
        address: Where the archive is.
        partial: Go on without the parts that cannot be read; `Archive.damage` lists them.

    Raises:
        ArchiveDamaged: There is no archive of this version, or it cannot be read.
    """
    return archive_engine(address).open(partial=partial)


def open_archive_writer(address: ArchiveAddress) -> ArchiveWriter:
    """Open an archive for writing, or make an empty one where there is none.

    Raises:
        ArchiveDamaged: There is an archive that cannot be used.
    """
    return archive_engine(address).open_writer()
