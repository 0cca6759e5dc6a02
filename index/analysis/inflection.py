"""The inflections of French and English words, from a list that is read when `~` is first used.

`inflections.txt` has a line for each lemma: its folded form, the number of its paradigm, and its
spelling where it has accents. A paradigm says what the forms of a lemma end in, after what all of
them begin with. `contrib/generate_inflections.py` writes the file.
"""

from __future__ import annotations

import functools
import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator, Mapping, Set
from pathlib import Path
from sys import getsizeof
from typing import NamedTuple

from index.analysis.folding import fold
from index.analysis.text_cache import TextCache

SEPARABLE = (
    "cyber", "anti", "narco", "crypto", "micro", "macro", "mini", "multi", "ultra", "hyper",
    "super", "auto", "bio", "eco", "geo", "neo", "post", "tele", "video", "audio", "photo",
    "psycho", "socio", "electro", "hydro", "nano", "mega", "giga", "pseudo", "semi", "infra",
    "intra", "extra",
)  # fmt: skip
"""Prefixes that are seldom or never words by themselves."""
PREFIXES = (
    *SEPARABLE, "euro", "inter", "trans", "contre", "sous", "sur", "pro", "pre", "ex", "re", "de",
    "co", "non", "over", "under", "counter",
)  # fmt: skip
"""Prefixes on which the inflections of a word do not depend; some are words too."""
_MIN_SECOND = 4
"""Letters of the shortest second word: `antique` is not `anti que`."""


def split_compound(term: str) -> tuple[str, str] | None:
    """Return the two words in which a folded word is written too, or None."""
    if not term.startswith(SEPARABLE):  # most
        return None
    for first in SEPARABLE:
        second = term.removeprefix(first)
        if len(term) > len(second) >= _MIN_SECOND and second.isalpha():
            return first, second
    return None


_FILE = Path(__file__).with_name("inflections.txt")
_CACHE_BYTES = 16 * 2**20
"""Bytes of a cache of inflections: some 5,000 words, or 50,000 of articles."""
_LAST_LETTER = "\U0010ffff"
"""A character that sorts behind every letter of a folded word."""

_MIN_BEHIND_PREFIX = 4
"""Letters of the shortest word behind a prefix."""

_MODELS = {
    "iser": "realiser", "yser": "analyser", "ifier": "certifier", "ier": "policier",
    "ateur": "createur", "eur": "chercheur", "if": "actif", "ien": "parisien", "een": "europeen",
    "ais": "francais", "ois": "chinois", "eux": "dangereux", "al": "national",
    "ize": "organize", "ify": "certify",
}  # fmt: skip
"""Lemmas that are inflected like words that the list lacks, by the ending of these words."""


class _Paradigms(NamedTuple):
    """The list of lemmas in memory."""

    lemmas: list[str]
    """Lemma, number of its paradigm, and spelling, with blanks between them; sorted."""
    endings: list[list[str]]
    """The endings of each paradigm, that of the lemma first; '' is none."""


class _Lemma(NamedTuple):
    bare: str
    written: str
    paradigm: int


@functools.cache
def _paradigms() -> _Paradigms:
    paradigms, _, lemmas = _FILE.read_text(encoding="utf-8").partition("\n\n")
    endings = [
        ["" if ending == "-" else ending for ending in line.split(" ")]
        for line in paradigms.split("\n")
    ]
    return _Paradigms(lemmas.splitlines(), endings)


@functools.cache
def _lemma_endings() -> Mapping[str, Mapping[str, set[int]]]:
    """Map the endings of forms to the endings of lemmas, and these to paradigms that have both."""
    endings: defaultdict[str, dict[str, set[int]]] = defaultdict(dict)
    for number, (lemma, *forms) in enumerate(_paradigms().endings):
        for form in forms:
            endings[form if form.isascii() else fold(form)].setdefault(lemma, set()).add(number)
    return endings


def inflections(written: str) -> frozenset[str]:
    """Return the inflections of a French or English word.

    A lemma has its own forms. A word that is no lemma, or was written without its accents, has the
    forms of every lemma of which it may be a form. A word that the list lacks has regular forms.

    Args:
        written: The word in lower case, with its accents.

    Returns:
        Folded forms, the word among them; a few have accents, and match only with their accents.
    """
    return _inflections[written]


def folded_inflections(bare: str) -> list[str]:
    """Return the inflections of a folded word, which may have had any accents."""
    return _folded_inflections[bare].split(" ")


def free_memory() -> None:
    """Free the memory of the list, 11 MB; it is read again when it is needed."""
    _paradigms.cache_clear()
    _lemma_endings.cache_clear()
    _paradigms_of_verbs.cache_clear()


def _inflect(written: str) -> frozenset[str]:
    return _listed_forms(written) or _prefixed_forms(written) or _regular_forms(written)


def _inflect_folded(bare: str) -> str:
    """Return the inflections with blanks between them: a fifth of the bytes of a set."""
    forms = {form for lemma in _lemmas(bare) for form in _forms(bare, lemma.paradigm)}
    return " ".join(forms or _inflect(bare))


def _size(forms: frozenset[str]) -> int:
    return getsizeof(forms) + sum(map(getsizeof, forms))


