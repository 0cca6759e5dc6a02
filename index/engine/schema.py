"""What the archive keeps of an article: terms with positions, languages, feeds, four numbers.

No text: the store has it.
"""

from __future__ import annotations

from collections.abc import Sequence

from monitor.base.article import Article

VERSION = 7
"""Raise it when the fields, the files, or the words that the tokenizer makes change: an archive
of another version is built again."""
NAME = f"tocsin{VERSION}"
"""Whoosh's name for the index; it is part of the name of every file."""
MAX_DOCUMENTS = 1 << 16
"""Documents of one segment at most: their numbers have 16 bits."""
WORDS, LANG, FEED = "words", "lang", "feed"
"""Fields with posting lists."""
ID, DATE, STORY, LENGTH = "id", "date", "story", "length"
"""Fields with one number for each article."""
COLUMN_TYPES = {ID: "Q", DATE: "d", STORY: "Q", LENGTH: "I"}
"""Typecode (see `array`) of the numbers of a field."""


def columns(articles: Sequence[Article], lengths: Sequence[int]) -> dict[str, list[float]]:
    """Return the numbers that the archive keeps of some articles, by field.

    Args:
        articles: The articles.
        lengths: Number of index keys of each article, each as often as it occurs.
    """
    return {
        DATE: [article.date for article in articles],
        ID: [article.id for article in articles],
        LENGTH: list(lengths),
        STORY: [article.story for article in articles],
    }
