"""The postings of a new segment, gathered from new documents and from the segments it replaces."""

from __future__ import annotations

from array import array
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import count

import numpy as np
from numpy.typing import NDArray

from index.engine.inverted_batch import (
    DOC,
    TERM,
    NewPostings,
    Occurrences,
    PostingsSource,
    SegmentPostings,
    records,
)
from index.engine.packed_numbers import Numbers
from index.engine.places import PlaceLayout
from index.engine.postings_file import PostingsFile, Records
from index.engine.schema import MAX_DOCUMENTS
from monitor.base.article import PARTS


class TermPool:
    """Gathers the postings of a new segment, from documents and from other segments."""

    def __init__(self) -> None:
        self._new: dict[str, NewPostings] = {}
        self._labels: defaultdict[str, _Documents] = defaultdict(_Documents)
        self._old: list[tuple[PostingsFile, Numbers]] = []

    def add(self, item: tuple[str, bytes, int, float, bytes]) -> None:
        """Add one posting as Whoosh hands it over: field, term, document, weight, codes."""
        field, term, doc, _, codes = item
        self.add_terms(field, doc, {term.decode(): array("I", codes)})

    def add_terms(self, field: str, doc: int, terms: Mapping[str, Sequence[int]]) -> None:
        """Add a document: the codes of each term, or none of any. Of very many the first are kept.

        Raises:
            OverflowError: A segment has no such document.
        """
        if doc >= MAX_DOCUMENTS:
            raise OverflowError("more documents than a segment can have")  # not a message
        self._labels[field].add(doc, terms)

    def add_labels(self, field: str, first: int, labels: Iterable[Iterable[str]]) -> None:
        """Add the labels of documents, the first of which has the number `first`."""
        self._labels[field].add_labels(first, labels)

    def add_new(self, field: str, terms: list[bytes], occurrences: Occurrences) -> None:
        """Set all postings of a field of new documents: its terms and occurrences, in order."""
        self._new[field] = NewPostings(terms, occurrences)

    def add_lists(self, lists: PostingsFile, numbers: Numbers) -> None:
        """Add the postings of a segment; `numbers` are the new ones of documents, -1 for none."""
        self._old.append((lists, numbers))

    def renumber(self, numbers: Numbers) -> None:
        """Give all documents other numbers."""
        for name, documents in self._labels.items():
            self._new[name] = documents.inverted()
        self._labels.clear()
        for postings in self._new.values():
            postings.renumber(numbers)
        numbers = np.append(numbers, -1)  # a document that is deleted stays so
        self._old = [(lists, numbers[old]) for lists, old in self._old]

    def layout(self) -> PlaceLayout:
        """Return a layout for the places of all postings."""
        for name, documents in self._labels.items():
            self._new[name] = documents.inverted()
        self._labels.clear()
        widths = [*(lists.layout.widths for lists, _ in self._old),
                  *(postings.widths for postings in self._new.values())]  # fmt: skip
        return PlaceLayout([max(column) for column in zip(*widths, [0] * len(PARTS), strict=True)])

    def postings(
        self, documents: int, layout: PlaceLayout
    ) -> Iterator[tuple[str, Iterable[Records]]]:
        """Yield every field with its lists in the order of their terms.

        Args:
            documents: Number of all documents.
            layout: What `layout` returned.
        """
        for name in sorted({*self._new}.union(*(lists.fields() for lists, _ in self._old))):
            sources: list[PostingsSource] = []
            if name in self._new:
                sources.append(self._new.pop(name))
            for lists, numbers in self._old:
                if field := lists.field(name):
                    sources.append(SegmentPostings(lists, field, numbers))
            yield name, records(sources, documents, layout)

    def cleanup(self) -> None:
        """Forget everything."""
        self._new.clear()
        self._labels.clear()
        self._old.clear()


class _Documents:
    """Collects the terms of a field, document by document."""

    def __init__(self) -> None:
        self._numbers: defaultdict[str, int] = defaultdict(count().__next__)
        self._found = array("Q")
        self._has_codes = False

    def add(self, doc: int, terms: Mapping[str, Sequence[int]]) -> None:
        """Add a document."""
        for term, codes in terms.items():
            base = (self._numbers[term] << TERM) + (doc << DOC)
            self._found.extend([base + code for code in codes] or (base,))
            self._has_codes |= len(codes) > 0

    def add_labels(self, first: int, labels: Iterable[Iterable[str]]) -> None:
        """Add the labels of documents."""
        numbers = self._numbers
        self._found.extend(
            [
                (numbers[label] << TERM) + (doc << DOC)
                for doc, some in enumerate(labels, first)
                for label in some
            ]
        )

    def inverted(self) -> NewPostings:
        """Return a source of posting lists."""
        found = np.array(self._found, dtype=np.uint64)
        terms = [term.encode() for term in self._numbers]
        order = np.array(sorted(range(len(terms)), key=terms.__getitem__), dtype=np.uint32)
        terms, occurrences = in_order(terms, order, found)
        return NewPostings(terms, occurrences, has_codes=self._has_codes)


def in_order(
    terms: Sequence[bytes], order: NDArray[np.uint32], found: Occurrences
) -> tuple[list[bytes], Occurrences]:
    """Return those terms that occur, and the occurrences with their numbers, in order.

    Args:
        terms: Terms by the numbers that they have in `found`.
        order: These numbers in the order of the terms.
        found: Occurrences in any order. The array is changed.
    """
    numbers = (found >> np.uint64(TERM)).view(np.int64)
    occurs = np.zeros(len(terms), dtype=np.bool_)
    occurs[numbers] = True
    used = order[occurs[order]]
    shifts = np.empty(len(terms), dtype=np.uint64)
    shifts[used] = np.arange(len(used), dtype=np.uint64) - used  # modulo 2**64
    found += (shifts << np.uint64(TERM))[numbers]
    found.sort()
    return [*map(terms.__getitem__, used.tolist())], found
