"""Tables of articles, what is known of them, and their way to the index."""

from __future__ import annotations

ARTICLES = """
CREATE TABLE articles (
    id        INTEGER PRIMARY KEY,              -- ingestion order
    feed      INTEGER NOT NULL,                 -- the one that had it first
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
    story     INTEGER NOT NULL,                 -- id of the first article that told it
    copy_of   INTEGER,                          -- the article of which this is nearly the same text
    shingle_count INTEGER NOT NULL DEFAULT 0,
    version   INTEGER NOT NULL DEFAULT 1
);
CREATE INDEX articles_by_canonical ON articles (canonical) WHERE canonical <> '';
CREATE INDEX articles_by_story ON articles (story) WHERE story <> id;
CREATE INDEX articles_by_copy ON articles (copy_of) WHERE copy_of IS NOT NULL;

-- What each feed published under which id.
CREATE TABLE entries (
    feed        INTEGER NOT NULL,
    guid        TEXT NOT NULL,
    article     INTEGER NOT NULL,
    fingerprint BLOB NOT NULL,
    PRIMARY KEY (feed, guid)
) WITHOUT ROWID;
CREATE INDEX entries_by_fingerprint ON entries (feed, fingerprint);
CREATE INDEX entries_by_article ON entries (article);

-- Other feeds that carry the very same article.
CREATE TABLE carriers (
    article INTEGER NOT NULL,
    feed    INTEGER NOT NULL,
    seen    REAL NOT NULL,
    PRIMARY KEY (article, feed)
) WITHOUT ROWID;

-- Earlier texts of articles that were edited.
CREATE TABLE versions (
    article INTEGER NOT NULL,
    version INTEGER NOT NULL,
    title   TEXT NOT NULL,
    summary TEXT NOT NULL,
    body    TEXT NOT NULL,
    until   REAL NOT NULL,
    PRIMARY KEY (article, version)
) WITHOUT ROWID;

-- Articles whose page is still to be fetched.
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

-- Articles on their way to the index, oldest ticket first.
CREATE TABLE outbox (
    ticket  INTEGER PRIMARY KEY AUTOINCREMENT,
    article INTEGER NOT NULL
);
"""

PAGES_4 = """
-- Whether the article was there before its feed was watched.
ALTER TABLE pages ADD COLUMN backfill INTEGER NOT NULL DEFAULT 0;
"""

UNREAD_PAGES = """
-- Why the page of an article was not read, and will not be.
CREATE TABLE unread_pages (
    article INTEGER PRIMARY KEY,
    reason  TEXT NOT NULL
);
"""
