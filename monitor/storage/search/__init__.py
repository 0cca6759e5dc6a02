"""Searches for viewers: hits with articles and snippets, filters, suggestions, trends."""
