"""Watching: feeds are polled, articles recognised and matched, alerts raised.

::

    feeds.yaml ── config ──▶ Config        enforcing: once it has changed and rests; the last
                               │                      good one is kept
                               ▼ once a second (daemon), unless it is under_way
                 store ──▶ schedule: which feeds are due?          store: which pages are due?
                               │                                               │
    pipeline, asyncio          ▼                                               ▼
        fetch, behind guard: Fetched | NotModified | FetchError        pages: permits, fetch
                               │ a body not read before                        │
    workers, processes         ▼ that can be killed                            ▼
        parse, jsonfeed ──▶ entries                               robots, fulltext ──▶ text
                               │                                               │
    settle, in a thread        ▼ answers, of many feeds and pages              │
        drafts, from the words alone:  ◀───────────────────────────────────────┘
            language, by the feed's last articles
            match: which watchlists does it satisfy, and where?
            shingles of stories, names for crossing languages
                               ▼ in one transaction
        arrivals, from what is stored already:
            identify: New | Changed | Duplicate | Reissued | Seen
            stories: which story does a New or Changed one tell?
            crossing: which event, told in another language before, is it about?
        polled: what else one poll changes
            schedule: when is the feed due next? outage: is the network to blame?
            habits, episodes: is the feed in trouble, and is that news?
                               ▼
        planning, by routing: who is told, at which hours? or why nobody is
        store: feed, articles, alerts, deliveries, outbox    all of it or nothing: the truth
               │ outbox            │ views        │ deliveries ─▶ notify: sent, at least once
               ▼                   ▼
        indexer_process         service ◀── cli, dashboard: any number of them
          indexer ──▶ index ◀──── search     the index can be built again (mending),
                                             and says how far that is (rebuilding)

    health, blindness                  how feeds are and what was missed, in words
    moves ─▶ relocation                feeds that have moved for good: found, written down
    watching                           watchlists: looking through the archive, trying, judging
    discover, prospect ─▶ checkup      feeds that nobody subscribed to yet: found, read, told of
    counting ─▶ trend, surprise        what a search finds, counted; what is usual for a watchlist
    subscribing ─▶ feeds.yaml          feeds added, let rest, removed, comments kept
    opml ◀─▶ feeds.yaml                subscriptions of other readers
    handed ─▶ given ─▶ importing       articles from elsewhere; exporting: articles as files
    metrics                            figures of a running monitor, for Prometheus
    timing, latency                    how long news takes, step by step
    sharing                            articles and alerts as STIX, for MISP
    verifying, by witness, attesting   whether what was written down of alerts is whole
    backup ─▶ manifest ─▶ restoring    the whole newsroom in one file, and back
    glancing                           the counts of the status, and whether they can have changed
    skimming                           headlines in bulk, what came again: for a viewer's filter
    muting                             nobody is told of a watchlist for a while; what was held
    triaging ─▶ annotations, user      what people say of alerts, with who and when, and undone
    message                            what people are told, harmless wherever it is shown
    tidying ─▶ keeping                 what is older than it is to be kept goes, beside the watch
    differing ─▶ revisions ─▶ edited   what publishers changed in their articles

`pipeline` and `settle` call the steps, in this order; no step calls another. Viewers ask
`service`. `presence` is the lock that leaves one monitor to a data folder, and its pulse.
`bootstrap` puts the `parts` together, and alone asks for the time, sleeps and rolls dice;
`background` starts and ends a monitor that goes on without us.
"""
