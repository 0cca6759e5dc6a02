"""The articles that a query found, as sets of documents, and what is counted in them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from functools import cached_property

from msgspec import Struct

from index.archive import MatchedArticles
from index.engine import bit_sets
from index.engine.bit_sets import Bits
from index.engine.schema import FEED, LANG
from index.engine.segment import Segment
from monitor.base.article import Timestamp


class SegmentHits(Struct, frozen=True):
    """The articles found in one segment."""

    segment: Segment
    docs: Bits
    """Documents, none of them deleted."""


class ResultSet:
    """The articles that a query found."""

    def __init__(self, hits: Iterable[SegmentHits]) -> None:
        self._hits = tuple(each for each in hits if each.docs)

    @cached_property
    def total(self) -> int:
        """Number of articles."""
        return sum(each.docs.bit_count() for each in self._hits)

    def ids(self) -> list[int]:
        """Return the articles' ids, ascending."""
        return sorted(self._ids())

    def matched(self) -> MatchedArticles:
        """Return the articles as plain values."""
        feeds, langs = self._split(FEED), self._split(LANG)
        return MatchedArticles(
            dates=self._dates(),
            by_feed={feed: feeds[str(feed)]._ids() for feed in sorted(map(int, feeds))},
            by_lang={lang: langs[lang]._ids() for lang in sorted(langs)},
        )

    def by_lang(self) -> dict[str, ResultSet]:
        """Return the articles of each language; the empty code is undetermined."""
        return self._split(LANG)

    def first_ids(self) -> dict[int, int]:
        """Return the smallest id among those that each feed carried, by the feed's number."""
        return {int(feed): min(articles._ids()) for feed, articles in self._split(FEED).items()}

    def count_with(self, keys: Sequence[str]) -> int:
        """Count those of the articles with any of some index keys."""
        return sum(
            (each.docs & each.segment.documents_with(keys)).bit_count() for each in self._hits
        )

    def frequency(self, keys: Sequence[str]) -> int:
        """Return an upper bound of how often some index keys occur in these segments.

        Other and deleted articles of the segments count too, and an article counts once for each
        of the keys.
        """
        return sum(each.segment.frequency(key) for each in self._hits for key in keys)

    def _ids(self) -> frozenset[int]:
        return frozenset(
            each.segment.ids[doc] for each in self._hits for doc in bit_sets.documents(each.docs)
        )

    def _dates(self) -> dict[int, Timestamp]:
        dates_by_id: dict[int, Timestamp] = {}
        for each in self._hits:
            ids, dates = each.segment.ids, each.segment.dates
            dates_by_id.update((ids[doc], dates[doc]) for doc in bit_sets.documents(each.docs))
        return dates_by_id

    def _split(self, field: str) -> dict[str, ResultSet]:
        """Return the articles of each label of a field."""
        split: defaultdict[bytes, list[SegmentHits]] = defaultdict(list)
        for each in self._hits:
            for label, postings in each.segment.lists.each(field):
                if common := each.docs & postings.bits:
                    split[label].append(SegmentHits(each.segment, common))
        return {label.decode(): ResultSet(hits) for label, hits in split.items()}


class ResultCounts:
    """Counts words in a result set and in the whole archive, as `TermCounts` asks for."""

    def __init__(self, result: ResultSet, everything: ResultSet) -> None:
        self.examined = result.total
        self._examined, self._all = result.by_lang(), everything.by_lang()

    def articles(self, lang: str) -> tuple[int, int]:
        return self._examined[lang].total, self._all[lang].total

    def with_any(self, lang: str, forms: Sequence[str]) -> tuple[int, int]:
        return self._examined[lang].count_with(forms), self._all[lang].count_with(forms)

    def estimate(self, lang: str, forms: Sequence[str], *, other_langs: bool) -> int:
        articles = self._all[lang]
        return articles.count_with(forms) if other_langs else articles.frequency(forms)
