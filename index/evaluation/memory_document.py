"""One article as a `Document`, and the places of matches as offsets in its texts."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from index.analysis.term_positions import DocumentTerms, postings
from index.article import Article
from index.evaluation.spans import Codes, Extent, SpanMatch
from index.evaluation.term_expansion import selector
from index.query.ast import Facet, Node, Word


class MemoryDocument:
    """A `Document` on the words of one article."""

    def __init__(
        self, words: Mapping[str, Codes], admits: Callable[[Facet], bool] = lambda _: True
    ) -> None:
        self.words = words
        self.admits = admits
        self._expansions: dict[Word, list[str]] = {}

    @classmethod
    def of(
        cls, article: Article, admits: Callable[[Facet], bool] = lambda _: True
    ) -> MemoryDocument:
        """Return the document of an article; without `admits`, every filter passes."""
        return cls(postings(article), admits)

    def positions(self, key: str) -> Codes:
        """Return the ascending codes of a key."""
        return self.words.get(key, ())

    def expand(self, word: Word) -> Sequence[str]:
        """Return the article's keys that a word means."""
        if word not in self._expansions:
            prefix, accepts = selector(word)
            self._expansions[word] = [
                key for key in self.words if key.startswith(prefix) and accepts(key)
            ]
        return self._expansions[word]


class Occurrence(NamedTuple):
    """Where a clause matches: `article.part(part)[start:end]` is what to highlight."""

    part: str
    start: int
    end: int
    clause: Node


def occurrences(found: Sequence[SpanMatch], reading: DocumentTerms) -> list[Occurrence]:
    """Return the places of clauses as offsets, each once, in the order of the text."""
    return [Occurrence(*reading.place(*extent), clause) for extent, clause in in_order(found)]


def in_order(found: Sequence[SpanMatch]) -> list[tuple[Extent, Node]]:
    """Return the places of clauses, each once, with the first clause that holds there."""
    if len(found) == 1:
        ((clause, places),) = found
        return [(extent, clause) for extent in places]
    clauses: dict[Extent, Node] = {}
    for clause, places in found:
        for extent in places:
            clauses.setdefault(extent, clause)
    return [(extent, clauses[extent]) for extent in sorted(clauses)]
