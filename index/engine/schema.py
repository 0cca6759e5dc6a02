"""What the archive keeps of an article: terms with positions, languages, feeds, four numbers.

No text: the store has it.
"""

from __future__ import annotations

from typing import Any

from index.analysis.term_positions import postings
from index.article import Article

VERSION = 5
"""Raise it when the fields, the files, or the words that the tokenizer makes change: an archive
of another version is built again."""
NAME = f"tocsin{VERSION}"
"""Whoosh's name for the index; it is part of the name of every file."""
WORDS, LANG, FEED = "words", "lang", "feed"
"""Fields with posting lists."""
ID, DATE, STORY, LENGTH = "id", "date", "story", "length"
"""Fields with one number for each article."""
COLUMN_TYPES = {ID: "Q", DATE: "d", STORY: "Q", LENGTH: "I"}
"""Typecode (see `array`) of the numbers of a field."""


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
