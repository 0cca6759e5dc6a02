"""Stores of earlier versions, as those versions made them."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from monitor.storage.store.sql.upgrades import UPGRADES

VERSION_2 = """
CREATE TABLE backfills (
    watchlist TEXT PRIMARY KEY,
    meaning   TEXT NOT NULL,
    upto      INTEGER NOT NULL,
    until     INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE feeds (
    number        INTEGER PRIMARY KEY,
    url           TEXT NOT NULL UNIQUE,
    name          TEXT NOT NULL,
    tags          TEXT NOT NULL DEFAULT '[]',
    subscribed    INTEGER NOT NULL DEFAULT 1,
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
    articles      INTEGER NOT NULL DEFAULT 0
);
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
    PRIMARY KEY (feed, slot)
) WITHOUT ROWID;
CREATE TABLE articles (
    id        INTEGER PRIMARY KEY,
    feed      INTEGER NOT NULL,
    url       TEXT NOT NULL,
    canonical TEXT NOT NULL,
    fingerprint BLOB NOT NULL,
    title     TEXT NOT NULL,
    summary   TEXT NOT NULL,
    body      TEXT NOT NULL,
    author    TEXT NOT NULL,
    lang      TEXT NOT NULL,
    published REAL,
    seen      REAL NOT NULL,
    story     INTEGER NOT NULL,
    copy_of   INTEGER,
    shingle_count INTEGER NOT NULL DEFAULT 0,
    version   INTEGER NOT NULL DEFAULT 1
);
CREATE INDEX articles_by_canonical ON articles (canonical) WHERE canonical <> '';
CREATE INDEX articles_by_story ON articles (story) WHERE story <> id;
CREATE INDEX articles_by_copy ON articles (copy_of) WHERE copy_of IS NOT NULL;
CREATE TABLE entries (
    feed        INTEGER NOT NULL,
    guid        TEXT NOT NULL,
    article     INTEGER NOT NULL,
    fingerprint BLOB NOT NULL,
    PRIMARY KEY (feed, guid)
) WITHOUT ROWID;
CREATE INDEX entries_by_fingerprint ON entries (feed, fingerprint);
CREATE INDEX entries_by_article ON entries (article);
CREATE TABLE carriers (
    article INTEGER NOT NULL,
    feed    INTEGER NOT NULL,
    seen    REAL NOT NULL,
    PRIMARY KEY (article, feed)
) WITHOUT ROWID;
CREATE TABLE versions (
    article INTEGER NOT NULL,
    version INTEGER NOT NULL,
    title   TEXT NOT NULL,
    summary TEXT NOT NULL,
    body    TEXT NOT NULL,
    until   REAL NOT NULL,
    PRIMARY KEY (article, version)
) WITHOUT ROWID;
CREATE TABLE pages (
    article  INTEGER PRIMARY KEY,
    due      REAL NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    reason   TEXT NOT NULL DEFAULT ''
);
CREATE TABLE shingles (
    shingle INTEGER NOT NULL,
    article INTEGER NOT NULL,
    PRIMARY KEY (shingle, article)
) WITHOUT ROWID;
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
    merged_into INTEGER,
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
CREATE TABLE outbox (
    ticket  INTEGER PRIMARY KEY AUTOINCREMENT,
    article INTEGER NOT NULL
);
CREATE TABLE watchlists (
    name     TEXT PRIMARY KEY,
    place    INTEGER NOT NULL,
    severity TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE counts (
    watchlist TEXT PRIMARY KEY,
    total     INTEGER NOT NULL DEFAULT 0,
    untriaged INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;
CREATE TRIGGER alert_raised AFTER INSERT ON alerts WHEN new.merged_into IS NULL BEGIN
    INSERT INTO counts VALUES (new.watchlist, 1, new.state = 'new')
    ON CONFLICT DO UPDATE SET total = total + 1, untriaged = untriaged + excluded.untriaged;
END;
CREATE TRIGGER alert_triaged AFTER UPDATE OF state ON alerts WHEN new.merged_into IS NULL BEGIN
    UPDATE counts SET untriaged = untriaged + (new.state = 'new') - (old.state = 'new')
    WHERE watchlist = new.watchlist;
END;
"""


def make(folder: Path, version: int = 2, rows: str = "") -> Path:
    """Make the store of an earlier tocsin, run a script in it, return its folder."""
    folder.mkdir(parents=True, exist_ok=True)
    with closing(sqlite3.connect(folder / "newsroom.db", isolation_level=None)) as sql:
        sql.executescript(VERSION_2)
        if version == 1:
            sql.execute("DROP TABLE backfills")
        if version == 3:
            sql.executescript(UPGRADES[2])
        sql.execute(f"PRAGMA user_version = {version}")
        sql.executescript(rows)
    return folder
