"""An archive of articles with the alerts that they raise."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from contextlib import closing
from datetime import UTC
from pathlib import Path
from typing import cast

from msgspec.structs import astuple, replace

from monitor.base.article import Article
from monitor.judgement.alerts.plan import EvidenceRecord
from monitor.judgement.match.matcher import WatchlistMatcher
from monitor.model import evidence
from monitor.model.config import STORE_FILE, StoreAddress
from monitor.model.evidence import Kind
from monitor.model.watchlist import Watchlist
from monitor.presentation.service.service import Service
from monitor.storage.store.database.connection import Connection, marks
from monitor.storage.store.sql.evidence import EvidenceLog
from monitor.storage.store.sql.views import Views
from support import article_archive

NOW = 1_700_000_000.0


def service(folder: Path, person: str = "ana", now: float = NOW) -> Service:
    """Return the service of a folder, for one person, at a moment."""
    views = Views(StoreAddress(folder))
    return Service(folder, views, lambda: now, UTC, user=person)


def ring(
    folder: Path, articles: Iterable[Article], watchlists: Sequence[Watchlist]
) -> dict[tuple[str, int], int]:
    """Store articles and raise their alerts; return these by watchlist and article."""
    stored = article_archive.fill(folder, articles, watchlists)
    feeds = {
        number: replace(feed, number=number) for number, feed in enumerate(article_archive.FEEDS, 1)
    }
    rules, alerts = WatchlistMatcher(watchlists, feeds.values()), {}
    with closing(sqlite3.connect(folder / STORE_FILE)) as sql, sql:
        log = EvidenceLog(cast(Connection, sql))
        for article in stored:
            text_hash = evidence.text_hash(article.title, article.summary, article.body)
            for hit in rules.match(article, feeds[article.feeds[0]]):
                alert = sql.execute(
                    "INSERT INTO alerts (watchlist, article, severity, raised_at)"
                    " VALUES (?, ?, ?, ?)",
                    (hit.watchlist.name, article.id, hit.watchlist.severity, article.seen),
                ).lastrowid
                assert alert is not None
                alerts[hit.watchlist.name, article.id] = alert
                sql.executemany(
                    f"INSERT INTO matches VALUES ({marks(9)})",
                    [(alert, place, *astuple(match)) for place, match in enumerate(hit.matches)],
                )
                content = {
                    "at": article.seen,
                    "about": "match",
                    "watchlist": hit.watchlist.name,
                    "severity": hit.watchlist.severity,
                    "matches": evidence.matches(hit.matches),
                    "article": evidence.article(
                        article, feeds[article.feeds[0]], {"version": 1, "sha256": text_hash}
                    ),
                    "backfill": False,
                }
                log.add(EvidenceRecord(Kind.RAISED, alert, content, hit.watchlist))
    return alerts
