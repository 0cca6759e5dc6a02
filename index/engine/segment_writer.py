"""Writes a segment: new articles, or the documents of the segments that it replaces."""

from __future__ import annotations

from array import array
from collections import defaultdict
from collections.abc import Iterable, Mapping
from operator import attrgetter
from pathlib import Path
from typing import Any

import numpy as np
from whoosh.util import random_name

from index.engine import columns, postings_file
from index.engine.article_terms import ArticleTerms
from index.engine.checksummed_file import durable_file
from index.engine.columns import COLUMN_TYPES, DATE, FEED, ID, LANG, LENGTH, STORY, WORDS
from index.engine.inverted_batch import SegmentPostings, merged_records, new_records, part_widths
from index.engine.list_encoder import DOC, TERM, Occurrences
from index.engine.postings_file import PlaceLayout, PostingsFileWriter, Records
from index.engine.segment import Segment
from index.engine.table_of_contents import SegmentEntry
from monitor.base.article import Article

_ID_LENGTH = 16


def write_articles(articles: Iterable[Article], terms: ArticleTerms, folder: Path) -> SegmentEntry:
    """Write a segment of articles, whose words `terms` reads.

    Raises:
        OverflowError: A number of an article does not fit; nothing is written.
    """
    ordered = sorted(articles, key=attrgetter("date", "id"))
    count = len(ordered)
    keys, occurrences, lengths = terms.occurrences(ordered)
    values: dict[str, Iterable[float]] = {
        ID: (article.id for article in ordered),
        DATE: (article.date for article in ordered),
        STORY: (article.story for article in ordered),
        LENGTH: lengths,
    }
    feeds = labels(map(str, dict.fromkeys(article.feeds)) for article in ordered)
    langs = labels([article.lang] for article in ordered)
    layout = PlaceLayout(part_widths(occurrences))
    return _write(
        folder,
        {name: array(typecode, values[name]) for name, typecode in COLUMN_TYPES.items()},
        layout,
        {
            FEED: new_records(*feeds, count, None),
            LANG: new_records(*langs, count, None),
            WORDS: new_records(keys, occurrences, count, layout),
        },
    )


def labels(doc_labels: Iterable[Iterable[str]]) -> tuple[list[bytes], Occurrences]:
    """Return the labels of documents in order, and their occurrences in documents."""
    docs_by_label: defaultdict[bytes, list[int]] = defaultdict(list)
    for doc, names in enumerate(doc_labels):
        for label in names:
            docs_by_label[label.encode()].append(doc)
    terms = sorted(docs_by_label)
    occurrences = [
        (number << TERM) + (doc << DOC)
        for number, label in enumerate(terms)
        for doc in docs_by_label[label]
    ]
    return terms, np.array(occurrences, dtype=np.uint64)


def merge(segments: Iterable[SegmentEntry], source: Path, folder: Path) -> SegmentEntry:
    """Write one segment with the documents of several segments that are not deleted.

    Args:
        segments: The segments to merge; at least one document is not deleted.
        source: The folder of the files of these segments.
        folder: The folder of the new segment.

    Raises:
        ArchiveDamaged: A byte of a file is not as it was written.
    """
    opened = [Segment.open(source, segment) for segment in segments]
    masked = []
    for old in opened:
        old.verify()  # damage must not be copied under a new checksum
        is_kept = np.ones(old.columns.documents, dtype=np.bool_)
        is_kept[list(old.deleted)] = False
        masked.append((old, is_kept))
    values = {
        name: np.concatenate(
            [np.array(old.columns.values(name))[is_kept] for old, is_kept in masked]
        )
        for name in COLUMN_TYPES
    }
    # Documents are in the order of dates, then ids: searches read the newest ones at a list's end.
    order = np.lexsort((values[ID], values[DATE]))
    ranks = np.empty_like(order)
    ranks[order] = np.arange(len(order))
    numbers, first = [], 0
    for _, is_kept in masked:
        numbers.append(np.full(len(is_kept), -1))
        count = int(np.count_nonzero(is_kept))
        numbers[-1][is_kept] = ranks[first : first + count]
        first += count
    layout = PlaceLayout(np.max([old.lists.layout.widths for old in opened], axis=0).tolist())
    return _write(
        folder,
        {
            name: array(typecode, values[name][order].tobytes())
            for name, typecode in COLUMN_TYPES.items()
        },
        layout,
        {
            field: merged_records(
                [
                    SegmentPostings(old.lists, field, docs)
                    for old, docs in zip(opened, numbers, strict=True)
                ],
                len(order),
                layout if field == WORDS else None,
            )
            for field in (FEED, LANG, WORDS)
        },
    )


def _write(
    folder: Path,
    columns_by_name: Mapping[str, array[Any]],
    layout: PlaceLayout,
    fields: Mapping[str, Iterable[Records]],
) -> SegmentEntry:
    documents = len(columns_by_name[ID])
    segment = SegmentEntry(random_name(_ID_LENGTH), documents, frozenset())
    name = segment.segment_id()
    with durable_file(folder / f"{name}{columns.EXTENSION}") as file:
        columns.write_columns(file, columns_by_name)
    with durable_file(folder / f"{name}{postings_file.EXTENSION}") as file:
        lists = PostingsFileWriter(file)
        for field, records in fields.items():
            lists.add_field(field, records)
        lists.close(documents, layout)
    return segment
