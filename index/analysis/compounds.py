"""What words begin with, and which are written in two: cyberattaque, cyber attaque."""

from __future__ import annotations

SEPARABLE = (
    "cyber", "anti", "narco", "crypto", "micro", "macro", "mini", "multi", "ultra", "hyper",
    "super", "auto", "bio", "eco", "geo", "neo", "post", "tele", "video", "audio", "photo",
    "psycho", "socio", "electro", "hydro", "nano", "mega", "giga", "pseudo", "semi", "infra",
    "intra", "extra",
)  # fmt: skip
"""Beginnings that are no words by themselves, or seldom."""
PREFIXES = (
    *SEPARABLE, "euro", "inter", "trans", "contre", "sous", "sur", "pro", "pre", "ex", "re", "de",
    "co", "non", "over", "under", "counter",
)  # fmt: skip
"""What a word may begin with that its inflections do not depend on; some are words too."""
_LEAST_BEHIND = 4
"""Letters of the shortest second word: `antique` is not `anti que`."""


def split_compound(term: str) -> tuple[str, str] | None:
    """Return the two words in which a folded word is written too, or None."""
    if not term.startswith(SEPARABLE):  # most
        return None
    for first in SEPARABLE:
        second = term.removeprefix(first)
        if len(term) > len(second) >= _LEAST_BEHIND and second.isalpha():
            return first, second
    return None
