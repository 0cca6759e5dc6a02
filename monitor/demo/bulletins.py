"""News without end: bulletin number n is a pure function of n, told from the authored patterns."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b
from typing import TypeVar

from monitor.demo.content import Pattern, Word, typeset

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


def pseudo_random(*seed: object) -> float:
    """Return a number in [0, 1) that looks random and is always the same for the same seed."""
    return int.from_bytes(blake2b(repr(seed).encode(), digest_size=6).digest()) / 2**48


@lru_cache(maxsize=2048)
def bulletin(patterns: tuple[Pattern, ...], number: int) -> Bulletin:
    """Return bulletin `number`, from 0; each round of len(patterns) tells every pattern once."""
    turn, place = divmod(number, len(patterns))
    kind = _shuffled(range(len(patterns)), "round", turn)[place]
    pattern = patterns[kind]
    titles = _shuffled(pattern.titles, "titles", number)
    carriers = _shuffled(pattern.outlets, "carriers", number)[: pattern.copies]
    words = {name: _dealt(fillings, turn, name, kind) for name, fillings in pattern.words.items()}
    headlines = {
        outlet: _filled(titles[rank % len(titles)], words, number)
        for rank, outlet in enumerate(carriers)
    }
    lead, context, *rest = (
        _filled(_dealt(variants, turn, rank, kind), words, number)
        for rank, variants in enumerate(_paragraphs(pattern))
    )
    text = (f"{lead} {context}", *rest)
    return Bulletin(
        number,
        {outlet: typeset(title, pattern.lang) for outlet, title in headlines.items()},
        tuple(typeset(paragraph, pattern.lang) for paragraph in text),
    )


def _paragraphs(pattern: Pattern) -> tuple[tuple[str, ...], ...]:
    (lead, *others), (context, *asides) = pattern.paragraphs, pattern.asides
    return (lead, context, *others, *asides)


def _filled(text: str, words: Mapping[str, Word], number: int) -> str:
    """Fill the slots; a word begins with a capital where a sentence begins."""

    def fill(slot: re.Match[str]) -> str:
        if slot["low"]:
            low, high = int(slot["low"]), int(slot["high"])
            return f"{low + int(pseudo_random('figure', low, high, number) * (high - low + 1)):,}"
        filling = words[slot["name"]]
        word = filling if isinstance(filling, str) else filling[slot["form"]]
        opens = not slot.start() or text[: slot.start()].endswith(_SENTENCE_ENDS)
        return word[0].upper() + word[1:] if opens else word

    return _SLOT.sub(fill, text)


def _dealt(choices: Sequence[T], turn: int, *seed: object) -> T:
    """Return one of the choices, each of them once in len(choices) turns, like cards."""
    deal, place = divmod(turn, len(choices))
    return _shuffled(choices, *seed, deal)[place]


def _shuffled(choices: Sequence[T], *seed: object) -> list[T]:
    return [choices[index] for index in _order(len(choices), seed)]


@lru_cache(maxsize=8192)
def _order(count: int, seed: tuple[object, ...]) -> tuple[int, ...]:
    return tuple(sorted(range(count), key=lambda index: pseudo_random(*seed, index)))
