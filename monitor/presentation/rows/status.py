"""The newsroom at a glance."""

from __future__ import annotations

from collections.abc import Mapping
from operator import attrgetter
from typing import TYPE_CHECKING, Annotated, TypedDict

from monitor.presentation.rows import Moment, decimals, means, row

if TYPE_CHECKING:
    from monitor.model.status import Status


Label = Annotated[str, means(by=attrgetter("label"))]


class PresenceRow(TypedDict):
    """The monitor that watches the newsroom."""

    pid: int
    since: Annotated[Moment, means("When it began.")]
    config: Annotated[str, means("Path of its feeds.yaml.")]
    log: Annotated[str, means("Path of its log; empty when it logs to its terminal.")]


class BackfillRow(TypedDict):
    """A watchlist that is still matched against the archive."""

    watchlist: str
    upto: Annotated[int, means("Number of the last article that it was matched with.")]
    until: Annotated[int, means("Number of the last article that was there before it.")]


class ActiveSilenceRow(TypedDict):
    """A watchlist of which nobody is notified for a while."""

    watchlist: str
    until: Moment


class SharingMonitorRow(TypedDict):
    """A monitor of a store that several share."""

    name: Annotated[str, means("Machine and process: host/pid.")]
    host: str
    pid: int
    folder: Annotated[str, means("Its data folder.")]
    since: Annotated[Moment, means("When it began.")]
    heartbeat: Annotated[Moment, means("Its last heartbeat.", "seen_at")]
    lost: Annotated[bool, means("Whether it was not heard of for too long, and did not end.")]
    buckets: Annotated[int, means("How many of the 1,024 buckets of feeds it polls.")]
    duties: Annotated[list[Label], means("What it does for all monitors.")]
    lag: Annotated[float, means("By how many seconds a poll is late.", by=decimals(1))]


class StatusRow(TypedDict):
    """The state of the newsroom: monitor, feeds, articles, alerts, deliveries."""

    articles: int
    indexed: Annotated[int, means("Articles that can be searched.")]
    rebuilt: Annotated[float | None, means("How far a new index is, from 0 to 1; or null.")]
    alerts: int
    untriaged: Annotated[int, means("Stories with a new alert.")]
    feeds: int
    failing: Annotated[int, means("Feeds that cannot be read.")]
    health: Annotated[dict[str, int], means("Feeds by health.", "feeds")]
    blind: Annotated[int, means("Feeds with a coverage gap.")]
    gaps: Annotated[dict[str, int], means("Feeds with coverage gaps in the last day, by kind.")]
    monitor: Annotated[PresenceRow | None, means("Null if none runs.")]
    pulse: Annotated[Moment, means("Its last sign of life.")]
    monitors: Annotated[list[SharingMonitorRow], means("Those of a shared store, lost ones last.")]
    config_error: Annotated[str, means("Why the last edit of feeds.yaml is not active; or empty.")]
    network_down: Annotated[str, means("Why the network seems to be down; or empty.")]
    store_damage: Annotated[str, means("What is wrong with the store, and what to do; or empty.")]
    no_vectors: Annotated[str, means("Why articles get no vectors; empty when they do.")]
    log: Annotated[str, means("Path of the log of a monitor in the background.")]
    backfill: list[BackfillRow]
    silences: Annotated[list[ActiveSilenceRow], means("Those that hold now.")]
    unsent: Annotated[int, means("Deliveries on their way.")]
    dead: Annotated[int, means("Deliveries that were given up.")]
    set_aside: Annotated[int, means("Articles beyond the limits of matching or indexing.")]
    suppressed: Annotated[dict[str, int], means("Alerts suppressed in the last day, by reason.")]


def status_row(status: Status, suppressed: Mapping[str, int]) -> StatusRow:
    return row(StatusRow, status, feeds=sum(status.feeds.values()), suppressed=dict(suppressed))
