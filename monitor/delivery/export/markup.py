"""The formats that texts from feeds are written in: how each escapes, emphasises and links."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterable

from msgspec import Struct

from monitor.base.text_cleaning import line

ZERO_WIDTH_SPACE = "\N{ZERO WIDTH SPACE}"
_MENTION = re.compile(
    r"@(?=[\w{(&!\[])|<(?=[!@#&/:])|//(?=\S)|\b(?:www\.|mailto:)(?=\w)", re.IGNORECASE
)
_MARKDOWN = re.compile(r"([\\`*_\[\]()<>#|~&!])")


def plain(text: str) -> str:
    """Return clean text on one line in which mentions such as `@everyone` have no effect.

    Addresses in it are broken too, so that only the link of the alert can be followed.
    """
    return _MENTION.sub(lambda mention: _broken(mention[0]), line(text))


def _broken(mark: str) -> str:
    return f"/{ZERO_WIDTH_SPACE}/" if mark == "//" else mark + ZERO_WIDTH_SPACE


def markdown(text: str) -> str:
    """Return text with the characters of Markdown escaped."""
    return _MARKDOWN.sub(r"\\\1", text)


class Markup(Struct, frozen=True):
    """A format of messages: how it escapes, emphasises and links."""

    escape: Callable[[str], str]
    strong: tuple[str, str]
    lit: tuple[str, str]
    newline: str
    link: Callable[[str], str]

    def text(self, text: str) -> str:
        """Return a text from a feed, escaped."""
        return self.escape(plain(text))

    def bold(self, text: str) -> str:
        """Return a text from a feed in bold."""
        return f"{self.strong[0]}{self.text(text)}{self.strong[1]}"

    def highlighted(self, text: str, spans: Iterable[tuple[int, int]]) -> str:
        """Return a text from a feed with spans highlighted."""
        parts, at = [], 0
        for start, end in sorted(spans):
            if at <= start < end <= len(text):
                before, match = text[at:start], text[start:end]
                parts += [self._part(before), self.lit[0], self._part(match), self.lit[1]]
                at = end
        return "".join([*parts, self._part(text[at:])]).strip()

    def _part(self, text: str) -> str:
        """Return a part of a line, with the spaces at its ends."""
        inner = text.strip()
        if not inner:
            return " " if text else ""
        return f"{' ' * text[0].isspace()}{self.text(inner)}{' ' * text[-1].isspace()}"


PLAIN = Markup(str, ("", ""), ("«", "»"), "\n", lambda url: url)
MARKDOWN = Markup(markdown, ("**", "**"), ("**", "**"), "  \n", lambda url: f"<{url}>")
HTML = Markup(
    html.escape,
    ("<b>", "</b>"),
    ("<mark>", "</mark>"),
    "<br>\n",
    lambda url: f'<a href="{html.escape(url)}">{html.escape(url)}</a>',
)
