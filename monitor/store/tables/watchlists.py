"""Tables of watchlists."""

from __future__ import annotations

BACKFILLS = """
-- How far each rule in force has got with the articles that were there before it.
CREATE TABLE backfills (
    watchlist TEXT PRIMARY KEY,
    meaning   TEXT NOT NULL,                    -- hash of what the rule says
    upto      INTEGER NOT NULL,                 -- id of the last article it was matched with
    until     INTEGER NOT NULL                  -- id of the last article before it
) WITHOUT ROWID;
"""

WATCHLISTS = """
-- The watchlists in force, in the order of feeds.yaml.
CREATE TABLE watchlists (
    name     TEXT PRIMARY KEY,
    place    INTEGER NOT NULL,
    severity TEXT NOT NULL,
    feeds    TEXT NOT NULL DEFAULT '[]',        -- JSON list of names and tags; empty is all
    outlets  INTEGER,                           -- so many have a story: it is louder; NULL is never
    crossing INTEGER NOT NULL DEFAULT 1,        -- louder when it crosses to another language
    louder   TEXT,                              -- the severity then; NULL is one up
    cooldown REAL NOT NULL DEFAULT 0,           -- seconds
    notify_backfill INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;

-- Counting a million rows takes 157 ms; these are kept by triggers and can be rebuilt.
CREATE TABLE counts (
    watchlist TEXT PRIMARY KEY,
    total     INTEGER NOT NULL DEFAULT 0,
    untriaged INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;
"""

COUNTING = """
CREATE TRIGGER alert_raised AFTER INSERT ON alerts WHEN new.merged_into IS NULL BEGIN
    INSERT INTO counts VALUES (new.watchlist, 1, new.state = 'new')
    ON CONFLICT DO UPDATE SET total = total + 1, untriaged = untriaged + excluded.untriaged;
END;
CREATE TRIGGER alert_triaged AFTER UPDATE OF state ON alerts WHEN new.merged_into IS NULL BEGIN
    UPDATE counts SET untriaged = untriaged + (new.state = 'new') - (old.state = 'new')
    WHERE watchlist = new.watchlist;
END;
"""

WATCHLISTS_3 = "ALTER TABLE watchlists ADD COLUMN feeds TEXT NOT NULL DEFAULT '[]';\n"
"""What version 3 adds to the tables of version 2."""

WATCHLIST_COLUMNS = """
ALTER TABLE watchlists ADD COLUMN outlets INTEGER;
ALTER TABLE watchlists ADD COLUMN crossing INTEGER NOT NULL DEFAULT 1;
ALTER TABLE watchlists ADD COLUMN louder TEXT;
ALTER TABLE watchlists ADD COLUMN cooldown REAL NOT NULL DEFAULT 0;
ALTER TABLE watchlists ADD COLUMN notify_backfill INTEGER NOT NULL DEFAULT 0;
"""
"""What version 3 lets a watchlist say of its alerts."""
