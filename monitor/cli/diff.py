"""What edits changed in an article, for `tocsin show --diff`."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

import click

from monitor.cli import Newsroom, output
from monitor.differing import CAME, GONE, Piece, around

if TYPE_CHECKING:
    from monitor.model import Reading, Version
    from monitor.service.revisions import Edit, Term

CONTEXT = 12
"""Words shown on either side of a change."""


def edits_of(newsroom: Newsroom, reading: Reading) -> list[Edit]:
    """Return the edits of an article, with the terms of the watchlists as they are now."""
    from monitor import edited

    return edited.edits_of(newsroom.service(), reading, newsroom.config_path, newsroom.data)


def lines(edits: Iterable[Edit]) -> Iterator[str]:
    """Yield edits for people: coloured on a terminal, else as [-gone-] and {+come+}."""
    found = list(edits)
    if not found:
        yield ""
        yield "not edited since it was first seen"
    for edit in found:
        yield ""
        yield click.style(f"edit {edit.version - 1}, {output.iso(edit.at)}", bold=True)
        for part, pieces in edit.parts.items():
            shown = "".join(_shown(piece) for piece in around(pieces, CONTEXT))
            yield from (f"    {part}: {shown}".rstrip()).splitlines()
        if edit.went:
            yield f"    no longer there: {_terms(edit.went)}"
        if edit.came:
            yield f"    new: {_terms(edit.came)}"


def mapping(edits: Iterable[Edit], versions: Iterable[Version]) -> dict[str, Any]:
    """Return the texts of an article and its edits for programs."""
    return {
        "texts": [
            {
                "version": version.number,
                "until": output.iso(version.until),
                "title": version.title,
                "summary": version.summary,
                "body": version.body,
            }
            for version in versions
        ],
        "edits": [
            {
                "version": edit.version,
                "at": output.iso(edit.at),
                "parts": {part: list(map(list, pieces)) for part, pieces in edit.parts.items()},
                "went": [{"watchlist": name, "term": term} for name, term in edit.went],
                "came": [{"watchlist": name, "term": term} for name, term in edit.came],
            }
            for edit in edits
        ],
    }


def _shown(piece: Piece) -> str:
    colours = sys.stdout.isatty() and not os.environ.get("NO_COLOR")
    if piece.kind == GONE:
        if colours:
            return click.style(piece.text, fg="red", strikethrough=True)
        return f"[-{piece.text}-]"
    if piece.kind == CAME:
        return click.style(piece.text, fg="green") if colours else f"{{+{piece.text}+}}"
    return piece.text


def _terms(terms: Iterable[Term]) -> str:
    return ", ".join(f"{term} ({name})" for name, term in terms)
