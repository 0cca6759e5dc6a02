"""A briefing as plain text, Markdown and HTML, and the rules of these formats.

What feeds wrote is escaped everywhere. The HTML is one file for browsers and mail programs, without
scripts and pictures. Mail programs ignore much of CSS: what matters stands in the order of the
text; colours and widths are in two `<style>`, the second for dark screens, because some drop a
`<style>` with a condition.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, tzinfo
from html import escape

from msgspec import Struct

from monitor.base.formatting import alert_number, alert_page, stories, weekday
from monitor.base.text_cleaning import line as clean_line, shown_url
from monitor.base.translation import current, gettext as _, number
from monitor.model.briefing import BriefedStory, Briefing, WatchlistBriefing
from monitor.model.shown_names import severity_name
from monitor.presentation.briefing import Section, alert, chart, sections, title
from monitor.presentation.severity import with_severities
from monitor.presentation.spans import Line

ZERO_WIDTH_SPACE = "\N{ZERO WIDTH SPACE}"
_MENTION = re.compile(
    r"@(?=[\w{(&!\[])|<(?=[!@#&/:])|//(?=\S)|\b(?:www\.|mailto:)(?=\w)", re.IGNORECASE
)
_MARKDOWN_SIGNS = re.compile(r"([\\`*_\[\]()<>#|~&!])")


def plain(text: str) -> str:
    """Return clean text on one line in which mentions such as `@everyone` have no effect.

    Addresses in it are broken too, so that only the link of the alert can be followed.
    """
    return _MENTION.sub(lambda mention: _broken(mention[0]), clean_line(text))


def _broken(mark: str) -> str:
    return f"/{ZERO_WIDTH_SPACE}/" if mark == "//" else mark + ZERO_WIDTH_SPACE


def escape_markdown(text: str) -> str:
    """Return text with the characters of Markdown escaped."""
    return _MARKDOWN_SIGNS.sub(r"\\\1", text)


class Markup(Struct, frozen=True):
    """A format of messages: how it escapes, emphasises and links."""

    escape: Callable[[str], str]
    marks: Mapping[str, tuple[str, str]]
    """The marks around text of each role."""
    newline: str
    link: Callable[[str], str]

    def text(self, text: str) -> str:
        """Return a text from a feed, escaped."""
        return self.escape(plain(text))

    def line(self, line: Line) -> str:
        """Return a line of marked text, escaped."""
        return "".join(self._run(text, role) for text, role in line).strip()

    def _run(self, text: str, role: str) -> str:
        """Return a part of a line, with the spaces at its ends."""
        inner = text.strip()
        if not inner:
            return " " if text else ""
        before, after = self.marks.get(role, ("", ""))
        spaces = " " * text[0].isspace(), " " * text[-1].isspace()
        return f"{spaces[0]}{before}{self.text(inner)}{after}{spaces[1]}"


PLAIN = Markup(str, {"hit": ("«", "»")}, "\n", lambda url: url)
MARKDOWN = Markup(
    escape_markdown, dict.fromkeys(("hit", "list"), ("**", "**")), "  \n", lambda url: f"<{url}>"
)
HTML = Markup(
    escape,
    {"hit": ("<mark>", "</mark>"), "list": ("<b>", "</b>")},
    "<br>\n",
    lambda url: f'<a href="{escape(url)}">{escape(url)}</a>',
)


_LEADING = re.compile(r"^(\d*)([-+=.)])")
"""Beginning of a line that Markdown reads as a list or a heading."""
_MARGINS = {"title": "", "overview": "", "name": "== ", "headline": "", "quiet": "", "missing": ""}
"""Margins of the lines of plain text, by kind; others have two spaces."""

MESSAGE_BREAK = "\N{NARROW NO-BREAK SPACE}"
"""Breaks addresses and mentions where programs would make links of them; it can be seen."""


def plain_text(briefing: Briefing, zone: tzinfo, *, broken_by: str = "", pages: str = "") -> str:
    """Return a briefing as plain text, an empty line between two blocks.

    Args:
        briefing: The briefing.
        zone: The time zone.
        broken_by: Character that breaks addresses and mentions; empty on a terminal.
        pages: Address of the pages to which its stories link; empty for none.
    """
    blocks = ("\n".join(_plain(section, pages)) for section in sections(briefing, zone))
    return ("\n\n".join(blocks) + "\n").replace(ZERO_WIDTH_SPACE, broken_by)


def _plain(section: Section, pages: str) -> Iterator[str]:
    for kind, line in section.lines:
        yield _MARGINS.get(kind, "  ") + PLAIN.line(line)
    if story := section.story:
        url, page = shown_url(story.lead.url), alert_page(pages, story.alerts[0].id)
        yield f"  {url or page or alert(story)}"
        if page and url:
            yield f"  {_('{name}: {text}', name=alert(story), text=page)}"


def markdown(briefing: Briefing, zone: tzinfo, pages: str = "") -> str:
    """Return a briefing as Markdown, an empty line between two blocks."""
    return "\n\n".join(_markdown(section, pages) for section in sections(briefing, zone)) + "\n"


def _markdown(section: Section, pages: str) -> str:
    if section.story:
        return _markdown_story(section.story, section.lines, pages)
    first, *following = (
        f"`{line[0][0]}`" if kind == "chart" else _opening(MARKDOWN.line(line))
        for kind, line in section.lines
    )
    match section.kind:
        case "title":
            return f"# {first}"
        case "watchlist":
            return f"## {first}\n\n{MARKDOWN.newline.join(following)}".rstrip()
        case "missing":
            return "\n".join([f"**{first}**\n", *(f"- {feed}" for feed in following)])
    return MARKDOWN.newline.join([first, *following])


def _markdown_story(story: BriefedStory, lines: list[tuple[str, Line]], pages: str) -> str:
    (_kind, (sign, *title)), *following = lines
    headline, url = MARKDOWN.line(title), shown_url(story.lead.url)
    link = f"[{headline}](<{url}>)" if url else f"{headline} ({alert_number(story.alerts[0].id)})"
    parts = [f"- {sign[0]}{link}", *(_opening(MARKDOWN.line(line)) for _kind, line in following)]
    if page := alert_page(pages, story.alerts[0].id):
        parts.append(f"[{MARKDOWN.text(alert(story))}](<{page}>)")
    return f"{MARKDOWN.newline}  ".join(parts)


def _opening(text: str) -> str:
    """Return escaped text that begins neither a list nor a heading."""
    return _LEADING.sub(r"\1\\\2", text)


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
.bars { font-family: ui-monospace, Menlo, Consolas, "DejaVu Sans Mono", monospace;
  line-height: 1.2; }
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
}
""".strip()


