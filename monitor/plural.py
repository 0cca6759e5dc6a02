"""How many there are of something, in words."""

from __future__ import annotations


def counted(count: int, noun: str, many: str = "") -> str:
    """Return a number and what there are so many of: `1 article`, `1,200 entries`.

    `many` is the plural where that is not the noun with an s.
    """
    return f"{count:,} {noun if count == 1 else many or noun + 's'}"
