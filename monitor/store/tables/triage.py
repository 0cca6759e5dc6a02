"""Tables of what people say of alerts, and of who said what when."""

from __future__ import annotations

TRIAGE = """
CREATE TABLE notes (
    alert INTEGER PRIMARY KEY,
    text  TEXT NOT NULL
);

CREATE TABLE alert_tags (
    alert INTEGER NOT NULL,
    tag   TEXT NOT NULL,
    PRIMARY KEY (alert, tag)
) WITHOUT ROWID;
CREATE INDEX alert_tags_by_tag ON alert_tags (tag, alert);

-- What one person said at once, and can take back as a whole. Nothing of it is ever changed.
CREATE TABLE acts (
    id     INTEGER PRIMARY KEY AUTOINCREMENT,
    at     REAL NOT NULL,
    who    TEXT NOT NULL,
    why    TEXT NOT NULL DEFAULT '',            -- not empty when tocsin did it
    undoes INTEGER                              -- the act that it takes back
);
CREATE INDEX acts_by_person ON acts (who, id) WHERE why = '';
CREATE INDEX acts_undoing ON acts (undoes) WHERE undoes IS NOT NULL;

CREATE TABLE decisions (
    alert  INTEGER NOT NULL,
    act    INTEGER NOT NULL,
    before TEXT NOT NULL,                       -- JSON, the fields that were changed
    after  TEXT NOT NULL,
    PRIMARY KEY (alert, act)
) WITHOUT ROWID;
CREATE INDEX decisions_by_act ON decisions (act);

CREATE TRIGGER acts_stay BEFORE UPDATE ON acts BEGIN
    SELECT RAISE(ABORT, 'what was said once is not said otherwise afterwards');
END;
CREATE TRIGGER decisions_stay BEFORE UPDATE ON decisions BEGIN
    SELECT RAISE(ABORT, 'what was said once is not said otherwise afterwards');
END;

CREATE INDEX alerts_judged ON alerts (watchlist, verdict) WHERE verdict <> '';
CREATE INDEX alerts_starred ON alerts (id) WHERE starred;
"""
