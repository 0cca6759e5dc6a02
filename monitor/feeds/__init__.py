"""Subscriptions: found, diagnosed, added, moved, and exchanged as OPML."""
