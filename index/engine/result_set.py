"""What a query matched, to be counted instead of shown: dates, feeds, languages, words."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from index.article import Timestamp
from index.engine.schema import FEED, LANG
from index.engine.segment import Segment


@dataclass(frozen=True, slots=True)
class SegmentHits:
    """What was matched in one segment."""

    segment: Segment
    docs: frozenset[int]
    """Numbers of documents, none of them deleted."""


class ResultSet:
    """The articles that a query matched."""

    def __init__(self, parts: Iterable[SegmentHits]) -> None:
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

    def by_feed(self) -> dict[int, ResultSet]:
        """Return them by the number of each feed that carried them."""
        return {int(feed): found for feed, found in self._by(FEED).items()}

    def by_lang(self) -> dict[str, ResultSet]:
        """Return them by language; an empty code is undetermined."""
        return self._by(LANG)

    def first_by_feed(self) -> dict[int, int]:
        """Return the smallest id among those that each feed carried, by the feed's number."""
        return {feed: min(found.ids()) for feed, found in self.by_feed().items()}

    def with_any(self, keys: Sequence[str]) -> ResultSet:
        """Return those in which any of these keys of `postings` stands."""
        return ResultSet(
            SegmentHits(segment, frozenset().union(*(docs.intersection(segment.postings(key).docs)
                                              for key in keys)))
            for segment, docs in self._each()
        )  # fmt: skip

    def frequency(self, keys: Sequence[str]) -> int:
        """Return how often these keys stand in the segments of these articles, at most.

        Other and deleted articles of the segments count too, and one with several keys with each.
        """
        return sum(part.segment.frequency(key) for part in self.parts for key in keys)

    def _each(self) -> Iterable[tuple[Segment, frozenset[int]]]:
        return ((part.segment, part.docs) for part in self.parts)

    def _by(self, field: str) -> dict[str, ResultSet]:
        split: defaultdict[bytes, list[SegmentHits]] = defaultdict(list)
        for segment, docs in self._each():
            for label, postings in segment.lists.each(field):
                if bearing := docs.intersection(postings.docs):
                    split[label].append(SegmentHits(segment, bearing))
        return {label.decode(): ResultSet(split[label]) for label in sorted(split)}
