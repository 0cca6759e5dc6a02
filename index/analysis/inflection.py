"""The inflections of French and English words, from a list that is read when `~` is first used.

`inflections.txt` has a line for each lemma: its folded form, the number of its paradigm, and its
spelling where it has accents. A paradigm says what the forms of a lemma end in, after what all of
them begin with. `contrib/generate_inflections.py` writes the file.
"""

from __future__ import annotations

import functools
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from sys import getsizeof
from typing import NamedTuple

from index.analysis.folding import fold
from index.analysis.text_cache import TextCache

_FILE = Path(__file__).with_name("inflections.txt")
_CACHED = 16 * 2**20
"""Bytes of the cache of inflections: some 5,000 words."""
_LONGEST_ENDING = 12
"""Letters of the longest ending by which the lemma of a form is looked for."""

PREFIXES = (
    "cyber", "anti", "narco", "crypto", "euro", "micro", "macro", "mini", "multi", "inter", "trans",
    "ultra", "hyper", "super", "contre", "sous", "sur", "auto", "bio", "eco", "geo", "neo", "pro",
    "post", "pre", "ex", "re", "de", "co", "non", "over", "under", "counter",
)  # fmt: skip
"""What a word may begin with that its inflections do not depend on."""
_LEAST_BEHIND_PREFIX = 4


class _Paradigms(NamedTuple):
    """The list, as it is in memory."""

    words: bytes
    """Lines of lemma, number of its paradigm, and spelling; sorted."""
    endings: list[list[str]]
    """Of each paradigm, that of the lemma first; '' is none."""


class _Lemma(NamedTuple):
    written: str
    paradigm: int


@functools.cache
def _paradigms() -> _Paradigms:
    paradigms, _, words = _FILE.read_bytes().partition(b"\n\n")
    endings = [
        ["" if ending == "-" else ending for ending in line.split(" ")]
        for line in paradigms.decode().split("\n")
    ]
    return _Paradigms(b"\n" + words, endings)


@functools.cache
def _lemma_endings() -> Mapping[str, Mapping[str, set[int]]]:
    """Return, by the ending of a form, that of its lemma and the paradigms that have both."""
    found: defaultdict[str, dict[str, set[int]]] = defaultdict(dict)
    for number, (lemma, *forms) in enumerate(_paradigms().endings):
        for form in forms:
            found[form if form.isascii() else fold(form)].setdefault(lemma, set()).add(number)
    return found


def inflections(written: str) -> frozenset[str]:
    """Return the inflections of a French or English word; none for an unknown one.

    A lemma has its own forms. A word that is none, or was written without its accents, has the
    forms of every lemma that it may be a form of.

    Args:
        written: The word in lower case, with its accents.

    Returns:
        Folded forms, the word among them; a few have accents, and are found with these only.
    """
    return _known[written]


def _inflections(written: str) -> frozenset[str]:
    bare = fold(written)
    lemmas = _lemmas(bare)
    same = [lemma for lemma in lemmas if lemma.written == written]
    found = {form for lemma in same or lemmas for form in _forms(bare, lemma.paradigm)}
    if not same:
        found.update(_forms_of_lemmas(bare))
    return frozenset(found | {bare}) if found else _behind_prefix(bare)


def _size(forms: frozenset[str]) -> int:
    return getsizeof(forms) + sum(map(getsizeof, forms))


_known = TextCache(_inflections, _size, _CACHED)


def _behind_prefix(bare: str) -> frozenset[str]:
    for prefix in PREFIXES:
        rest = bare.removeprefix(prefix)
        if len(bare) > len(rest) >= _LEAST_BEHIND_PREFIX and (found := inflections(rest)):
            return frozenset(prefix + form for form in found)
    return frozenset()


def _lemmas(bare: str) -> list[_Lemma]:
    """Return the lemmas that are so spelled, whatever their accents."""
    words = _paradigms().words
    wanted = b"\n%b " % bare.encode()
    low, high = 0, len(words)
    while high - low > 64:  # to the line in which the middle is
        middle = words.rfind(b"\n", 0, (low + high) // 2)
        if middle <= low:
            break
        if words[middle : words.find(b" ", middle) + 1] < wanted:
            low = middle
        else:
            high = middle
    at = words.find(wanted, low, high + len(wanted))
    found = []
    while at >= 0 and words.startswith(wanted, at):
        end = words.find(b"\n", at + 1)
        lemma, number, *spelling = words[at + 1 : end].decode().split(" ")
        found.append(_Lemma(spelling[0] if spelling else lemma, int(number)))
        at = end
    return found


def _forms(lemma: str, paradigm: int) -> Iterator[str]:
    own, *others = _paradigms().endings[paradigm]
    common = lemma.removesuffix(own) if own else lemma
    yield lemma
    for ending in others:
        yield common + ending


def _forms_of_lemmas(bare: str) -> Iterator[str]:
    """Yield the forms of each lemma that a word is a form of."""
    endings = _lemma_endings()
    for at in range(max(len(bare) - _LONGEST_ENDING, 0), len(bare) + 1):
        common, ending = bare[:at], bare[at:]
        for lemma_ending, paradigms in endings.get(ending, {}).items():
            lemma = common + lemma_ending
            for known in _lemmas(lemma):
                if known.paradigm in paradigms:
                    yield from _forms(lemma, known.paradigm)
