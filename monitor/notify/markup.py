"""Texts from feeds made harmless for those who show them: plain, Markdown, HTML."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from index.analysis.text_cleaning import line

BREAK = "\N{ZERO WIDTH SPACE}"
_MENTION = re.compile(r"@(?=[\w{(&!\[])|<(?=[!@#&/:])|(?<=\w)://(?=\S)")
_MARKDOWN = re.compile(r"([\\`*_\[\]<>#|~&])")


def plain(text: str) -> str:
    """Return clean text on one line that calls nobody: `@everyone`, `<!channel>` do not work.

    Addresses in it are broken too: what can be followed is only the link of the alert.
    """
    return _MENTION.sub(lambda found: _broken(found[0]), line(text))


def _broken(mark: str) -> str:
    return f":{BREAK}//" if mark == "://" else mark + BREAK


def markdown(text: str) -> str:
    """Return text of which no character is a sign of Markdown."""
    return _MARKDOWN.sub(r"\\\1", text)


@dataclass(frozen=True, slots=True)
class Flavour:
    """How a text is written for those who show it."""

    escape: Callable[[str], str]
    strong: tuple[str, str]
    lit: tuple[str, str]
    newline: str
    link: Callable[[str], str]

    def text(self, text: str) -> str:
        """Return a text from a feed."""
        return self.escape(plain(text))

    def bold(self, text: str) -> str:
        """Return a text from a feed in bold."""
        return f"{self.strong[0]}{self.text(text)}{self.strong[1]}"

    def with_lit(self, text: str, places: Iterable[tuple[int, int]]) -> str:
        """Return a text from a feed with some places lit."""
        parts, at = [], 0
        for start, end in sorted(places):
            if at <= start < end <= len(text):
                before, found = text[at:start], text[start:end]
                parts += [self._part(before), self.lit[0], self._part(found), self.lit[1]]
                at = end
        return "".join([*parts, self._part(text[at:])]).strip()

    def _part(self, text: str) -> str:
        """Return a piece of a line: the spaces at its ends stay."""
        inner = text.strip()
        if not inner:
            return " " if text else ""
        return f"{' ' * text[0].isspace()}{self.text(inner)}{' ' * text[-1].isspace()}"


PLAIN = Flavour(str, ("", ""), ("«", "»"), "\n", lambda url: url)
MARKDOWN = Flavour(markdown, ("**", "**"), ("**", "**"), "  \n", lambda url: f"<{url}>")
HTML = Flavour(
    html.escape,
    ("<b>", "</b>"),
    ("<mark>", "</mark>"),
    "<br>\n",
    lambda url: f'<a href="{html.escape(url)}">{html.escape(url)}</a>',
)
