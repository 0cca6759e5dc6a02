"""What the archive keeps of an article: terms with positions, languages, feeds, four numbers.

No text: the store has it.
"""

from __future__ import annotations

VERSION = 7
"""Raise it when the fields, the files, or the words that the tokenizer makes change: an archive
of another version is built again."""
NAME = f"tocsin{VERSION}"
"""Name of the index; it is part of the name of every file, as Whoosh wants it."""
MAX_DOCUMENTS = 1 << 16
"""Documents of one segment at most: their numbers have 16 bits."""
WORDS, LANG, FEED = "words", "lang", "feed"
"""Fields with posting lists."""
ID, DATE, STORY, LENGTH = "id", "date", "story", "length"
"""Fields with one number for each article."""
COLUMN_TYPES = {ID: "Q", DATE: "d", STORY: "Q", LENGTH: "I"}
"""Typecode (see `array`) of the numbers of a field."""
