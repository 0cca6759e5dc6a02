"""The tables of the store and their version, as SQLite has them.

`storage.store.postgresql.schema` makes those of PostgreSQL of them: it names the columns that hold
truth values there, and has triggers of its own.
"""

from __future__ import annotations

import re

FEEDS = """
CREATE TABLE feeds (
    number        INTEGER PRIMARY KEY,
    url           TEXT NOT NULL UNIQUE,
    name          TEXT NOT NULL,
    tags          TEXT NOT NULL DEFAULT '[]',   -- JSON list
    subscribed    INTEGER NOT NULL DEFAULT 1,   -- 0: no longer in feeds.yaml; its history stays
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
    articles      INTEGER NOT NULL DEFAULT 0,
    every         REAL,                         -- seconds, as feeds.yaml says; NULL leaves it to us
    delay         REAL NOT NULL DEFAULT 900,    -- seconds until the next poll, as of the last read
    asked_until   REAL NOT NULL DEFAULT 0,      -- the server's wish or the back-off: not before
    failing_since REAL,
    published     REAL,                         -- when it last brought something new
    usual         REAL,                         -- seconds between two publications, mostly
    silent_after  REAL,                         -- seconds without any that are not its habit
    habit         TEXT NOT NULL DEFAULT '',     -- JSON: how it publishes, as learned
    manner        TEXT NOT NULL DEFAULT ''      -- how it is asked, without what is secret
);

-- The last polls of each feed: a ring of slots, overwritten in turn.
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
    known   INTEGER NOT NULL DEFAULT 0,         -- entries that were not new
    blind   INTEGER NOT NULL DEFAULT 0,         -- none was known from the poll before
    status  INTEGER,                            -- of HTTP; NULL when there was no answer
    moved   TEXT NOT NULL DEFAULT '',           -- where the answer came from, when redirected
    PRIMARY KEY (feed, slot)
) WITHOUT ROWID;
"""

GAPS = """
-- Intervals between two reads with nothing in common: what came and went in them was missed.
CREATE TABLE gaps (
    feed  INTEGER NOT NULL,
    start REAL NOT NULL,
    until REAL NOT NULL,
    PRIMARY KEY (feed, start)
) WITHOUT ROWID;
CREATE INDEX gaps_by_end ON gaps (until);
"""

EPISODES = """
-- From when to when a feed was in trouble: each rings once.
CREATE TABLE episodes (
    feed       INTEGER NOT NULL,
    kind       TEXT NOT NULL,
    started_at REAL NOT NULL,
    ended_at   REAL,                            -- NULL: not over yet
    alert      INTEGER,                         -- NULL: it was so when the feed was first read
    PRIMARY KEY (feed, kind, started_at)
) WITHOUT ROWID;
"""

MOVES = """
-- Where permanent redirects of a feed lead, the same each time.
CREATE TABLE moves (
    feed     INTEGER PRIMARY KEY,
    moved_to TEXT NOT NULL,
    since    REAL NOT NULL,
    latest   REAL NOT NULL,
    times    INTEGER NOT NULL
);

-- Addresses that feeds had before.
CREATE TABLE former_addresses (
    feed  INTEGER NOT NULL,
    url   TEXT NOT NULL,
    until REAL NOT NULL,
    PRIMARY KEY (feed, url)
) WITHOUT ROWID;
"""


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


NAMES = """
-- Names in the titles and leads of recent articles, as hashes: who has a name.
CREATE TABLE names (
    name    INTEGER NOT NULL,
    lang    TEXT NOT NULL,
    article INTEGER NOT NULL,
    PRIMARY KEY (name, lang, article)
) WITHOUT ROWID;

-- The same, by article: which names it has.
CREATE TABLE named (
    article INTEGER PRIMARY KEY,
    lang    TEXT NOT NULL,
    date    REAL NOT NULL,
    names   TEXT NOT NULL                       -- JSON list of lists: the words of each name
);
"""

EVENT_LINKS = """
-- Articles of different publishers that tell of the same event.
CREATE TABLE event_links (
    later   INTEGER NOT NULL,
    earlier INTEGER NOT NULL,
    surety  INTEGER NOT NULL,                   -- 0 by names, 1 likely, 2 sure: alerts escalate
    PRIMARY KEY (later, earlier)
) WITHOUT ROWID;
CREATE INDEX event_links_by_earlier ON event_links (earlier);

-- What a model made of the headline and the lead of an article.
CREATE TABLE vectors (
    article INTEGER PRIMARY KEY,
    version INTEGER NOT NULL,                   -- of the text
    vector  BLOB NOT NULL                       -- float16; empty: it cannot be encoded
);
"""

