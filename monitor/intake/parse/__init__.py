"""Parsers of untrusted documents: feeds, article pages and `robots.txt`."""
