"""The newsroom at a glance: counts of the store, state of the monitor and the feeds."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from msgspec import Struct, field

from monitor.base.article import Timestamp
from monitor.model.feed import GapKind, Health

if TYPE_CHECKING:
    from collections.abc import Mapping

    from monitor.model.lease import SharingMonitor
    from monitor.model.watchlist import BackfillProgress, Silence

Progress = Callable[[str, int, int], None]
"""Called with the name of the work, the amount that is done, and the total."""


class StoreVersion(NamedTuple):
    """A version of the store."""

    commits: int
    """A number that differs after each commit, of any connection."""
    article: int
    """Id of the newest article, 0 without any."""
    alert: int
    """Id of the newest alert, 0 without any."""
    escalation: int
    """Id of the newest escalation, 0 without any."""


class Totals(NamedTuple):
    """The counts of the store."""

    articles: int
    unindexed: int
    """Articles on their way to the index."""
    alerts: int
    untriaged: int
    """Stories with a new alert, without those raised in a silence."""


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
    died: MonitorPresence | None = None
    """The last monitor, if it was killed or failed; None if one runs, or it was stopped."""
    died_at: Timestamp | None = None
    """Time of its last heartbeat."""
    config_error: str = ""
    """The reason why the last edit of `feeds.yaml` is not active; empty if it is."""
    edit_effects: str = ""
    """What the rules of the last edit would have brought; empty without one."""
    rebuilt: float | None = None
    """Share of the index that is rebuilt; None when no rebuild runs."""
    network_down: str = ""
    """The reason why the network seems to be down; empty if it does not."""
    no_vectors: str = ""
    """The reason why articles get no vectors; empty if they do, or without a monitor."""
    store_damage: str = ""
    """The damage of the store and the way out; empty if the monitor found none."""
    index_waits: str = ""
    """Why no article is indexed at present; empty when all is well, or without a monitor."""
    log: str = ""
    """Path of the log of a monitor in the background; empty if there never was one."""
    gaps: Mapping[GapKind, int] = field(default_factory=dict)
    """Number of feeds of which articles of the last day may be missing, by reason."""
    backfill: tuple[BackfillProgress, ...] = ()
    """Backfills that are not complete."""
    silences: tuple[Silence, ...] = ()
    """The active silences."""
    silenced: int = 0
    """Stories with a new alert raised in a silence, ended or not, which lists leave out."""
    unsent: int = 0
    """Deliveries on their way to channels, those held for quiet hours or a digest included."""
    dead: int = 0
    """Deliveries that were given up."""
    set_aside: int = 0
    """Articles that exceeded the limits of matching or indexing."""
    monitors: tuple[SharingMonitor, ...] = ()
    """Monitors of a shared store, the lost ones last; empty for a store in a data folder."""

    @property
    def elsewhere(self) -> tuple[SharingMonitor, ...]:
        """Return the monitors that watch, while none does on this data folder."""
        live = (other for other in self.monitors if not other.lost)
        return () if self.monitor else tuple(live)

    @property
    def overdue(self) -> tuple[SharingMonitor, ...]:
        """Return the monitors of a shared store whose heartbeats do not come any more."""
        return tuple(monitor for monitor in self.monitors if monitor.is_overdue)

    @property
    def is_watched(self) -> bool:
        """Return whether a monitor runs, here or on another machine."""
        return self.monitor is not None or bool(self.elsewhere)

    @property
    def incomplete(self) -> int:
        """Return the number of feeds of which articles of the last day may be missing."""
        return sum(self.gaps.values())

    @property
    def failing(self) -> int:
        """Return the number of feeds that cannot be read."""
        return self.feeds.get(Health.FAILING, 0) + self.feeds.get(Health.GONE, 0)
