"""What the analyst adds to alerts in words of his own: notes and tags, made harmless."""

from __future__ import annotations

import unicodedata

from index.analysis.text_cleaning import line, lines

NOTE = 10_000
"""Characters of a note at most."""
TAG = 50
"""Characters of a tag at most."""


def note(text: str) -> str:
    """Return a note as it is kept: clean, a paragraph a line. Raises ValueError if too long."""
    kept = lines(text)
    if len(kept) > NOTE:
        raise ValueError(f"a note has {NOTE:,} characters at most; this one has {len(kept):,}")
    return kept


def tag(text: str) -> str:
    """Return a tag as it is kept: in small letters, with hyphens for spaces.

    Raises ValueError for one without a letter, with a comma, or too long.
    """
    kept = unicodedata.normalize("NFC", "-".join(line(text).removeprefix("#").split()).lower())
    if not any(map(str.isalpha, kept)):
        raise ValueError(f"{kept or 'nothing'} is no tag; a tag holds a letter")
    if "," in kept:
        raise ValueError(f"{kept} holds a comma; give one tag at a time")
    if len(kept) > TAG:
        raise ValueError(f"a tag has {TAG} characters at most")
    return kept
