"""The running monitor: its parts, and the order of its work.

::

    wiring ──▶ components ──▶ daemon ── once a second ──▶ pipeline: the steps of a poll
                                │
                                ├─ config_reload   an edit of feeds.yaml takes effect
                                ├─ lease_keeper    which feeds and duties are those of this monitor
                                ├─ witnesses       sitemaps are sought beside feeds
                                ├─ relocation      moved feeds get their new address
                                └─ run_log         the log of a run

`machine` reads clock, zone and randomness; `network` makes the HTTP client, the senders and the
finder of sources; `viewing` opens the service that commands, dashboard and API ask.
"""
