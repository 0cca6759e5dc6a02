"""The postings of a new segment, gathered from new documents and from the segments it replaces."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import count

import numpy as np
from numpy.typing import NDArray

from index.engine.inverted_batch import NewPostings, PostingsSource, SegmentPostings, records
from index.engine.list_encoder import DOC, TERM, Occurrences
from index.engine.packed_numbers import Numbers
from index.engine.places import PlaceLayout
from index.engine.postings_file import PostingsFile, Records
from monitor.base.article import PARTS


class TermPool:
    """Gathers the postings of a new segment, from documents and from other segments."""

    def __init__(self) -> None:
        self._new: dict[str, NewPostings] = {}
        self._old: list[tuple[PostingsFile, Numbers]] = []

    def add_labels(self, field: str, labels: Iterable[Iterable[str]]) -> None:
        """Set the labels of new documents, of each in turn."""
        numbers: defaultdict[str, int] = defaultdict(count().__next__)
        numbered = [
            (numbers[label] << TERM) + (doc << DOC)
            for doc, own_labels in enumerate(labels)
            for label in own_labels
        ]
        terms = [label.encode() for label in numbers]
        order = np.array(sorted(range(len(terms)), key=terms.__getitem__), dtype=np.uint32)
        terms, occurrences = in_order(terms, order, np.array(numbered, dtype=np.uint64))
        self._new[field] = NewPostings(terms, occurrences, has_codes=False)

    def add_new(self, field: str, terms: list[bytes], occurrences: Occurrences) -> None:
        """Set all postings of a field of new documents: its terms and occurrences, in order."""
        self._new[field] = NewPostings(terms, occurrences)

    def add_lists(self, lists: PostingsFile, numbers: Numbers) -> None:
        """Add the postings of a segment; `numbers` are the new ones of documents, -1 for none."""
        self._old.append((lists, numbers))

    def renumber(self, numbers: Numbers) -> None:
        """Give all documents other numbers."""
        for postings in self._new.values():
            postings.renumber(numbers)
        numbers = np.append(numbers, -1)  # a document that is deleted stays so
        self._old = [(lists, numbers[old]) for lists, old in self._old]

    def layout(self) -> PlaceLayout:
        """Return a layout for the places of all postings."""
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


def in_order(
    terms: Sequence[bytes], order: NDArray[np.uint32], occurrences: Occurrences
) -> tuple[list[bytes], Occurrences]:
    """Return those terms that occur, and the occurrences with their numbers, in order.

    Args:
        terms: Terms by the numbers that they have in `found`.
        order: These numbers in the order of the terms.
        occurrences: Occurrences in any order. The array is changed.
    """
    numbers = (occurrences >> np.uint64(TERM)).view(np.int64)
    occurs = np.zeros(len(terms), dtype=np.bool_)
    occurs[numbers] = True
    used = order[occurs[order]]
    shifts = np.empty(len(terms), dtype=np.uint64)
    shifts[used] = np.arange(len(used), dtype=np.uint64) - used  # modulo 2**64
    occurrences += (shifts << np.uint64(TERM))[numbers]
    occurrences.sort()
    return [*map(terms.__getitem__, used.tolist())], occurrences
