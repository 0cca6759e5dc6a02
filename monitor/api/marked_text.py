"""Texts of articles as HTML: escaped, with what matches or changed marked."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from markupsafe import Markup, escape

from monitor.base.text_cleaning import clean
from monitor.model.article import ADDED, REMOVED, DiffPart

Span = tuple[int, int]


MARK = Markup("<mark>{}</mark>")


def lit(text: str, spans: Iterable[Span], mark: Markup = MARK) -> Markup:
    """Return a text with some spans marked; what reaches beyond the text is left out."""
    parts, at = [], 0
    for start, end in _disjoint(spans, len(text)):
        parts += [_clean(text[at:start]), mark.format(_clean(text[start:end]))]
        at = end
    return Markup("").join([*parts, _clean(text[at:])])


def paragraphs(text: str, spans: Iterable[Span], mark: Markup = MARK) -> list[Markup]:
    """Return the paragraphs of a text, each a line of it, with some spans marked."""
    marked, found, start = list(spans), [], 0
    for line in text.split("\n"):
        end = start + len(line)
        inside = [(max(a, start) - start, min(b, end) - start) for a, b in marked]
        if line.strip():
            found.append(lit(line, inside, mark))
        start = end + 1
    return found


def compared(parts: Iterable[DiffPart]) -> Markup:
    """Return a text with what was removed in `<del>` and what was added in `<ins>`.

    The signs of `tocsin show --diff` are there for those who hear the page or copy from it.
    """
    return Markup("").join(map(_compared, parts))


_UNSEEN = Markup('<span class="unseen">{}</span>')


def _compared(part: DiffPart) -> Markup:
    text = _clean(part.text)
    if part.kind == REMOVED:
        return Markup("<del>{}{}{}</del>").format(_UNSEEN.format("[-"), text, _UNSEEN.format("-]"))
    if part.kind == ADDED:
        return Markup("<ins>{}{}{}</ins>").format(_UNSEEN.format("{+"), text, _UNSEEN.format("+}"))
    return text


def _disjoint(spans: Iterable[Span], length: int) -> Iterator[Span]:
    at = 0
    for start, end in sorted(spans):
        start, end = max(start, at), min(end, length)  # noqa: PLW2901
        if start < end:
            yield start, end
            at = end


def _clean(text: str) -> Markup:
    return escape(clean(text, keep_newlines=True))
