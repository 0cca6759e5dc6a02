"""Stores polls, pages and imports with the alerts that they raise, as the monitor does."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from monitor.base.article import Timestamp
from monitor.judgement.alerts.plan import AlertPlan, NewEscalation
from monitor.judgement.alerts.routing import Routing
from monitor.model.alert import AlertState, Verdict
from monitor.model.config import StoreAddress
from monitor.model.feed import Feed
from monitor.model.poll import Arrivals, ArticleChange, PollOutcome, RaisedAlert, Via
from monitor.storage.store.sql.batch import Batch
from monitor.storage.store.sql.store import Store
from monitor.storage.store.sql.views import Views

NO_CHANNELS = Routing()


def save_poll(batch: Batch, outcome: PollOutcome, routing: Routing = NO_CHANNELS) -> AlertPlan:
    """Store the outcome of a poll, with its alerts."""
    batch.save_poll(outcome)
    return batch.raise_alerts(outcome, routing, outcome.poll.at)


def save_page(batch: Batch, change: ArticleChange, feed: Feed, now: Timestamp) -> AlertPlan:
    """Store an article that got its page's text, with its alerts."""
    batch.save_page(change)
    arrivals = Arrivals(feed=feed, via=Via.PAGE, changes=(change,))
    return batch.raise_alerts(arrivals, NO_CHANNELS, now)


def save_imported(
    batch: Batch,
    changes: Sequence[ArticleChange],
    feed: Feed,
    now: Timestamp,
    routing: Routing = NO_CHANNELS,
) -> AlertPlan:
    """Store imported articles, with their alerts."""
    batch.save_imported(feed, changes)
    arrivals = Arrivals(feed=feed, via=Via.IMPORT, changes=tuple(changes))
    return batch.raise_alerts(arrivals, routing, now)


def escalate(folder: Path, reason: str, at: Timestamp) -> None:
    """Let tocsin escalate the first alert, which makes it new again unless it is noise."""
    (alert,) = Views(StoreAddress(folder)).alerts.get([1])
    reopens = alert.state is not AlertState.NEW and alert.verdict is not Verdict.NOISE
    escalated = RaisedAlert(
        id=1, watchlist=alert.watchlist, severity=alert.severity, title=alert.title,
        feed=alert.feed, backfill=False, escalation=reason,
    )  # fmt: skip
    escalation = NewEscalation(
        alert=escalated, reason=reason, severity_before=alert.severity, outlets=5, article=1,
        reopened_from=alert.state if reopens else None,
    )  # fmt: skip
    with closing(Store(StoreAddress(folder))) as store, store.batch() as batch:
        batch.save_alerts(AlertPlan(at=at, escalations=(escalation,)))
