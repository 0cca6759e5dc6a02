"""The tables of the store, by subject, and their version."""

from __future__ import annotations

from monitor.store.tables.alerts import ALERT_COLUMNS, ALERTS, ALERTS_3, ESCALATIONS
from monitor.store.tables.articles import ARTICLES, PAGES_4, UNREAD_PAGES
from monitor.store.tables.deliveries import DELIVERIES
from monitor.store.tables.evidence import EVIDENCE, LATENCY
from monitor.store.tables.feeds import EPISODES, FEEDS, FEEDS_3, GAPS
from monitor.store.tables.keeping import KEEPING
from monitor.store.tables.moves import MOVES
from monitor.store.tables.mutes import MUTES
from monitor.store.tables.searches import SEARCHED
from monitor.store.tables.stories import CROSSINGS
from monitor.store.tables.triage import TRIAGE
from monitor.store.tables.watchlists import (
    BACKFILLS,
    COUNTING,
    WATCHLIST_COLUMNS,
    WATCHLISTS,
    WATCHLISTS_3,
)

VERSION = 4

UPGRADES = {
    1: BACKFILLS,
    2: FEEDS_3
    + UNREAD_PAGES
    + MOVES
    + GAPS
    + EPISODES
    + ALERTS_3
    + WATCHLISTS_3
    + COUNTING
    + ALERT_COLUMNS
    + WATCHLIST_COLUMNS
    + TRIAGE
    + ESCALATIONS
    + CROSSINGS
    + KEEPING
    + SEARCHED
    + DELIVERIES
    + MUTES
    + EVIDENCE
    + LATENCY,
    3: PAGES_4,
}
"""What to add to a store of an earlier version."""

TABLES = (
    BACKFILLS
    + FEEDS
    + GAPS
    + EPISODES
    + ARTICLES
    + UNREAD_PAGES
    + PAGES_4
    + MOVES
    + ALERTS
    + WATCHLISTS
    + COUNTING
    + TRIAGE
    + ESCALATIONS
    + CROSSINGS
    + KEEPING
    + SEARCHED
    + DELIVERIES
    + MUTES
    + EVIDENCE
    + LATENCY
)
