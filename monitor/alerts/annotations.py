"""Notes and tags that analysts add to alerts: cleaned, and checked for length."""

from __future__ import annotations

import unicodedata

from index.analysis.text_cleaning import line, lines

NOTE = 10_000
"""Characters of a note at most."""
TAG = 50
"""Characters of a tag at most."""


def note(text: str) -> str:
    """Return a note as it is stored: clean, a paragraph a line.

    Raises:
        ValueError: It is too long.
    """
    kept = lines(text)
    if len(kept) > NOTE:
        raise ValueError(f"a note has {NOTE:,} characters at most; this one has {len(kept):,}")
    return kept


def tag(text: str) -> str:
    """Return a tag as it is stored: in lower case, with hyphens for spaces.

    Raises:
        ValueError: It has no letter, has a comma, or is too long.
    """
    kept = unicodedata.normalize("NFC", "-".join(line(text).removeprefix("#").split()).lower())
    if not any(map(str.isalpha, kept)):
        raise ValueError(f"{kept or 'nothing'} is no tag; a tag holds a letter")
    if "," in kept:
        raise ValueError(f"{kept} holds a comma; give one tag at a time")
    if len(kept) > TAG:
        raise ValueError(f"a tag has {TAG} characters at most")
    return kept
