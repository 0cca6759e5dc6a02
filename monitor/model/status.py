"""The newsroom at a glance: how much is stored, how the monitor and the feeds are doing."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from msgspec import Struct, field

from monitor.base.article import Timestamp
from monitor.model.feed import GapKind, Health

if TYPE_CHECKING:
    from collections.abc import Mapping

    from monitor.model.lease import SharingMonitor
    from monitor.model.watchlist import BackfillProgress, Silence


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
    """Stories with an alert that is new, without those raised in a silence."""


class MonitorPresence(Struct, frozen=True, kw_only=True):
    """The monitor that watches a data folder."""

    pid: int
    since: Timestamp
    config: str
    log: str
    """Path of its log file; empty when it logs to its terminal."""


class Status(Struct, frozen=True, kw_only=True):
    """The newsroom at a glance."""

    articles: int
    indexed: int
    """Articles that can be searched; the rest is on its way."""
    alerts: int
    untriaged: int
    """Stories with an alert that is new."""
    feeds: Mapping[Health, int]
    blind: int
    """Feeds with a coverage gap: no entry in common between the last two polls."""
    monitor: MonitorPresence | None
    """None when no monitor runs."""
    pulse: Timestamp | None
    """Time of the last heartbeat of the monitor."""
    config_error: str = ""
    """Why the last edit of `feeds.yaml` is not active; empty when it is."""
    rebuilt: float | None = None
    """Share of the index that is rebuilt; None when no rebuild runs."""
    network_down: str = ""
    """Why the network seems to be down; empty when it does not."""
    no_vectors: str = ""
    """Why articles get no vectors; empty when they do, and without a monitor."""
    store_damage: str = ""
    """What is wrong with the store, and what to do; empty if the monitor found nothing."""
    log: str = ""
    """Path of the log of a monitor in the background; empty if there never was one."""
    gaps: Mapping[GapKind, int] = field(default_factory=dict)
    """Feeds of which articles of the last day may be missing, by why."""
    backfill: tuple[BackfillProgress, ...] = ()
    """Backfills that are not complete."""
    silences: tuple[Silence, ...] = ()
    """The active ones."""
    silenced: int = 0
    """Stories with a new alert raised in a silence, ended or not, which lists leave out."""
    unsent: int = 0
    """Deliveries on their way to channels, those held for quiet hours or a digest included."""
    dead: int = 0
    """Deliveries that were given up."""
    set_aside: int = 0
    """Articles that exceeded the limits of matching or indexing."""
    monitors: tuple[SharingMonitor, ...] = ()
    """Those of a shared store, the lost ones last; empty for a store in a data folder."""

    @property
    def elsewhere(self) -> tuple[SharingMonitor, ...]:
        """Return the monitors that watch, while none does on this data folder."""
        live = (one for one in self.monitors if not one.lost)
        return () if self.monitor else tuple(live)

    @property
    def is_watched(self) -> bool:
        """Return whether a monitor runs, here or on another machine."""
        return self.monitor is not None or bool(self.elsewhere)

    @property
    def incomplete(self) -> int:
        """Return of how many feeds articles of the last day may be missing."""
        return sum(self.gaps.values())

    @property
    def failing(self) -> int:
        """Return how many feeds cannot be read."""
        return self.feeds.get(Health.FAILING, 0) + self.feeds.get(Health.GONE, 0)
