"""Which segments become one: few enough to search, seldom enough rewritten. A merge policy."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from itertools import accumulate
from typing import Any

from whoosh.reading import SegmentReader

from index.engine.codec import BatchWriter
from index.engine.postings_file import MAX_DOCUMENTS

FAN_IN = 10
"""Segments of one size that are merged into one of the next."""


def select_merge(segments: Sequence[Any]) -> list[Any]:
    """Return the segments to merge into one now; empty when all is well.

    Ten of a size (a power of ten) make one of the next, so a document is rewritten about
    once for each power of ten and a search looks into a few dozen segments at most. A
    segment a quarter of which is deleted is rewritten alone.
    """
    by_size: defaultdict[int, list[Any]] = defaultdict(list)
    for segment in segments:
        if 2 * segment.doc_count() <= MAX_DOCUMENTS:
            by_size[len(str(segment.doc_count()))].append(segment)
    for size in sorted(by_size):
        if len(by_size[size]) >= FAN_IN:
            return _fitting(by_size[size])
    return [s for s in segments if 4 * s.deleted_count() > s.doc_count_all()][:1]


def select_compaction(segments: Sequence[Any]) -> list[Any]:
    """Return segments to merge into one so that the archive takes the least room; see `due`.

    Those with deletions first, one each; then the smaller ones together.
    """
    if with_deletions := [s for s in segments if s.deleted_count()]:
        return with_deletions[:1]
    small = sorted(
        (s for s in segments if 2 * s.doc_count() <= MAX_DOCUMENTS), key=lambda s: s.doc_count()
    )
    return _fitting(small) if len(small) > 1 else []


def merged(
    writer: BatchWriter, segments: list[Any], group: Sequence[Any], storage: Any = None
) -> list[Any]:
    """Merge a group into the segment being written; return the other segments.

    `storage` is where the group is, if not where the writer writes.
    """
    for segment in segments:
        if segment in group and segment.doc_count():
            reader = SegmentReader(storage or writer.storage, writer.schema, segment)
            writer.add_reader(reader)
            reader.close()
    return [segment for segment in segments if segment not in group]


def _fitting(segments: Sequence[Any]) -> list[Any]:
    """Return the first segments that are one segment's worth together."""
    totals = accumulate(segment.doc_count() for segment in segments)
    return [s for s, total in zip(segments, totals, strict=True) if total <= MAX_DOCUMENTS]
