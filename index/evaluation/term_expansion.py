"""Which index keys a word of a query means."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterable
from typing import NamedTuple

from index.analysis.folding import fold
from index.analysis.inflection import inflections
from index.analysis.term_positions import AUTHOR, EXACT
from index.analysis.tokenizer import LOUD
from index.interruption import checked
from index.query.ast import Mode, Word

_KEYS = 10_000
"""Keys that are tested between two questions whether to go on."""
_KEPT = 50_000
"""Words of queries whose keys are cached."""


def key(word: Word) -> str:
    """Return the index key of a folded or exact word."""
    term = AUTHOR + word.term if word.part == "author" else word.term
    return term + EXACT + word.exact if word.exact else term


class Selector(NamedTuple):
    """The index keys that a word means: those with `prefix` that `accepts` accepts."""

    prefix: str
    accepts: Callable[[str], bool]


_OPEN = (Mode.STEM, Mode.WILDCARD, Mode.ACRONYM)


def is_open(word: Word) -> bool:
    """Tell whether a word means several keys: inflections, wildcards, acronyms."""
    return word.mode in _OPEN


def expands(word: Word) -> bool:
    """Tell whether a word needs `Document.expand`: several keys, or `=liege`."""
    return word.mode in _OPEN or is_plain_exact(word)


def is_plain_exact(word: Word) -> bool:
    """Tell whether a word is an exact form equal to its fold: it has no index key of its own."""
    return word.mode is Mode.EXACT and not word.exact


@functools.lru_cache(_KEPT)
def listed_keys(word: Word) -> frozenset[str]:
    """Return the keys that a word means, if they do not depend on the vocabulary; or none.

    These are the inflections of a word, and the forms of an acronym: `OTAN`, `Otan`, and in a
    text all in capitals.
    """
    space = AUTHOR if word.part == "author" else ""
    if word.mode is Mode.ACRONYM:
        acronyms = (word.exact, word.exact.capitalize(), LOUD)
        return frozenset(f"{space}{word.term}{EXACT}{form}" for form in acronyms)
    if word.mode is not Mode.STEM:
        return frozenset()
    forms = inflections(word.exact or word.term)
    return frozenset(space + key for form in forms for key in _keys_of_form(form))


def _keys_of_form(form: str) -> Iterable[str]:
    """Return the keys of an inflection: one with accents is found with these only."""
    term = form if form.isascii() else fold(form)
    if term == form:
        return (form,)
    return [term + EXACT + written for written in (form, form.capitalize(), form.upper())]


def expansion(
    word: Word, is_there: Callable[[str], bool], starting: Callable[[str], Iterable[str]]
) -> list[str]:
    """Return the keys of a vocabulary that a word means, in order.

    Args:
        word: A word that `expands`.
        is_there: Tells whether the vocabulary has a key.
        starting: Returns the keys of the vocabulary that begin with a prefix.
    """
    if listed := listed_keys(word):
        return sorted(filter(is_there, listed))
    prefix, accepts = selector(word)
    return sorted(filter(accepts, checked(starting(prefix), _KEYS)))


def shown_forms(keys: Iterable[str]) -> tuple[str, ...]:
    """Return the folded forms that index keys stand for, each once."""
    return tuple(dict.fromkeys(key.removeprefix(AUTHOR).partition(EXACT)[0] for key in keys))


def selector(word: Word) -> Selector:
    """Select the keys that a word that `expands` means: its forms, or for `=liege` all others."""
    space = AUTHOR if word.part == "author" else ""
    if is_plain_exact(word):
        return Selector(space + word.term + EXACT, lambda key: not key.endswith(LOUD))
    if listed := listed_keys(word):
        return Selector("", listed.__contains__)
    pattern = re.compile(space + _linear(word.term), re.DOTALL)
    return Selector(literal_prefix(word), lambda key: pattern.fullmatch(key) is not None)


def literal_prefix(wildcard: Word) -> str:
    """Return the letters with which every key begins that a wildcard means."""
    space = AUTHOR if wildcard.part == "author" else ""
    return space + re.split(r"[*?]", wildcard.term, maxsplit=1)[0]


_ANY = f"[^{EXACT}{AUTHOR}]"


def _linear(term: str) -> str:
    """Return a wildcard as a pattern that never tries a piece at a second place.

    The first place of a piece between two stars is as good as any; with plain `.*` five
    stars take eight seconds over a word of 200 letters.
    """
    first, *rest = ("".join(_ANY if sign == "?" else re.escape(sign) for sign in piece)
                    for piece in term.split("*"))  # fmt: skip
    if not rest:
        return first
    *middle, last = rest
    atoms = "".join(f"(?>{_ANY}*?{piece})" for piece in middle if piece)
    return f"{first}{atoms}{_ANY}*{last}"
