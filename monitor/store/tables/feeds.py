"""Tables of feeds and their polls."""

from __future__ import annotations

FEEDS = """
CREATE TABLE feeds (
    number        INTEGER PRIMARY KEY,
    url           TEXT NOT NULL UNIQUE,
    name          TEXT NOT NULL,
    tags          TEXT NOT NULL DEFAULT '[]',   -- JSON list
    subscribed    INTEGER NOT NULL DEFAULT 1,   -- 0: no longer in feeds.yaml; its history stays
    enabled       INTEGER NOT NULL DEFAULT 1,
    etag          BLOB,
    last_modified BLOB,
    body_hash     BLOB,
    next_due      REAL NOT NULL DEFAULT 0,
    last_poll     REAL,
    last_ok       REAL,
    failures      INTEGER NOT NULL DEFAULT 0,
    reason        TEXT NOT NULL DEFAULT '',
    gone          INTEGER NOT NULL DEFAULT 0,
    blind         INTEGER NOT NULL DEFAULT 0,
    title         TEXT NOT NULL DEFAULT '',
    link          TEXT NOT NULL DEFAULT '',
    lang          TEXT NOT NULL DEFAULT '',
    polls         INTEGER NOT NULL DEFAULT 0,
    articles      INTEGER NOT NULL DEFAULT 0
);

-- The last polls of each feed: a ring of slots, overwritten in turn.
CREATE TABLE polls (
    feed    INTEGER NOT NULL,
    slot    INTEGER NOT NULL,
    at      REAL NOT NULL,
    outcome TEXT NOT NULL,
    entries INTEGER NOT NULL,
    new     INTEGER NOT NULL,
    changed INTEGER NOT NULL,
    reason  TEXT NOT NULL,
    seconds REAL NOT NULL,
    PRIMARY KEY (feed, slot)
) WITHOUT ROWID;
"""
