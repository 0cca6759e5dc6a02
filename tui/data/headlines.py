"""Headlines of all alerts, folded and kept to be looked through at each key.

100,000 of them take some 12 MB and are looked through in 10 ms; they are read when the first
filter asks for words.
"""

from __future__ import annotations

import functools
import re
from array import array
from collections.abc import Iterable, Sequence

from index.analysis.folding import CJK, fold
from index.query.ast import Mode, Phrase, Word

_BETWEEN = re.compile(r"[\W_]+")
PAGE = 2_000
"""Headlines read at once."""


def plain(headline: str) -> str:
    """Return a headline's folded words, a space before and after each; a CJK character is one."""
    folded = fold(headline)
    if not folded.isascii():
        folded = _alone().sub(r" \1 ", folded)
    return f" {_BETWEEN.sub(' ', folded).strip()} "


@functools.cache
def _alone() -> re.Pattern[str]:
    """Compile the characters that are words by themselves, once: it takes 2 ms."""
    return re.compile(f"([{CJK}])")


class Headlines:
    """What is known of headlines; grows at both ends."""

    def __init__(self) -> None:
        self._ids = array("q")
        self._lines: list[str] = []
        self.newest = 0
        """Id of the newest alert that was read."""
        self.oldest: int | None = None
        """Id of the oldest one; None before any was read."""
        self.whole = False
        """Whether the oldest of all was read."""

    def __len__(self) -> int:
        return len(self._ids)

    def add(self, page: Iterable[tuple[int, str]]) -> int:
        """Take in (alert, headline), in any order; return how many that were."""
        count = 0
        for id, headline in page:
            self._ids.append(id)
            self._lines.append(plain(headline))
            self.newest = max(self.newest, id)
            self.oldest = id if self.oldest is None else min(self.oldest, id)
            count += 1
        return count

    def holding(self, node: Word | Phrase, after: int = 0) -> set[int]:
        """Return the alerts above an id whose headlines hold a word, or words in a row.

        Words are taken by their beginnings; those in capitals and after `=` are whole.
        """
        words: Sequence[Word] = [node] if isinstance(node, Word) else _words(node)
        pattern = _pattern(words)
        pairs = zip(self._ids, self._lines, strict=False)  # it may grow meanwhile
        if isinstance(pattern, str):
            if not after:
                return {id for id, line in pairs if pattern in line}
            return {id for id, line in pairs if id > after and pattern in line}
        return {id for id, line in pairs if id > after and pattern.search(line)}


def _words(phrase: Phrase) -> list[Word]:
    """Return the words of a phrase, of alternatives the first."""
    found: list[Word] = []
    for child in phrase.children:
        while not isinstance(child, Word | Phrase):
            child = child.children[0]  # type: ignore[attr-defined] # noqa: PLW2901
        found += [child] if isinstance(child, Word) else _words(child)
    return found


def _pattern(words: Sequence[Word]) -> str | re.Pattern[str]:
    """Return what a line must hold: plain text, or a pattern where there are wildcards."""
    whole = words[-1].mode is Mode.EXACT
    terms = [_BETWEEN.sub(" ", word.term).strip() for word in words]
    if not any(word.mode is Mode.WILDCARD for word in words):
        return f" {' '.join(terms)}{' ' if whole else ''}"
    pieces = [
        "".join({"*": r"\w*", "?": r"\w"}.get(c) or re.escape(c) for c in word.term)
        for word in words
    ]
    return re.compile(" " + " ".join(pieces))
