"""What a search looks for and finds: filters, articles, counts over time, facets."""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING, NamedTuple

from msgspec import Struct, field

if TYPE_CHECKING:
    from collections.abc import Mapping

    from index.evaluation.significant_terms import SignificantTerm
    from monitor.base.article import Article, Timestamp
    from monitor.model.alert import AlertState, Verdict
    from monitor.model.watchlist import Severity


class Filter(Struct, frozen=True, kw_only=True):
    """Which alerts or articles; empty fields do not restrict."""

    since: Timestamp | None = None
    until: Timestamp | None = None
    lang: tuple[str, ...] = ()
    feeds: tuple[str, ...] = ()
    """Feed names or `tag:NAME`."""
    watchlists: tuple[str, ...] = ()
    state: AlertState | None = None
    severities: tuple[Severity, ...] = ()
    """Current severity of alerts."""
    verdict: Verdict | None = None
    starred: bool | None = None
    tags: tuple[str, ...] = ()
    """Alerts with any of these tags of the analyst."""
    assignees: tuple[str, ...] = ()
    """Alerts that any of these people, in any case, works on; an empty name is nobody."""
    noted: bool | None = None
    """Alerts with a note, or without."""
    closed: bool = False
    """Also alerts that are closed, where `state` does not say which."""
    silenced: bool = False
    """Also alerts that were raised while their watchlist was silenced."""
    merged: bool = False
    """Also alerts that were merged into that of another article."""
    suppressed: bool = False
    """Only alerts that were not notified, duplicates among them."""


class PastSearch(Struct, frozen=True):
    """A search that was made before."""

    query: str
    sort: str
    at: Timestamp
    """When it was made last."""


class SearchHit(Struct, frozen=True):
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

    @property
    def publisher(self) -> str:
        """Return who published it: the outlet that an aggregator names, else the feed."""
        return self.article.outlet or self.feed


class Results(Struct, frozen=True):
    """What a search found."""

    found: tuple[SearchHit, ...]
    total: int
    note: str = ""
    """What the reader must know: an index that is behind or being rebuilt."""
    forms: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """By word of the query with `~` or `*`, as written: the words it stands for."""
    before: int = 0
    """Hits on the pages before this one."""
    next: str = ""
    """Where the next page begins, to be handed back; empty on the last one."""


class Suggestion(Struct, frozen=True, kw_only=True):
    """A search that finds more than another one."""

    kind: str
    """In what it differs: a `Kind` of `index.query.suggestions`."""
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


class BucketSize(enum.StrEnum):
    """Stretches of local time that articles are counted by."""

    HOUR = "hour"
    DAY = "day"
    WEEK = "week"
    """From Monday, as ISO 8601 counts them."""
    MONTH = "month"


class GroupBy(enum.StrEnum):
    """What the articles of one query are split by."""

    LANG = "lang"
    FEED = "feed"


WHOLE = 0.995
"""Share from which a bucket counts as covered: what a percentage rounds to 100."""


class Series(Struct, frozen=True, kw_only=True):
    """The articles of one query, or of one feed or language of it, by bucket."""

    name: str
    counts: tuple[int, ...]
    """Articles there are."""
    covered: tuple[float, ...]
    """Share of what was to be expected that was watched: 1 where no feed had a coverage gap."""
    corrected: tuple[float | None, ...]
    """Articles there would be had all been watched; None where that is not to be said."""

    @property
    def marked(self) -> tuple[bool, ...]:
        """Return which buckets are not wholly covered, from the first one on that was watched.

        Before it no feed was read at all: what is there came with the first documents.
        """
        first = next((at for at, share in enumerate(self.covered) if share), len(self.covered))
        return tuple(at >= first and share < WHOLE for at, share in enumerate(self.covered))

    @property
    def total(self) -> int:
        return sum(self.counts)


class Trend(Struct, frozen=True, kw_only=True):
    """Articles over time."""

    by: BucketSize
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


class Facets(Struct, frozen=True, kw_only=True):
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
    words: tuple[SignificantTerm, ...]
    """Words that stand out against the archive, the strongest first."""
    read: int
    """Articles whose texts were read to find those words: all, or an even sample."""
    note: str = ""
    """What the reader must know: an index that is behind."""


class Mention(NamedTuple):
    """An article and its date."""

    article: int
    date: Timestamp
