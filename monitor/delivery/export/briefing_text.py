"""A briefing as plain text and as Markdown. What feeds wrote is escaped everywhere."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import tzinfo
from typing import TYPE_CHECKING

from monitor.base import signs
from monitor.base.formatting import alert_number, alert_page, shown_title
from monitor.base.text_cleaning import lines, shown_url
from monitor.base.translation import gettext as _
from monitor.delivery.export import briefing_words as words
from monitor.delivery.export.markup import MARKDOWN, PLAIN, ZERO_WIDTH_SPACE
from monitor.model.severity import SEVERITY_SIGNS

if TYPE_CHECKING:
    from monitor.model.briefing import BriefedStory, Briefing, LitText, WatchlistBriefing

_LEADING = re.compile(r"^(\d*)([-+=.)])")
"""What makes a list or a heading of a line of Markdown."""


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
    text = "\n\n".join(_plain_blocks(briefing, zone, pages)) + "\n"
    return text.replace(ZERO_WIDTH_SPACE, broken_by)


def markdown(briefing: Briefing, zone: tzinfo, pages: str = "") -> str:
    """Return a briefing as Markdown, an empty line between two blocks."""
    return "\n\n".join(_markdown_blocks(briefing, zone, pages)) + "\n"


def _plain_blocks(briefing: Briefing, zone: tzinfo, pages: str) -> Iterator[str]:
    yield _plain(words.title(briefing, zone))
    yield "\n".join(map(_plain, words.overview(briefing, zone)))
    for watchlist in words.listed(briefing):
        yield "\n".join(_plain_heading(watchlist))
        for story in watchlist.stories:
            yield "\n".join(_plain_story(story, watchlist.name, briefing, zone, pages))
    if quiet := words.quiet(briefing):
        yield _("Nothing new: {watchlists}", watchlists=_plain(quiet))
    if briefing.troubled:
        yield "\n".join(
            [
                f"{words.missing(briefing)}",
                *(
                    f"  {_('{feed}: {reason}', feed=_plain(names), reason=_plain(what))}"
                    for what, names in words.feeds(briefing)
                ),
            ]
        )


def _plain_heading(watchlist: WatchlistBriefing) -> Iterator[str]:
    counts = f"{words.counts(watchlist)}  {words.chart(watchlist)}".rstrip()
    yield f"== {_plain(watchlist.name)} · {counts}"
    if watchlist.missed:
        yield f"   {_plain(words.missed(watchlist))}"


def _plain_story(
    story: BriefedStory, under: str, briefing: Briefing, zone: tzinfo, pages: str
) -> Iterator[str]:
    yield f"{SEVERITY_SIGNS[story.severity]} {shown_title(_plain_lit(story.headline))}"
    about = [words.about(story, zone, briefing.until), words.remarks(story, under)]
    yield f"  {_plain(' · '.join(filter(None, about)))}"
    if excerpt := _plain_lit(story.excerpt):
        yield f"  {excerpt}"
    for sign, others in words.other_outlets(story):
        yield f"  {sign} {_plain(others)}"
    if story.escalations:
        yield f"  {signs.ESCALATED} {_plain(', '.join(story.escalations))}"
    for note in story.notes:
        yield from (f"  {signs.NOTE} {_plain(paragraph)}" for paragraph in lines(note).splitlines())
    page = alert_page(pages, story.alerts[0])
    yield f"  {shown_url(story.url) or page or words.alert(story)}"
    if page and shown_url(story.url):
        yield f"  {_('{name}: {text}', name=words.alert(story), text=page)}"


def _plain_lit(text: LitText) -> str:
    return PLAIN.highlighted(text.text, text.spans)


def _plain(text: str) -> str:
    return PLAIN.text(text)


def _markdown_blocks(briefing: Briefing, zone: tzinfo, pages: str) -> Iterator[str]:
    yield f"# {_text(words.title(briefing, zone))}"
    yield MARKDOWN.newline.join(_text(sentence) for sentence in words.overview(briefing, zone))
    for watchlist in words.listed(briefing):
        yield "\n".join(_markdown_heading(watchlist))
        for story in watchlist.stories:
            yield "\n".join(_markdown_story(story, watchlist.name, briefing, zone, pages))
    if quiet := words.quiet(briefing):
        yield _("{name}: {text}", name=words.nothing_new(), text=_text(quiet))
    if briefing.troubled:
        rows = [
            f"- {_('{feed}: {reason}', feed=MARKDOWN.bold(names), reason=_text(what))}"
            for what, names in words.feeds(briefing)
        ]
        yield "\n".join([f"**{_text(words.missing(briefing))}**\n", *rows])


def _markdown_heading(watchlist: WatchlistBriefing) -> Iterator[str]:
    yield f"## {_text(watchlist.name)}"
    yield ""
    chart = words.chart(watchlist)
    yield _text(words.counts(watchlist)) + (f" `{chart}`" if chart else "")
    if watchlist.missed:
        yield ""
        yield f"*{_text(words.missed(watchlist))}*"


def _markdown_story(
    story: BriefedStory, under: str, briefing: Briefing, zone: tzinfo, pages: str
) -> Iterator[str]:
    headline = shown_title(MARKDOWN.highlighted(story.headline.text, story.headline.spans))
    url = shown_url(story.url)
    link = f"[{headline}](<{url}>)" if url else f"{headline} ({alert_number(story.alerts[0])})"
    parts = [f"- {SEVERITY_SIGNS[story.severity]} {link}"]
    about = [words.about(story, zone, briefing.until), words.remarks(story, under)]
    parts.append(_text(" · ".join(filter(None, about))))
    if excerpt := MARKDOWN.highlighted(story.excerpt.text, story.excerpt.spans):
        parts.append(_opening(excerpt))
    parts += [f"{sign} {_text(others)}" for sign, others in words.other_outlets(story)]
    if story.escalations:
        parts.append(f"{signs.ESCALATED} {_text(', '.join(story.escalations))}")
    for note in story.notes:
        parts += [f"{signs.NOTE} {_text(paragraph)}" for paragraph in lines(note).splitlines()]
    if page := alert_page(pages, story.alerts[0]):
        parts.append(f"[{_text(words.alert(story))}](<{page}>)")
    yield f"{MARKDOWN.newline}  ".join(parts)


def _text(text: str) -> str:
    return _opening(MARKDOWN.text(text))


def _opening(text: str) -> str:
    """Return escaped text that begins neither a list nor a heading."""
    return _LEADING.sub(r"\1\\\2", text)
