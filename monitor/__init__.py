"""The monitor: it polls feeds, recognises articles, matches them, raises and delivers alerts.

The wings, from the top floor down; each imports only from those below it::

    cli            the commands, a file for each group; opens the dashboard (tui)
    api            the same for programs and browsers, over HTTP and MCP
    runtime        the running monitor                 demo       the bundled newsroom
    delivery       what leaves by itself: notifications, briefings, files, figures
    presentation   what a person or a program reads, and what viewers ask
    intake         from a source to articles           config     feeds.yaml
                   watchlists   what the articles in the store say of a watchlist
    storage        the database, searches in it, its care
    judgement      which watchlists match, which alerts are raised, how much was seen: pure
    model          the values that all of these exchange
    base           errors, files, formatting, messages, signs, text, processes

The flow of an alert, from feeds.yaml to whoever is notified::

    feeds.yaml ── config ──▶ Config     runtime.config_reload: an edit takes effect when two looks
                               │        find the same file; an incorrect one changes nothing
                               ▼
    runtime.daemon     each second, unless it rests: which sources and pages are due?
                               │
    runtime.pipeline   asyncio ▼
        intake.fetch       HTTP, IMAP: allowed addresses, limits for each host, robots.txt
                               │
        intake.parse       in worker processes that can be killed: bytes ──▶ entries with their
                               │   keys, pages ──▶ text
        intake.ingest      in a thread, for many feeds at once
            article_changes    from the words alone: features of texts, language, names
            judgement.match    which watchlists match, and where?
                               ▼ in one transaction of the store
            article_changes    is the entry new, changed, a duplicate or known?
            witness            of what a sitemap shows: what do the feeds beside it lack?
            judgement.stories  of which story is it a copy or a version?
            poll_outcome       when is the feed due next? is it in trouble?
            judgement.alerts   raise, merge, suppress, escalate, route: facts ──▶ one plan
                               ▼
    storage.store      articles, alerts, deliveries, evidence, outbox: all of it or nothing
               │ outbox              │ deliveries            │ reads
               ▼                     ▼                       ▼
    storage.maintenance       delivery.notify         presentation ◀── cli, tui, api
         .indexer             until the channel              │
               ▼              has accepted it          storage.search, watchlists
             index ◀─────────────────────────────────────────┘

`config` puts the names of concepts into the queries of watchlists. `runtime.witnesses` seeks the
sitemaps beside feeds. The outbox lists the articles that the search index lacks. `runtime.wiring`
puts the parts together; it and `runtime.machine` alone read the clock, sleep and draw random
numbers. Where several monitors share a store, `runtime.lease_keeper` knows which feeds and duties
are those of this one. Commands that repair or move the database open the store itself.
"""
