"""What an edit changed in a text, word by word. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from typing import NamedTuple

SAME, GONE, CAME = "=", "-", "+"
_WORDS = re.compile(r"\s+|\w+(?:[’'-]\w+)*|[^\w\s]")
LONGEST = 20_000
"""Words of a text that are compared one by one: the comparison is quadratic at worst."""


class Piece(NamedTuple):
    """A stretch of a text that stayed, went or came."""

    kind: str
    """`SAME`, `GONE` or `CAME`."""
    text: str


def pieces(old: str, new: str) -> list[Piece]:
    """Return the new text with what went from the old one, in order.

    Those that are not `CAME` make the old text, those that are not `GONE` the new one.
    """
    before, after = _WORDS.findall(old), _WORDS.findall(new)
    if max(len(before), len(after)) > LONGEST:
        found = [Piece(GONE, old), Piece(CAME, new)] if old != new else [Piece(SAME, new)]
    else:
        found = list(_compared(before, after))
    return [piece for piece in found if piece.text]


def _compared(before: Sequence[str], after: Sequence[str]) -> Iterator[Piece]:
    matcher = SequenceMatcher(lambda word: word.isspace(), before, after, autojunk=False)
    for kind, start, end, first, last in matcher.get_opcodes():
        if kind == "equal":
            yield Piece(SAME, "".join(after[first:last]))
        else:
            yield Piece(GONE, "".join(before[start:end]))
            yield Piece(CAME, "".join(after[first:last]))


def around(found: Sequence[Piece], words: int) -> list[Piece]:
    """Return pieces with all but so many words around each change left out, as `…`."""
    shown = []
    for place, piece in enumerate(found):
        if piece.kind != SAME:
            shown.append(piece)
            continue
        tokens = _WORDS.findall(piece.text)
        head = tokens[: 2 * words] if place else []
        tail = tokens[-2 * words :] if place < len(found) - 1 else []
        if len(head) + len(tail) >= len(tokens) - 2:
            shown.append(piece)
        else:
            gap = " … " if head and tail else "…"
            shown.append(Piece(SAME, "".join(head).rstrip() + gap + "".join(tail).lstrip()))
    return shown
