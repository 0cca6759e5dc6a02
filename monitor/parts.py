"""What a watch is made of; `bootstrap` puts it together."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import tzinfo

from index.article import Timestamp
from monitor.answers import Settled
from monitor.fetch.client import Client
from monitor.indexer_process import IndexerProcess
from monitor.model import Config, MonitorPresence
from monitor.notify import Notifier
from monitor.pipeline import Pipeline
from monitor.presence import Presence
from monitor.relocation import Relocation
from monitor.report import Report
from monitor.settle import Settler
from monitor.store import Store
from monitor.threads import Thread


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What a watch is made of."""

    store: Store
    thread: Thread
    """The store's."""
    client: Client
    settler: Settler
    pipeline: Pipeline
    indexer: IndexerProcess
    presence: Presence
    report: Report
    told: list[Callable[[Settled], None]] = field(default_factory=list)
    """Who is told of each batch that is stored, the indexer and the notifier among them."""
    relocation: Relocation
    notifier: Notifier
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
