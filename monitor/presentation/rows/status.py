"""The newsroom at a glance."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from typing_extensions import TypedDict  # pydantic reads those of `typing` from Python 3.12 on

from monitor.base.formatting import iso

if TYPE_CHECKING:
    from monitor.model.lease import SharingMonitor
    from monitor.model.status import MonitorPresence, Status


class PresenceRow(TypedDict):
    """The monitor that watches the newsroom."""

    pid: int
    since: str | None
    """When it began."""
    config: str
    """Path of its feeds.yaml."""
    log: str
    """Path of its log; empty when it logs to its terminal."""


class BackfillRow(TypedDict):
    """A watchlist that is still matched against the archive."""

    watchlist: str
    upto: int
    """Number of the last article that it was matched with."""
    until: int
    """Number of the last article that was there before it."""


class MuteRow(TypedDict):
    """A watchlist of which nobody is notified for a while."""

    watchlist: str
    until: str | None


class SharingMonitorRow(TypedDict):
    """A monitor of a store that several share."""

    name: str
    """Machine and process: host/pid."""
    host: str
    pid: int
    folder: str
    """Its data folder."""
    since: str | None
    """When it began."""
    heartbeat: str | None
    """Its last heartbeat."""
    lost: bool
    """Whether it was not heard of for too long, and did not end."""
    buckets: int
    """How many of the 1,024 buckets of feeds it polls."""
    duties: list[str]
    """What it does for all monitors."""
    lag: float
    """Seconds for which the oldest of its feeds that are due is not polled."""


class StatusRow(TypedDict):
    """The state of the newsroom: monitor, feeds, articles, alerts, deliveries."""

    articles: int
    indexed: int
    """Articles that can be searched."""
    rebuilt: float | None
    """How far a new index is, from 0 to 1; null if none is built."""
    alerts: int
    untriaged: int
    """Stories with a new alert."""
    feeds: int
    failing: int
    """Feeds that cannot be read."""
    health: dict[str, int]
    """Feeds by health."""
    blind: int
    """Feeds with a coverage gap: no entry in common between the last two polls."""
    gaps: dict[str, int]
    """Feeds with coverage gaps in the last day, by kind."""
    monitor: PresenceRow | None
    """Null if none runs."""
    pulse: str | None
    """Its last sign of life."""
    monitors: list[SharingMonitorRow]
    """The monitors of a store that several share, those that are lost last; or empty."""
    config_error: str
    """Why the last edit of feeds.yaml is not active; or empty."""
    network_down: str
    """Why the network seems to be down; or empty."""
    store_damage: str
    """What is wrong with the store, and what to do; or empty."""
    no_vectors: str
    """Why articles get no vectors; empty when they do, and if no monitor runs."""
    log: str
    """Path of the log of a monitor in the background."""
    backfill: list[BackfillRow]
    mutes: list[MuteRow]
    unsent: int
    """Deliveries on their way."""
    dead: int
    """Deliveries that were given up."""
    set_aside: int
    """Articles that took too much time or memory to match or to index."""
    suppressed: dict[str, int]
    """Alerts of the last day of which nobody was notified, by reason."""


def status_row(status: Status, suppressed: Mapping[str, int]) -> StatusRow:
    """Return the state of the newsroom."""
    return {
        "articles": status.articles,
        "indexed": status.indexed,
        "rebuilt": status.rebuilt,
        "alerts": status.alerts,
        "untriaged": status.untriaged,
        "feeds": sum(status.feeds.values()),
        "failing": status.failing,
        "health": {str(health): count for health, count in status.feeds.items()},
        "blind": status.blind,
        "gaps": {str(kind): count for kind, count in status.gaps.items()},
        "monitor": None if status.monitor is None else _presence_row(status.monitor),
        "pulse": iso(status.pulse),
        "monitors": [_sharing_row(one) for one in status.monitors],
        "config_error": status.config_error,
        "network_down": status.network_down,
        "store_damage": status.store_damage,
        "no_vectors": status.no_vectors,
        "log": status.log,
        "backfill": [
            {"watchlist": stand.watchlist, "upto": stand.upto, "until": stand.until}
            for stand in status.backfill
        ],
        "mutes": [{"watchlist": m.watchlist, "until": iso(m.until)} for m in status.mutes],
        "unsent": status.unsent,
        "dead": status.dead,
        "set_aside": status.set_aside,
        "suppressed": dict(suppressed),
    }


def _presence_row(monitor: MonitorPresence) -> PresenceRow:
    return {
        "pid": monitor.pid,
        "since": iso(monitor.since),
        "config": monitor.config,
        "log": monitor.log,
    }


def _sharing_row(monitor: SharingMonitor) -> SharingMonitorRow:
    return {
        "name": monitor.name,
        "host": monitor.host,
        "pid": monitor.pid,
        "folder": monitor.folder,
        "since": iso(monitor.since),
        "heartbeat": iso(monitor.seen_at),
        "lost": monitor.lost,
        "buckets": monitor.buckets,
        "duties": [duty.label for duty in monitor.duties],
        "lag": round(monitor.lag, 1),
    }