def document(briefing: Briefing, zone: tzinfo, pages: str = "") -> str:
    """Return a briefing as one HTML file, whose stories link to pages if there are any."""
    return wrapped(title(briefing, zone), body(briefing, zone, pages or None))


def wrapped(title: str, body: str) -> str:
    """Return a whole file around the body of a briefing."""
    return f"""<!DOCTYPE html>
<html lang="{current()}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="supported-color-schemes" content="light dark">
<meta http-equiv="Content-Security-Policy" content="{_POLICY}">
<title>{HTML.text(title)}</title>
<style>
{with_severities(_STYLE)}
</style>
<style>
{with_severities(_DARK)}
</style>
</head>
<body>
{body}
</body>
</html>
"""


def body(briefing: Briefing, zone: tzinfo, pages: str | None = None) -> str:
    """Return a briefing as HTML that stands inside `<body>`.

    `pages` is the address of the pages to which its stories link, without a slash at its end;
    empty on a page of the newsroom itself, None if there are none.
    """
    return "\n".join(_body(briefing, zone, pages))


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


def _body(briefing: Briefing, zone: tzinfo, pages: str | None) -> Iterator[str]:
    yield '<div class="page">'
    for section in sections(briefing, zone):
        box = "box" if section.kind in ("quiet", "missing") else ""
        if style := section.story.state if section.story else box:
            yield f'<div class="{style}">'
        for kind, line in section.lines:
            if kind == "chart" and section.watchlist:
                yield from _chart(section.watchlist, briefing, zone)
            else:
                yield _paragraph(kind, line, section.story, pages)
        if style:
            yield "</div>"
    yield "</div>"


def _paragraph(kind: str, line: Line, story: BriefedStory | None, pages: str | None) -> str:
    content, lang = HTML.line(line), ""
    if story:
        lang = f' lang="{escape(story.lead.lang)}"' if story.lead.lang.isalpha() else ""
        if kind == "headline":
            content = _headline(line, story, lang)
        if kind == "about":
            content = f"{HTML.text(severity_name(story.severity))} · {content}{_page(story, pages)}"
    element, style = _ELEMENTS.get(kind, ("p", "small"))
    attributes = (f' class="{style}"' if style else "") + (lang if kind == "excerpt" else "")
    return f"<{element}{attributes}>{content}</{element}>"


def _headline(line: Line, story: BriefedStory, lang: str) -> str:
    """Return the sign and the headline of a story, which links to its article."""
    (sign, role), *title = line
    headline, url = HTML.line(title), shown_url(story.lead.url)
    rel = 'rel="noopener noreferrer"'  # not a message
    link = f'<a href="{escape(url)}" {rel}{lang}>{headline}</a>' if url else headline
    return f'<span class="{role}">{sign.strip()}</span> {link}'


def _page(story: BriefedStory, pages: str | None) -> str:
    """Return a link to the page of a story, its number if there is no link at all."""
    name = HTML.text(alert(story))
    if pages is not None:
        page = f"{pages}/alerts/{alert_number(story.alerts[0].id)}"
        return f' · <a href="{escape(page)}">{name}</a>'
    return "" if shown_url(story.lead.url) else f" · {name}"


def _chart(watchlist: WatchlistBriefing, briefing: Briefing, zone: tzinfo) -> Iterator[str]:
    peak = max(watchlist.chart)
    label = _(
        "{stories}, at most {count} in one bar",
        stories=stories(sum(watchlist.chart)), count=number(peak),
    )  # fmt: skip
    yield f'<p class="bars" role="img" aria-label="{escape(label)}">{chart(watchlist)}</p>'
    first, last = (_clock(time, zone) for time in (briefing.since, briefing.until))
    scale = _("{first} – {last}, highest bar {count}", first=first, last=last, count=number(peak))
    yield f'<p class="small">{HTML.text(scale)}</p>'


def _clock(timestamp: float, zone: tzinfo) -> str:
    local = datetime.fromtimestamp(timestamp, zone)
    return f"{weekday(local)} {local:%H:%M}"
