"""A briefing as a page to scroll through."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import tzinfo

from monitor.base import signs
from monitor.base.formatting import shown_title
from monitor.base.text_cleaning import line, lines, shown_url
from monitor.base.translation import gettext as _
from monitor.delivery.export import briefing_words as words
from monitor.model.briefing import BriefedStory, Briefing, LitText, WatchlistBriefing
from monitor.model.severity import SEVERITY_SIGNS
from monitor.presentation.spans import Line, line_breaks, slice_runs, wrap
from tui.view.article import clean_with_spans

INDENT = "  "
MOST_CELLS = 100
"""Width of the page at most; longer lines are hard to read."""


def briefing_page(briefing: Briefing, cells: int, zone: tzinfo | None) -> list[Line]:
    """Return a briefing as lines of at most so many cells."""
    return list(_page(briefing, min(cells, MOST_CELLS), zone))


def _page(briefing: Briefing, cells: int, zone: tzinfo | None) -> Iterator[Line]:
    yield from wrap(line(words.title(briefing, zone)), cells, "title")
    for sentence in words.overview(briefing, zone):
        yield from wrap(line(sentence), cells, "plain")
    for watchlist in words.listed(briefing):
        yield []
        yield from _heading(watchlist, cells)
        for story in watchlist.stories:
            yield []
            yield from _story(story, watchlist.name, briefing, cells, zone)
    if quiet := words.quiet(briefing):
        yield []
        yield from wrap(line(_("Nothing new: {watchlists}", watchlists=quiet)), cells, "quiet")
    if briefing.troubled:
        yield []
        yield from wrap(words.missing(briefing), cells, "late")
        for what, names in words.feeds(briefing):
            yield from wrap(
                line(_("{name}: {text}", name=names, text=what)), cells, "plain", INDENT
            )


def _heading(watchlist: WatchlistBriefing, cells: int) -> Iterator[Line]:
    yield from wrap(line(watchlist.name), cells, "list")
    yield from wrap(words.counts(watchlist), cells, "quiet")
    if chart := words.chart(watchlist):
        yield [(chart[-cells:], "list")]
    if watchlist.missed:
        yield from wrap(_("may be missing: {feeds}", feeds=line(watchlist.missed)), cells, "late")


def _story(
    story: BriefedStory, under: str, briefing: Briefing, cells: int, zone: tzinfo | None
) -> Iterator[Line]:
    room = cells - len(INDENT)
    sign = (f"{SEVERITY_SIGNS[story.severity]} ", str(story.severity))
    headline = LitText(shown_title(story.headline.text), story.headline.spans)
    for number, row in enumerate(_lit(headline, room, "title")):
        yield [(INDENT, "") if number else sign, *row]
    about = [words.about(story, zone, briefing.until), words.remarks(story, under)]
    yield from wrap(line(" · ".join(filter(None, about))), cells, "quiet", INDENT)
    for row in _lit(story.excerpt, room, "plain") if story.excerpt.text else ():
        yield [(INDENT, ""), *row]
    for mark, others in words.other_outlets(story):
        yield from wrap(line(f"{mark} {others}"), cells, "quiet", INDENT)
    if story.escalations:
        yield from wrap(
            line(f"{signs.ESCALATED} {', '.join(story.escalations)}"), cells, "plain", INDENT
        )
    for note in story.notes:
        for paragraph in lines(note).splitlines():
            yield from wrap(f"{signs.NOTE} {paragraph}", cells, "plain", INDENT)
    link = shown_url(story.url) or words.alert(story)
    yield from wrap(link, cells, "quiet", INDENT)


def _lit(lit: LitText, cells: int, style: str) -> Iterator[Line]:
    """Yield a text with its matches as lines."""
    text, spans = clean_with_spans(lit.text, [(a, b, "hit") for a, b in lit.spans])
    for start, end in line_breaks(text.replace("\n", " "), max(1, cells)):
        yield slice_runs(text.replace("\n", " "), spans, start, end, style)
