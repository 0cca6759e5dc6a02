"""The components of a monitor; `wiring` creates them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import tzinfo
from typing import TYPE_CHECKING

from msgspec import Struct, field

from monitor.base.article import Timestamp
from monitor.base.tasks import WorkerThread
from monitor.runtime.lease_keeper import SoleMonitor
from monitor.storage.store.sql.store import Store

if TYPE_CHECKING:
    from monitor.delivery.notify.briefing_schedule import BriefingScheduler
    from monitor.delivery.notify.delivery_loop import DeliveryLoop
    from monitor.intake.fetch.client import Client
    from monitor.intake.ingest.ingest import Ingester
    from monitor.intake.ingest.poll_outcome import BatchOutcome
    from monitor.intake.similar.event_linker import EventLinker  # with numpy, which takes 20 MB
    from monitor.model.config import Config
    from monitor.model.feed import Feed
    from monitor.model.status import MonitorPresence
    from monitor.runtime.pipeline import Pipeline
    from monitor.runtime.relocation import Relocation
    from monitor.runtime.run_log import RunLog
    from monitor.storage.maintenance.indexer_process import IndexerProcess
    from monitor.storage.monitor_lock import MonitorLock


class Components(Struct, frozen=True, kw_only=True):
    """The components of a monitor."""

    store: Store
    thread: WorkerThread
    """The thread of the store."""
    client: Client
    ingester: Ingester
    pipeline: Pipeline
    indexer: IndexerProcess
    lock: MonitorLock
    report: RunLog
    listeners: list[Callable[[BatchOutcome], None]] = field(default_factory=list)
    """Called with each batch that is stored; they wake the indexer and the delivery loop."""
    relocation: Relocation
    notifier: DeliveryLoop
    briefings: BriefingScheduler | None = None
    """None where no briefing is made."""
    linker: EventLinker | None = None
    """None where the model is not installed."""
    seek: Callable[[str, Feed], Awaitable[str]] | None = None
    """Finds the sitemap of news of a site, '' if it has none; raises FeedError. None seeks none."""
    leases: SoleMonitor = field(default_factory=SoleMonitor)
    """The leases of this monitor, one of those that share the store."""
    load: Callable[[], Config]
    stamp: Callable[[], object]
    """Returns another value once `feeds.yaml` has changed."""
    changes: Callable[[], object]
    """Returns another value once the store may have changed."""
    edited: Callable[[], bool] = lambda: False
    """Tells whether the configuration has changed since the monitor read it to start."""
    use_language: Callable[[str], None]
    """Sets the language that `feeds.yaml` asks for; empty leaves it to the machine."""
    clock: Callable[[], Timestamp]
    stopwatch: Callable[[], float]
    """Returns the seconds of processor time of the thread that asks."""
    sleep: Callable[[float], Awaitable[None]]
    jitter: Callable[[], float]
    """Returns a random number from 0 to 1."""
    zone: tzinfo
    """The time zone of the machine."""
    presence: MonitorPresence
