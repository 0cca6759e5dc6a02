"""The words of the archive that a term matches."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from index.archive import Archive
from index.evaluation.term_expansion import is_open
from index.query.ast import Node, Word, words
from index.query.parser import Query, any_of


class Form(NamedTuple):
    """A word of the archive that a term matches."""

    term: str
    form: str
    articles: int
    """Articles that have it."""


def forms(archive: Archive, term: str) -> list[Form]:
    """Return the words of the archive that a term matches, the most frequent first.

    A word without `~` or `*` stands for itself. Raises QueryError.
    """
    found = [
        Form(term, form, articles)
        for form, node in dict(_resolved(archive, any_of([term]))).items()
        if (articles := count(archive, node))
    ]
    return sorted(found, key=lambda form: (-form.articles, form.form))


def count(archive: Archive, node: Node) -> int:
    """Return how many articles of the archive satisfy a tree."""
    return archive.count(Query(node.text, node))


def _resolved(archive: Archive, query: Query) -> Iterator[tuple[str, Node]]:
    for word in dict.fromkeys(words(query.root)):
        if not is_open(word):
            yield word.exact or word.term, word
            continue
        alone = archive.search(Query(word.term, word), limit=1)
        for form in next(iter(alone.forms.values()), ()):
            yield form, Word(form, part=word.part)