_inflections = TextCache(_inflect, _size, _CACHE_BYTES)
_folded_inflections = TextCache(_inflect_folded, getsizeof, _CACHE_BYTES)


def is_known(bare: str) -> bool:
    """Tell whether a folded word is in the list, by itself or behind a prefix."""
    return bool(_listed_forms(bare) or _prefixed_forms(bare))


def noun_inflections(written: str) -> frozenset[str]:
    """Return the listed inflections of a word in lower case as a noun or an adjective; or none."""
    return _listed_forms(written, _paradigms_of_verbs())


@functools.cache
def _paradigms_of_verbs() -> frozenset[int]:
    """Return the numbers of the paradigms of verbs, and of English adjectives: `higher level`."""
    endings = enumerate(_paradigms().endings)
    return frozenset(number for number, forms in endings if any(map(_VERBAL.search, forms)))


_VERBAL = re.compile(r"(?:ing|ait|ez|est)\Z")


def _listed_forms(written: str, excluded: Set[int] = frozenset()) -> frozenset[str]:
    """Return the forms of the lemmas of a word; or none. Some paradigms may be excluded."""
    bare = fold(written)
    lemmas = _lemmas(bare)
    exact = [lemma for lemma in lemmas if lemma.written == written]
    pairs = {(bare, lemma.paradigm) for lemma in exact or lemmas}
    if not exact:
        pairs.update(_lemmas_of_form(bare))
    forms = {form for pair in pairs if pair[1] not in excluded for form in _forms(*pair)}
    return frozenset(forms | {bare}) if forms else frozenset()


def _prefixed_forms(written: str) -> frozenset[str]:
    bare = fold(written)
    if not bare.startswith(PREFIXES):  # most words, decided at once
        return frozenset()
    for prefix in PREFIXES:
        root = bare.removeprefix(prefix)
        if len(bare) > len(root) >= _MIN_BEHIND_PREFIX:
            forms = _listed_forms(root) or _prefixed_forms(root)
            if forms:
                return frozenset(prefix + form for form in forms)
    return frozenset()


def _regular_forms(written: str) -> frozenset[str]:
    """Return the forms of the model that ends like a word; or its plural, or its singular."""
    bare = fold(written)
    for ending, model in _MODELS.items():
        root, common = bare.removesuffix(ending), model.removesuffix(ending)
        if len(bare) > len(root) > 1:
            forms = (form for lemma in _lemmas(model) for form in _forms(model, lemma.paradigm))
            return frozenset(root + form.removeprefix(common) for form in forms)
    if bare.endswith("y") and bare[-2:-1] not in "aeiou":
        return frozenset((bare, bare + "s", bare[:-1] + "ies"))
    if bare.endswith(("x", "z", "ch", "sh", "ss")):
        return frozenset((bare, bare + "es"))
    if _PLURAL.search(written.lower()):
        return frozenset((bare, bare[:-1]))
    return frozenset((bare,) if bare.endswith("s") else (bare, bare + "s"))


_PLURAL = re.compile(r"\w{2}[^\Wasiouyè]s\Z")
"""`drones`, but neither Hamas nor accès."""


def _lemmas(bare: str) -> list[_Lemma]:
    """Return the lemmas with this folded form, whatever their accents."""
    return [_lemma(line) for line in _lines(bare, 0, len(_paradigms().lemmas))]


def _lines(lemma: str, first: int, stop: int) -> list[str]:
    """Return the lines of a folded lemma.

    Args:
        lemma: The lemma.
        first: Number of the first line that may have it.
        stop: Number of the line behind the last one that may have it.
    """
    lines, prefix = _paradigms().lemmas, lemma + " "
    start = end = bisect_left(lines, prefix, first, stop)
    while end < stop and lines[end].startswith(prefix):
        end += 1
    return lines[start:end]


def _lemma(line: str) -> _Lemma:
    bare, number, *spelling = line.split(" ")
    return _Lemma(bare, spelling[0] if spelling else bare, int(number))


def _forms(lemma: str, paradigm: int) -> Iterator[str]:
    lemma_ending, *endings = _paradigms().endings[paradigm]
    common = lemma.removesuffix(lemma_ending) if lemma_ending else lemma
    yield lemma
    for ending in endings:
        yield common + ending


def _lemmas_of_form(bare: str) -> Iterator[tuple[str, int]]:
    """Yield each lemma of which a word is a form, and the number of its paradigm."""
    lines, endings = _paradigms().lemmas, _lemma_endings()
    first, stop = 0, len(lines)
    for cut in range(len(bare) + 1):
        common, paradigms = bare[:cut], endings.get(bare[cut:])
        if not paradigms:
            continue
        first = bisect_left(lines, common, first, stop)
        stop = bisect_left(lines, common + _LAST_LETTER, first, stop)
        if first == stop:
            return
        if stop - first < len(paradigms):
            candidates = lines[first:stop]
        else:
            candidates = [line for end in paradigms for line in _lines(common + end, first, stop)]
        for line in candidates:
            lemma, number, *_ = line.split(" ")
            if int(number) in paradigms.get(lemma[cut:], ()):
                yield lemma, int(number)
