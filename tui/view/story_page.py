"""Who else has a story, as lines: in the order in which they had it, by how much later."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import tzinfo
from typing import NamedTuple

from index.analysis import text_cleaning as safe
from monitor.formatting import counted, span
from monitor.model.alert import Outlet, StoryTimeline
from tui.view import times
from tui.view.styled_text import Line, fit

LANGUAGES = {"fr": "French", "en": "English"}
_LAG = 9
"""Cells of how much later."""


class Teller(NamedTuple):
    """An outlet as a row."""

    article: int
    line: Line


class Section(NamedTuple):
    """Outlets under a heading."""

    heading: str
    tellers: tuple[Teller, ...]


def sections(
    telling: StoryTimeline, article: int, cells: int, zone: tzinfo | None
) -> list[Section]:
    """Return who tells the story of an article, then who tells of it in other languages."""
    found = []
    if len(telling.outlets) > 1:
        rows = tuple(_rows(telling.outlets, article, cells, zone))
        found.append(Section(_heading(telling.outlets), rows))
    for lang in dict.fromkeys(outlet.lang for outlet in telling.elsewhere):
        there = [outlet for outlet in telling.elsewhere if outlet.lang == lang]
        heading = f"Also in {LANGUAGES.get(lang) or safe.line(lang) or 'another language'}"
        found.append(Section(heading, tuple(_rows(there, article, cells, zone))))
    return found


def _heading(outlets: Sequence[Outlet]) -> str:
    """Say how many have it, and what the publishers' own dates say of the order."""
    from monitor.ingest.stories import published_first

    heading = f"The same story in {counted(len(outlets), 'outlet')}"
    if (earlier := published_first(outlets)) is None:
        return heading
    ahead = (outlets[0].published or 0.0) - (earlier.published or 0.0)
    return f"{heading}; published first by {safe.line(earlier.name)}, {span(ahead)} before"


def _rows(
    outlets: Sequence[Outlet], article: int, cells: int, zone: tzinfo | None
) -> Iterator[Teller]:
    for number, outlet in enumerate(outlets):
        here = outlet.article == article
        lag = "first" if not number else f"+{span(outlet.lag)}" if outlet.lag >= 1 else "at once"
        way = "copied" if outlet.copied else "own words" if number else ""
        when = times.full(outlet.seen, zone)
        tail: Line = [(fit(way, 10), "quiet"), (when, "quiet")] if cells >= 60 else []
        name = max(4, cells - 3 - _LAG - (10 + len(when) if tail else 0))
        yield Teller(
            outlet.article,
            [
                ("▸ " if here else "  ", "accent"),
                (fit(lag, _LAG), "accent" if not number else "quiet"),
                (fit(outlet.name, min(name, 40)), "plain" if here else "list"),
                *tail,
            ],
        )
