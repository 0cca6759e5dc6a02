"""Tables of what is on its way to channels."""

from __future__ import annotations

DELIVERIES = """
-- Alerts on their way to channels, stored with the alert they are about.
CREATE TABLE deliveries (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    alert      INTEGER NOT NULL,
    channel    TEXT NOT NULL,
    occasion   TEXT NOT NULL,                   -- 'raised' or 'escalated'
    why        TEXT NOT NULL DEFAULT '',
    key        TEXT NOT NULL UNIQUE,
    state      TEXT NOT NULL DEFAULT 'waiting',
    due        REAL NOT NULL,
    attempts   INTEGER NOT NULL DEFAULT 0,
    failing    REAL,                            -- since when; NULL after a retry that was asked for
    reason     TEXT NOT NULL DEFAULT '',
    bundle     TEXT NOT NULL DEFAULT '',        -- those of a channel with the same go together
    created_at REAL NOT NULL,
    sent_at    REAL,
    UNIQUE (alert, channel, occasion, why)
);
CREATE INDEX deliveries_waiting ON deliveries (channel, due) WHERE state = 'waiting';
CREATE INDEX deliveries_alert ON deliveries (alert);
CREATE INDEX deliveries_dead ON deliveries (id) WHERE state = 'dead';
"""
