"""Tables of watchlists of which nobody is told for a while, and of what was held back."""

from __future__ import annotations

MUTES = """
-- Watchlists that are muted, and were.
CREATE TABLE mutes (
    id        INTEGER PRIMARY KEY AUTOINCREMENT,
    watchlist TEXT NOT NULL,
    who       TEXT NOT NULL,                    -- asked for it
    since     REAL NOT NULL,
    until     REAL NOT NULL,
    told      INTEGER NOT NULL DEFAULT 0        -- its end was noticed, and told of
);
CREATE INDEX mutes_open ON mutes (until) WHERE told = 0;

-- How much was held back since somebody was told of a watchlist.
CREATE TABLE holding (
    watchlist TEXT PRIMARY KEY,
    held      INTEGER NOT NULL,
    since     REAL NOT NULL
) WITHOUT ROWID;

CREATE INDEX alerts_held ON alerts (watchlist, raised_at, id) WHERE held = 'muted';
CREATE INDEX escalations_held ON escalations (at) WHERE held <> '';
"""
