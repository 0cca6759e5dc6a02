"""A briefing as plain text and as Markdown. What feeds wrote is escaped everywhere."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import tzinfo

from monitor.base.formatting import alert_number, alert_page
from monitor.base.text_cleaning import shown_url
from monitor.base.translation import gettext as _
from monitor.delivery.export.markup import MARKDOWN, PLAIN, ZERO_WIDTH_SPACE
from monitor.model.briefing import BriefedStory, Briefing
from monitor.presentation.briefing import Section, alert, sections
from monitor.presentation.spans import Line

_LEADING = re.compile(r"^(\d*)([-+=.)])")
"""What makes a list or a heading of a line of Markdown."""
_MARGINS = {"title": "", "overview": "", "name": "== ", "headline": "", "quiet": "", "missing": ""}
"""Before the lines of plain text; before others two spaces."""

MESSAGE_BREAK = "\N{NARROW NO-BREAK SPACE}"
"""Breaks addresses and mentions where programs would make links of them; it can be seen."""


def plain_text(briefing: Briefing, zone: tzinfo, *, broken_by: str = "", pages: str = "") -> str:
    """Return a briefing as plain text, an empty line between two blocks.

    Args:
        briefing: The briefing.
        zone: The time zone.
        broken_by: What breaks addresses and mentions; nothing on a terminal.
        pages: Address of the pages to which its stories link; empty for none.
    """
    blocks = ("\n".join(_plain(section, pages)) for section in sections(briefing, zone))
    return ("\n\n".join(blocks) + "\n").replace(ZERO_WIDTH_SPACE, broken_by)


def _plain(section: Section, pages: str) -> Iterator[str]:
    for kind, line in section.lines:
        yield _MARGINS.get(kind, "  ") + PLAIN.line(line)
    if story := section.story:
        url, page = shown_url(story.url), alert_page(pages, story.alerts[0])
        yield f"  {url or page or alert(story)}"
        if page and url:
            yield f"  {_('{name}: {text}', name=alert(story), text=page)}"


def markdown(briefing: Briefing, zone: tzinfo, pages: str = "") -> str:
    """Return a briefing as Markdown, an empty line between two blocks."""
    return "\n\n".join(_markdown(section, pages) for section in sections(briefing, zone)) + "\n"


def _markdown(section: Section, pages: str) -> str:
    if section.story:
        return _markdown_story(section.story, section.lines, pages)
    first, *others = (
        f"`{line[0][0]}`" if kind == "chart" else _opening(MARKDOWN.line(line))
        for kind, line in section.lines
    )
    match section.kind:
        case "title":
            return f"# {first}"
        case "watchlist":
            return f"## {first}\n\n{MARKDOWN.newline.join(others)}"
        case "missing":
            return "\n".join([f"**{first}**\n", *(f"- {feed}" for feed in others)])
    return MARKDOWN.newline.join([first, *others])


def _markdown_story(story: BriefedStory, lines: list[tuple[str, Line]], pages: str) -> str:
    (_kind, (sign, *title)), *others = lines
    headline, url = MARKDOWN.line(title), shown_url(story.url)
    link = f"[{headline}](<{url}>)" if url else f"{headline} ({alert_number(story.alerts[0])})"
    parts = [f"- {sign[0]}{link}", *(_opening(MARKDOWN.line(line)) for _kind, line in others)]
    if page := alert_page(pages, story.alerts[0]):
        parts.append(f"[{MARKDOWN.text(alert(story))}](<{page}>)")
    return f"{MARKDOWN.newline}  ".join(parts)


def _opening(text: str) -> str:
    """Return escaped text that begins neither a list nor a heading."""
    return _LEADING.sub(r"\1\\\2", text)
