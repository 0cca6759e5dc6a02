"""An article laid out for reading: its words wrapped, the matches inked, why it is here."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import tzinfo

from index import text as safe
from index.article import PARTS, Article
from monitor.model import Alert, Reading
from monitor.plural import counted
from tui import moment
from tui.folding import breaks
from tui.ink import Line, Span, cut, wrap
from tui.story_page import sections

Place = tuple[str, int, int]
"""(part, start, end) of a match, in characters of that part of the article."""
PROSE = 92
"""Widest line of prose, in cells; longer ones are hard to follow back."""


@dataclass(frozen=True, slots=True)
class Page:
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
    reading: Reading,
    marks: Sequence[Place],
    cells: int,
    zone: tzinfo | None = None,
    current: int | None = None,
) -> Page:
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
    return Page((*lines, *others.lines), tuple(matches), others.links)


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


def _paragraphs(text: str, spans: list[Span], cells: int, ink: str) -> Page:
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
    return Page(tuple(lines), tuple(matches))


def cleaned(text: str, spans: list[Span]) -> tuple[str, list[Span]]:
    """Return text as it may be shown and its spans there; stored text is clean already."""
    if safe.clean(text, keep_newlines=True) == text:
        return text, spans
    whole = safe.clean(text, keep_newlines=True)

    def moved(edge: int) -> int:
        return min(len(safe.clean(text[:edge], keep_newlines=True)), len(whole))

    return whole, [(moved(a), moved(b), ink) for a, b, ink in spans]


def _facts(
    reading: Reading, cells: int, zone: tzinfo | None, matches: int, current: int | None
) -> list[Line]:
    """Return where the article is from, when, and why it is here."""
    article = reading.article
    odd = moment.dated(article.published, article.seen)
    when = moment.full(article.seen if article.published is None else article.published, zone)
    seen = moment.full(article.seen, zone)
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
        words = f"↑ {safe.line(step.words)} at {moment.full(step.at, zone)}, was {step.severity}"
        lines += wrap(words, cells, "accent", "  ")
    if alert.held:
        until = f" until {moment.full(alert.held_until, zone)}" if alert.held_until else ""
        lines += wrap(f"nobody is told: {alert.held}{until}", cells, "quiet", "  ")
    for lost in alert.lost:
        words = (
            f"! {safe.line(lost.term)}: no longer in the text since {moment.full(lost.at, zone)}"
        )
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


def _trouble(reading: Reading, cells: int, zone: tzinfo | None) -> list[Line]:
    """Return why the page of the article was not read, and when it is tried again."""
    if not reading.page_trouble:
        return []
    again = moment.full(reading.page_retry, zone) if reading.page_retry else ""
    words = f"Page not read: {safe.line(reading.page_trouble)}" + (again and f"; again {again}")
    return [*wrap(words, cells, "late"), []]


def _others(reading: Reading, cells: int, zone: tzinfo | None, first: int) -> Page:
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
    return Page(tuple(lines), links=tuple(links))
