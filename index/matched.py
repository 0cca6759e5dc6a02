"""What a query matched, to be counted instead of shown: dates, feeds, languages, words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from index.article import Timestamp
from index.schema import FEED, LANG
from index.segment import Segment


@dataclass(frozen=True, slots=True)
class Part:
    """What was matched in one segment."""

    segment: Segment
    docs: frozenset[int]
    """Numbers of documents, none of them deleted."""

    def labelled(self, field: str, label: str) -> Part:
        """Return those that bear a label."""
        postings = self.segment.lists.find(field, label.encode())
        return Part(self.segment, self.docs.intersection(postings.docs if postings else ()))

    def labels(self, field: str) -> list[str]:
        """Return the labels that documents of the segment bear."""
        return [label.decode() for label in self.segment.lists.terms(field)]


class Matched:
    """The articles that a query matched."""

    def __init__(self, parts: Iterable[Part]) -> None:
        self.parts = tuple(part for part in parts if part.docs)

    @cached_property
    def total(self) -> int:
        """How many they are."""
        return sum(len(part.docs) for part in self.parts)

    def dates(self) -> dict[int, Timestamp]:
        """Return the date of each article, by id."""
        found: dict[int, Timestamp] = {}
        for segment, docs in self._each():
            ids, dates = segment.ids, segment.dates
            found.update((ids[doc], dates[doc]) for doc in docs)
        return found

    def ids(self) -> list[int]:
        """Return the articles' ids, ascending."""
        return sorted(segment.ids[doc] for segment, docs in self._each() for doc in docs)

    def by_feed(self) -> dict[int, Matched]:
        """Return them by the number of each feed that carried them."""
        return {int(feed): found for feed, found in self._by(FEED).items()}

    def by_lang(self) -> dict[str, Matched]:
        """Return them by language; an empty code is undetermined."""
        return self._by(LANG)

    def first_by_feed(self) -> dict[int, int]:
        """Return the smallest id among those that each feed carried, by the feed's number."""
        found: dict[int, int] = {}
        for part in self.parts:
            first = part.segment.ids.__getitem__
            for label in part.labels(FEED):
                if docs := part.labelled(FEED, label).docs:
                    id = min(map(first, docs))
                    found[int(label)] = min(id, found.get(int(label), id))
        return found

    def with_any(self, keys: Sequence[str]) -> Matched:
        """Return those in which any of these keys of `analysis.postings` stands."""
        return Matched(
            Part(segment, frozenset().union(*(docs.intersection(segment.postings(key).docs)
                                              for key in keys)))
            for segment, docs in self._each()
        )  # fmt: skip

    def _each(self) -> Iterable[tuple[Segment, frozenset[int]]]:
        return ((part.segment, part.docs) for part in self.parts)

    def _by(self, field: str) -> dict[str, Matched]:
        labels = sorted({label for part in self.parts for label in part.labels(field)})
        split = {label: Matched(p.labelled(field, label) for p in self.parts) for label in labels}
        return {label: found for label, found in split.items() if found.total}
