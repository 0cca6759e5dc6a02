"""What searches find."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from index.article import Article, Timestamp
    from monitor.model.filter import Filter


@dataclass(frozen=True, slots=True)
class Found:
    """One article that a search found."""

    article: Article
    feed: str
    score: float
    spans: tuple[tuple[str, int, int], ...]
    """(part, start, end) of every match, on the article's own text."""
    snippet: str
    """The text around the best matches, on one line."""
    lit: tuple[tuple[int, int], ...]
    """Matches as offsets into the snippet."""


@dataclass(frozen=True, slots=True)
class Results:
    """What a search found."""

    found: tuple[Found, ...]
    total: int
    note: str = ""
    """What the reader must know: an index that is behind or being rebuilt."""
    forms: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """By word of the query with `~` or `*`, as written: the words it stands for."""
    before: int = 0
    """Hits on the pages before this one."""
    next: str = ""
    """Where the next page begins, to be handed back; empty on the last one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion:
    """A search that finds more than another one."""

    kind: str
    """In what it differs: a `Kind` of `index.alternatives`."""
    query: str
    filter: Filter
    without: tuple[str, ...] = ()
    """Parts of the filter that it does without: since, until, lang, feed, watch."""
    total: int
    gained: int
    """So many more than the other one."""
    written: str = ""
    """What of the other query it changes; empty when that is only the filter."""
    instead: str = ""
    """What it says there; empty when it does without."""
    forms: tuple[str, ...] = ()
    """Words that `instead` stands for."""


@dataclass(frozen=True, slots=True)
class Searched:
    """A search that was made before."""

    query: str
    sort: str
    at: Timestamp
    """When it was made last."""
