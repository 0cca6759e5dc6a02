"""News without end: bulletin number n is a pure function of n, told from the authored patterns."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b
from typing import TypeVar

from monitor.demo.content import Pattern
from monitor.demo.typography import typeset

_SLOT = re.compile(r"\{(?:(?P<low>\d+)\.\.(?P<high>\d+)|(?P<name>\w+)(?:\.(?P<form>\w+))?)\}")
_SENTENCE_ENDS = (". ", "? ", "! ")

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Bulletin:
    """One piece of further news, with the headline that each outlet gives it."""

    number: int
    headlines: Mapping[str, str]
    """By slug of the outlet; whoever has it first comes first."""
    text: tuple[str, ...]


def chance(*seed: object) -> float:
    """Return a number in [0, 1) that looks random and is always the same for the same seed."""
    return int.from_bytes(blake2b(repr(seed).encode(), digest_size=6).digest()) / 2**48


@lru_cache(maxsize=2048)
def bulletin(patterns: tuple[Pattern, ...], number: int) -> Bulletin:
    """Return bulletin `number`, from 0; each round of len(patterns) uses every pattern once."""
    turn, place = divmod(number, len(patterns))
    pattern = _shuffled(patterns, "turn", turn)[place]
    titles = _shuffled(pattern.titles, "titles", number)
    carriers = _shuffled(pattern.outlets, "carriers", number)[: pattern.copies]
    return Bulletin(
        number,
        {
            outlet: _filled(titles[rank % len(titles)], pattern, number)
            for rank, outlet in enumerate(carriers)
        },
        tuple(
            _filled(_pick(variants, "paragraph", rank, number), pattern, number)
            for rank, variants in enumerate(pattern.paragraphs)
        ),
    )


def _filled(text: str, pattern: Pattern, number: int) -> str:
    """Fill the slots; a word keeps its filling throughout the bulletin, whatever its form."""

    def fill(slot: re.Match[str]) -> str:
        if slot["low"]:
            low, high = int(slot["low"]), int(slot["high"])
            return f"{low + int(chance('figure', low, high, number) * (high - low + 1)):,}"
        filling = _pick(pattern.words[slot["name"]], slot["name"], number)
        word = filling if isinstance(filling, str) else filling[slot["form"]]
        opens = text[: slot.start()].endswith(_SENTENCE_ENDS)
        return word[0].upper() + word[1:] if opens or not slot.start() else word

    return typeset(_SLOT.sub(fill, text), pattern.lang)


def _pick(choices: Sequence[T], *seed: object) -> T:
    return choices[int(chance(*seed) * len(choices))]


def _shuffled(choices: Sequence[T], *seed: object) -> list[T]:
    order = sorted(range(len(choices)), key=lambda index: chance(*seed, index))
    return [choices[index] for index in order]
