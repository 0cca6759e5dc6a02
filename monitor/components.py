"""What a watch is made of; `bootstrap` puts it together."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import tzinfo

from index.article import Timestamp
from monitor.feeds.relocation import Relocation
from monitor.fetch.client import Client
from monitor.ingest.ingest import Ingester
from monitor.ingest.poll_result import BatchOutcome
from monitor.maintenance.indexer_process import IndexerProcess
from monitor.model.config import Config
from monitor.model.status import MonitorPresence
from monitor.monitor_lock import MonitorLock
from monitor.notify.delivery_loop import DeliveryLoop
from monitor.pipeline import Pipeline
from monitor.run_log import RunLog
from monitor.store.protocol import Store
from monitor.tasks import Thread


@dataclass(frozen=True, slots=True, kw_only=True)
class Components:
    """What a watch is made of."""

    store: Store
    thread: Thread
    """The store's."""
    client: Client
    settler: Ingester
    pipeline: Pipeline
    indexer: IndexerProcess
    presence: MonitorLock
    report: RunLog
    told: list[Callable[[BatchOutcome], None]] = field(default_factory=list)
    """Who is told of each batch that is stored, the indexer and the notifier among them."""
    relocation: Relocation
    notifier: DeliveryLoop
    load: Callable[[], Config]
    stamp: Callable[[], object]
    """Changes when `feeds.yaml` does."""
    clock: Callable[[], Timestamp]
    sleep: Callable[[float], Awaitable[None]]
    jitter: Callable[[], float]
    """Chance, from 0 to 1."""
    zone: tzinfo
    """The machine's."""
    me: MonitorPresence
