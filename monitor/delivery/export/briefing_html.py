"""A briefing as HTML: one file for browsers and mail programs, without scripts and pictures.

Mail programs ignore much of CSS. What matters stands in the order of the text; colours and widths
are in two `<style>`, the second for dark screens, because some drop a `<style>` with a condition.
What feeds wrote is escaped everywhere.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, tzinfo
from html import escape
from typing import TYPE_CHECKING

from msgspec import Struct

from monitor.base.formatting import alert_number, weekday
from monitor.base.text_cleaning import shown_url
from monitor.base.translation import current, number
from monitor.base.translation import gettext as _
from monitor.delivery.export.markup import HTML
from monitor.model.shown_names import severity_name
from monitor.presentation.briefing import alert, chart, moment, sections, stories, title
from monitor.presentation.severity import with_severities

if TYPE_CHECKING:
    from monitor.model.briefing import BriefedStory, Briefing, WatchlistBriefing
    from monitor.presentation.spans import Line

BAR_PIXELS = 36
"""Height of the highest bar of a chart."""
_POLICY = "default-src 'none'; style-src 'unsafe-inline'"  # not a message
_STYLE = """
body { margin: 0; padding: 20px 16px; background: #ffffff; color: #1b1f24;
  font: 16px/1.45 -apple-system, "Segoe UI", Roboto, Helvetica, Arial, sans-serif; }
