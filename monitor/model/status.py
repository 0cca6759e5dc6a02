"""The newsroom at a glance: its monitor, its watchlists and its latency."""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from index.article import Timestamp
from monitor.model.feed import Health

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Mapping

    from monitor.model.alert import Verdict
    from monitor.model.config import Silence
    from monitor.model.feed import GapKind
    from monitor.model.severity import Severity


class StoreVersion(NamedTuple):
    """How far the store has got."""

    commits: int
    """Another number after each commit, by whatever connection."""
    article: int
    """Id of the newest article, 0 without any."""
    alert: int
    """Id of the newest alert, 0 without any."""
    escalation: int
    """Id of the newest escalation, 0 without any."""


class Totals(NamedTuple):
    """How much is stored."""

    articles: int
    unindexed: int
    """Articles on their way to the index."""
    alerts: int
    untriaged: int
    """Alerts that are new."""


@dataclass(frozen=True, slots=True)
class WatchlistInForce:
    """A watchlist of the active configuration."""

    name: str
    feeds: tuple[str, ...]
    """Selectors of the feeds that it watches; empty for all."""
    since: Timestamp | None
    """Since when its rule has been watched, as far as articles tell; None without articles."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchlistRecord:
    """What a watchlist has brought so far, and what the analyst thought of it."""

    name: str
    severity: Severity
    total: int
    untriaged: int
    last_hit: Timestamp | None
    relevant: int
    """Alerts judged relevant; alerts without a verdict do not count."""
    noise: int


@dataclass(frozen=True, slots=True)
class TermRecord:
    """What a term of a watchlist has brought so far, and what the analyst thought of it."""

    watchlist: str
    term: str
    total: int
    relevant: int
    noise: int


@dataclass(frozen=True, slots=True)
class Judged:
    """An article that raised an alert, and what the analyst thought of that."""

    article: int
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class BackfillStand:
    """The state of the backfill of a watchlist."""

    watchlist: str
    upto: int
    """Id of the last article it was matched with."""
    until: int
    """Id of the last article that was there before it."""


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
    """Time of the last heartbeat of the monitor."""
    config_error: str = ""
    """Why the last edit of `feeds.yaml` is not active; empty when it is."""
    rebuilt: float | None = None
    """Share of the index that is rebuilt; None when no rebuild runs."""
    network_down: str = ""
    """Why the network seems to be down; empty when it does not."""
    log: str = ""
    """Path of the log of a monitor in the background; empty if there never was one."""
    gaps: Mapping[GapKind, int] = field(default_factory=dict)
    """Feeds of which articles of the last day may be missing, by why."""
    backfill: tuple[BackfillStand, ...] = ()
    """Backfills that are not complete."""
    mutes: tuple[Silence, ...] = ()
    """Those in force."""
    unsent: int = 0
    """Deliveries on their way to channels, those held for quiet hours or a digest included."""
    dead: int = 0
    """Deliveries that were given up."""

    @property
    def failing(self) -> int:
        """Return how many feeds cannot be read."""
        return self.feeds.get(Health.FAILING, 0) + self.feeds.get(Health.GONE, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Baseline:
    """A watchlist's alerts of today, and how many are usual by this time of this weekday."""

    today: int = 0
    """Alerts since midnight, without backfill."""
    usual: float | None = None
    """None while too little is known: fewer than two weeks."""
    weeks: int = 0
    """Same weekdays before this one that are known, up to eight."""
    surprise: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchlistCount:
    """A watchlist and what it brought."""

    name: str
    severity: Severity
    total: int
    untriaged: int
    spark: tuple[int, ...]
    """Alerts in each two hours of the last day, oldest first."""
    pace: Baseline = Baseline()


class Step(enum.StrEnum):
    """A step of the latency of an article that raised an alert."""

    SEEN = "published to seen"
    """Until the last byte of the answer that brought it was there."""
    MATCHED = "seen to matched"
    """Until it was stored, with its first alert."""
    SEARCHABLE = "matched to searchable"
    """Until the index had it."""
    DELIVERED = "matched to delivered"
    """Until a channel accepted the alert."""


@dataclass(frozen=True, slots=True)
class Clocked:
    """When an article that raised an alert took which step."""

    article: int
    feed: int
    """Number of the feed that had it first."""
    published: Timestamp | None
    """The publisher's word; None without one."""
    seen: Timestamp
    matched: Timestamp
    searchable: Timestamp | None
    """None: not yet."""
    edited: bool
    """An edit raised the alert: it was published long before."""


@dataclass(frozen=True, slots=True)
class Carried:
    """When an alert was raised, and when a channel accepted it."""

    id: int
    """Of the delivery."""
    channel: str
    raised_at: Timestamp
    sent_at: Timestamp
    held: bool
    """It waited for the end of quiet hours, or for a digest."""


class LatencyRows(NamedTuple):
    """What the store knows of latency."""

    clocked: list[Clocked]
    carried: list[Carried]


class RaisedInWindow(NamedTuple):
    """What was raised in a stretch of time."""

    has_articles: bool
    """Whether any article was first seen in it."""
    alerts: Counter[str]
    """How many alerts each watchlist raised, but for backfill and duplicates."""


@dataclass(frozen=True, slots=True)
class Spread:
    """How long something took, mostly and at worst; seconds."""

    count: int
    p50: float
    p95: float


@dataclass(frozen=True, slots=True)
class FeedLatency:
    """How long each step took for the articles of one feed."""

    name: str
    steps: dict[Step, Spread]


@dataclass(frozen=True, slots=True, kw_only=True)
class Latency:
    """How long each step took."""

    articles: int
    steps: dict[Step, Spread]
    feeds: tuple[FeedLatency, ...]
    """The slowest first."""
    channels: dict[str, Spread]
    """How long it took until each accepted alerts, the slowest first."""
    slowest: Step | None
    """By what nineteen of twenty took at most; None when nothing is known."""
    slowest_own: Step | None
    """The same of the steps that do not lie with the publisher."""
    left_out: dict[str, int] = field(default_factory=dict)
    """Articles and deliveries that a step was not reckoned for, by why."""
