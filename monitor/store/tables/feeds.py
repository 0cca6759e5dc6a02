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
    articles      INTEGER NOT NULL DEFAULT 0,
    every         REAL,                         -- seconds, as feeds.yaml says; NULL leaves it to us
    delay         REAL NOT NULL DEFAULT 900,    -- seconds until the next poll, as of the last read
    asked_until   REAL NOT NULL DEFAULT 0,      -- the server's wish or the back-off: not before
    failing_since REAL,
    published     REAL,                         -- when it last brought something new
    usual         REAL,                         -- seconds between two publications, mostly
    silent_after  REAL,                         -- seconds without any that are not its habit
    habit         TEXT NOT NULL DEFAULT '',     -- JSON: how it publishes, as learned
    manner        TEXT NOT NULL DEFAULT ''      -- how it is asked, without what is secret
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
    known   INTEGER NOT NULL DEFAULT 0,         -- entries that were not new
    blind   INTEGER NOT NULL DEFAULT 0,         -- none was known from the poll before
    status  INTEGER,                            -- of HTTP; NULL when there was no answer
    moved   TEXT NOT NULL DEFAULT '',           -- where the answer came from, when redirected
    PRIMARY KEY (feed, slot)
) WITHOUT ROWID;
"""

GAPS = """
-- Intervals between two reads with nothing in common: what came and went in them was missed.
CREATE TABLE gaps (
    feed  INTEGER NOT NULL,
    start REAL NOT NULL,
    until REAL NOT NULL,
    PRIMARY KEY (feed, start)
) WITHOUT ROWID;
CREATE INDEX gaps_by_end ON gaps (until);
"""

EPISODES = """
-- From when to when a feed was in trouble: each rings once.
CREATE TABLE episodes (
    feed       INTEGER NOT NULL,
    kind       TEXT NOT NULL,
    started_at REAL NOT NULL,
    ended_at   REAL,                            -- NULL: not over yet
    alert      INTEGER,                         -- NULL: it was so when the feed was first read
    PRIMARY KEY (feed, kind, started_at)
) WITHOUT ROWID;
"""

FEEDS_3 = """
ALTER TABLE feeds ADD COLUMN every REAL;
ALTER TABLE feeds ADD COLUMN delay REAL NOT NULL DEFAULT 900;
ALTER TABLE feeds ADD COLUMN asked_until REAL NOT NULL DEFAULT 0;
UPDATE feeds SET asked_until = next_due;
ALTER TABLE feeds ADD COLUMN failing_since REAL;
ALTER TABLE feeds ADD COLUMN published REAL;
ALTER TABLE feeds ADD COLUMN usual REAL;
ALTER TABLE feeds ADD COLUMN silent_after REAL;
ALTER TABLE feeds ADD COLUMN habit TEXT NOT NULL DEFAULT '';
ALTER TABLE feeds ADD COLUMN manner TEXT NOT NULL DEFAULT '';
ALTER TABLE polls ADD COLUMN known INTEGER NOT NULL DEFAULT 0;
ALTER TABLE polls ADD COLUMN blind INTEGER NOT NULL DEFAULT 0;
ALTER TABLE polls ADD COLUMN status INTEGER;
ALTER TABLE polls ADD COLUMN moved TEXT NOT NULL DEFAULT '';
"""
"""What version 3 adds to the tables of version 2."""