BACKFILLS = """
-- How far each rule in force has got with the articles that were there before it.
CREATE TABLE backfills (
    watchlist TEXT PRIMARY KEY,
    meaning   TEXT NOT NULL,                    -- hash of what the rule says
    upto      INTEGER NOT NULL,                 -- id of the last article it was matched with
    until     INTEGER NOT NULL                  -- id of the last article before it
) WITHOUT ROWID;
"""

WATCHLISTS = """
-- The watchlists in force, in the order of feeds.yaml.
CREATE TABLE watchlists (
    name     TEXT PRIMARY KEY,
    place    INTEGER NOT NULL,
    severity TEXT NOT NULL,
    feeds    TEXT NOT NULL DEFAULT '[]',        -- JSON list of names and tags; empty is all
    outlets  INTEGER,                           -- so many have a story: it is louder; NULL is never
    crossing INTEGER NOT NULL DEFAULT 1,        -- louder when it crosses to another language
    louder   TEXT,                              -- the severity then; NULL is one up
    cooldown REAL NOT NULL DEFAULT 0,           -- seconds
    notify_backfill INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;

-- Counting a million rows takes 157 ms; these are kept by triggers and can be rebuilt.
CREATE TABLE counts (
    watchlist TEXT PRIMARY KEY,
    total     INTEGER NOT NULL DEFAULT 0,
    untriaged INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;
"""

COUNTING = """
CREATE TRIGGER alert_raised AFTER INSERT ON alerts WHEN new.merged_into IS NULL BEGIN
    INSERT INTO counts VALUES (new.watchlist, 1, new.state = 'new')
    ON CONFLICT DO UPDATE SET total = total + 1, untriaged = untriaged + excluded.untriaged;
END;
CREATE TRIGGER alert_triaged AFTER UPDATE OF state ON alerts WHEN new.merged_into IS NULL BEGIN
    UPDATE counts SET untriaged = untriaged + (new.state = 'new') - (old.state = 'new')
    WHERE watchlist = new.watchlist;
END;
"""

ALERTS = """
CREATE TABLE alerts (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    watchlist   TEXT NOT NULL,                  -- '' for an alert about a feed
    article     INTEGER,                        -- NULL: it is about a feed, not an article
    severity    TEXT NOT NULL,
    state       TEXT NOT NULL DEFAULT 'new',
    verdict     TEXT NOT NULL DEFAULT '',
    starred     INTEGER NOT NULL DEFAULT 0,
    backfill    INTEGER NOT NULL DEFAULT 0,
    raised_at   REAL NOT NULL,
    merged_into INTEGER,                        -- the alert that speaks for this copy too
    rule        TEXT NOT NULL DEFAULT '',       -- version of the rule that raised it
    article_version INTEGER NOT NULL DEFAULT 1, -- of the article, when it was raised
    held        TEXT NOT NULL DEFAULT '',       -- why nobody is told; "" is that somebody is
    held_until  REAL,                           -- end of the cooldown, of the mute
    kind        TEXT NOT NULL DEFAULT 'match',
    feed        INTEGER,                        -- of an alert about a feed
    title       TEXT NOT NULL DEFAULT '',       -- of an alert about a feed
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

ESCALATIONS = """
-- What made an alert louder than it was raised, once per reason.
CREATE TABLE escalations (
    id       INTEGER PRIMARY KEY AUTOINCREMENT,
    alert    INTEGER NOT NULL,
    reason   TEXT NOT NULL,                     -- 'outlets', or the language the story crossed to
    at       REAL NOT NULL,
    outlets  INTEGER NOT NULL,                  -- independent ones that had the story by then
    article  INTEGER NOT NULL,                  -- the one that made it so
    severity TEXT NOT NULL,                     -- of the alert, before
    held     TEXT NOT NULL DEFAULT '',          -- why nobody is told of it
    UNIQUE (alert, reason)
);

