"""The tables of the store, by subject, and their version."""

from __future__ import annotations

from monitor.store.tables.alerts import ALERTS
from monitor.store.tables.articles import ARTICLES
from monitor.store.tables.feeds import FEEDS
from monitor.store.tables.watchlists import BACKFILLS, WATCHLISTS

VERSION = 3

UPGRADES = {1: BACKFILLS, 2: ""}
"""What to add to a store of an earlier version."""

TABLES = BACKFILLS + FEEDS + ARTICLES + ALERTS + WATCHLISTS
