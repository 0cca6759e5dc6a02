"""A briefing as a page to scroll through."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import tzinfo

from monitor.base.text_cleaning import clean, shown_url
from monitor.model.briefing import Briefing
from monitor.presentation.briefing import Section, alert, sections
from monitor.presentation.spans import Line, wrap, wrap_line

INDENT = "  "
MOST_CELLS = 100
"""Width of the page at most; longer lines are hard to read."""


def briefing_page(briefing: Briefing, cells: int, zone: tzinfo | None) -> list[Line]:
    """Return a briefing as lines of at most so many cells."""
    cells = min(cells, MOST_CELLS)
    blocks = (_block(section, cells) for section in sections(briefing, zone))
    return [row for block in blocks for row in (*block, [])][:-1]


def _block(section: Section, cells: int) -> Iterator[Line]:
    indented = section.kind in ("story", "missing")
    for number, (kind, line) in enumerate(section.lines):
        runs = [(clean(text), role) for text, role in line]
        if kind == "chart":
            yield [(text[-cells:], role) for text, role in runs]
        elif kind == "headline":
            rows = wrap_line(runs[1:], cells, INDENT)
            yield from ([runs[0], *rows[0][1:]], *rows[1:])
        else:
            yield from wrap_line(runs, cells, INDENT if indented and number else "")
    if section.story:
        link = shown_url(section.story.url) or alert(section.story)
        yield from wrap(link, cells, "quiet", INDENT)
