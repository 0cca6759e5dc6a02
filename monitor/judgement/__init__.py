"""Decisions from values alone: this package touches nothing of the world.

`match` finds which watchlists match an article, and where; `stories` which articles are copies of
one text; `alerts` decides from facts and the time what is raised, merged, suppressed, escalated and
routed; `recall` estimates from two witnesses how many articles were published.
"""
