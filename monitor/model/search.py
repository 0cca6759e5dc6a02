"""Searches: filters, hits, counts over time, facets."""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING, NamedTuple

from msgspec import Struct, field

from monitor.base.article import Timestamp
from monitor.base.translation import gettext as _

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from index.evaluation.significant_terms import SignificantTerm
    from monitor.base.article import Article
    from monitor.model.alert import AlertState, Verdict
    from monitor.model.watchlist import Severity


class Filter(Struct, frozen=True, kw_only=True):
    """A filter of alerts or articles; empty fields do not restrict."""

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
    """Alerts assigned to any of these people, in upper or lower case; an empty name is nobody."""
    noted: bool | None = None
    """Alerts with a note, or without."""
    closed: bool = False
    """Include closed alerts, where `state` is None."""
    silenced: bool = False
    """Include alerts that were raised while their watchlist was silenced."""
    merged: bool = False
    """Include alerts that were merged into that of another article."""
    suppressed: bool = False
    """Restrict to alerts that were not notified, duplicates among them."""


def lang_codes(written: Iterable[str]) -> tuple[str, ...]:
    """Return codes of languages as the store has them: `und` is empty."""
    return tuple("" if code == "und" else code.lower() for code in written)


class PastSearch(Struct, frozen=True):
    """A search that was made before."""

    query: str
    sort: str
    at: Timestamp
    """Time of the last such search."""


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
    alerts: tuple[int, ...] = ()
    """Alerts of the article, ascending."""

    @property
    def publisher(self) -> str:
        """Return the publisher: the outlet that an aggregator names, else the feed."""
        return self.article.outlet or self.feed


class Results(Struct, frozen=True):
    """A page of the hits of a search."""

    hits: tuple[SearchHit, ...]
    total: int
    note: str = ""
    """Warning for the reader: the index is behind or being rebuilt."""
    forms: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """The words that each word of the query with `~` or `*`, as written, stands for."""
    before: int = 0
    """Hits on the pages before this one."""
    next: str = ""
    """Cursor of the next page; empty on the last one."""


FEW_HITS = 5
"""Hits below which other searches are suggested."""


SHOWN_FORMS = 6
"""Most forms of a word that a suggestion names."""


class Suggestion(Struct, frozen=True, kw_only=True):
    """A search that finds more than another one."""

    kind: str
    """The kind of difference: a `Kind` of `index.query.suggestions`."""
    query: str
    filter: Filter
    without: tuple[str, ...] = ()
    """Parts of the filter that it drops: since, until, lang, feed, watch."""
    total: int
    gained: int
    """Number of articles that it adds to the other search."""
    written: str = ""
    """The words of the other query that it changes; empty if it changes only the filter."""
    instead: str = ""
    """The words in their place; empty if it drops them."""
    forms: tuple[str, ...] = ()
    """Words that `instead` stands for."""

    def described(self, option: str = "") -> str:
        """Return the change in words: with sanction~: sanction, sanctionné; without `option`s."""
        if self.kind == "meant":
            return _("did you mean `{name}`?", name=self.query)
        if not self.instead:
            part = self.written or " ".join(option + name for name in self.without)
            return _("without {part}", part=part)
        words = _("with {part}", part=self.instead)
        forms = ", ".join(self.forms[:SHOWN_FORMS]) + ", …" * (len(self.forms) > SHOWN_FORMS)
        return _("{name}: {text}", name=words, text=forms) if forms else words


class BucketSize(enum.StrEnum):
    """Stretches of local time that articles are counted by."""

    HOUR = "hour"
    DAY = "day"
    WEEK = "week"
    """A week of ISO 8601, which begins on Monday."""
    MONTH = "month"


class GroupBy(enum.StrEnum):
    """The property by which the articles of one query are split."""

    LANG = "lang"
    FEED = "feed"
    NAME = "name"
    """The names of the concepts of the query."""


WHOLE = 0.995
"""Share from which a bucket counts as covered: what a percentage rounds to 100."""


class Series(Struct, frozen=True, kw_only=True):
    """The articles of one query, or of one feed or language of it, by bucket."""

    name: str
    counts: tuple[int, ...]
    """Number of articles in each bucket."""
    covered: tuple[float, ...]
    """Share of the expected articles that was watched: 1 where no feed had a coverage gap."""
    corrected: tuple[float | None, ...]
    """Estimated articles had all been watched; None where an estimate is not possible."""

    @property
    def marked(self) -> tuple[bool, ...]:
        """Return whether each bucket lacks full coverage; not before the first that was watched.

        Before it no feed was read: those articles came with the first documents.
        """
        first = next((i for i, share in enumerate(self.covered) if share), len(self.covered))
        return tuple(i >= first and share < WHOLE for i, share in enumerate(self.covered))

    @property
    def total(self) -> int:
        return sum(self.counts)


class Trend(Struct, frozen=True, kw_only=True):
    """Articles over time."""

    by: BucketSize
    edges: tuple[Timestamp, ...]
    """The beginnings of the buckets, and the end of the last one."""
    labels: tuple[str, ...]
    """Name of each bucket, in local time: 2023-10-29T02+01:00, 2023-10-29, 2023-W43, 2023-10.
    """
    since: Timestamp
    """Beginning of the count: the first bucket may have begun before."""
    until: Timestamp
    """End of the count, excluded: the last bucket may not be over."""
    series: tuple[Series, ...]
    note: str = ""
    """Warning for the reader: the index is behind."""


class Share(NamedTuple):
    """The number of articles of a search of one feed, language or watchlist."""

    name: str
    articles: int


class Facets(Struct, frozen=True, kw_only=True):
    """The facets of the articles of a query."""

    total: int
    first: Mention | None
    """The earliest by date, None if nothing was found."""
    last: Mention | None
    feeds: tuple[Share, ...]
    """The feed with most articles first; an article of several feeds counts with each."""
    langs: tuple[Share, ...]
    watchlists: tuple[Share, ...]
    """Watchlists that raised an alert for such articles."""
    names: tuple[Share, ...] = ()
    """Names of the concepts of the query."""
    words: tuple[SignificantTerm, ...]
    """Words that stand out against the archive, the strongest first."""
    read: int
    """Articles whose texts were read to find those words: all, or an even sample."""
    note: str = ""
    """Warning for the reader: the index is behind."""


class Mention(NamedTuple):
    """An article and its date."""

    article: int
    date: Timestamp
