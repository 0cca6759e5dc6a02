"""Watchlists one can trust: what they brought, would bring, and never will.

meaning     what a rule says, as a hash: the version of the rule
backfill    a new rule over the archive, in small steps of the store's thread
replay      a file's watchlists over the archive, beside the alerts there are
lint        terms that never match, that others cover, that match too much
edits       what an edit of feeds.yaml changed, in words
precision   how many alerts are worth reading, and how sure that is
rung        the articles that rang, by what was said of them
suggest     exclusions that would have spared noise and cost nothing relevant
"""
