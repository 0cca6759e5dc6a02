"""Tables of alerts."""

from __future__ import annotations

ALERTS = """
CREATE TABLE alerts (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    watchlist   TEXT NOT NULL,                  -- '' for an alert about a feed
    article     INTEGER,                        -- NULL: it is about a feed, not an article
    severity    TEXT NOT NULL,
    state       TEXT NOT NULL DEFAULT 'new',
    verdict     TEXT NOT NULL DEFAULT '',
    starred     INTEGER NOT NULL DEFAULT 0,
    backfill    INTEGER NOT NULL DEFAULT 0,
    raised_at   REAL NOT NULL,
    merged_into INTEGER,                        -- the alert that speaks for this copy too
    rule        TEXT NOT NULL DEFAULT '',       -- version of the rule that raised it
    article_version INTEGER NOT NULL DEFAULT 1, -- of the article, when it was raised
    held        TEXT NOT NULL DEFAULT '',       -- why nobody is told; "" is that somebody is
    held_until  REAL,                           -- end of the cooldown, of the mute
    kind        TEXT NOT NULL DEFAULT 'match',
    feed        INTEGER,                        -- of an alert about a feed
    title       TEXT NOT NULL DEFAULT '',       -- of an alert about a feed
    UNIQUE (watchlist, article)
);
CREATE INDEX alerts_by_article ON alerts (article);
CREATE INDEX alerts_by_time ON alerts (raised_at);
CREATE INDEX alerts_merged ON alerts (merged_into) WHERE merged_into IS NOT NULL;

CREATE TABLE matches (
    alert INTEGER NOT NULL,
    place INTEGER NOT NULL,
    field TEXT NOT NULL,
    start INTEGER NOT NULL,
    stop  INTEGER NOT NULL,
    text  TEXT NOT NULL,
    term  TEXT NOT NULL,
    PRIMARY KEY (alert, place)
) WITHOUT ROWID;
"""

ALERTS_3 = """
CREATE TABLE alerts_3 (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    watchlist   TEXT NOT NULL,
    article     INTEGER,
    severity    TEXT NOT NULL,
    state       TEXT NOT NULL DEFAULT 'new',
    verdict     TEXT NOT NULL DEFAULT '',
    starred     INTEGER NOT NULL DEFAULT 0,
    backfill    INTEGER NOT NULL DEFAULT 0,
    raised_at   REAL NOT NULL,
    merged_into INTEGER,
    kind        TEXT NOT NULL DEFAULT 'match',
    feed        INTEGER,
    title       TEXT NOT NULL DEFAULT '',
    UNIQUE (watchlist, article)
);
INSERT INTO alerts_3 (id, watchlist, article, severity, state, verdict, starred, backfill,
    raised_at, merged_into)
SELECT id, watchlist, article, severity, state, verdict, starred, backfill,
    raised_at, merged_into FROM alerts;
DROP TABLE alerts;
ALTER TABLE alerts_3 RENAME TO alerts;
CREATE INDEX alerts_by_article ON alerts (article);
CREATE INDEX alerts_by_time ON alerts (raised_at);
CREATE INDEX alerts_merged ON alerts (merged_into) WHERE merged_into IS NOT NULL;
"""
"""Makes version 3 of the table of version 2; SQLite cannot take a NOT NULL away. Its
triggers go with it and are to be made again."""

ESCALATIONS = """
-- What made an alert louder than it was raised, once per reason.
CREATE TABLE escalations (
    id       INTEGER PRIMARY KEY AUTOINCREMENT,
    alert    INTEGER NOT NULL,
    reason   TEXT NOT NULL,                     -- 'outlets', or the language the story crossed to
    at       REAL NOT NULL,
    outlets  INTEGER NOT NULL,                  -- independent ones that had the story by then
    article  INTEGER NOT NULL,                  -- the one that made it so
    severity TEXT NOT NULL,                     -- of the alert, before
    held     TEXT NOT NULL DEFAULT '',          -- why nobody is told of it
    UNIQUE (alert, reason)
);

-- Terms that matched once, and that an edit of the article removed.
CREATE TABLE lost_terms (
    alert INTEGER NOT NULL,
    term  TEXT NOT NULL,
    at    REAL NOT NULL,                        -- when the edit was read
    PRIMARY KEY (alert, term)
) WITHOUT ROWID;
"""

ALERT_COLUMNS = """
ALTER TABLE alerts ADD COLUMN rule TEXT NOT NULL DEFAULT '';
ALTER TABLE alerts ADD COLUMN article_version INTEGER NOT NULL DEFAULT 1;
ALTER TABLE alerts ADD COLUMN held TEXT NOT NULL DEFAULT '';
ALTER TABLE alerts ADD COLUMN held_until REAL;
UPDATE alerts SET held = 'backfill' WHERE backfill;
"""
"""What version 3 notes of each alert."""
