"""Invented French articles without end, no two alike, of which one in thirty names a rule."""

from __future__ import annotations

import random
from functools import cache
from hashlib import sha256

WORDS, RANKS, RINGS = 70, 6_000, 30
_STOPS = (
    "de", "la", "le", "les", "et", "des", "en", "un", "une", "du", "à", "que", "dans", "pour",
    "qui", "est", "par", "sur", "au", "plus", "pas", "avec", "ce", "se", "sont", "il", "son",
    "mais", "ses", "ou", "cette", "sa", "aux", "été", "ont", "ne", "comme", "leur", "entre",
)  # fmt: skip
_SYLLABLES = (
    "ba", "bel", "cor", "di", "fen", "gal", "hi", "jor", "ka", "lun", "mer", "no", "pra", "ro",
    "sta", "tu", "vé", "mi", "pol", "gre",
)  # fmt: skip


@cache
def rules(count: int) -> tuple[str, ...]:
    """Return words that no article has unless it rings: no syllable has a w."""
    return tuple(f"Wix{_name(number)}" for number in range(count))


def article(feed: str, number: int, of: int) -> tuple[str, str]:
    """Return title and text of an article; its title begins with a rule's word if it rings."""
    dice = random.Random(int.from_bytes(sha256(f"{feed} {number}".encode()).digest()[:8]))
    words = [dice.choice(_STOPS) if dice.random() < 0.45 else _word(dice) for _ in range(WORDS)]
    named = rules(of)[dice.randrange(of)] if dice.random() < 1 / RINGS else _word(dice).title()
    return f"{named} {' '.join(words[:6])}", " ".join(words[6:]) + "."


def _word(dice: random.Random) -> str:
    rank = int(RANKS ** dice.random())  # a few words often, most of them rarely
    return _vocabulary()[rank - 1] if rank <= RANKS else "presse"


@cache
def _vocabulary() -> tuple[str, ...]:
    dice = random.Random(1789)
    return tuple("".join(dice.choices(_SYLLABLES, k=dice.randint(2, 4))) for _ in range(RANKS))


def _name(number: int) -> str:
    digits = []
    for _ in range(3):
        number, digit = divmod(number, len(_SYLLABLES))
        digits.append(_SYLLABLES[digit])
    return "".join(digits)
