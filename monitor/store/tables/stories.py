"""Tables of stories: what articles share with each other, and with those in another language."""

from __future__ import annotations

CROSSINGS = """
-- Names in the titles and leads of recent articles, as hashes: who has a name.
CREATE TABLE names (
    name    INTEGER NOT NULL,
    article INTEGER NOT NULL,
    lang    TEXT NOT NULL,
    PRIMARY KEY (name, article)
) WITHOUT ROWID;

-- The same, by article: which names it has.
CREATE TABLE named (
    article INTEGER PRIMARY KEY,
    lang    TEXT NOT NULL,
    date    REAL NOT NULL,
    names   TEXT NOT NULL                       -- JSON list of lists: the words of each name
);

-- Articles in different languages that tell of the same event.
CREATE TABLE crossings (
    later   INTEGER PRIMARY KEY,                -- the article that carried it to its language
    earlier INTEGER NOT NULL                    -- one that had told it in the other
);
CREATE INDEX crossings_by_earlier ON crossings (earlier);
"""
