"""Characters: which ones make words, which ones are ignored, and how a word is folded."""

from __future__ import annotations

import re
import unicodedata
from functools import cache

APOSTROPHES = "'\u2019\u02bc\u2018\u201b\u2032\u00b4`\uff07"
IGNORED = (
    "\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufe00-\ufe0f\ufeff"
    "\u02bb\u02bd-\u02bf"  # the okina and the ayn of transliterations: Hawaiʻi, Qurʾan
)
_DROPPED_MARKS = (
    "\u0300-\u036f\u0483-\u0489\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u0610-\u061a"
    "\u064b-\u065f\u0670\u06d6-\u06dc\u06df-\u06e4\u06e7\u06e8\u06ea-\u06ed"
    "\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f"
)
MARKS = (
    _DROPPED_MARKS + "\u0900-\u0903\u093a-\u094f\u0962\u0963\u0981-\u0983\u09bc-\u09cd"
    "\u0a01-\u0a03\u0a3c-\u0a4d\u0b01-\u0b03\u0b3c-\u0b4d\u0bbe-\u0bcd\u0c3e-\u0c4d\u0cbc-\u0ccd"
    "\u0d3b-\u0d4d\u0e31\u0e34-\u0e3a\u0e47-\u0e4e\u0eb1\u0eb4-\u0ebc\u0ec8-\u0ecd\u102b-\u103e"
    "\u17b4-\u17d3"
)
CJK = (
    "\u2e80-\u2fdf\u3005-\u3007\u3021-\u3029\u3031-\u3035\u303b\u3041-\u3096\u309d-\u309f"
    "\u30a1-\u30fa\u30fc-\u30ff\u3105-\u312f\u3131-\u318e\u31a0-\u31bf\u31f0-\u31ff\u3400-\u4dbf"
    "\u4e00-\u9fff\uac00-\ud7a3\uf900-\ufaff\uff66-\uff9d\uffa0-\uffdc\U00020000-\U0003ffff"
)
JAMO = "\u1100-\u11ff\ua960-\ua97f\ud7b0-\ud7fb"
LATIN = "A-Za-zÀ-ÖØ-öø-ɏ"  # most letters, in one table look-up


def _without(ranges: str) -> dict[int, str | None]:
    """Return a table for `str.translate` that drops these characters."""
    return {
        code: None
        for first, last in re.findall(r"(.)(?:-(.))?", ranges)
        for code in range(ord(first), ord(last or first) + 1)
    }


NO_IGNORED = _without(IGNORED)
_PLAIN_LETTERS: dict[int, str | None] = {
    **_without(_DROPPED_MARKS),
    **NO_IGNORED,
    **dict(zip(map(ord, "øłđðıħŧŋ,"), "olddihtn.", strict=True)),
    ord("œ"): "oe",
    ord("æ"): "ae",
    ord("þ"): "th",
    ord("ʼ"): "",
}


@cache
def without_blanks() -> re.Pattern[str]:
    """Return the pattern of a sign of a script without blanks; compiling it takes 4 ms."""
    return re.compile(rf"[{CJK}{JAMO}]")


def _fold(word: str) -> str:
    bare = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", word).casefold())
    return unicodedata.normalize("NFC", bare.translate(_PLAIN_LETTERS)) or word


@cache
def _latin_letters() -> dict[int, int | str]:
    """Return the folds of ASCII and composed Latin letters, made when first needed.

    A letter that a table lacks costs an exception within `translate`, and a string more than a
    code: with both, words with accents took three times as long.
    """
    codes = (*range(0x80), *range(0xC0, 0x250))
    folded = {code: _fold(chr(code)) for code in codes}
    return {code: ord(bare) if len(bare) == 1 else bare for code, bare in folded.items()}


def fold_latin(word: str) -> str:
    """Return the fold of a word of composed Latin letters, at a third of its cost; or ''."""
    if word.isascii():
        return word.lower().replace(",", ".")
    bare = word.translate(_latin_letters())
    return bare if bare.isascii() else ""


def fold(word: str) -> str:
    """Return a word without case, accents, ligatures and invisible characters."""
    if bare := fold_latin(word):
        return bare
    if word >= JAMO[0] and without_blanks().match(word):
        return unicodedata.normalize("NFKC", word)
    return _fold(word)


def compact(name: str) -> str:
    """Return the letters and digits of a name, folded: `Les Échos` is lesechos."""
    return "".join(filter(str.isalnum, fold(name)))
