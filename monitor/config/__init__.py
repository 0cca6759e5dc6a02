"""`feeds.yaml` to Config: every problem at once, each with its line and column.

bytes ─ yaml_nodes ─▶ tree with places ─ validation ─▶ what fits the schema
│
assembly: feeds (settings, credentials), watchlists, channels, routes
▼
reference: JSON Schema for editors                       Config ─▶ warnings, summary, diff
│
watchlist_tests: the sentences beside watchlists, by the matcher

yaml_edit: what commands add to a file or take from it; comments and order stay

location: only where the data and the store are, for commands that need no more
loading: the whole of it
"""
