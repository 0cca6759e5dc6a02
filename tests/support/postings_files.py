"""Files of posting lists, without a segment around them."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np

from index.engine.list_encoder import DOC, TERM, Numbers, Occurrences
from index.engine.postings_file import PlaceLayout, PostingsFile, PostingsFileWriter, Records
from index.engine.segment_writer import SegmentPostings, merged_records, new_records, part_widths

Terms = dict[str, dict[int, list[int]]]
"""Each term with its codes by document."""


def written(
    path: Path, lists: Iterable[Records], documents: int, layout: PlaceLayout
) -> PostingsFile:
    """Write the lists of a field `words`, and open them."""
    with path.open("wb") as file:
        writer = PostingsFileWriter(file)
        writer.add_field("words", lists)
        writer.close(documents, layout)
    with path.open("rb") as file:
        return PostingsFile(file, path.name)


def of_terms(path: Path, terms: Terms, documents: int) -> PostingsFile:
    """Write a field `words` of new documents."""
    in_order = sorted(terms, key=str.encode)
    codes = [
        (number << TERM) + (doc << DOC) + code
        for number, term in enumerate(in_order)
        for doc, codes in sorted(terms[term].items())
        for code in codes
    ]
    keys = [term.encode() for term in in_order]
    return of_occurrences(path, keys, np.array(codes, np.uint64), documents)


def of_occurrences(
    path: Path, terms: list[bytes], occurrences: Occurrences, documents: int
) -> PostingsFile:
    """Write a field `words` of new documents."""
    layout = PlaceLayout(part_widths(occurrences))
    return written(path, new_records(terms, occurrences, documents, layout), documents, layout)


def merged(path: Path, sources: list[tuple[PostingsFile, Numbers]], documents: int) -> PostingsFile:
    """Merge fields `words`, given the new numbers of their documents, -1 for none."""
    layout = PlaceLayout(
        [max(column) for column in zip(*(lists.layout.widths for lists, _ in sources), strict=True)]
    )
    postings = [SegmentPostings(lists, "words", numbers) for lists, numbers in sources]
    return written(path, merged_records(postings, documents, layout), documents, layout)
