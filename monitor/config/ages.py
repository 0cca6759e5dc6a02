"""How long things are kept, and what is kept for ever; each function raises ValueError in words."""

from __future__ import annotations

import re

_DAYS = {"d": 1.0, "w": 7.0, "mo": 365.25 / 12, "y": 365.25}
_KINDS = ("watch", "tag", "feed")


def age(text: str) -> float:
    """Return the seconds of 3y, 18mo, 26w or 90d; raises ValueError in words."""
    found = re.fullmatch(r"(\d+(?:\.\d+)?)\s*(d|w|mo|y)", text.strip().lower())
    if not found:
        raise ValueError(f"`{text}` is not an age; write 3y, 18mo, 26w or 90d")
    days = float(found[1]) * _DAYS[found[2]]
    if days < 1:
        raise ValueError(f"`{text}` is less than a day")
    return days * 86_400


def in_words(seconds: float) -> str:
    """Return an age for people, in its largest fitting unit."""
    days = seconds / 86_400
    for unit, name in ((365.25, "year"), (365.25 / 12, "month"), (1.0, "day")):
        if days >= unit * 0.999:
            count = round(days / unit, 1)
            return f"{count:g} {name}{'' if count == 1 else 's'}"
    return f"{days:g} days"


def spared(text: str) -> str:
    """Return what is kept for ever: has:alert, watch:NAME, tag:NAME, feed:NAME."""
    kind, _, name = (part.strip() for part in text.partition(":"))
    if (kind, name) == ("has", "alert"):
        return "has:alert"
    if kind not in _KINDS or not name:
        raise ValueError(f"`{text}`: write has:alert, watch:NAME, tag:NAME or feed:NAME")
    return f"{kind}:{name.lower() if kind == 'tag' else name}"
