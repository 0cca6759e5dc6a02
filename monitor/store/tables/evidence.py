"""Tables of what is written down of alerts for good, and of how long they took."""

from __future__ import annotations

EVIDENCE = """
-- Records of alerts, each with the hash of the one before it (see `monitor.evidence`).
CREATE TABLE evidence (
    number INTEGER PRIMARY KEY AUTOINCREMENT,   -- from 1, without holes
    kind   TEXT NOT NULL,
    alert  INTEGER,                             -- NULL: it is about a rule
    said   TEXT NOT NULL DEFAULT '',            -- hash of what a rule says, to find it again
    record TEXT NOT NULL,                       -- JSON
    hash   TEXT NOT NULL                        -- SHA-256 of the record
);
CREATE INDEX evidence_by_alert ON evidence (alert) WHERE alert IS NOT NULL;
CREATE INDEX evidence_by_rule ON evidence (said) WHERE said <> '';

CREATE TRIGGER evidence_stays BEFORE DELETE ON evidence BEGIN
    SELECT RAISE (ABORT, 'evidence is not deleted');
END;
CREATE TRIGGER evidence_is_final BEFORE UPDATE ON evidence BEGIN
    SELECT RAISE (ABORT, 'evidence is not changed');
END;
CREATE TRIGGER evidence_is_appended BEFORE INSERT ON evidence
WHEN new.number <> (SELECT coalesce(max(number), 0) + 1 FROM evidence) BEGIN
    SELECT RAISE (ABORT, 'evidence is only appended');
END;
"""

LATENCY = """
-- When an article that raised an alert took which step; not of what was there before.
CREATE TABLE latency (
    article    INTEGER PRIMARY KEY,
    feed       INTEGER NOT NULL,
    published  REAL,                            -- the publisher's word; NULL without one
    seen       REAL NOT NULL,                   -- the last byte of the answer that brought it
    matched    REAL NOT NULL,                   -- stored, with its first alert
    searchable REAL,                            -- NULL: not yet
    edited     INTEGER NOT NULL DEFAULT 0       -- an edit raised it: it was published long before
);
CREATE INDEX latency_by_time ON latency (matched);
CREATE INDEX deliveries_sent ON deliveries (sent_at) WHERE sent_at IS NOT NULL;
CREATE INDEX latency_open ON latency (article) WHERE searchable IS NULL;
"""
