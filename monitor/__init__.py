"""The monitor: it polls feeds, recognises articles, matches them, raises and delivers alerts.

The flow of an alert, from feeds.yaml to whoever is notified::

    feeds.yaml ── config ──▶ Config     config_reload: an edit takes effect when two looks find
                               │        the same file; an incorrect one changes nothing
                               ▼
    daemon         once a second: which feeds and pages are due? (ingest.schedule, store)
                               │
    pipeline       asyncio     ▼
        fetch          the HTTP client: allowed addresses, limits for each host, robots.txt
                               │
        parse          in worker processes that can be killed: bytes ──▶ entries with their keys,
                               │        pages ──▶ text; of a feed never read before, with the
                               │        features of its texts
                               │
        ingest         in a thread, for many feeds at once
            enrichment         from the words alone: features of texts, language, names
            match              which watchlists match, and where?
                               ▼ in one transaction of the store
            identify           is the entry new, changed, a duplicate or known?
            stories            of which story is it a copy or a version?
            poll_outcome       when is the feed due next? is it in trouble?
            alerts             raise, merge, suppress, escalate, route: facts ──▶ one plan
            audit              the evidence of each alert
                               ▼
        store          articles, alerts, deliveries, outbox: all of it or nothing
               │ outbox              │ deliveries            │ reads
               ▼                     ▼                       ▼
        maintenance.indexer       notify                  service ◀── cli, tui, api
               ▼                  until the channel          │
             index ◀───────────── has accepted it         search, watchlists

`notify` also makes briefings at fixed times, and sends them as it sends alerts. `pipeline` calls
fetch and parse, `ingest` the steps below it, in this order. The outbox lists the articles that the
search index lacks. Viewers (the commands in `cli` and the dashboard) ask `service`; commands that
repair or move the database open the store itself.

Beside the flow:

    model            the values that the packages exchange
    feeds            subscriptions: found, examined, added, moved, OPML
    similar          which articles tell of one event, in other words: vectors, after the alerts
    watchlists       backfill, backtest, precision, proposals; spikes and silences
    search           queries of people: filters, pages, trends, facets
    maintenance      the indexer; index repair, retention, backup, verification, store check
    imports, export  articles from and to other programs; metrics for Prometheus
    demo             the bundled newsroom

`wiring` puts the `components` together; it alone reads the clock, sleeps and draws random numbers.
`data_folder` sees that nobody else writes to a data folder, `monitor_lock` leaves it to one
monitor. Where several monitors share a store, `lease_keeper` knows which feeds and duties are those
of this one, and `fair_share` decides which are to be; `fencing` refuses requests and transactions
under a lease that is lost, and `host_turns` takes the turns of hosts. `analyst` says under which
name decisions are kept. `run_log` writes the log of a run. `tasks` runs calls in threads.
`fork_server` starts processes as forks of one that has imported what they need.
`garbage` pauses the garbage collector, and gives back memory. `language` says in which language
people read; its catalogues are in `locale/`. `errors`, `files`, `formatting` and `signs` are shared
by all.
"""

import sys

# Where rich is installed, httpx imports its command line, which takes 5 MB and 0.1 s. A module that
# is None here cannot be imported, and httpx goes on without it.
sys.modules.setdefault("httpx._main", None)  # type: ignore[arg-type]
