"""One article in memory: a `Document` for queries, and their places as offsets."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import NamedTuple

from index.article import Article
from index.postings import offsets, part_at, part_range, postings
from index.spans import Codes, Extent, Found
from index.tree import Facet, Node, Word
from index.vocabulary import selector


class InMemory:
    """A `Document` on the words of one article."""

    def __init__(
        self, words: Mapping[str, Codes], admits: Callable[[Facet], bool] = lambda _: True
    ) -> None:
        self.words = words
        self.admits = admits
        self._expansions: dict[Word, list[str]] = {}

    @classmethod
    def of(cls, article: Article, admits: Callable[[Facet], bool] = lambda _: True) -> InMemory:
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
    """Where a clause hit an article: `article.part(part)[start:end]` is what to light."""

    part: str
    start: int
    end: int
    clause: Node


class Bounds:
    """Where the words of an article start and end, each found out once, when asked for."""

    def __init__(self, article: Article) -> None:
        self._article = article
        self._parts: dict[str, tuple[list[tuple[int, int]], Iterator[tuple[int, int]]]] = {}

    def of(self, part: str, last: int) -> list[tuple[int, int]]:
        """Return start and end of the words of a part, by position, up to `last` or further."""
        if part not in self._parts:
            self._parts[part] = [], offsets(self._article.part(part))
        known, unknown = self._parts[part]
        known.extend(islice(unknown, max(0, last + 1 - len(known))))
        return known


def occurrences(found: Iterable[Found], bounds: Bounds) -> list[Occurrence]:
    """Return the places of clauses as offsets, each once, in the order of the text."""
    clauses: dict[Extent, Node] = {}
    for clause, places in found:
        for extent in places:
            clauses.setdefault(extent, clause)
    listed = []
    for (first, last), clause in sorted(clauses.items(), key=lambda item: item[0]):
        part = part_at(first)
        base = part_range(part)[0] >> 2
        words = bounds.of(part, last - base)
        listed.append(Occurrence(part, words[first - base][0], words[last - base][1], clause))
    return listed
