-- The tables of a store, described once. `schema.py` says them as each database does:
--
--   SERIAL      the key of its table, which the database counts up; no number is given twice
--   LONG_TEXT   what publishers write: it may be longer than the 2,704 bytes that an ordered index
--               of PostgreSQL takes, which has its hash instead
--   LONG_KEY    a primary key with such a text
--   UNLOGGED    it need not survive a crash of the server, and is written without waiting for a disk
--
-- The columns of a key come first: quick_check of SQLite 3.40 would report NULLs otherwise.
-- SQLite stores what stands here, and `tocsin verify` compares that of the evidence: it may not
-- change, not even its comments.

CREATE TABLE backfills ( -- How far each rule in force has got with the articles that were there before it.
    watchlist TEXT NOT NULL,
    meaning TEXT NOT NULL,  -- hash of what the rule says
    upto INTEGER NOT NULL,  -- id of the last article it was matched with
    until INTEGER NOT NULL,  -- id of the last article before it
    PRIMARY KEY (watchlist)
) WITHOUT ROWID;

CREATE TABLE feeds (
    number SERIAL NOT NULL,
    url TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    tags TEXT NOT NULL DEFAULT '[]',  -- JSON list
    subscribed BOOLEAN NOT NULL DEFAULT TRUE,  -- false: no longer in feeds.yaml; its history stays
    enabled BOOLEAN NOT NULL DEFAULT TRUE,
    etag BLOB,
    last_modified BLOB,
    body_hash BLOB,
    next_due REAL NOT NULL DEFAULT 0,
    last_poll REAL,
    last_ok REAL,
    failures INTEGER NOT NULL DEFAULT 0,
    reason TEXT NOT NULL DEFAULT '',
    gone BOOLEAN NOT NULL DEFAULT FALSE,
    blind BOOLEAN NOT NULL DEFAULT FALSE,
    title TEXT NOT NULL DEFAULT '',
    link TEXT NOT NULL DEFAULT '',
    lang TEXT NOT NULL DEFAULT '',
    polls INTEGER NOT NULL DEFAULT 0,
    articles INTEGER NOT NULL DEFAULT 0,
    every REAL,  -- seconds, as feeds.yaml says; NULL leaves it to us
    delay REAL NOT NULL DEFAULT 900,  -- seconds until the next poll, as of the last read
    asked_until REAL NOT NULL DEFAULT 0,  -- the server's wish or the back-off: not before
    failing_since REAL,
    published REAL,  -- when it last brought something new
    usual REAL,  -- seconds between two publications, mostly
    silent_after REAL,  -- seconds without any that are not its habit
    habit TEXT NOT NULL DEFAULT '',  -- JSON: how it publishes, as learned
    manner TEXT NOT NULL DEFAULT '',  -- how it is asked, without what is secret
    breaches INTEGER NOT NULL DEFAULT 0,  -- how often it exceeded the limits of matching, indexing
    breached_at REAL,  -- when last
    breach TEXT NOT NULL DEFAULT '',  -- and how
    bucket INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX feeds_by_due ON feeds (next_due);
CREATE INDEX feeds_by_poll ON feeds (last_poll);

CREATE TABLE polls ( -- The last polls of each feed: a ring of slots, overwritten in turn.
    feed INTEGER NOT NULL,
    slot INTEGER NOT NULL,
    at REAL NOT NULL,
    outcome TEXT NOT NULL,
    entries INTEGER NOT NULL,
    new INTEGER NOT NULL,
    changed INTEGER NOT NULL,
    reason TEXT NOT NULL,
    seconds REAL NOT NULL,
    known INTEGER NOT NULL DEFAULT 0,  -- entries that were not new
    blind BOOLEAN NOT NULL DEFAULT FALSE,  -- none was known from the poll before
    status INTEGER,  -- of HTTP; NULL when there was no answer
    moved TEXT NOT NULL DEFAULT '',  -- where the answer came from, when redirected
    PRIMARY KEY (feed, slot)
) WITHOUT ROWID;

CREATE TABLE gaps ( -- Intervals between two reads with nothing in common: what came and went in them was missed.
    feed INTEGER NOT NULL,
    start REAL NOT NULL,
    until REAL NOT NULL,
    PRIMARY KEY (feed, start)
) WITHOUT ROWID;
CREATE INDEX gaps_by_end ON gaps (until);

CREATE TABLE incidents ( -- From when to when a feed was in trouble: each raises one alert.
    feed INTEGER NOT NULL,
    kind TEXT NOT NULL,
    started_at REAL NOT NULL,
    ended_at REAL,  -- NULL: not over yet
    alert INTEGER,  -- NULL: it was so when the feed was first read
    PRIMARY KEY (feed, kind, started_at)
) WITHOUT ROWID;

CREATE TABLE moves ( -- Where permanent redirects of a feed lead, the same each time.
    feed INTEGER NOT NULL,
    moved_to TEXT NOT NULL,
    since REAL NOT NULL,
    latest REAL NOT NULL,
    times INTEGER NOT NULL,
    PRIMARY KEY (feed)
);

CREATE TABLE former_addresses ( -- Addresses that feeds had before.
    feed INTEGER NOT NULL,
    url TEXT NOT NULL,
    until REAL NOT NULL,
    PRIMARY KEY (feed, url)
) WITHOUT ROWID;

CREATE TABLE articles (
    id INTEGER NOT NULL,  -- ingestion order
    feed INTEGER NOT NULL,  -- the one that had it first
    url TEXT NOT NULL,
    canonical LONG_TEXT NOT NULL,
    fingerprint BLOB NOT NULL,
    title TEXT NOT NULL,
    summary TEXT NOT NULL,
    body TEXT NOT NULL,
    author TEXT NOT NULL,
    lang TEXT NOT NULL,
    published REAL,
    seen REAL NOT NULL,
    story INTEGER NOT NULL,  -- id of the first article that told it
    copy_of INTEGER,  -- the article of which this is nearly the same text
    shingle_count INTEGER NOT NULL DEFAULT 0,
    version INTEGER NOT NULL DEFAULT 1,
    outlet TEXT NOT NULL DEFAULT '',  -- who published what an aggregator brought
    outlet_url TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (id)
);
CREATE INDEX articles_by_canonical ON articles (canonical) WHERE canonical <> '';
CREATE INDEX articles_by_story ON articles (story) WHERE story <> id;
CREATE INDEX articles_by_copy ON articles (copy_of) WHERE copy_of IS NOT NULL;
CREATE INDEX articles_by_seen ON articles (seen);

CREATE TABLE entries ( -- What each feed published under which id.
    feed INTEGER NOT NULL,
    guid LONG_TEXT NOT NULL,
    article INTEGER NOT NULL,
    fingerprint BLOB NOT NULL,
    parts BLOB NOT NULL DEFAULT x'',  -- hashes of its parts, to see which of them its feed edits
    LONG_KEY (feed, guid)
) WITHOUT ROWID;
CREATE INDEX entries_by_fingerprint ON entries (feed, fingerprint);
CREATE INDEX entries_by_article ON entries (article);

CREATE TABLE carriers ( -- Other feeds that carry the very same article.
    article INTEGER NOT NULL,
    feed INTEGER NOT NULL,
    seen REAL NOT NULL,
    PRIMARY KEY (article, feed)
) WITHOUT ROWID;

CREATE TABLE versions ( -- Earlier texts of articles that were edited.
    article INTEGER NOT NULL,
    version INTEGER NOT NULL,
    title TEXT NOT NULL,
    summary TEXT NOT NULL,
    body TEXT NOT NULL,
    until REAL NOT NULL,
    PRIMARY KEY (article, version)
) WITHOUT ROWID;

CREATE TABLE pages ( -- Articles whose page is still to be fetched.
    article INTEGER NOT NULL,
    due REAL NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    reason TEXT NOT NULL DEFAULT '',
    backfill BOOLEAN NOT NULL DEFAULT FALSE,  -- the article was there before its feed was watched
    bucket INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (article)
);

CREATE TABLE unread_pages ( -- Why the page of an article was not read, and will not be.
    article INTEGER NOT NULL,
    reason TEXT NOT NULL,
    PRIMARY KEY (article)
);

CREATE TABLE shingles (
    shingle INTEGER NOT NULL,
    article INTEGER NOT NULL,
    PRIMARY KEY (shingle, article)
) WITHOUT ROWID;

CREATE TABLE outbox ( -- Articles on their way to the index, oldest ticket first.
    ticket SERIAL NOT NULL,
    article INTEGER NOT NULL
);

CREATE TABLE links ( -- Further links of articles, by which they are recognised too.
    canonical LONG_TEXT NOT NULL,
    article INTEGER NOT NULL,
    LONG_KEY (canonical, article)
) WITHOUT ROWID;
CREATE INDEX links_by_article ON links (article);

CREATE TABLE last_documents ( -- The articles of the last document of a feed that brought anything new.
    feed INTEGER NOT NULL,
    articles TEXT NOT NULL,  -- JSON list of their ids
    PRIMARY KEY (feed)
);

CREATE TABLE set_aside ( -- Articles that were not matched, or are indexed without their text, and why.
    article INTEGER NOT NULL,
    step TEXT NOT NULL,  -- matching, indexing
    reason TEXT NOT NULL,
    at REAL NOT NULL,
    PRIMARY KEY (article, step)
) WITHOUT ROWID;

CREATE TABLE dropped ( -- Articles that were dropped: what comes again under their names is no news. What each feed called them stays in `entries`.
    article INTEGER NOT NULL,  -- its number is never given again
    feed INTEGER NOT NULL,
    canonical LONG_TEXT NOT NULL,
    fingerprint BLOB NOT NULL,
    PRIMARY KEY (article)
);
CREATE INDEX dropped_by_canonical ON dropped (canonical) WHERE canonical <> '';

CREATE TABLE names ( -- Names in the titles and leads of recent articles, as hashes: who has a name.
    name INTEGER NOT NULL,
    lang TEXT NOT NULL,
    article INTEGER NOT NULL,
    PRIMARY KEY (name, lang, article)
) WITHOUT ROWID;

CREATE TABLE named ( -- The same, by article: which names it has.
    article INTEGER NOT NULL,
    lang TEXT NOT NULL,
    date REAL NOT NULL,
    names TEXT NOT NULL,  -- JSON list of lists: the words of each name
    PRIMARY KEY (article)
);

CREATE TABLE event_links ( -- Articles of different publishers that tell of the same event.
    later INTEGER NOT NULL,
    earlier INTEGER NOT NULL,
    surety INTEGER NOT NULL,  -- 0 by names, 1 likely, 2 sure: alerts escalate
    PRIMARY KEY (later, earlier)
) WITHOUT ROWID;
CREATE INDEX event_links_by_earlier ON event_links (earlier);

CREATE TABLE vectors ( -- What a model made of the headline and the lead of an article.
    article INTEGER NOT NULL,
    version INTEGER NOT NULL,  -- of the text
    vector BLOB NOT NULL,  -- float16; empty: it cannot be encoded
    PRIMARY KEY (article)
);

CREATE TABLE watchlists ( -- The watchlists in force, in the order of feeds.yaml.
    name TEXT NOT NULL,
    place INTEGER NOT NULL,
    severity TEXT NOT NULL,
    feeds TEXT NOT NULL DEFAULT '[]',  -- JSON list of names and tags; empty is all
    escalate_outlets INTEGER,  -- so many have a story; NULL is never
    escalate_languages BOOLEAN NOT NULL DEFAULT TRUE,  -- a story crosses to another language
    escalate_to TEXT,  -- the severity then; NULL is one up
    cooldown REAL NOT NULL DEFAULT 0,  -- seconds
    notify_backfill BOOLEAN NOT NULL DEFAULT FALSE,
    PRIMARY KEY (name)
) WITHOUT ROWID;

CREATE TABLE counts ( -- Counting a million rows takes 157 ms; these are kept by triggers and can be rebuilt.
    watchlist TEXT NOT NULL,
    total INTEGER NOT NULL DEFAULT 0,
    untriaged INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (watchlist)
) WITHOUT ROWID;

CREATE TABLE untriaged_stories ( -- Stories with an alert that is to be triaged: one row.
    number INTEGER NOT NULL
);

CREATE TABLE alerts (
    id SERIAL NOT NULL,
    watchlist TEXT NOT NULL,  -- '' for an alert about a feed
    article INTEGER,  -- NULL: it is about a feed, not an article
    severity TEXT NOT NULL,
    state TEXT NOT NULL DEFAULT 'new',
    verdict TEXT NOT NULL DEFAULT '',
    starred BOOLEAN NOT NULL DEFAULT FALSE,
    backfill BOOLEAN NOT NULL DEFAULT FALSE,
    raised_at REAL NOT NULL,
    merged_into INTEGER,  -- the alert that stands for this one too
    rule TEXT NOT NULL DEFAULT '',  -- version of the rule that raised it
    article_version INTEGER NOT NULL DEFAULT 1,  -- of the article, when it was raised
    suppressed TEXT NOT NULL DEFAULT '',  -- why nobody is notified; '' is that somebody is
    suppressed_until REAL,  -- end of the cooldown, of the silence
    kind TEXT NOT NULL DEFAULT 'match',
    feed INTEGER,  -- of an alert about a feed
    title TEXT NOT NULL DEFAULT '',  -- of an alert about a feed
    story_alert INTEGER NOT NULL DEFAULT 0,  -- the first of the story; kept by triggers
    UNIQUE (watchlist, article)
);
CREATE INDEX alerts_by_article ON alerts (article);
CREATE INDEX alerts_by_time ON alerts (raised_at);
CREATE INDEX alerts_merged ON alerts (merged_into) WHERE merged_into IS NOT NULL;
CREATE INDEX alerts_silenced ON alerts (watchlist, raised_at, id) WHERE suppressed = 'silence';
CREATE INDEX alerts_judged ON alerts (watchlist, verdict) WHERE verdict <> '';
CREATE INDEX alerts_starred ON alerts (id) WHERE starred;
CREATE INDEX alerts_by_story ON alerts (story_alert);

CREATE TABLE matches (
    alert INTEGER NOT NULL,
    place INTEGER NOT NULL,
    field TEXT NOT NULL,
    start INTEGER NOT NULL,
    stop INTEGER NOT NULL,
    text TEXT NOT NULL,
    term TEXT NOT NULL,
    PRIMARY KEY (alert, place)
) WITHOUT ROWID;

CREATE TABLE escalations ( -- What made an alert more severe than it was raised, once per reason.
    id SERIAL NOT NULL,
    alert INTEGER NOT NULL,
    reason TEXT NOT NULL,  -- 'outlets', or the language the story crossed to
    at REAL NOT NULL,
    outlets INTEGER NOT NULL,  -- independent ones that had the story by then
    article INTEGER NOT NULL,  -- the one that made it so
    severity TEXT NOT NULL,  -- of the alert, before
    suppressed TEXT NOT NULL DEFAULT '',  -- why nobody is notified of it
    UNIQUE (alert, reason)
);
CREATE INDEX escalations_suppressed ON escalations (at) WHERE suppressed <> '';

CREATE TABLE lost_terms ( -- Terms that matched once, and that an edit of the article removed.
    alert INTEGER NOT NULL,
    term TEXT NOT NULL,
    at REAL NOT NULL,  -- when the edit was read
    PRIMARY KEY (alert, term)
) WITHOUT ROWID;

CREATE TABLE silences ( -- Watchlists that are silenced, and were.
    id SERIAL NOT NULL,
    watchlist TEXT NOT NULL,
    who TEXT NOT NULL,  -- asked for it
    since REAL NOT NULL,
    until REAL NOT NULL,
    reported BOOLEAN NOT NULL DEFAULT FALSE  -- its end was noticed, and reported
);
CREATE INDEX silences_open ON silences (until) WHERE NOT reported;

CREATE TABLE suppressed_counts ( -- How many alerts were suppressed since somebody was notified of a watchlist.
    watchlist TEXT NOT NULL,
    number INTEGER NOT NULL,
    since REAL NOT NULL,
    PRIMARY KEY (watchlist)
) WITHOUT ROWID;

CREATE TABLE notes (
    alert INTEGER NOT NULL,
    text TEXT NOT NULL,
    PRIMARY KEY (alert)
);

CREATE TABLE alert_tags (
    alert INTEGER NOT NULL,
    tag TEXT NOT NULL,
    PRIMARY KEY (alert, tag)
) WITHOUT ROWID;
CREATE INDEX alert_tags_by_tag ON alert_tags (tag, alert);

CREATE TABLE assignments ( -- Who works on an alert.
    alert INTEGER NOT NULL,
    assignee TEXT NOT NULL,
    PRIMARY KEY (alert)
);
CREATE INDEX assignments_by_person ON assignments (assignee, alert);

CREATE TABLE acts ( -- What one person said at once, and can take back as a whole. Nothing of it is ever changed.
    id SERIAL NOT NULL,
    at REAL NOT NULL,
    who TEXT NOT NULL,
    why TEXT NOT NULL DEFAULT '',  -- not empty when tocsin did it
    undoes INTEGER  -- the act that it takes back
);
CREATE INDEX acts_by_person ON acts (who, id) WHERE why = '';
CREATE INDEX acts_undoing ON acts (undoes) WHERE undoes IS NOT NULL;

CREATE TABLE decisions (
    alert INTEGER NOT NULL,
    act INTEGER NOT NULL,
    before TEXT NOT NULL,  -- JSON, the fields that were changed
    after TEXT NOT NULL,
    PRIMARY KEY (alert, act)
) WITHOUT ROWID;
CREATE INDEX decisions_by_act ON decisions (act);

CREATE TABLE deliveries ( -- Alerts on their way to channels, stored with the alert they are about.
    id SERIAL NOT NULL,
    alert INTEGER NOT NULL,  -- 0 of a briefing
    channel TEXT NOT NULL,
    occasion TEXT NOT NULL,  -- 'raised', 'escalated', …
    why TEXT NOT NULL DEFAULT '',
    key TEXT NOT NULL UNIQUE,
    state TEXT NOT NULL DEFAULT 'waiting',
    due REAL NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    failing REAL,  -- since when; NULL after a retry that was asked for
    reason TEXT NOT NULL DEFAULT '',
    bundle TEXT NOT NULL DEFAULT '',  -- those of a channel with the same go together
    created_at REAL NOT NULL,
    sent_at REAL,
    briefing INTEGER,
    UNIQUE (alert, channel, occasion, why)
);
CREATE INDEX deliveries_waiting ON deliveries (channel, due) WHERE state = 'waiting';
CREATE INDEX deliveries_alert ON deliveries (alert);
CREATE INDEX deliveries_dead ON deliveries (id) WHERE state = 'dead';
CREATE INDEX deliveries_sent ON deliveries (sent_at) WHERE sent_at IS NOT NULL;
CREATE INDEX deliveries_briefing ON deliveries (briefing) WHERE briefing IS NOT NULL;

CREATE TABLE evidence ( -- Records of alerts, each with the hash of the one before it (see `monitor.model.evidence`).
    number SERIAL NOT NULL,  -- from 1, without holes
    kind TEXT NOT NULL,
    alert INTEGER,  -- NULL: it is about a rule
    rule TEXT NOT NULL DEFAULT '',  -- hash of what a rule says, to find it again
    record TEXT NOT NULL,  -- JSON
    hash TEXT NOT NULL  -- SHA-256 of the record
);
CREATE INDEX evidence_by_alert ON evidence (alert) WHERE alert IS NOT NULL;
CREATE INDEX evidence_by_rule ON evidence (rule) WHERE rule <> '';

CREATE TABLE latency ( -- When an article that raised an alert took which step; not of what was there before.
    article INTEGER NOT NULL,
    feed INTEGER NOT NULL,
    published REAL,  -- the publisher's word; NULL without one
    seen REAL NOT NULL,  -- the last byte of the answer that brought it
    matched REAL NOT NULL,  -- stored, with its first alert
    searchable REAL,  -- NULL: not yet
    edited BOOLEAN NOT NULL DEFAULT FALSE,  -- an edit raised it: it was published long before
    PRIMARY KEY (article)
);
CREATE INDEX latency_by_time ON latency (matched);
CREATE INDEX latency_open ON latency (article) WHERE searchable IS NULL;

CREATE TABLE searched ( -- What was searched for by hand, each query once.
    query TEXT NOT NULL,
    sort TEXT NOT NULL,
    at REAL NOT NULL,
    PRIMARY KEY (query)
) WITHOUT ROWID;

CREATE TABLE briefings ( -- Briefings by schedule, as they are sent.
    id SERIAL NOT NULL,
    name TEXT NOT NULL,  -- of its entry in feeds.yaml
    slot REAL NOT NULL,  -- when it was due
    made_at REAL NOT NULL,
    subject TEXT NOT NULL,
    plain TEXT NOT NULL,
    markdown TEXT NOT NULL,
    html TEXT NOT NULL,  -- what stands inside <body>
    json TEXT NOT NULL,
    UNIQUE (name, slot)
);

CREATE TABLE briefing_progress ( -- The entries of feeds.yaml, and how far their briefings have got.
    name TEXT NOT NULL,
    times TEXT NOT NULL,  -- days and times, to notice an edit of them
    done REAL NOT NULL,  -- times up to then are done with
    until REAL,  -- when the last one ended
    PRIMARY KEY (name)
) WITHOUT ROWID;

CREATE TABLE watched ( -- When the monitor watched, as it notes every few minutes.
    start REAL NOT NULL,
    until REAL NOT NULL,
    PRIMARY KEY (start)
) WITHOUT ROWID;

CREATE TABLE unread ( -- When feeds could not be read that could be read again: what they missed came at once.
    feed INTEGER NOT NULL,
    start REAL NOT NULL,
    until REAL NOT NULL,
    PRIMARY KEY (feed, start)
) WITHOUT ROWID;

CREATE TABLE unusual ( -- From when to when a watchlist brought far more stories than usual, or none any more; of the newsroom itself (feed health): from when to when the store was damaged.
    watchlist TEXT NOT NULL,
    kind TEXT NOT NULL,
    started_at REAL NOT NULL,
    ended_at REAL,  -- NULL: not over yet
    alert INTEGER NOT NULL,
    PRIMARY KEY (watchlist, kind, started_at)
) WITHOUT ROWID;

CREATE TABLE tokens ( -- What programs show to the API.
    name TEXT NOT NULL,  -- whose acts of triage are recorded
    hash BLOB NOT NULL UNIQUE,  -- SHA-256 of the secret
    scope TEXT NOT NULL,  -- read, triage, admin
    created_at REAL NOT NULL,
    expires_at REAL,  -- NULL: never
    revoked_at REAL,  -- NULL: valid
    last_used REAL,  -- to within some minutes
    PRIMARY KEY (name)
) WITHOUT ROWID;

CREATE TABLE index_changes ( -- When each article was last queued for the index: indexes of other machines follow it. Only of a store that several machines share.
    article INTEGER NOT NULL,
    number INTEGER NOT NULL,  -- of its ticket
    PRIMARY KEY (article)
);
CREATE INDEX index_changes_by_number ON index_changes (number);

CREATE TABLE configs ( -- Versions of the configuration; the newest one is in force. Only of a store that several machines share.
    number INTEGER NOT NULL,
    at REAL NOT NULL,
    who TEXT NOT NULL,
    again INTEGER,  -- the earlier version that it is again
    content TEXT NOT NULL,
    PRIMARY KEY (number)
);

CREATE TABLE monitors ( -- The monitors of a store that several share; one that ends deletes its row. All times are by the clock of the database.
    id SERIAL NOT NULL,
    host TEXT NOT NULL,
    pid INTEGER NOT NULL,
    folder TEXT NOT NULL,  -- its data folder
    since REAL NOT NULL,
    seen_at REAL NOT NULL,  -- the last heartbeat
    expires_at REAL NOT NULL,  -- others may take its leases from then on
    alert INTEGER  -- that told that it was lost; NULL: none
);

CREATE TABLE leases ( -- Who polls which bucket of feeds, and who does what one monitor does for all.
    id INTEGER NOT NULL,  -- of a bucket from 0, then of duties
    holder INTEGER,  -- a monitor; NULL: nobody
    epoch INTEGER NOT NULL DEFAULT 0,  -- grows with each change of holder
    PRIMARY KEY (id)
);

CREATE UNLOGGED TABLE turns ( -- Which of the monitors that share a store asked a host last; by the clock of the database.
    host TEXT NOT NULL,
    monitor INTEGER NOT NULL,
    free_at REAL NOT NULL,  -- from when on it may ask again, others later
    awaited BOOLEAN NOT NULL DEFAULT FALSE,  -- whether another one waits: it may not go first
    PRIMARY KEY (host)
) WITHOUT ROWID;

INSERT INTO untriaged_stories (number) VALUES (0);
