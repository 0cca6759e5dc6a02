"""Tables of alerts."""

from __future__ import annotations

ALERTS = """
CREATE TABLE alerts (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    watchlist   TEXT NOT NULL,
    article     INTEGER NOT NULL,
    severity    TEXT NOT NULL,
    state       TEXT NOT NULL DEFAULT 'new',
    verdict     TEXT NOT NULL DEFAULT '',
    starred     INTEGER NOT NULL DEFAULT 0,
    backfill    INTEGER NOT NULL DEFAULT 0,
    raised_at   REAL NOT NULL,
    merged_into INTEGER,                        -- the alert that speaks for this copy too
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