-- Terms that matched once, and that an edit of the article removed.
CREATE TABLE lost_terms (
    alert INTEGER NOT NULL,
    term  TEXT NOT NULL,
    at    REAL NOT NULL,                        -- when the edit was read
    PRIMARY KEY (alert, term)
) WITHOUT ROWID;
"""

MUTES = """
-- Watchlists that are muted, and were.
CREATE TABLE mutes (
    id        INTEGER PRIMARY KEY AUTOINCREMENT,
    watchlist TEXT NOT NULL,
    who       TEXT NOT NULL,                    -- asked for it
    since     REAL NOT NULL,
    until     REAL NOT NULL,
    told      INTEGER NOT NULL DEFAULT 0        -- its end was noticed, and told of
);
CREATE INDEX mutes_open ON mutes (until) WHERE told = 0;

-- How much was held back since somebody was told of a watchlist.
CREATE TABLE holding (
    watchlist TEXT PRIMARY KEY,
    held      INTEGER NOT NULL,
    since     REAL NOT NULL
) WITHOUT ROWID;

CREATE INDEX alerts_held ON alerts (watchlist, raised_at, id) WHERE held = 'muted';
CREATE INDEX escalations_held ON escalations (at) WHERE held <> '';
"""


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


EVIDENCE = """
-- Records of alerts, each with the hash of the one before it (see `monitor.model.evidence`).
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


SEARCHED = """
-- What was searched for by hand, each query once.
CREATE TABLE searched (
    query TEXT PRIMARY KEY,
    sort  TEXT NOT NULL,
    at    REAL NOT NULL
) WITHOUT ROWID;
"""


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


LINKS = """
-- Hashes of the parts of an entry, to see which of them its feed edits.
ALTER TABLE entries ADD COLUMN parts BLOB NOT NULL DEFAULT x'';

-- Further links of articles, by which they are recognised too.
CREATE TABLE links (
    canonical TEXT NOT NULL,
    article   INTEGER NOT NULL,
    PRIMARY KEY (canonical, article)
) WITHOUT ROWID;
CREATE INDEX links_by_article ON links (article);

-- Who published an article that an aggregator brought: its name and its address.
ALTER TABLE articles ADD COLUMN outlet TEXT NOT NULL DEFAULT '';
ALTER TABLE articles ADD COLUMN outlet_url TEXT NOT NULL DEFAULT '';
"""


LAST_DOCUMENTS = """
-- The articles of the last document of a feed that brought anything new.
CREATE TABLE last_documents (
    feed     INTEGER PRIMARY KEY,
    articles TEXT NOT NULL                      -- JSON list of their ids
);
"""


def _shown(row: str) -> str:
    """Return the condition that an alert is among those that are to be triaged."""
    return f"({row}.state = 'new' AND {row}.merged_into IS NULL AND {row}.held <> 'muted')"


def count_story(row: str, sign: str) -> str:
    """Return statements that count the story of an alert that is, or was, to be triaged.

    A story counts once for each watchlist, and once for the newsroom, whatever other alerts of it
    are to be triaged.
    """
    other = (
        f"EXISTS (SELECT 1 FROM alerts b WHERE b.story_alert = {row}.story_alert"
        f" AND b.id <> {row}.id AND {_shown('b')}{{}})"
    )
    return (
        f"    UPDATE counts SET untriaged = untriaged {sign} 1 WHERE watchlist = {row}.watchlist"
        f" AND {_shown(row)} AND NOT {other.format(f' AND b.watchlist = {row}.watchlist')};\n"
        f"    UPDATE untriaged_stories SET number = number {sign} 1"
        f" WHERE {_shown(row)} AND NOT {other.format('')};\n"
    )


