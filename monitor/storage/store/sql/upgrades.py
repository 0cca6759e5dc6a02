"""What turns the tables of an earlier version of the store into those of the next one."""

from __future__ import annotations

from index.analysis.shingles import shingles
from monitor.storage.store.sql.connection import Connection, select_in
from monitor.storage.store.sql.schema import (
    ASSIGNMENTS,
    BACKFILLS,
    BRIEFINGS,
    CONFIGS,
    COUNTING,
    DELIVERIES,
    EPISODES,
    ESCALATIONS,
    EVENT_LINKS,
    EVIDENCE,
    GAPS,
    INDEX_CHANGES,
    KEEPING,
    LAST_DOCUMENTS,
    LATENCY,
    LEASES,
    LINKS,
    MOVES,
    MUTES,
    NAMES,
    PAGES_4,
    QUARANTINE,
    SCHEDULE,
    SEARCHED,
    STORY_OF_ALERT,
    TOKENS,
    TRIAGE,
    TURNS,
    UNREAD_PAGES,
    UNUSUAL,
)

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

ALERT_COLUMNS = """
ALTER TABLE alerts ADD COLUMN rule TEXT NOT NULL DEFAULT '';
ALTER TABLE alerts ADD COLUMN article_version INTEGER NOT NULL DEFAULT 1;
ALTER TABLE alerts ADD COLUMN held TEXT NOT NULL DEFAULT '';
ALTER TABLE alerts ADD COLUMN held_until REAL;
UPDATE alerts SET held = 'backfill' WHERE backfill;
"""
"""What version 3 notes of each alert."""

CROSSINGS = """
-- Articles in different languages that tell of the same event.
CREATE TABLE crossings (
    later   INTEGER PRIMARY KEY,                -- the article that carried it to its language
    earlier INTEGER NOT NULL                    -- one that had told it in the other
);
CREATE INDEX crossings_by_earlier ON crossings (earlier);
"""

CROSSINGS_7 = """
INSERT INTO event_links SELECT later, earlier, 0 FROM crossings;
DROP TABLE crossings;
"""

NAMES_19 = """
CREATE TABLE names_19 (
    name    INTEGER NOT NULL,
    lang    TEXT NOT NULL,
    article INTEGER NOT NULL,
    PRIMARY KEY (name, lang, article)
) WITHOUT ROWID;
INSERT INTO names_19 SELECT name, lang, article FROM names;
DROP TABLE names;
ALTER TABLE names_19 RENAME TO names;
"""
"""In version 19 the words of another language are found by the key."""

UPGRADES = {
    1: BACKFILLS,
    2: FEEDS_3
    + UNREAD_PAGES
    + MOVES
    + GAPS
    + EPISODES
    + ALERTS_3
    + WATCHLISTS_3
    + COUNTING
    + ALERT_COLUMNS
    + WATCHLIST_COLUMNS
    + TRIAGE
    + ESCALATIONS
    + NAMES
    + CROSSINGS
    + KEEPING
    + SEARCHED
    + DELIVERIES
    + MUTES
    + EVIDENCE
    + LATENCY,
    3: PAGES_4,
    4: LINKS,
    5: LAST_DOCUMENTS,
    6: EVENT_LINKS + CROSSINGS_7,
    7: STORY_OF_ALERT,
    8: QUARANTINE,
    9: BRIEFINGS,
    10: UNUSUAL,
    11: TOKENS,
    12: ASSIGNMENTS,
    13: INDEX_CHANGES,
    14: CONFIGS,
    15: LEASES,
    16: SCHEDULE,
    17: TURNS,
    18: NAMES_19,
    19: "",
}
"""What to add to a store of an earlier version."""


RENUMBERED = 20
"""First version that numbers shingles as this one does."""
_AT_ONCE = 500


def renew_shingles(sql: Connection) -> None:
    """Number the shingles of recent articles as this version does, or no copy of them is found."""
    recent = [id for (id,) in sql.execute("SELECT DISTINCT article FROM shingles").fetchall()]
    sql.execute("DELETE FROM shingles")
    for start in range(0, len(recent), _AT_ONCE):
        texts = select_in(
            sql,
            "SELECT id, title, summary, body FROM articles WHERE id IN ({0})",
            recent[start : start + _AT_ONCE],
        )
        found = [(id, shingles(*parts)) for id, *parts in texts]
        sql.executemany(
            "INSERT INTO shingles VALUES (?, ?)", [(one, id) for id, own in found for one in own]
        )
        sql.executemany(
            "UPDATE articles SET shingle_count = ? WHERE id = ?",
            [(len(own), id) for id, own in found],
        )
