"""What of an article a query lights, on the article's own text."""

from __future__ import annotations

from index.article import Article
from index.inmemory import InMemory, occurrences
from index.postings import Reading
from index.query import Query
from index.snippet import snippet
from index.spans import Found, matches
from index.tree import Near, Node, Not, Phrase, Word, children

__all__ = ["snippet", "spans"]


def spans(query: Query, article: Article) -> list[tuple[str, int, int]]:
    """Return (part, start, end) of every match, in the order of the text.

    When the article does not satisfy the query, or only its filters can tell, whatever
    clauses of it are there.
    """
    reading = Reading(article)
    document = InMemory(reading.postings)
    found = matches(query.root, document) or _there(query.root, document)
    return [(place.part, place.start, place.end) for place in occurrences(found, reading)]


def _there(node: Node, document: InMemory) -> list[Found]:
    """Return the clauses of a tree that a document has, none below a negation."""
    if isinstance(node, Word | Phrase | Near):
        return matches(node, document)
    if isinstance(node, Not):
        return []
    return [found for child in children(node) for found in _there(child, document)]