STORY_OF_ALERT = f"""
-- The first alert of the same story, which is what a row of a list shows; kept by triggers.
ALTER TABLE alerts ADD COLUMN story_alert INTEGER NOT NULL DEFAULT 0;
CREATE INDEX alerts_by_story ON alerts (story_alert);

-- Stories with an alert that is to be triaged.
CREATE TABLE untriaged_stories (number INTEGER NOT NULL);

DROP TRIGGER alert_raised;
DROP TRIGGER alert_triaged;
DROP TRIGGER alert_dropped;
UPDATE alerts SET story_alert = min(
    id,
    coalesce((SELECT min(b.id) FROM articles a JOIN articles m ON m.id = a.story
        AND m.story = m.id JOIN alerts b ON b.article = m.id WHERE a.id = alerts.article), id),
    coalesce((SELECT min(b.id) FROM articles a JOIN articles m ON m.story = a.story
        AND m.story <> m.id JOIN alerts b ON b.article = m.id WHERE a.id = alerts.article), id)
);
UPDATE counts SET untriaged = (
    SELECT count(DISTINCT story_alert) FROM alerts al
    WHERE al.watchlist = counts.watchlist AND {_shown("al")}
);
INSERT INTO untriaged_stories
SELECT count(DISTINCT story_alert) FROM alerts al WHERE {_shown("al")};

CREATE TRIGGER alert_raised AFTER INSERT ON alerts BEGIN
    INSERT INTO counts SELECT new.watchlist, 1, 0 WHERE new.merged_into IS NULL
    ON CONFLICT DO UPDATE SET total = total + 1;
    UPDATE alerts SET story_alert = coalesce((
        SELECT b.story_alert FROM articles a JOIN articles m
            ON (m.id = a.story AND m.story = m.id) OR (m.story = a.story AND m.story <> m.id)
        JOIN alerts b ON b.article = m.id
        WHERE a.id = new.article AND b.id <> new.id LIMIT 1
    ), id) WHERE id = new.id;
END;
CREATE TRIGGER alert_grouped AFTER UPDATE OF story_alert ON alerts
WHEN new.story_alert <> old.story_alert BEGIN
{count_story("old", "- (old.story_alert <> 0) *")}{count_story("new", "+")}END;
CREATE TRIGGER alert_triaged AFTER UPDATE OF state ON alerts
WHEN (new.state = 'new') <> (old.state = 'new') BEGIN
{count_story("old", "-")}{count_story("new", "+")}END;
CREATE TRIGGER alert_dropped AFTER DELETE ON alerts BEGIN
    UPDATE counts SET total = total - 1
    WHERE watchlist = old.watchlist AND old.merged_into IS NULL;
{count_story("old", "-")}END;
"""


QUARANTINE = """
-- A feed that exceeded the limits of matching or indexing: how often, when last, and how.
ALTER TABLE feeds ADD COLUMN breaches INTEGER NOT NULL DEFAULT 0;
ALTER TABLE feeds ADD COLUMN breached_at REAL;
ALTER TABLE feeds ADD COLUMN breach TEXT NOT NULL DEFAULT '';

-- Articles that were stored and not matched, or indexed without their text, and why.
CREATE TABLE set_aside (
    article INTEGER NOT NULL,
    step    TEXT NOT NULL,                      -- matching, indexing
    reason  TEXT NOT NULL,
    at      REAL NOT NULL,
    PRIMARY KEY (article, step)
) WITHOUT ROWID;
"""


BRIEFINGS = """
-- Briefings by schedule, as they are sent; 0 in `deliveries.alert` for their deliveries.
CREATE TABLE briefings (
    id       INTEGER PRIMARY KEY AUTOINCREMENT,
    name     TEXT NOT NULL,                     -- of its entry in feeds.yaml
    slot     REAL NOT NULL,                     -- when it was due
    made_at  REAL NOT NULL,
    subject  TEXT NOT NULL,
    plain    TEXT NOT NULL,
    markdown TEXT NOT NULL,
    html     TEXT NOT NULL,                     -- what stands inside <body>
    json     TEXT NOT NULL,
    UNIQUE (name, slot)
);

-- The entries of feeds.yaml, and how far their briefings have got.
CREATE TABLE briefing_progress (
    name  TEXT PRIMARY KEY,
    times TEXT NOT NULL,                        -- days and times, to notice an edit of them
    done  REAL NOT NULL,                        -- times up to then are done with
    until REAL                                  -- when the last one ended
) WITHOUT ROWID;

ALTER TABLE deliveries ADD COLUMN briefing INTEGER;
CREATE INDEX deliveries_briefing ON deliveries (briefing) WHERE briefing IS NOT NULL;
"""


UNUSUAL = """
-- When the monitor watched, as it notes every few minutes.
CREATE TABLE watched (
    start REAL PRIMARY KEY,
    until REAL NOT NULL
) WITHOUT ROWID;

-- When feeds could not be read that could be read again: what they missed came at once.
CREATE TABLE unread (
    feed  INTEGER NOT NULL,
    start REAL NOT NULL,
    until REAL NOT NULL,
    PRIMARY KEY (feed, start)
) WITHOUT ROWID;

-- From when to when a watchlist brought far more stories than usual, or none any more; of the
-- newsroom itself (feed health): from when to when the store was damaged.
CREATE TABLE unusual (
    watchlist  TEXT NOT NULL,
    kind       TEXT NOT NULL,
    started_at REAL NOT NULL,
    ended_at   REAL,                            -- NULL: not over yet
    alert      INTEGER NOT NULL,
    PRIMARY KEY (watchlist, kind, started_at)
) WITHOUT ROWID;
"""


