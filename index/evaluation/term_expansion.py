"""Which index keys a word of a query means."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

from index.analysis.term_positions import AUTHOR, EXACT
from index.analysis.tokenizer import stems
from index.query.ast import Mode, Word


def key(word: Word) -> str:
    """Return the index key of a folded or exact word."""
    term = AUTHOR + word.term if word.part == "author" else word.term
    return term + EXACT + word.exact if word.exact else term


class Selector(NamedTuple):
    """The index keys that a word means: those with `prefix` that `accepts` accepts."""

    prefix: str
    accepts: Callable[[str], bool]


def is_open(word: Word) -> bool:
    """Tell whether the keys of a word depend on the vocabulary: inflections, wildcards."""
    return word.mode is Mode.STEM or word.mode is Mode.WILDCARD


def expands(word: Word) -> bool:
    """Tell whether a word needs `Document.expand`: inflections, wildcards, `=liege`."""
    return is_open(word) or is_plain_exact(word)


def is_plain_exact(word: Word) -> bool:
    """Tell whether a word is an exact form equal to its fold: it has no index key of its own."""
    return word.mode is Mode.EXACT and not word.exact


def selector(word: Word) -> Selector:
    """Return which keys a word that `expands` means: its forms, or for `=liege` all others."""
    space = AUTHOR if word.part == "author" else ""
    if is_plain_exact(word):
        return Selector(space + word.term + EXACT, lambda _: True)
    skip = len(space)
    if word.mode is Mode.STEM:
        french, english = stems(word.term)

        def inflects(key: str) -> bool:
            if EXACT in key or (not space and key.startswith(AUTHOR)):
                return False
            form = stems(key[skip:])
            return form[0] == french or form[1] == english

        return Selector(space + word.term[0], inflects)
    pattern = re.compile(space + _linear(word.term), re.DOTALL)
    prefix = re.split(r"[*?]", word.term, maxsplit=1)[0]
    return Selector(space + prefix, lambda key: pattern.fullmatch(key) is not None)


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
