"""The formats that texts from feeds are written in: how each escapes, emphasises and links."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Mapping

from msgspec import Struct

from monitor.base.text_cleaning import line as clean_line
from monitor.presentation.spans import Line

ZERO_WIDTH_SPACE = "\N{ZERO WIDTH SPACE}"
_MENTION = re.compile(
    r"@(?=[\w{(&!\[])|<(?=[!@#&/:])|//(?=\S)|\b(?:www\.|mailto:)(?=\w)", re.IGNORECASE
)
_MARKDOWN = re.compile(r"([\\`*_\[\]()<>#|~&!])")


def plain(text: str) -> str:
    """Return clean text on one line in which mentions such as `@everyone` have no effect.

    Addresses in it are broken too, so that only the link of the alert can be followed.
    """
    return _MENTION.sub(lambda mention: _broken(mention[0]), clean_line(text))


def _broken(mark: str) -> str:
    return f"/{ZERO_WIDTH_SPACE}/" if mark == "//" else mark + ZERO_WIDTH_SPACE


def markdown(text: str) -> str:
    """Return text with the characters of Markdown escaped."""
    return _MARKDOWN.sub(r"\\\1", text)


class Markup(Struct, frozen=True):
    """A format of messages: how it escapes, emphasises and links."""

    escape: Callable[[str], str]
    marks: Mapping[str, tuple[str, str]]
    """What stands around text of a role."""
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
    markdown, dict.fromkeys(("hit", "list"), ("**", "**")), "  \n", lambda url: f"<{url}>"
)
HTML = Markup(
    html.escape,
    {"hit": ("<mark>", "</mark>"), "list": ("<b>", "</b>")},
    "<br>\n",
    lambda url: f'<a href="{html.escape(url)}">{html.escape(url)}</a>',
)
