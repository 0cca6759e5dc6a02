"""Files of posting lists, without a segment around them."""

from __future__ import annotations

from pathlib import Path

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
    for doc in sorted({doc for found in terms.values() for doc in found}):
        pool.add_terms(
            "words", doc, {term: found[doc] for term, found in terms.items() if doc in found}
        )
    return written(path, pool, documents)
