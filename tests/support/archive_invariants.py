"""The invariants of every archive, whatever articles it was given."""

from __future__ import annotations

import sqlite3
import unicodedata
from contextlib import closing
from pathlib import Path

from monitor.base.text_cleaning import clean
from monitor.base.translation import CODED

_BIDI = set("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_RAW = {("feeds", "url"), ("feeds", "name"), ("entries", "guid"), ("sqlite_master", "sql")}
"""Columns that the analyst wrote, and ids of feeds, which are never shown."""


def unclean_texts(database: Path) -> list[tuple[str, str, str]]:
    """Return table, column and text of each stored text that could control a terminal."""
    findings = []
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as sql:
        columns = sql.execute(
            "SELECT m.name, c.name FROM sqlite_master m, pragma_table_info(m.name) c"
            " WHERE m.type = 'table' AND c.type = 'TEXT'"
        ).fetchall()
        for table, column in columns:
            if (table, column) not in _RAW:
                values = sql.execute(f"SELECT DISTINCT {column} FROM {table}")
                findings += [(table, column, text) for (text,) in values if text and _acts(text)]
    assert ("articles", "title") in columns
    return findings


def _acts(text: str) -> bool:
    """Tell whether a text holds characters that `clean` removes; does not call `clean`."""
    text = text.removeprefix(CODED + "[")  # a message of ours
    return clean(text, keep_newlines=True) != text or any(
        letter in _BIDI or (unicodedata.category(letter) == "Cc" and letter != "\n")
        for letter in text
    )


def wrong_matches(database: Path) -> list[str]:
    """Return the matches whose text differs from the article at their position."""
    fields = " ".join(f"WHEN '{name}' THEN w.{name}" for name in ("title", "summary", "author"))
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as sql:
        rows = sql.execute(
            f"SELECT m.text, m.start, m.stop, CASE m.field {fields} ELSE w.body END"
            " FROM matches m JOIN alerts a ON a.id = m.alert JOIN articles w ON w.id = a.article"
        )
        return [text for text, start, stop, field in rows if field[start:stop] != text]
