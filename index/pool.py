"""The postings of a segment in the making, gathered by term: from documents and segments."""

from __future__ import annotations

from array import array
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from heapq import merge
from itertools import groupby
from operator import itemgetter

from index.lists import MAX_OCCURRENCES, Lists, Postings

Term = tuple[bytes, Postings]


Gathered = tuple["array[int]", "array[int]", "array[int]"]
"""What documents brought of a term, as in `Postings`. The garbage collector skips tuples of
arrays: with objects it takes a fifth of the time."""


class TermPool:
    """Gathers the postings of a segment in the making, from documents and other segments."""

    def __init__(self) -> None:
        self._new: defaultdict[str, defaultdict[str, Gathered]] = defaultdict(
            lambda: defaultdict(lambda: (array("H"), array("H"), array("I")))
        )
        self._old: list[tuple[Lists, int, Mapping[int, int] | None]] = []

    def add(self, item: tuple[str, bytes, int, float, bytes]) -> None:
        """Add one posting as Whoosh hands it over: field, term, document, weight, codes."""
        field, term, doc, _, codes = item
        self.add_terms(field, doc, {term.decode(): array("I", codes).tolist()})

    def add_terms(self, field: str, doc: int, terms: Mapping[str, list[int]]) -> None:
        """Add a document with where each term stands in it; of very many places the first."""
        new = self._new[field]
        for term, places in terms.items():
            docs, counts, codes = new[term]
            kept = places if len(places) <= MAX_OCCURRENCES else places[:MAX_OCCURRENCES]
            docs.append(doc)
            counts.append(len(kept))
            codes.fromlist(kept)

    def add_lists(self, lists: Lists, first: int, numbers: Mapping[int, int] | None) -> None:
        """Add a segment: its documents count from `first`, or get `numbers` (those kept)."""
        self._old.append((lists, first, numbers))

    def iter_postings(self) -> Iterator[tuple[str, Iterable[Term]]]:
        """Yield every field with its terms in order."""
        fields = set(self._new).union(*(lists.fields() for lists, _, _ in self._old))
        for field in sorted(fields):
            sources = [self._gathered(field)] if field in self._new else []
            sources += [_renumbered(lists.each(field), first, to) for lists, first, to in self._old]
            yield field, sources[0] if len(sources) == 1 else _joined(sources)

    def _gathered(self, field: str) -> Iterator[Term]:
        terms = self._new.pop(field)
        for term in sorted(terms):  # the order of characters is that of their UTF-8
            docs, counts, codes = terms.pop(term)
            yield term.encode(), Postings(docs, _counts(counts), codes)

    def cleanup(self) -> None:
        """Forget everything."""
        self._new.clear()
        self._old.clear()


def _counts(counts: Sequence[int]) -> array[int] | None:
    most = max(counts)
    return None if most <= 1 else array("B" if most < 256 else "H", counts)


def _renumbered(
    terms: Iterable[Term], first: int, numbers: Mapping[int, int] | None
) -> Iterator[Term]:
    """Yield a segment's terms with their documents under new numbers."""
    if numbers is None:
        for term, old in terms:
            docs = array("H", [doc + first for doc in old.docs]) if first else old.docs
            yield term, Postings(docs, old.counts, old.codes)
        return
    for term, old in terms:
        kept = [doc for doc in old.docs if doc in numbers]
        if kept:
            codes = [old.at(doc) for doc in kept]
            yield (
                term,
                Postings(
                    array("H", [numbers[doc] for doc in kept]),
                    _counts([len(each) for each in codes]),
                    array("I", b"".join(codes)),
                ),
            )


def _joined(sources: Sequence[Iterable[Term]]) -> Iterator[Term]:
    """Yield the terms of several sources, each in order, as those of one."""
    for term, group in groupby(merge(*sources, key=itemgetter(0)), itemgetter(0)):
        lists = [postings for _, postings in group]
        yield term, lists[0] if len(lists) == 1 else _chained(lists)


def _chained(lists: Sequence[Postings]) -> Postings:
    """Return one list of several whose documents follow each other."""
    docs, codes = array("H"), array("I")
    for each in lists:
        docs.frombytes(each.docs.tobytes())
        codes.frombytes(bytes(each.codes))
    if all(each.counts is None for each in lists):
        return Postings(docs, None, codes)
    counts: list[int] = []
    for each in lists:
        counts += [1] * len(each.docs) if each.counts is None else each.counts
    return Postings(docs, _counts(counts), codes)
