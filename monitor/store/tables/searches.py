"""Tables of searches."""

from __future__ import annotations

SEARCHED = """
-- What was searched for by hand, each query once.
CREATE TABLE searched (
    query TEXT PRIMARY KEY,
    sort  TEXT NOT NULL,
    at    REAL NOT NULL
) WITHOUT ROWID;
"""
