"""What a search of the archive asks and answers: frozen values, which every engine exchanges."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from msgspec import Struct, field

if TYPE_CHECKING:
    from index.query.ast import Facet
    from monitor.base.article import Timestamp

Label = TypeVar("Label", int, str)


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
