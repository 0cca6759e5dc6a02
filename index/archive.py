"""The interface of the archive: three protocols, and the plain values that they exchange.

`Archive` answers searches, from any thread. `ArchiveWriter` changes what is in the archive; one
at a time. `ArchiveEngine` opens both, counts, and replaces an archive as a whole. Ids, numbers and
frozen values go in and come out; how and where an archive keeps its postings is known to nobody
outside the engine. `index.archive_engine` finds the engine of an address; `tests/support` holds a
second one, in memory, which passes the same tests.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from os import PathLike
from typing import TYPE_CHECKING, NamedTuple, Protocol, TypeVar

from msgspec import Struct, field

if TYPE_CHECKING:
    from index.evaluation.significant_terms import SignificantTerm
    from index.query.ast import Facet, Word
    from index.query.parser import Query
    from monitor.base.article import Article, Timestamp

Label = TypeVar("Label", int, str)

ArchiveAddress = str | PathLike[str]
"""Address of an archive: the path of a folder, or `SCHEME:…` of an engine registered as SCHEME."""

# --- questions -------------------------------------------------------------------------


def no_facets(facet: Facet) -> DocumentFilter:
    """Refuse a filter: for callers whose queries have none.

    Raises:
        LookupError: Always.
    """
    raise LookupError(f"{facet.name}: this search knows no filters")  # not a message


class DocumentFilter(Struct, frozen=True, kw_only=True):
    """The articles to search: those that pass every field. All articles pass a field that is None.

    Args:
        ids: Ids of articles.
        feeds: Numbers of feeds; an article passes if any of them carried it.
        langs: ISO 639-1 codes; the empty one stands for an undetermined language.
        stories: Ids of stories.
        since: The earliest `Article.date` that passes, in seconds.
        until: The first `Article.date` that does not pass, in seconds.
        max_id: The highest id that passes. Ids ascend as articles arrive, so this is the
            archive as it was when `max_id` was the newest article.
        resolve: Returns the articles that a filter of the query (`feed:lesoir`, `since:7d`) means.
    """

    ids: Collection[int] | None = None
    feeds: Collection[int] | None = None
    langs: Collection[str] | None = None
    stories: Collection[int] | None = None
    since: Timestamp | None = None
    until: Timestamp | None = None
    max_id: int | None = None
    resolve: Callable[[Facet], DocumentFilter] = no_facets


EVERYTHING = DocumentFilter()

# --- answers ---------------------------------------------------------------------------


class ArchiveHit(Struct, frozen=True, order=True, gc=False):
    """An article that satisfies a query. Hits sort from old to new."""

    date: Timestamp
    id: int
    score: float = 0.0


class CollectionStats(NamedTuple):
    """The statistics of a whole archive for BM25. Equal statistics give equal scores."""

    average_length: float
    """Mean number of words of an article."""
    rarities: tuple[float, ...]
    """The inverse document frequency of each word of the query."""


class ArchivePage(Struct, frozen=True):
    """One page of the result of a search."""

    hits: tuple[ArchiveHit, ...]
    total: int
    """Number of articles that satisfy the query, on all pages."""
    forms: Mapping[str, tuple[str, ...]]
    """The words that each word of the query with `~` or `*` means, by its written form."""
    stats: CollectionStats | None
    """Statistics with which the hits were scored; None if they are sorted by date."""
    last_id: int
    """Highest id in the archive at the time of the search."""


class MatchedArticles(Struct, frozen=True, kw_only=True):
    """All articles that satisfy a query, with their dates, feeds and languages."""

    dates: Mapping[int, Timestamp] = field(default_factory=dict)
    """The date of each article, by id."""
    by_feed: Mapping[int, frozenset[int]] = field(default_factory=dict)
    """Ids by the number of each feed that carried them, in the order of the numbers."""
    by_lang: Mapping[str, frozenset[int]] = field(default_factory=dict)
    """Ids by language, in the order of the codes; the empty code is undetermined."""

    @property
    def total(self) -> int:
        """Number of articles."""
        return len(self.dates)

    def restricted_to(self, ids: Collection[int]) -> MatchedArticles:
        """Return the articles whose id is in `ids`."""
        selected = frozenset(ids)
        return MatchedArticles(
            dates={id: date for id, date in self.dates.items() if id in selected},
            by_feed=_intersections(self.by_feed, selected),
            by_lang=_intersections(self.by_lang, selected),
        )


def _intersections(
    groups: Mapping[Label, frozenset[int]], selected: frozenset[int]
) -> dict[Label, frozenset[int]]:
    return {label: common for label, ids in groups.items() if (common := ids & selected)}


# --- protocols -------------------------------------------------------------------------


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

    def similar_terms(self, word: Word) -> list[str]:
        """Return more frequent words of the archive, of which a word may be a misspelling."""

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
        """Open the archive for searching; see `index.open_archive`."""

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

    def replace(self) -> ArchiveWriter:
        """Discard an archive that cannot be used; return the writer of an empty one."""

    def rebuild(self) -> AbstractContextManager[ArchiveWriter]:
        """Return the writer of a new archive, which takes the place of the old one at the end.

        Searches go on meanwhile. If the block fails, the old archive stays.
        """
