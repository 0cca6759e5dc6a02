"""Stores what comes, and the alerts that it raises, as the monitor does it."""

from __future__ import annotations

from collections.abc import Sequence

from index.article import Timestamp
from monitor.alerts.alert_planning import plan_alerts
from monitor.alerts.facts import Arrivals
from monitor.alerts.plan import AlertPlan
from monitor.alerts.routing import Routing
from monitor.audit.evidence import Via
from monitor.ingest.ingest import polled
from monitor.model.feed import Feed
from monitor.model.poll import ArticleChange, PollOutcome
from monitor.store.protocol import Batch

NO_CHANNELS = Routing()


def raise_alerts(
    batch: Batch, arrivals: Arrivals, now: Timestamp, routing: Routing = NO_CHANNELS
) -> AlertPlan:
    """Store the alerts of articles that are stored."""
    plan = plan_alerts(arrivals, batch.alert_facts(arrivals, now), routing, now)
    batch.save_alerts(plan)
    return plan


def save_poll(batch: Batch, outcome: PollOutcome, routing: Routing = NO_CHANNELS) -> AlertPlan:
    """Store what a poll brings, with its alerts."""
    batch.save_poll(outcome)
    return raise_alerts(batch, polled(outcome), outcome.poll.at, routing)


def save_page(batch: Batch, change: ArticleChange, feed: Feed, now: Timestamp) -> AlertPlan:
    """Store an article that got its page's text, with its alerts."""
    batch.save_page(change)
    return raise_alerts(batch, Arrivals(feed=feed, via=Via.PAGE, changes=(change,)), now)


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
    return raise_alerts(batch, arrivals, now, routing)
