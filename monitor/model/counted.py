"""What was counted: articles over time, what a result is made of, what is usual."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from index.article import Timestamp
    from index.standout import StandOut
    from monitor.model.by import By

WHOLE = 0.995
"""Share from which a bucket counts as covered: what a percentage rounds to 100."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """The articles of one query, or of one feed or language of it, by bucket."""

    name: str
    counts: tuple[int, ...]
    """Articles there are."""
    covered: tuple[float, ...]
    """Share of what was to be expected that was watched: 1 where no feed was blind or down."""
    corrected: tuple[float | None, ...]
    """Articles there would be had all been watched; None where that is not to be said."""

    @property
    def marked(self) -> tuple[bool, ...]:
        """Return which buckets are not wholly covered."""
        return tuple(share < WHOLE for share in self.covered)

    @property
    def total(self) -> int:
        """Return how many articles there are in all."""
        return sum(self.counts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Trend:
    """Articles over time."""

    by: By
    edges: tuple[Timestamp, ...]
    """Where the buckets begin and, at last, where the last one ends."""
    labels: tuple[str, ...]
    """What to call each bucket, in local time: 2023-10-29T02+01:00, 2023-10-29, 2023-W43, 2023-10.
    """
    since: Timestamp
    """From when on was counted: the first bucket may have begun before."""
    until: Timestamp
    """Up to when, not included: the last bucket may not be over."""
    series: tuple[Series, ...]
    note: str = ""
    """What the reader must know: an index that is behind."""


class Share(NamedTuple):
    """How many of the articles found are of a feed, language or watchlist."""

    name: str
    articles: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Facets:
    """What the articles of a query are made of."""

    total: int
    first: Mention | None
    """The earliest by date, None if nothing was found."""
    last: Mention | None
    feeds: tuple[Share, ...]
    """The fullest first; an article that several carry counts with each."""
    langs: tuple[Share, ...]
    watchlists: tuple[Share, ...]
    """Those that raised an alert for such articles."""
    words: tuple[StandOut, ...]
    """Words that stand out against the archive, the strongest first."""
    read: int
    """Articles whose texts were read to find those words: all, or an even sample."""
    note: str = ""
    """What the reader must know: an index that is behind."""


class Mention(NamedTuple):
    """An article and its date."""

    article: int
    date: Timestamp
