"""The running monitor: what is done when, and by whom.

::

    wiring ──▶ components ──▶ daemon ── once a second ──▶ pipeline: the steps of a poll
                                │
                                ├─ config_reload   an edit of feeds.yaml takes effect
                                ├─ lease_keeper    which feeds and duties are those of this monitor
                                ├─ relocation      moved feeds get their new address
                                └─ run_log         what the log says

`machine` reads clock, zone and randomness; `network` makes the HTTP client, the senders and the
finder of feeds; `viewing` opens the service that commands, dashboard and API ask.
"""
