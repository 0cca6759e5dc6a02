"""Watching: feeds are polled, articles recognised and matched, alerts raised.

::

    feeds.yaml ── config ──▶ Config        enforcing: once it has changed and rests; the last
                               │                      good one is kept
                               ▼ once a second (daemon), unless it is under_way
       store ──▶ polling.schedule: which feeds are due?          store: which pages are due?
                               │                                               │
    pipeline, asyncio          ▼                                               ▼
        fetch, behind guard: Fetched | NotModified | FetchError        pages: permits, fetch
                               │ a body not read before                        │
    workers, processes         ▼ that can be killed                            ▼
        documents: document ──▶ parse, jsonfeed ──▶ entries       robots, fulltext ──▶ text
                               │                                               │
    settle, in a thread        ▼ answers, of many feeds and pages              │
        drafts, from the words alone:  ◀───────────────────────────────────────┘
            language, by the feed's last articles
            match: which watchlists does it satisfy, and where?
            shingles of stories, names for stories.crossing
                               ▼ in one transaction
        arrivals, from what is stored already:
            identify: New | Changed | Duplicate | Reissued | Seen
            stories: which story does a New or Changed one tell?
            stories.crossing: which event, told in another language before, is it about?
        polled: what else one poll changes, as polling decides
            schedule: when is the feed due next? outage: is the network to blame?
            habits, episodes: is the feed in trouble, and is that news?
                               ▼
        planning, by routing: who is told, at which hours? or why nobody is
        store: feed, articles, alerts, deliveries, outbox    all of it or nothing: the truth
               │ outbox            │ views        │ deliveries ─▶ notify: sent, at least once
               ▼                   ▼
        indexer_process         service ◀── cli, dashboard: any number of them
          indexer ──▶ index ◀──── search     the index can be built again (upkeep.mending),
                                             and says how far that is (rebuilding)

    polling.health, blindness          how feeds are and what was missed, in words
    polling.moves ─▶ relocation        feeds that have moved for good: found, written down
    watching                           watchlists: looking through the archive, trying, judging
    documents.discover, prospect       feeds that nobody subscribed to yet: found,
                   ─▶ checkup          read, told of
    subscribing ─▶ feeds.yaml          feeds added, let rest, removed, comments kept
    exchange                           articles from elsewhere (handed ─▶ given ─▶ importing) and
                                       as files (exporting); subscriptions of others (opml)
    trend, surprise                    what a search finds, counted; what is usual for a watchlist
    metrics                            figures of a running monitor, for Prometheus
    sharing                            articles and alerts as STIX, for MISP
    verifying, by witness              whether what was written down of alerts is whole
    backup                             the whole newsroom in one file (manifest), and back
    upkeep                             tidying ─▶ keeping: what is too old goes, beside the watch
    message                            what people are told, harmless wherever it is shown
    service, by subject                glancing: the counts of the status, whether they can have
                                       changed; skimming: headlines in bulk; counting; timing;
                                       muting; triaging, with annotations and user; deliveries;
                                       attesting; revisions: what publishers changed, and
                                       edited: held against the watchlists of now

`pipeline` and `settle` call the steps, in this order; no step calls another. Viewers ask
`service`. `presence` is the lock that leaves one monitor to a data folder, and its pulse.
`bootstrap` puts the `parts` together, and alone asks for the time, sleeps and rolls dice;
`background` starts and ends a monitor that goes on without us.
"""
