"""The documents of a segment as `spans` looks at them, one after the other."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Sequence

from index.engine import bit_sets
from index.engine.postings_file import Postings
from index.engine.segment import Segment
from index.evaluation import spans
from index.interruption import checked
from index.query.ast import Facet, Word

_BLOCK = 13
"""Documents of which the keys are listed at once, as a power of two."""
_FEW = 16
"""Keys of a word that are all looked up in each document."""
_KEYS = 1_000
"""Keys that are listed between two questions whether to go on."""


class SegmentDocument:
    """A `spans.Document`: the document of a segment that `at` moved to.

    A wildcard may mean 50,000 keys, of which a document has thirty. So for a block of documents
    it is listed which of them each has.
    """

    def __init__(self, segment: Segment, expand: Callable[[Word], Sequence[str]]) -> None:
        self._segment = segment
        self._expand = expand
        self._doc = 0
        self._block = -1
        self._present: dict[Word, dict[int, list[str]]] = {}
        self._lists: dict[str, Postings] = {}

    def at(self, doc: int) -> SegmentDocument:
        """Move to another document; quick in the order of their numbers."""
        self._doc = doc
        if doc >> _BLOCK != self._block:
            self._block = doc >> _BLOCK
            self._present.clear()
        return self

    def positions(self, key: str) -> spans.Codes:
        return (self._lists.get(key) or self._segment.postings(key)).at(self._doc)

    def expand(self, word: Word) -> Sequence[str]:
        keys = self._expand(word)
        if len(keys) <= _FEW:
            return keys
        if word not in self._present:
            self._present[word] = self._by_document(keys)
        return self._present[word].get(self._doc, ())

    def _by_document(self, keys: Sequence[str]) -> dict[int, list[str]]:
        """Return those of some keys that each document of the current block has."""
        first, end = self._block << _BLOCK, (self._block + 1) << _BLOCK
        present: dict[int, list[str]] = {}
        block = bit_sets.between(first, end)
        for key in checked(keys, _KEYS):
            postings = self._lists[key] = self._segment.postings(key)
            if postings.is_bits:
                docs: Sequence[int] = bit_sets.documents(postings.bits & block)
            else:
                low = bisect_left(postings.docs, first) if first else 0
                docs = postings.docs[low : bisect_left(postings.docs, end, low)]
            for doc in docs:
                present.setdefault(doc, []).append(key)
        return present

    def admits(self, facet: Facet) -> bool:
        """Refuse: no filter is inside a phrase or a distance.

        Raises:
            TypeError: Always.
        """
        raise TypeError(facet)