TOKENS = """
-- What programs show to the API. Of a secret there is its hash only.
CREATE TABLE tokens (
    name       TEXT PRIMARY KEY,                -- whose acts of triage are recorded
    hash       BLOB NOT NULL UNIQUE,            -- SHA-256
    scope      TEXT NOT NULL,                   -- read, triage, admin
    created_at REAL NOT NULL,
    expires_at REAL,                            -- NULL: never
    revoked_at REAL,                            -- NULL: valid
    last_used  REAL                             -- to within some minutes
) WITHOUT ROWID;
"""

ASSIGNMENTS = """
-- Who works on an alert.
CREATE TABLE assignments (
    alert    INTEGER PRIMARY KEY,
    assignee TEXT NOT NULL
);
CREATE INDEX assignments_by_person ON assignments (assignee, alert);
"""

INDEX_CHANGES = """
-- When each article was last queued for the index: indexes of other machines follow it. Only of a
-- store that several machines share.
CREATE TABLE index_changes (
    article INTEGER PRIMARY KEY,
    number  INTEGER NOT NULL                    -- of its ticket in the outbox
);
CREATE INDEX index_changes_by_number ON index_changes (number);
"""

CONFIGS = """
-- Versions of the configuration; the newest one is in force. Only of a store that several machines
-- share.
CREATE TABLE configs (
    number  INTEGER PRIMARY KEY,
    at      REAL NOT NULL,
    who     TEXT NOT NULL,
    again   INTEGER,                            -- the earlier version that it is again
    content TEXT NOT NULL
);
"""

LEASES = """
-- The monitors of a store that several share; one that ends deletes its row. All times are by the
-- clock of the database.
CREATE TABLE monitors (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    host       TEXT NOT NULL,
    pid        INTEGER NOT NULL,
    folder     TEXT NOT NULL,                   -- its data folder
    since      REAL NOT NULL,
    seen_at    REAL NOT NULL,                   -- the last heartbeat
    expires_at REAL NOT NULL,                   -- others may take its leases from then on
    alert      INTEGER                          -- that told that it was lost; NULL: none
);

-- Who polls which bucket of feeds, and who does what one monitor does for all.
CREATE TABLE leases (
    id     INTEGER PRIMARY KEY,                 -- of a bucket from 0, then of duties
    holder INTEGER,                             -- a monitor; NULL: nobody
    epoch  INTEGER NOT NULL DEFAULT 0           -- grows with each change of holder
);

ALTER TABLE feeds ADD COLUMN bucket INTEGER NOT NULL DEFAULT 0;
ALTER TABLE pages ADD COLUMN bucket INTEGER NOT NULL DEFAULT 0;
"""

SCHEDULE = """
CREATE INDEX feeds_by_due ON feeds (next_due);
CREATE INDEX feeds_by_poll ON feeds (last_poll);
"""

TURNS = """
-- Which of the monitors that share a store asked a host last; by the clock of the database.
CREATE TABLE turns (
    host    TEXT PRIMARY KEY,
    monitor INTEGER NOT NULL,
    free_at REAL NOT NULL,                      -- from when on it may ask again, others later
    awaited INTEGER NOT NULL DEFAULT 0          -- whether another one waits: it may not go first
);
"""

VERSION = 20

TABLES = (
    BACKFILLS
    + FEEDS
    + GAPS
    + EPISODES
    + ARTICLES
    + UNREAD_PAGES
    + PAGES_4
    + MOVES
    + ALERTS
    + WATCHLISTS
    + COUNTING
    + TRIAGE
    + ESCALATIONS
    + NAMES
    + EVENT_LINKS
    + KEEPING
    + SEARCHED
    + DELIVERIES
    + MUTES
    + EVIDENCE
    + LATENCY
    + LINKS
    + LAST_DOCUMENTS
    + STORY_OF_ALERT
    + QUARANTINE
    + BRIEFINGS
    + UNUSUAL
    + TOKENS
    + ASSIGNMENTS
    + INDEX_CHANGES
    + CONFIGS
    + LEASES
    + SCHEDULE
    + TURNS
)

TABLE_NAMES = tuple(re.findall(r"CREATE TABLE (\w+)", TABLES))
"""The tables, in the order in which they are made."""
