"""An article laid out for reading: its words wrapped, the matches inked, why it is here."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import tzinfo

from index import text as safe
from index.article import PARTS, Article
from monitor.model import Alert, Reading
from tui import moment
from tui.ink import Line, Span, breaks, cut, wrap

Place = tuple[str, int, int]
"""(part, start, end) of a match, in characters of that part of the article."""
PROSE = 92
"""Widest line of prose, in cells; longer ones are hard to follow back."""


@dataclass(frozen=True, slots=True)
class Page:
    """Lines to show, and on which of them each match is, in reading order."""

    lines: tuple[Line, ...]
    matches: tuple[int, ...] = ()


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
    return Page((*lines, *_others(reading, cells, zone)), tuple(matches))


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
    date = {"undated": f"undated, first seen {when}", "future": f"dated ahead: {when}"}.get(
        odd, when
    )
    facts = [safe.line(reading.feed), date, article.lang or "language unknown"]
    if reading.versions > 1:
        facts.append(f"version {reading.versions}")
    lines = wrap(" · ".join(facts), cells, "quiet")
    for alert in reading.alerts:
        lines += wrap(f"{safe.line(alert.watchlist)}: {reasons(alert)}", cells, "list")
    if matches:
        step = f"match {current + 1} of {matches}" if current is not None else _count(matches)
        lines.append([(step, "accent"), ("  ] next  [ previous", "quiet")])
    if article.url:
        lines += wrap(safe.line(article.url), cells, "link")
    return lines


def _count(matches: int) -> str:
    return "1 match" if matches == 1 else f"{matches} matches"


def reasons(alert: Alert) -> str:
    """Return which terms matched and in which parts: `grève (title, body), SNCF (body)`."""
    parts: dict[str, list[str]] = {}
    for match in alert.matches:
        parts.setdefault(safe.line(match.term), [])
        if match.field not in parts[safe.line(match.term)]:
            parts[safe.line(match.term)].append(match.field)
    return ", ".join(f"{term} ({', '.join(fields)})" for term, fields in parts.items()) or "matched"


def _others(reading: Reading, cells: int, zone: tzinfo | None) -> list[Line]:
    """Return the outlets that tell the same story."""
    others = [(outlet, at) for outlet, at in reading.others if outlet != reading.feed]
    if not others:
        return []
    count = "1 other" if len(others) == 1 else f"{len(others)} others"
    lines: list[Line] = [[(f"Also told by {count}", "accent")]]
    for outlet, at in others:
        lines += wrap(f"{safe.line(outlet)} · {moment.full(at, zone)}", cells, "quiet", "  ")
    return lines
