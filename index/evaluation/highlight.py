"""What of an article a query lights, on the article's own text."""

from __future__ import annotations

from typing import Any

from index.analysis.folding import fold_latin
from index.analysis.term_positions import AUTHOR, EXACT, DocumentTerms, Keys
from index.analysis.tokenizer import AROUND, MAX_TERM
from index.article import Article
from index.evaluation.memory_document import InMemory, occurrences
from index.evaluation.snippet import snippet
from index.evaluation.spans import SpanMatch, matches
from index.evaluation.term_expansion import expands, is_open, key, selector
from index.query.ast import Near, Node, Not, Phrase, Word, children, words
from index.query.parser import Query

__all__ = ["Highlighter", "snippet"]


class Highlighter:
    """Lights what one query means, in any number of articles."""

    def __init__(self, query: Query) -> None:
        self._root = query.root
        self._keys = _Sought(query.root)

    def spans(self, article: Article) -> list[tuple[str, int, int]]:
        """Return (part, start, end) of every match, in the order of the text.

        When the article does not satisfy the query, or only its filters can tell, whatever
        clauses of it are there.
        """
        reading = DocumentTerms(article, self._keys)
        document = InMemory(reading.postings)
        found = matches(self._root, document) or _there(self._root, document)
        return [(place.part, place.start, place.end) for place in occurrences(found, reading)]


class _Sought(Keys):
    """The keys that a query may ask for: other words need no closer look."""

    def __init__(self, root: Node) -> None:
        every = list(words(root))
        plain = {key(word) for word in every if not is_open(word)}
        selectors = [selector(word) for word in every if expands(word)]

        def asked(key: str) -> str:
            is_asked = key in plain or any(
                key.startswith(prefix) and accepts(key) for prefix, accepts in selectors
            )
            return key if is_asked else ""

        super().__init__(asked)
        prefixes = [*plain, *(prefix for prefix, _ in selectors)]
        self._beginnings = tuple(
            prefix.partition(EXACT)[0] for prefix in prefixes if not prefix.startswith(AUTHOR)
        )

    def __missing__(self, chunk: str) -> Any:
        word = chunk.strip(AROUND)
        term = fold_latin(word) if word.isalnum() and len(word) <= MAX_TERM else ""
        if not term or term.startswith(self._beginnings):
            return super().__missing__(chunk)
        self[chunk] = None
        return None


def _there(node: Node, document: InMemory) -> list[SpanMatch]:
    """Return the clauses of a tree that a document has, none below a negation."""
    if isinstance(node, Word | Phrase | Near):
        return matches(node, document)
    if isinstance(node, Not):
        return []
    return [found for child in children(node) for found in _there(child, document)]
