"""The postings of a segment in the making, gathered from documents and other segments."""

from __future__ import annotations

from array import array
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain, count
from typing import TYPE_CHECKING

from index.lists import Lists, Records

if TYPE_CHECKING:
    from index.inversion import Source


class TermPool:
    """Gathers the postings of a segment in the making, from documents and other segments."""

    def __init__(self) -> None:
        self._new: defaultdict[str, _Documents] = defaultdict(_Documents)
        self._old: list[tuple[Lists, int, Mapping[int, int] | None]] = []

    def add(self, item: tuple[str, bytes, int, float, bytes]) -> None:
        """Add one posting as Whoosh hands it over: field, term, document, weight, codes."""
        field, term, doc, _, codes = item
        self.add_terms(field, doc, {term.decode(): array("I", codes)})

    def add_terms(self, field: str, doc: int, terms: Mapping[str, Sequence[int]]) -> None:
        """Add a document with where each term stands in it; of very many places the first."""
        self._new[field].add(doc, terms)

    def add_lists(self, lists: Lists, first: int, numbers: Mapping[int, int] | None) -> None:
        """Add a segment: its documents count from `first`, or get `numbers` (those kept)."""
        self._old.append((lists, first, numbers))

    def iter_postings(self) -> Iterator[tuple[str, Iterable[Records]]]:
        """Yield every field with its lists in the order of their terms."""
        from index import inversion  # numpy: searches do without

        fields = set(self._new).union(*(lists.fields() for lists, _, _ in self._old))
        for name in sorted(fields):
            sources: list[Source] = []
            if name in self._new:
                sources.append(self._new.pop(name).inverted())
            for lists, first, numbers in self._old:
                if field := lists.field(name):
                    sources.append(inversion.Listed(lists, field, first, numbers))
            yield name, inversion.records(sources)

    def cleanup(self) -> None:
        """Forget everything."""
        self._new.clear()
        self._old.clear()


class _Documents:
    """What documents brought of a field, in the order in which they came.

    Numbers in arrays: lists by term are the garbage collector's work and thrice the memory.
    """

    def __init__(self) -> None:
        self._numbers: defaultdict[str, int] = defaultdict(count().__next__)
        self._docs, self._sizes = array("I"), array("I")
        self._terms, self._counts, self._codes = array("I"), array("I"), array("I")

    def add(self, doc: int, terms: Mapping[str, Sequence[int]]) -> None:
        """Add a document."""
        self._docs.append(doc)
        self._sizes.append(len(terms))
        self._terms.extend(map(self._numbers.__getitem__, terms))
        self._counts.extend(map(len, terms.values()))
        self._codes.extend(chain.from_iterable(terms.values()))

    def inverted(self) -> Source:
        """Return them as a source of lists."""
        from index.inversion import Gathered

        return Gathered(
            self._docs, self._sizes, self._numbers, self._terms, self._counts, self._codes
        )
