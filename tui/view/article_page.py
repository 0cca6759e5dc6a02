"""An article and its edits laid out for reading."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import tzinfo

from index.analysis import text_cleaning as safe
from index.article import PARTS, Article
from monitor.formatting import counted
from monitor.model.alert import Alert
from monitor.model.article import ArticleDetails
from monitor.service.article_revisions import (
    ADDED,
    REMOVED,
    ArticleRevision,
    DiffPart,
    Term,
    with_context,
)
from tui.view import times
from tui.view.line_breaking import breaks
from tui.view.story_page import sections
from tui.view.styled_text import Line, Span, cut, wrap

CONTEXT = 12
"""Words shown on either side of a change."""
_SIGNS = {REMOVED: ("[-", "-]", "gone"), ADDED: ("{+", "+}", "came")}
"""As `tocsin show --diff` writes them: they can be told without colours."""


def edited(
    title: str, edits: Sequence[ArticleRevision], cells: int, zone: tzinfo | None
) -> list[Line]:
    """Return what edits changed, the latest first."""
    lines = [*wrap(safe.line(title) or "(no title)", cells, "title"), []]
    if not edits:
        lines += wrap("Not edited since it was first seen.", cells, "plain")
    for edit in reversed(edits):
        heading = f"Edit {edit.version - 1} · {times.full(edit.at, zone)}"
        lines += wrap(heading, cells, "accent")
        lines += _terms("No longer there: ", edit.went, cells, "late")
        lines += _terms("New: ", edit.came, cells, "list")
        for part, pieces in edit.parts.items():
            lines += [*_part(part, with_context(pieces, CONTEXT), cells)]
        lines.append([])
    return lines


def _terms(words: str, terms: Iterable[Term], cells: int, ink: str) -> list[Line]:
    named = ", ".join(f"{safe.line(term)} ({safe.line(name)})" for name, term in terms)
    return wrap(words + named, cells, ink, "  ") if named else []


def _part(name: str, pieces: Iterable[DiffPart], cells: int) -> list[Line]:
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


Place = tuple[str, int, int]
"""(part, start, end) of a match, in characters of that part of the article."""
PROSE = 92
"""Widest line of prose, in cells; longer ones are hard to follow back."""


@dataclass(frozen=True, slots=True)
class ArticlePage:
    """Lines to show, and on which of them each match is, in reading order."""

    lines: tuple[Line, ...]
    matches: tuple[int, ...] = ()
    links: tuple[tuple[int, int], ...] = ()
    """(line, article) of the articles that other outlets have."""


def places(alerts: Iterable[Alert], found: Iterable[Place] = ()) -> tuple[Place, ...]:
    """Return where an article was matched, each place once, in reading order."""
    every = {(match.field, match.start, match.end) for alert in alerts for match in alert.matches}
    every |= set(found)
    return tuple(_in_order(every))


def _in_order(every: Iterable[Place]) -> list[Place]:
    return sorted(every, key=lambda place: (PARTS.index(place[0]), place[1], -place[2]))


def lay_out(
    reading: ArticleDetails,
    marks: Sequence[Place],
    cells: int,
    zone: tzinfo | None = None,
    current: int | None = None,
) -> ArticlePage:
    """Return an article on lines of so many cells; `current` is the match stepped to."""
    lines: list[Line] = []
    matches: list[int] = []
    shown, inked = _shown(reading.article, marks)
    for part in shown:
        spans = [
            (start, end, "hit-now" if number == current else "hit")
            for number, (name, start, end) in enumerate(inked)
            if name == part
        ]
        text, spans = cleaned(reading.article.part(part) or _UNTITLED.get(part, ""), spans)
        if text:
            prose = _paragraphs(text, spans, min(cells, PROSE), _INK[part])
            matches += [len(lines) + at for at in prose.matches]
            lines += prose.lines
            if part == "title":
                lines += _facts(reading, cells, zone, len(inked), current)
            lines.append([])
    lines += _trouble(reading, cells, zone)
    others = _others(reading, cells, zone, len(lines))
    return ArticlePage((*lines, *others.lines), tuple(matches), others.links)


_UNTITLED = {"title": "(no title)"}
_INK = {"title": "title", "summary": "plain", "body": "plain", "author": "quiet"}


def _retold(article: Article) -> tuple[str, int]:
    """Return which part opens with the summary and for how long, ("", 0) if none does.

    Such a summary is not told twice; its matches are shown where its words are.
    """
    opens = article.summary.rstrip("… .")
    if article.summary == article.title:
        return "title", len(article.title)
    return ("body", len(opens)) if article.body.startswith(opens) else ("", 0)


def _shown(article: Article, marks: Sequence[Place]) -> tuple[list[str], list[Place]]:
    """Return the parts to show and the matches on them."""
    into, length = _retold(article)
    if not into:
        return list(PARTS), list(marks)
    moved = {
        (into if part == "summary" else part, start, end)
        for part, start, end in marks
        if part != "summary" or end <= length
    }
    return [part for part in PARTS if part != "summary"], _in_order(moved)


def _paragraphs(text: str, spans: list[Span], cells: int, ink: str) -> ArticlePage:
    """Return text as wrapped lines, a blank one between paragraphs, with its spans on them."""
    lines: list[Line] = []
    matches: list[int] = []
    offset = 0
    for paragraph in text.split("\n"):
        if lines:
            lines.append([])
        for start, end in breaks(paragraph, cells):
            a, b = offset + start, offset + end
            inside = [span for span in spans if span[0] < b and span[1] > a]
            matches += [len(lines) for span in inside if a <= span[0]]
            lines.append(cut(text, inside, a, b, ink))
        offset += len(paragraph) + 1
    return ArticlePage(tuple(lines), tuple(matches))


def cleaned(text: str, spans: list[Span]) -> tuple[str, list[Span]]:
    """Return text as it may be shown and its spans there; stored text is clean already."""
    if safe.clean(text, keep_newlines=True) == text:
        return text, spans
    whole = safe.clean(text, keep_newlines=True)

    def moved(edge: int) -> int:
        return min(len(safe.clean(text[:edge], keep_newlines=True)), len(whole))

    return whole, [(moved(a), moved(b), ink) for a, b, ink in spans]


def _facts(
    reading: ArticleDetails, cells: int, zone: tzinfo | None, matches: int, current: int | None
) -> list[Line]:
    """Return where the article is from, when, and why it is here."""
    article = reading.article
    odd = times.dated(article.published, article.seen)
    when = times.full(article.seen if article.published is None else article.published, zone)
    seen = times.full(article.seen, zone)
    date, ink = {
        "undated": (f"? undated, first seen {when}", "late"),
        "future": (f"» dated ahead: {when}, first seen {seen}", "late"),
    }.get(odd, (when, "quiet"))
    tail = f" · {article.lang or 'language unknown'}"
    if reading.versions > 1:
        tail += f" · version {reading.versions}, D shows what changed"
    lines = _flowing(
        [(f"{safe.line(reading.feed)} · ", "quiet"), (date, ink), (tail, "quiet")], cells
    )
    for alert in reading.alerts:
        lines += _alert(alert, cells, zone)
    if matches:
        step = (
            f"match {current + 1}/{matches}"
            if current is not None
            else counted(matches, "match", "matches")
        )
        lines += _flowing([(step, "accent"), ("  ] next  [ previous", "quiet")], cells)
    if article.url:
        lines += wrap(safe.line(article.url), cells, "link")
    return lines


def _flowing(line: Line, cells: int) -> list[Line]:
    """Return a line of several inks wrapped."""
    text = "".join(run for run, _ in line)
    spans: list[Span] = []
    for run, ink in line:
        start = spans[-1][1] if spans else 0
        spans.append((start, start + len(run), ink))
    return [cut(text, spans, start, end) for start, end in breaks(text, cells)]


def _alert(alert: Alert, cells: int, zone: tzinfo | None) -> list[Line]:
    """Return why a watchlist rang, what made it louder, and what an edit took away."""
    lines = wrap(f"{safe.line(alert.watchlist)}: {reasons(alert)}", cells, "list")
    for step in alert.escalations:
        words = f"↑ {safe.line(step.words)} at {times.full(step.at, zone)}, was {step.severity}"
        lines += wrap(words, cells, "accent", "  ")
    if alert.suppressed:
        until = (
            f" until {times.full(alert.suppressed_until, zone)}" if alert.suppressed_until else ""
        )
        lines += wrap(f"nobody is told: {alert.suppressed}{until}", cells, "quiet", "  ")
    for lost in alert.lost:
        words = f"! {safe.line(lost.term)}: no longer in the text since {times.full(lost.at, zone)}"
        lines += wrap(words, cells, "late", "  ")
    return lines


def reasons(alert: Alert) -> str:
    """Return which terms matched and in which parts: `grève (title, body), SNCF (body)`."""
    parts: dict[str, list[str]] = {}
    for match in alert.matches:
        parts.setdefault(safe.line(match.term), [])
        if match.field not in parts[safe.line(match.term)]:
            parts[safe.line(match.term)].append(match.field)
    return ", ".join(f"{term} ({', '.join(fields)})" for term, fields in parts.items()) or "matched"


def _trouble(reading: ArticleDetails, cells: int, zone: tzinfo | None) -> list[Line]:
    """Return why the page of the article was not read, and when it is tried again."""
    if not reading.page_trouble:
        return []
    again = times.full(reading.page_retry, zone) if reading.page_retry else ""
    words = f"Page not read: {safe.line(reading.page_trouble)}" + (again and f"; again {again}")
    return [*wrap(words, cells, "late"), []]


def _others(reading: ArticleDetails, cells: int, zone: tzinfo | None, first: int) -> ArticlePage:
    """Return the outlets that tell the same story, and on which lines they are."""
    lines: list[Line] = []
    links: list[tuple[int, int]] = []
    for section in sections(reading.telling, reading.article.id, cells, zone):
        lines += wrap(section.heading, cells, "accent")
        for teller in section.tellers:
            links.append((first + len(lines), teller.article))
            lines.append(teller.line)
        lines.append([])
    if lines:
        lines[-1:] = wrap("O or a click opens another outlet’s article", cells, "quiet")
    return ArticlePage(tuple(lines), links=tuple(links))
