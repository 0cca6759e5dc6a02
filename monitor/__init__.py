"""Watching: feeds are polled, articles recognised and matched, alerts raised.

::

    feeds.yaml ── config ──▶ Config        read again when it changes; the last good one is kept
                               │
                               ▼ once a second (daemon)
                 store ──▶ schedule: which feeds are due?          store: which pages are due?
                               │                                               │
    pipeline, asyncio          ▼                                               ▼
        fetch, behind guard: Fetched | NotModified | FetchError        fetch, behind guard
                               │ a body not read before                        │
    workers, processes         ▼ that can be killed                            ▼
        parse, jsonfeed ──▶ entries                               fulltext ──▶ text
                               │                                               │
    settle, one transaction    ▼ for many feeds and pages                      │
        identify: New | Changed | Duplicate | Reissued | Seen                  │
                               ▼ New and Changed only                          │
        language, by the feed's last articles  ◀───────────────────────────────┘
        stories: which story does it tell?
        match: which watchlists does it satisfy, and where?
        schedule: when is the feed due next?
                               ▼
        store: feed, articles, alerts, outbox    all of it or nothing: this is the truth
               │ outbox            │ views
               ▼                   ▼
        indexer_process         service ◀── cli, dashboard: any number of them
          indexer ──▶ index ◀──── search     the index can be built again

    discover, prospect ─▶ checkup      feeds that nobody subscribed to yet: found, read, told of
    opml ◀─▶ feeds.yaml                subscriptions of other readers

`pipeline` and `settle` call the steps, in this order; no step calls another. Viewers ask
`service`. `presence` is the lock that leaves one monitor to a data folder, and its pulse.
`bootstrap` puts it all together, and alone asks for the time, sleeps and rolls dice.
"""
