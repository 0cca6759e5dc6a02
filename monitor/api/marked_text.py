"""Marked text as HTML: escaped, with what matches or changed in elements of its own."""

from __future__ import annotations

from collections.abc import Iterable

from markupsafe import Markup

from monitor.presentation.spans import Line, marked

MARK = Markup("<mark>{}</mark>")
_ELEMENTS = {
    "": Markup("{}"),
    "plain": Markup("{}"),
    "hit": MARK,
    "gone": Markup("<del>{}</del>"),
    "came": Markup("<ins>{}</ins>"),
}
_SPAN = Markup('<span class="{}">{}</span>')


def drawn(line: Line, mark: Markup = MARK) -> Markup:
    """Return marked text; roles without an element of their own are classes."""
    elements = {**_ELEMENTS, "hit": mark}
    return Markup("").join(
        elements[role].format(text) if role in elements else _SPAN.format(role, text)
        for text, role in line
    )


def lit(text: str, spans: Iterable[tuple[int, int]], mark: Markup = MARK) -> Markup:
    """Return a text with some spans marked; what reaches beyond the text is left out."""
    return drawn(marked(text, spans), mark)


def paragraphs(text: str, spans: Iterable[tuple[int, int]], mark: Markup = MARK) -> list[Markup]:
    """Return the paragraphs of a text, each a line of it, with some spans marked."""
    places, found, start = list(spans), [], 0
    for line in text.split("\n"):
        inside = [(max(a - start, 0), b - start) for a, b in places if b > start]
        if line.strip():
            found.append(lit(line, inside, mark))
        start += len(line) + 1
    return found
