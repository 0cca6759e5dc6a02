"""Evidence for the alerts of a store from before there was evidence."""

from __future__ import annotations

import sqlite3

from monitor.audit import evidence
from monitor.audit.evidence import Kind
from monitor.store.sqlite.alert_facts import read_matches
from monitor.store.sqlite.evidence import EvidenceLog


def record_earlier(sql: sqlite3.Connection) -> int:
    """Record the alerts as they are now, in one transaction; return how many.

    From then on it shows if they or their texts are changed; what was before, nobody can tell.
    """
    log = EvidenceLog(sql)
    found = sql.execute(
        "SELECT al.id, al.kind, al.watchlist, al.severity, al.raised_at, al.merged_into,"
        " coalesce(al.feed, a.feed), coalesce(f.name, ''), a.id, a.url, a.version, a.title,"
        " a.summary, a.body FROM alerts al LEFT JOIN articles a ON a.id = al.article"
        " LEFT JOIN feeds f ON f.number = coalesce(al.feed, a.feed) ORDER BY al.id"
    )
    count = 0
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
            said["matches"] = evidence.matches(read_matches(sql, [id]).get(id, ()))
        log.append(Kind.EARLIER, id, said)
        count += 1
    return count
