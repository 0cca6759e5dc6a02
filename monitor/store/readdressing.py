"""Feeds that stand in `feeds.yaml` under another address than before, and are the same.

Whoever wrote the new address there, the monitor or the analyst, history and polling state
stay with the feed. A crash between the file and the store costs nothing: the file is read
again, and the store knows where the feed was sent on to.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Collection
from urllib.parse import urlsplit


def readdress(sql: sqlite3.Connection, urls: Collection[str]) -> None:
    """Give feeds that are subscribed, and are not among these addresses, their new one."""
    for number, old, new, latest in sql.execute(
        "SELECT number, url, moved_to, latest FROM moves JOIN feeds ON number = feed"
        " WHERE subscribed"
    ).fetchall():
        if new in urls and old not in urls and _take(sql, number, new):
            sql.execute("DELETE FROM moves WHERE feed = ?", (number,))
            sql.execute(
                "INSERT OR REPLACE INTO former_addresses VALUES (?, ?, ?)", (number, old, latest)
            )
    # Until version 3 an address was stored with the password in it.
    for number, old in sql.execute(
        "SELECT number, url FROM feeds WHERE url LIKE '%://%@%'"
    ).fetchall():
        new = _without_login(old)
        if new in urls and old not in urls:
            _take(sql, number, new)


def _take(sql: sqlite3.Connection, number: int, url: str) -> bool:
    """Give a feed an address, unless another one has it, or had it."""
    if sql.execute("SELECT 1 FROM feeds WHERE url = ?", (url,)).fetchone():
        return False
    sql.execute("UPDATE feeds SET url = ? WHERE number = ?", (url, number))
    return True


def _without_login(url: str) -> str:
    host = urlsplit(url).netloc.rpartition("@")
    return url.replace(f"//{host[0]}@", "//", 1) if host[1] else url
