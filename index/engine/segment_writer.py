"""Writes a segment: new articles, or the documents of the segments that it replaces."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Sequence
from operator import attrgetter
from pathlib import Path
from typing import Any

import numpy as np
from whoosh.util import random_name

from index.engine import columns, postings_file
from index.engine.article_terms import ArticleTerms
from index.engine.checksummed_file import durable_file
from index.engine.columns import write_columns
from index.engine.postings_file import PostingsFileWriter
from index.engine.schema import COLUMN_TYPES, DATE, FEED, ID, LANG, LENGTH, STORY, WORDS
from index.engine.segment import Segment
from index.engine.table_of_contents import SegmentEntry
from index.engine.term_pool import TermPool
from monitor.base.article import Article

_ID_LENGTH = 16


def write_articles(articles: Iterable[Article], terms: ArticleTerms, folder: Path) -> SegmentEntry:
    """Write a segment of articles, of which `terms` finds the words.

    Raises:
        OverflowError: A number of an article does not fit; nothing is written.
    """
    segment = _NewSegment()
    segment.add_articles(sorted(articles, key=attrgetter("date", "id")), terms)
    return segment.write(folder)


def merge(segments: Iterable[SegmentEntry], source: Path, folder: Path) -> SegmentEntry:
    """Write one segment with the documents of several that are not deleted.

    Args:
        segments: What to merge; one document is left at least.
        source: The folder of their files.
        folder: Where to write.

    Raises:
        ArchiveDamaged: A byte of them is not as it was written.
    """
    merged = _NewSegment()
    for segment in segments:
        merged.add_segment(segment, source)
    merged.order_by_date()
    return merged.write(folder)


class _NewSegment:
    def __init__(self) -> None:
        self._documents = 0
        self._columns: dict[str, array[Any]] = {
            name: array(typecode) for name, typecode in COLUMN_TYPES.items()
        }
        self._pool = TermPool()

    def add_articles(self, articles: Sequence[Article], terms: ArticleTerms) -> None:
        keys, occurrences, lengths = terms.occurrences(articles)
        self._pool.add_new(WORDS, keys, occurrences)
        self._pool.add_labels(LANG, ([article.lang] for article in articles))
        self._pool.add_labels(
            FEED, (map(str, dict.fromkeys(article.feeds)) for article in articles)
        )
        values: dict[str, Iterable[float]] = {
            DATE: (article.date for article in articles),
            ID: (article.id for article in articles),
            LENGTH: lengths,
            STORY: (article.story for article in articles),
        }
        for name, numbers in values.items():
            self._columns[name].extend(numbers)
        self._documents += len(articles)

    def add_segment(self, segment: SegmentEntry, source: Path) -> None:
        old = Segment.open(source, segment)
        old.verify()  # damage must not be copied under a new checksum
        kept = np.ones(segment.documents, dtype=np.bool_)
        kept[list(segment.deleted)] = False
        for name, column in self._columns.items():
            column.frombytes(np.array(old.columns.values(name))[kept].tobytes())
        self._pool.add_lists(old.lists, np.where(kept, self._documents + np.cumsum(kept) - 1, -1))
        self._documents += segment.count

    def order_by_date(self) -> None:
        """Order the documents by date, then id: searches read the newest off a list's end."""
        order = np.lexsort((self._columns[ID], self._columns[DATE]))
        for name, column in self._columns.items():
            self._columns[name] = array(column.typecode, np.array(column)[order].tobytes())
        numbers = np.empty_like(order)
        numbers[order] = np.arange(len(order))
        self._pool.renumber(numbers)

    def write(self, folder: Path) -> SegmentEntry:
        segment = SegmentEntry(random_name(_ID_LENGTH), self._documents, frozenset())
        name = segment.segment_id()
        with durable_file(folder / f"{name}{columns.EXTENSION}") as file:
            write_columns(file, self._columns)
        layout = self._pool.layout()
        with durable_file(folder / f"{name}{postings_file.EXTENSION}") as file:
            lists = PostingsFileWriter(file)
            for field, records in self._pool.postings(self._documents, layout):
                lists.add_field(field, records)
            lists.close(self._documents, layout)
        return segment
