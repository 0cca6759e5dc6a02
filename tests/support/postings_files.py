"""Files of posting lists, without a segment around them."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from index.engine.list_encoder import DOC, TERM
from index.engine.postings_file import PostingsFile, PostingsFileWriter
from index.engine.term_pool import TermPool


def written(path: Path, pool: TermPool, documents: int) -> PostingsFile:
    """Write what was gathered, and open it."""
    layout = pool.layout()
    with path.open("wb") as file:
        writer = PostingsFileWriter(file)
        for field, lists in pool.postings(documents, layout):
            writer.add_field(field, lists)
        writer.close(documents, layout)
    with path.open("rb") as file:
        return PostingsFile(file, path.name)


def of_terms(path: Path, terms: dict[str, dict[int, list[int]]], documents: int) -> PostingsFile:
    """Write a field `words`: for each term its codes by document."""
    pool = TermPool()
    add_terms(pool, "words", terms)
    return written(path, pool, documents)


def add_terms(pool: TermPool, field: str, terms: dict[str, dict[int, list[int]]]) -> None:
    """Add new documents: for each term its codes by document."""
    in_order = sorted(terms, key=str.encode)
    occurrences = [
        (number << TERM) + (doc << DOC) + code
        for number, term in enumerate(in_order)
        for doc, codes in sorted(terms[term].items())
        for code in codes
    ]
    pool.add_new(field, [term.encode() for term in in_order], np.array(occurrences, np.uint64))
