"""What is asked of an archive, and what it answers: ids, numbers and frozen values.

How and where an archive keeps its postings is known to nobody outside the engine.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from msgspec import Struct, field

if TYPE_CHECKING:
    from index.query.ast import Facet
    from monitor.base.article import Timestamp

Label = TypeVar("Label", int, str)

# --- what is asked for -----------------------------------------------------------------


class DocumentFilter(Struct, frozen=True, kw_only=True):
    """Which articles to search: those that pass every field; a field of None lets all pass.

    Args:
        ids: Ids of articles.
        feeds: Numbers of feeds; an article passes if any of them carried it.
        langs: ISO 639-1 codes; the empty one stands for an undetermined language.
        stories: Ids of stories.
        since: The earliest `Article.date` that passes, in seconds.
        until: The first `Article.date` that no longer passes, in seconds.
        max_id: The highest id that passes. Ids ascend as articles arrive, so this is the
            archive as it was when `max_id` was the newest article.
    """

    ids: Collection[int] | None = None
    feeds: Collection[int] | None = None
    langs: Collection[str] | None = None
    stories: Collection[int] | None = None
    since: Timestamp | None = None
    until: Timestamp | None = None
    max_id: int | None = None


EVERYTHING = DocumentFilter()

ResolveFacet = Callable[["Facet"], DocumentFilter]  # not a message
"""Returns which articles a filter of a query (`feed:lesoir`, `since:7d`) means."""


def no_facets(facet: Facet) -> DocumentFilter:
    """Refuse a filter: for callers whose queries have none.

    Raises:
        LookupError: Always.
    """
    raise LookupError(f"{facet.name}: this search knows no filters")  # not a message


# --- what is answered ------------------------------------------------------------------


class ArchiveHit(Struct, frozen=True, order=True, gc=False):
    """An article that satisfies a query. Hits sort from old to new."""

    date: Timestamp
    id: int
    score: float = 0.0


class CollectionStats(NamedTuple):
    """What BM25 needs to know of a whole archive. Equal statistics give equal scores."""

    average_length: float
    """Mean number of words of an article."""
    rarities: tuple[float, ...]
    """Inverse document frequency of each word of the query."""


class ArchivePage(Struct, frozen=True):
    """One page of the result of a search."""

    hits: tuple[ArchiveHit, ...]
    total: int
    """Number of articles that satisfy the query, on all pages."""
    forms: Mapping[str, tuple[str, ...]]
    """For each word of the query with `~` or `*`, as written: the words it stands for."""
    stats: CollectionStats | None
    """Statistics the hits were scored with; None when they are sorted by date."""
    last_id: int
    """Highest id in the archive at the time of the search."""


class MatchedArticles(Struct, frozen=True, kw_only=True):
    """Every article that satisfies a query, with what they are counted by."""

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
        """Return those of the articles whose id is one of `ids`."""
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
