"""The viewers' side of the store, in SQLite: short reads, and triage."""

from __future__ import annotations

from monitor.store.views.alerts import AlertViews
from monitor.store.views.articles import ArticleViews
from monitor.store.views.commits import CommitViews
from monitor.store.views.counts import CountViews
from monitor.store.views.deliveries import DeliveryViews
from monitor.store.views.evidence import EvidenceViews
from monitor.store.views.feeds import FeedViews
from monitor.store.views.headlines import HeadlineViews
from monitor.store.views.judged import JudgedViews
from monitor.store.views.latency import LatencyViews
from monitor.store.views.mutes import MuteViews
from monitor.store.views.searches import SearchViews
from monitor.store.views.triage import TriageViews
from monitor.store.views.watchlists import WatchlistViews

__all__ = ["SqliteViews"]


class SqliteViews(
    CommitViews,
    FeedViews,
    WatchlistViews,
    AlertViews,
    HeadlineViews,
    ArticleViews,
    CountViews,
    SearchViews,
    DeliveryViews,
    LatencyViews,
    EvidenceViews,
    MuteViews,
    TriageViews,
    JudgedViews,
):
    """See `Views`."""
