"""Turns the results of a poll into stored articles: pure decisions, in one transaction."""
