"""The newsroom at a glance."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from monitor.model.feeds import Health

if TYPE_CHECKING:
    from collections.abc import Mapping

    from index.article import Timestamp
    from monitor.model.feeds import GapKind
    from monitor.model.records import BackfillStand
    from monitor.model.routed import Mute


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
