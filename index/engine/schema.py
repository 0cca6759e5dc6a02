"""What the archive keeps of an article: terms with codes, languages, feeds, four numbers.

No text: the store has it. What an article looks like in Whoosh is decided here alone.
"""

from __future__ import annotations

from typing import Any

from whoosh.fields import FieldType, Schema
from whoosh.formats import Existence, Positions

from index.analysis.term_positions import postings
from index.article import Article
from index.engine.codec import Number

VERSION = 1
"""To be raised when the fields, the files or the words of `analysis` change."""
NAME = f"tocsin{VERSION}"
"""Whoosh's name for the index: one of another version is not found."""
WORDS, LANG, FEED = "words", "lang", "feed"
ID, DATE, STORY, LENGTH = "id", "date", "story", "length"


class _Words(FieldType):  # type: ignore[misc]
    """The postings of an article as `postings` gives them."""

    def __init__(self) -> None:
        super().__init__(format=Positions(), analyzer=None)


class _Labels(FieldType):  # type: ignore[misc]
    """Labels that an article bears; the empty one counts."""

    def __init__(self) -> None:
        super().__init__(format=Existence(), analyzer=None)


class _Number(FieldType):  # type: ignore[misc]
    """A number to filter and sort by."""

    indexed = False

    def __init__(self, typecode: str) -> None:
        super().__init__(format=None, analyzer=None, sortable=Number(typecode))

    def from_column_value(self, value: float) -> float:
        return value


def schema() -> Schema:
    """Return the fields of the archive."""
    return Schema(
        words=_Words(),
        lang=_Labels(),
        feed=_Labels(),
        id=_Number("Q"),
        date=_Number("d"),
        story=_Number("Q"),
        length=_Number("I"),
    )


def document(article: Article) -> dict[str, Any]:
    """Return what the archive keeps of an article, by field: terms with codes, or a number."""
    words = postings(article)
    return {
        WORDS: words,
        LANG: {article.lang: ()},
        FEED: {str(feed): () for feed in article.feeds},
        DATE: article.date,
        ID: article.id,
        LENGTH: sum(map(len, words.values())),
        STORY: article.story,
    }
