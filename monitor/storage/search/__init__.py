"""Searching for people: names to numbers, hits to articles with lit snippets, trends and facets."""
