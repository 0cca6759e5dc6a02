"""The interface of the archive, and the engines that implement it.

`Archive` answers searches, from any thread. `ArchiveWriter` changes what is in the archive; one
at a time. `ArchiveEngine` opens both, counts, and replaces an archive as a whole. Ids, numbers and
the frozen values of `index.search` go in and come out; how and where an archive keeps its postings
is known to nobody outside the engine. `archive_engine` finds the engine of an address;
`tests/support` holds a second one, in memory, which passes the same tests.
"""

from __future__ import annotations

import os
from array import array
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any, Protocol

from index.opensearch.address import ClusterAddress
from index.search import EVERYTHING, ArchiveHit, DocumentFilter

if TYPE_CHECKING:
    from index.evaluation.significant_terms import SignificantTerm
    from index.query.ast import Word
    from index.query.parser import Query
    from index.search import ArchivePage, CollectionStats, MatchedArticles
    from monitor.base.article import Article

ArchiveAddress = str | os.PathLike[str] | ClusterAddress
"""Address of an archive: the path of a folder, a cluster, or `SCHEME:…` of an engine registered as
SCHEME."""


class Archive(Protocol):
    """The articles that can be searched. Every method may be called from any thread.

    The next call finds what a writer has committed. Each method that reads raises
    ArchiveDamaged when the archive is gone, broken or of another version.
    """

    @property
    def article_count(self) -> int:
        """Number of articles in the archive."""

    @property
    def damage(self) -> tuple[str, ...]:
        """One sentence for each part that cannot be read; empty when all is well.

        Only an archive opened with `partial=True` goes on without such parts.
        """

    def search(
        self,
        query: Query,
        documents: DocumentFilter = EVERYTHING,
        *,
        sort: str = "date",
        limit: int = 50,
        after: ArchiveHit | None = None,
        stats: CollectionStats | None = None,
    ) -> ArchivePage:
        """Return the newest or the best articles that satisfy a query.

        To page through one result while articles arrive, pass the first page's `stats`, and
        its `last_id` as `documents.max_id`.

        Args:
            query: What to look for.
            documents: Which articles to look in.
            sort: `date` (newest first) or `score` (best first; of equal scores newest first).
            limit: Number of hits; 0 returns all.
            after: The last hit of the page before; the page begins behind it.
            stats: Statistics to score with, instead of those of this moment.
        """

    def count(self, query: Query, documents: DocumentFilter = EVERYTHING) -> int:
        """Count the articles that satisfy a query."""

    def matches(self, query: Query, documents: DocumentFilter = EVERYTHING) -> MatchedArticles:
        """Return every article that satisfies a query, by feed and language."""

    def ids(self, query: Query, documents: DocumentFilter = EVERYTHING) -> list[int]:
        """Return the id of every article that satisfies a query, ascending."""

    def significant_terms(
        self,
        query: Query,
        texts: Sequence[Article],
        limit: int,
        documents: DocumentFilter = EVERYTHING,
    ) -> list[SignificantTerm]:
        """Return the words that set the articles of a query apart from all others.

        Args:
            query: What the articles satisfy; its own words are not returned.
            texts: Some or all of these articles, from which the words to test are read. How
                often each word occurs is counted in the archive.
            limit: Number of words, the strongest first.
            documents: Which articles to look in.
        """

    def similar_terms(self, word: Word, *, rarer: bool = False) -> list[str]:
        """Return more frequent words of the archive, of which a word may be a misspelling.

        With `rarer`, return words that may be misspellings of it.
        """

    def languages(self) -> list[str]:
        """Return the languages of the articles, in order; the empty code is undetermined."""

    def first_ids(self) -> dict[int, int]:
        """Return the smallest id of an article of each feed, by the number of the feed."""

    def close(self) -> None:
        """Release the archive; afterwards no method may be called."""


class ArchiveWriter(Protocol):
    """Changes an archive; there is one writer at a time, for one thread.

    Raises ArchiveError where another process is writing, ArchiveDamaged where the archive
    cannot be read.
    """

    background_merges: bool
    """Whether large merges run in a thread; then `run_merges` installs them."""

    @property
    def article_count(self) -> int:
        """Number of articles in the archive."""

    @property
    def last_id(self) -> int:
        """Highest id in the archive, 0 when it is empty."""

    def all_ids(self) -> array[int]:
        """Return the id of every article in the archive, in no order."""

    def add(self, articles: Iterable[Article]) -> int:
        """Add articles, replacing those of the same id; return how many were given."""

    def remove(self, ids: Collection[int]) -> None:
        """Remove articles; ids that are not in the archive are ignored."""

    def run_merges(self) -> None:
        """Merge the segments that are due, and install merges finished in the background."""

    def wait_for_merges(self) -> None:
        """Wait for the merge in the background and install it."""

    def compact(self, progress: Callable[[int], None] = lambda _: None) -> None:
        """Rewrite the archive so that it takes the least room.

        Args:
            progress: Called before each merge with the number of segments left.
        """

    def verify(self) -> None:
        """Read every byte.

        Raises:
            ArchiveDamaged: A file is not as it was written.
        """

    def verify_steps(self) -> Iterator[None]:
        """Verify the archive in steps of some seconds; yields after each."""

    def changed_elsewhere(self) -> bool:
        """Tell whether somebody else changed the archive since the last commit."""

    def drop_damaged(self, *, every_byte: bool = True) -> list[str]:
        """Drop the damaged parts, and the articles in them.

        Args:
            every_byte: Look for flipped bits too; otherwise only what opening a part reveals is
                checked.

        Returns:
            One sentence for each part dropped. Its articles can be added again.
        """

    def close(self) -> None:
        """Wait for merges, and release the archive."""


class ArchiveEngine(Protocol):
    """The engine of an address, whether there is an archive or not."""

    def open(self, *, partial: bool) -> Archive:
        """Open the archive for searching; see `open_archive`."""

    def open_writer(self) -> ArchiveWriter:
        """Open the archive for writing, or make an empty one where there is none.

        Raises:
            ArchiveDamaged: There is an archive that cannot be used.
        """

    def exists(self) -> bool:
        """Tell whether there is anything, of whatever version."""

    def count_articles(self) -> int:
        """Count the articles that can be searched; 0 without an archive of this version.

        Quick: no archive is opened for it.
        """

    def holds_articles(self) -> bool:
        """Tell whether there are articles, of any version."""

    def size(self) -> int:
        """Return the bytes that the archive takes."""

    def survey(self) -> tuple[dict[str, Any], list[str]]:
        """Try all that a cluster needs; return its version, nodes, health, and what is wrong."""

    def replace(self) -> ArchiveWriter:
        """Discard an archive that cannot be used; return the writer of an empty one."""

    def rebuild(self) -> AbstractContextManager[ArchiveWriter]:
        """Return the writer of a new archive, which takes the place of the old one at the end.

        Searches go on meanwhile. If the block fails, the old archive stays.
        """


PRELOADED = ("index.engine.writer",)
"""Modules that a process imports before it forks others that write archives: all but numpy."""

_engines: dict[str, Callable[[str], ArchiveEngine]] = {}


def register_engine(scheme: str, factory: Callable[[str], ArchiveEngine]) -> None:
    """Register a factory, which makes an engine of what follows `scheme:` in an address."""
    _engines[scheme] = factory


def archive_engine(address: ArchiveAddress) -> ArchiveEngine:
    """Return the engine of an address; nothing is opened."""
    if isinstance(address, ClusterAddress):
        from index.opensearch.engine import ClusterEngine  # an extra

        return ClusterEngine(address)
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
