"""Tables of what the archive no longer keeps."""

from __future__ import annotations

KEEPING = """
CREATE INDEX articles_by_seen ON articles (seen);

-- Articles that were dropped: what comes again under their names is no news. What each
-- feed called them stays in `entries`.
CREATE TABLE dropped (
    article     INTEGER PRIMARY KEY,            -- its number is never given again
    feed        INTEGER NOT NULL,
    canonical   TEXT NOT NULL,
    fingerprint BLOB NOT NULL
);
CREATE INDEX dropped_by_canonical ON dropped (canonical) WHERE canonical <> '';

CREATE TRIGGER alert_dropped AFTER DELETE ON alerts WHEN old.merged_into IS NULL BEGIN
    UPDATE counts SET total = total - 1, untriaged = untriaged - (old.state = 'new')
    WHERE watchlist = old.watchlist;
END;
"""
