"""Tables of feeds that move."""

from __future__ import annotations

MOVES = """
-- Where permanent redirects of a feed lead, the same each time.
CREATE TABLE moves (
    feed     INTEGER PRIMARY KEY,
    moved_to TEXT NOT NULL,
    since    REAL NOT NULL,
    latest   REAL NOT NULL,
    times    INTEGER NOT NULL
);

-- Addresses that feeds had before.
CREATE TABLE former_addresses (
    feed  INTEGER NOT NULL,
    url   TEXT NOT NULL,
    until REAL NOT NULL,
    PRIMARY KEY (feed, url)
) WITHOUT ROWID;
"""
