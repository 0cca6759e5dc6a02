"""What the analyst reads: articles, searches, the newsroom at a glance."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from index.article import Article, Timestamp
from monitor.model.alerts import NOBODY_ELSE, Alert, BackfillStand, Filter, Telling
from monitor.model.polling import GapKind, Health
from monitor.model.routed import Mute


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


@dataclass(frozen=True, slots=True)
class Reading:
    """An article with everything one wants to know while reading it."""

    article: Article
    feed: str
    alerts: tuple[Alert, ...]
    """With their matches: why it is here."""
    others: tuple[tuple[str, Timestamp], ...] = ()
    """Outlets with the same story, and when each had it, the first one first."""
    telling: Telling = NOBODY_ELSE
    """The same with all that is known of it, and who tells of it in another language."""
    versions: int = 1
    page_trouble: str = ""
    """Why its page was not read, though it was to be; empty if there was no trouble."""
    page_retry: Timestamp | None = None
    """When its page is tried again; None for never."""


@dataclass(frozen=True, slots=True)
class Version:
    """A text that an article has, or had before it was edited."""

    number: int
    """From 1, the first text."""
    title: str
    summary: str
    body: str
    until: Timestamp | None
    """When the next text was read; None for the one it has."""

    def part(self, name: str) -> str:
        """Return the text of title, summary or body."""
        return str(getattr(self, name))


@dataclass(frozen=True, slots=True, kw_only=True)
class MonitorPresence:
    """The monitor that watches a data folder."""

    pid: int
    since: Timestamp
    config: str
    log: str
    """Path of its log file; empty when it logs to its terminal."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """The newsroom at a glance."""

    articles: int
    indexed: int
    """Articles that can be searched; the rest is on its way."""
    alerts: int
    untriaged: int
    feeds: Mapping[Health, int]
    blind: int
    """Feeds whose last two reads had nothing in common."""
    monitor: MonitorPresence | None
    """None when nobody watches."""
    pulse: Timestamp | None
    """Last sign of life of the monitor."""
    config_error: str = ""
    """Why the last edit of `feeds.yaml` is not in force; empty when it is."""
    rebuilt: float | None = None
    """Share of the index that is there while it is built again; None when it is whole."""
    network_down: str = ""
    """Why the network is blamed instead of the feeds; empty when it is not."""
    log: str = ""
    """Path of the log of a monitor in the background; empty if there never was one."""
    gaps: Mapping[GapKind, int] = field(default_factory=dict)
    """Feeds of which articles of the last day may be missing, by why."""
    backfill: tuple[BackfillStand, ...] = ()
    """Rules that are still being matched with articles older than they."""
    mutes: tuple[Mute, ...] = ()
    """Those in force."""
    unsent: int = 0
    """Deliveries on their way to channels, those held for quiet hours or a digest included."""
    dead: int = 0
    """Deliveries that were given up."""

    @property
    def failing(self) -> int:
        """Return how many feeds cannot be read."""
        return self.feeds.get(Health.FAILING, 0) + self.feeds.get(Health.GONE, 0)
