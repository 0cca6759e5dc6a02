"""The index keys that a word of a query means."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterable
from typing import NamedTuple

from index.analysis.folding import fold
from index.analysis.inflection import inflections, noun_inflections
from index.analysis.term_positions import AUTHOR, EXACT
from index.analysis.tokenizer import LOUD
from index.interruption import checked
from index.query.ast import Mode, Word

_KEYS = 10_000
"""Keys that are tested between two checks for an interruption."""
_MAX_CACHED = 50_000
"""Words of queries whose keys are cached."""


def key(word: Word) -> str:
    """Return the index key of a folded or exact word."""
    term = AUTHOR + word.term if word.part == "author" else word.term
    return term + EXACT + word.exact if word.exact else term


class Selector(NamedTuple):
    """The index keys that a word means: those that begin with `prefix` and pass `accepts`."""

    prefix: str
    accepts: Callable[[str], bool]


_OPEN = (Mode.STEM, Mode.NOUN, Mode.WILDCARD, Mode.ACRONYM)


def is_open(word: Word) -> bool:
    """Tell whether a word means several keys: inflections, wildcards, acronyms."""
    return word.mode in _OPEN


def expands(word: Word) -> bool:
    """Tell whether a word needs `Document.expand`: it means several keys, or is like `=liege`."""
    return word.mode in _OPEN or is_plain_exact(word)


def is_plain_exact(word: Word) -> bool:
    """Tell whether a word is an exact form equal to its fold: it has no index key of its own."""
    return word.mode is Mode.EXACT and not word.exact


@functools.lru_cache(_MAX_CACHED)
def listed_keys(word: Word) -> frozenset[str]:
    """Return the keys that a word means, if they do not depend on the vocabulary; else none.

    These are the inflections of a word, and the forms of an acronym: `OTAN`, `Otan`, and in a
    text all in capitals.
    """
    prefix = AUTHOR if word.part == "author" else ""
    if word.mode is Mode.ACRONYM:
        acronyms = (word.exact, word.exact.capitalize(), LOUD)
        return frozenset(f"{prefix}{word.term}{EXACT}{form}" for form in acronyms)
    if not word.mode.inflects:
        return frozenset()
    inflect = inflections if word.mode is Mode.STEM else noun_inflections
    forms = inflect(word.exact or word.term) or (word.term,)
    return frozenset(prefix + key for form in forms for key in _keys_of_form(form))


def _keys_of_form(form: str) -> Iterable[str]:
    """Return the keys of an inflection: a form with accents matches only with its accents."""
    term = form if form.isascii() else fold(form)
    if term == form:
        return (form,)
    return [term + EXACT + written for written in (form, form.capitalize(), form.upper())]


def expansion(
    word: Word, has_key: Callable[[str], bool], with_prefix: Callable[[str], Iterable[str]]
) -> list[str]:
    """Return the keys of a vocabulary that a word means, in order.

    Args:
        word: A word that `expands`.
        has_key: Tells whether the vocabulary has a key.
        with_prefix: Returns the keys of the vocabulary that begin with a prefix.
    """
    if keys := listed_keys(word):
        return sorted(filter(has_key, keys))
    prefix, accepts = selector(word)
    return sorted(filter(accepts, checked(with_prefix(prefix), _KEYS)))


def shown_forms(keys: Iterable[str]) -> tuple[str, ...]:
    """Return the folded forms that index keys stand for, each once."""
    return tuple(dict.fromkeys(key.removeprefix(AUTHOR).partition(EXACT)[0] for key in keys))


def selector(word: Word) -> Selector:
    """Return the keys that an expanded word means: its forms, or for `=liege` the other forms."""
    prefix = AUTHOR if word.part == "author" else ""
    if is_plain_exact(word):
        return Selector(prefix + word.term + EXACT, lambda key: not key.endswith(LOUD))
    if keys := listed_keys(word):
        return Selector("", keys.__contains__)
    pattern = re.compile(prefix + _linear(word.term), re.DOTALL)
    return Selector(literal_prefix(word), lambda key: pattern.fullmatch(key) is not None)


def literal_prefix(wildcard: Word) -> str:
    """Return the common prefix of all keys that a wildcard means."""
    prefix = AUTHOR if wildcard.part == "author" else ""
    return prefix + re.split(r"[*?]", wildcard.term, maxsplit=1)[0]


_ANY = f"[^{EXACT}{AUTHOR}]"


def _linear(term: str) -> str:
    """Return the pattern of a wildcard that tries each piece at one place only.

    The first place of a piece between two stars is enough; with plain `.*` five stars take
    eight seconds on a word of 200 letters.
    """
    first, *following = ("".join(_ANY if sign == "?" else re.escape(sign) for sign in piece)
                    for piece in term.split("*"))  # fmt: skip
    if not following:
        return first
    *middle, last = following
    atoms = "".join(f"(?>{_ANY}*?{piece})" for piece in middle if piece)
    return f"{first}{atoms}{_ANY}*{last}"
