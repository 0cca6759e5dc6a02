"""The edits of an article as lines: what went and what came, word by word, and which terms."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import tzinfo

from index import text as safe
from monitor.differing import CAME, GONE, Piece, around
from monitor.service.revisions import Edit, Term
from tui import moment
from tui.folding import breaks
from tui.ink import Line, Span, cut, wrap

CONTEXT = 12
"""Words shown on either side of a change."""
_SIGNS = {GONE: ("[-", "-]", "gone"), CAME: ("{+", "+}", "came")}
"""As `tocsin show --diff` writes them: they can be told without colours."""


def edited(title: str, edits: Sequence[Edit], cells: int, zone: tzinfo | None) -> list[Line]:
    """Return what edits changed, the latest first."""
    lines = [*wrap(safe.line(title) or "(no title)", cells, "title"), []]
    if not edits:
        lines += wrap("Not edited since it was first seen.", cells, "plain")
    for edit in reversed(edits):
        heading = f"Edit {edit.version - 1} · {moment.full(edit.at, zone)}"
        lines += wrap(heading, cells, "accent")
        lines += _terms("No longer there: ", edit.went, cells, "late")
        lines += _terms("New: ", edit.came, cells, "list")
        for part, pieces in edit.parts.items():
            lines += [*_part(part, around(pieces, CONTEXT), cells)]
        lines.append([])
    return lines


def _terms(words: str, terms: Iterable[Term], cells: int, ink: str) -> list[Line]:
    named = ", ".join(f"{safe.line(term)} ({safe.line(name)})" for name, term in terms)
    return wrap(words + named, cells, ink, "  ") if named else []


def _part(name: str, pieces: Iterable[Piece], cells: int) -> list[Line]:
    """Return a part of a text with what changed signed and inked."""
    text = ""
    spans: list[Span] = []
    for piece in pieces:
        before, after, ink = _SIGNS.get(piece.kind, ("", "", ""))
        start = len(text)
        text += before + safe.clean(piece.text, keep_newlines=True) + after
        if ink:
            spans.append((start, len(text), ink))
    lines: list[Line] = [[(f"  {name}", "quiet")]]
    offset = 0
    for paragraph in text.split("\n"):
        for start, end in breaks(paragraph, max(1, cells - 4)):
            line = cut(text, spans, offset + start, offset + end, "plain")
            lines.append([("    ", ""), *line])
        offset += len(paragraph) + 1
    return lines