.page { max-width: 680px; margin: 0 auto; overflow-wrap: anywhere; }
h1 { font-size: 22px; line-height: 1.25; margin: 0 0 8px; }
h2 { font-size: 18px; line-height: 1.3; margin: 32px 0 2px; padding-top: 12px;
  border-top: 2px solid #d5d9de; }
h3 { font-size: 16px; line-height: 1.35; margin: 20px 0 2px; }
p { margin: 2px 0; }
ul { margin: 4px 0; padding-left: 20px; }
a { color: #0b57a4; text-decoration: underline; }
mark { background: #ffe58a; color: inherit; }
.small { color: #57606a; font-size: 14px; }
.note { border-left: 3px solid #b08800; padding-left: 8px; margin: 4px 0; }
.box { background: #f3f5f7; padding: 8px 12px; margin: 12px 0; }
.high { color: $high_light; }
.medium { color: $medium_light; }
.low { color: $low_light; }
.closed { opacity: 0.65; }
.chart { border-collapse: collapse; width: 100%; max-width: 480px; margin: 8px 0 0; }
.chart td { padding: 0 1px; vertical-align: bottom; border-bottom: 1px solid #aab1b9; }
.bar { background: #2f6fb0; font-size: 0; line-height: 0; }
""".strip()
_DARK = """
@media (prefers-color-scheme: dark) {
  body { background: #14171a; color: #e3e6e9; }
  h2 { border-top-color: #3a4047; }
  a { color: #86b9f2; }
  mark { background: #6b5200; color: #fff4cf; }
  .small { color: #a0a8b0; }
  .box { background: #1e2328; }
  .high { color: $high_dark; }
  .medium { color: $medium_dark; }
  .low { color: $low_dark; }
  .chart td { border-bottom-color: #525a62; }
  .bar { background: #6aa7e6; }
}
""".strip()


class Place(Struct, frozen=True):
    """Where a briefing is read."""

    pages: str | None = None
    """Address of the pages to which its stories link, without a slash at its end; None for none."""
    has_styles: bool = True
    """Whether elements may have a style of their own, which draws the charts."""


FILE = Place()
"""A file, or a message of a newsroom without pages."""
PAGES = Place(pages="", has_styles=False)
"""A page of the newsroom itself."""


def document(briefing: Briefing, zone: tzinfo, pages: str = "") -> str:
    """Return a briefing as one HTML file, whose stories link to pages if there are any."""
    return wrapped(title(briefing, zone), body(briefing, zone, Place(pages=pages or None)))


def wrapped(title: str, body: str) -> str:
    """Return a whole file around the body of a briefing."""
    return "\n".join(
        [
            "<!DOCTYPE html>",
            f'<html lang="{current()}">',
            "<head>",
            '<meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            '<meta name="color-scheme" content="light dark">',
            '<meta name="supported-color-schemes" content="light dark">',
            f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">',
            f"<title>{HTML.text(title)}</title>",
            f"<style>\n{with_severities(_STYLE)}\n</style>",
            f"<style>\n{with_severities(_DARK)}\n</style>",
            "</head>",
            "<body>",
            body,
            "</body>",
            "</html>",
            "",
        ]
    )


def body(briefing: Briefing, zone: tzinfo, place: Place = FILE) -> str:
    """Return a briefing as HTML that stands inside `<body>`."""
    return "\n".join(_body(briefing, zone, place))


_ELEMENTS = {
    "title": ("h1", ""),
    "name": ("h2", ""),
    "headline": ("h3", ""),
    "overview": ("p", ""),
    "excerpt": ("p", ""),
    "quiet": ("p", ""),
    "missing": ("p", ""),
    "note": ("p", "note"),
    "feed": ("p", "small"),
}
"""The element and class of each line; others are small paragraphs."""


def _body(briefing: Briefing, zone: tzinfo, place: Place) -> Iterator[str]:
    yield '<div class="page">'
    for section in sections(briefing, zone):
        box = "box" if section.kind in ("quiet", "missing") else ""
        if kind := section.story.state if section.story else box:
            yield f'<div class="{kind}">'
        for what, line in section.lines:
            if what == "chart" and section.watchlist:
                yield from _chart(section.watchlist, briefing, zone, place)
            else:
                yield _paragraph(what, line, section.story, place)
        if kind:
            yield "</div>"
    yield "</div>"


def _paragraph(kind: str, line: Line, story: BriefedStory | None, place: Place) -> str:
    content, lang = HTML.line(line), ""
    if story:
        lang = f' lang="{escape(story.lang)}"' if story.lang.isalpha() else ""
        if kind == "headline":
            content = _headline(line, story, lang)
        if kind == "about":
            content = f"{HTML.text(severity_name(story.severity))} · {content}{_page(story, place)}"
    element, style = _ELEMENTS.get(kind, ("p", "small"))
    attributes = (f' class="{style}"' if style else "") + (lang if kind == "excerpt" else "")
    return f"<{element}{attributes}>{content}</{element}>"


def _headline(line: Line, story: BriefedStory, lang: str) -> str:
    """Return the sign and the headline of a story, which links to its article."""
    (sign, role), *title = line
    headline, url = HTML.line(title), shown_url(story.url)
    rel = 'rel="noopener noreferrer"'  # not a message
    link = f'<a href="{escape(url)}" {rel}{lang}>{headline}</a>' if url else headline
    return f'<span class="{role}">{sign.strip()}</span> {link}'


def _page(story: BriefedStory, place: Place) -> str:
    """Return a link to the page of a story, its number if there is no link at all."""
    name = HTML.text(alert(story))
    if place.pages is not None:
        page = f"{place.pages}/alerts/{alert_number(story.alerts[0])}"
        return f' · <a href="{escape(page)}">{name}</a>'
    return "" if shown_url(story.url) else f" · {name}"


def _chart(
    watchlist: WatchlistBriefing, briefing: Briefing, zone: tzinfo, place: Place
) -> Iterator[str]:
    most = max(watchlist.chart)
    label = _(
        "{stories}, at most {count} in one bar",
        stories=stories(sum(watchlist.chart)), count=number(most),
    )  # fmt: skip
    role = f'role="img" aria-label="{escape(label)}"'
    if place.has_styles:
        yield from _bars(watchlist.chart, role, briefing, zone)
    else:
        yield f'<p class="bars" {role}>{chart(watchlist)}</p>'
    first, last = (_clock(at, zone) for at in (briefing.since, briefing.until))
    scale = _("{first} – {last}, highest bar {count}", first=first, last=last, count=number(most))
    yield f'<p class="small">{HTML.text(scale)}</p>'


def _bars(counts: Sequence[int], role: str, briefing: Briefing, zone: tzinfo) -> Iterator[str]:
    """Yield the bars as cells of a table, which mail programs show."""
    most, parts = max(counts), len(counts)
    width = (briefing.until - briefing.since) / parts
    starts = [briefing.since + n * width for n in range(parts)]
    yield f'<table class="chart" {role}>'
    yield f'<tr style="height:{BAR_PIXELS}px">'
    for count, start in zip(counts, starts, strict=True):
        said = escape(_("{name}: {text}", name=moment(start, zone), text=count))
        height = max(3, round(count / most * BAR_PIXELS)) if count else 0
        bar = f'<div class="bar" style="height:{height}px"></div>' if count else ""
        yield f'<td title="{said}" style="width:{100 / parts:.2f}%">{bar}</td>'
    yield "</tr></table>"


def _clock(at: float, zone: tzinfo) -> str:
    then = datetime.fromtimestamp(at, zone)
    return f"{weekday(then)} {then:%H:%M}"
