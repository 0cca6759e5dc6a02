"""A new store gets its tables; one of an earlier version is brought to the current one."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

from monitor.base.errors import StoreError
from monitor.base.translation import gettext as _
from monitor.model import evidence
from monitor.model.evidence import Kind
from monitor.storage.store.sql.alert_views import read_matches
from monitor.storage.store.sql.connection import Connection, StoreConnection, transaction
from monitor.storage.store.sql.evidence import EvidenceLog
from monitor.storage.store.sql.schema import TABLES, VERSION
from monitor.storage.store.sql.upgrades import RENUMBERED, UPGRADES, renew_shingles

BEFORE_EVIDENCE = 3
"""Stores of versions below this one have no records of their alerts."""


def migrate(connection: Connection, path: Path) -> None:
    """Bring a store to the current version, in one transaction.

    Raises:
        StoreError: The store was written by a newer version.
    """
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if version > VERSION:
        raise StoreError(
            _(
                "{file}: written by a newer tocsin (store version {version}); update tocsin",
                file=path,
                version=version,
            )
        )
    with transaction(connection):
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        scripts = [UPGRADES[old] for old in range(version, VERSION)] if version else [TABLES]
        for statement in _statements("".join(scripts)):
            connection.execute(statement)
        if 0 < version < BEFORE_EVIDENCE:
            _record_earlier(connection)
        if 0 < version < RENUMBERED:
            renew_shingles(connection)
        connection.execute(f"PRAGMA user_version = {VERSION}")
    path.chmod(0o600)


def _record_earlier(sql: Connection) -> None:
    """Record the alerts as they are now, in one transaction.

    From then on it shows if they or their texts are changed; what was before, nobody can tell.
    """
    log = EvidenceLog(sql)
    found = sql.execute(
        "SELECT al.id, al.kind, al.watchlist, al.severity, al.raised_at, al.merged_into,"
        " coalesce(al.feed, a.feed), coalesce(f.name, ''), a.id, a.url, a.version, a.title,"
        " a.summary, a.body FROM alerts al LEFT JOIN articles a ON a.id = al.article"
        " LEFT JOIN feeds f ON f.number = coalesce(al.feed, a.feed) ORDER BY al.id"
    )
    for (
        id, about, watchlist, severity, raised_at, merged_into, feed, name, article, url, version,
        title, summary, body,
    ) in found:  # fmt: skip
        said = {
            "raised_at": raised_at,
            "about": about,
            "watchlist": watchlist,
            "severity": severity,
            "merged_into": merged_into,
            "feed": {"number": feed, "name": name},
        }
        if article is not None:
            text = evidence.text_hash(title, summary, body)
            said["article"] = {"id": article, "url": url, "version": version, "sha256": text}
            said["matches"] = evidence.matches(read_matches(StoreConnection(sql), [id]).get(id, ()))
        log.append(Kind.EARLIER, id, said)


def _statements(script: str) -> Iterator[str]:
    """Split a script into statements; `executescript` would commit the transaction."""
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""
