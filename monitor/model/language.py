"""Languages by their names."""

from __future__ import annotations

_NAMES = {"fr": "French", "en": "English"}


def language_name(code: str) -> str:
    """Return the name of a language: `French`; the code of one that has no name here."""
    return _NAMES.get(code, code or "another language")
