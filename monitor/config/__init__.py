"""`feeds.yaml` to Config: every problem at once, each with its line and column.

    bytes ─ yaml_nodes ─▶ tree with places ─ keys ─▶ what fits, its problems (draft)
                                                                │
       assembly (channels, routes): feeds (settings, credentials), watchlists
                                                                ▼
    tables: JSON Schema for editors                          Config ─▶ description
                                                                │
               checks: the sentences beside watchlists, and what looks wrong

    keys, delivery_keys, feed_keys: each key once: what it may be (kinds), its meaning, its default
    file_edit, yaml_edit: what commands add to a file or take from it; comments and order stay

`loading` reads a file; `location` reads only where the data and the store are, for commands that
need no more.
"""
