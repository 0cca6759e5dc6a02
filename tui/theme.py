"""Inks: names for what words mean, and the style that each theme gives them."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from rich.style import Style

from tui.looks import TERMINAL, THEMES

__all__ = ["THEMES", "choice", "in_words", "inks"]

_INKS = {
    "plain": "foreground",
    "quiet": "quiet",
    "title": "foreground bold",
    "accent": "accent",
    "brand": "accent reverse bold",
    "list": "primary",
    "link": "secondary underline",
    "copies": "secondary",
    "bar": "accent bold",
    "key": "accent bold",
    "high": "error bold",
    "medium": "primary",
    "low": "quiet",
    "ok": "success",
    "late": "warning",
    "bad": "error bold",
    "new": "accent bold",
    "star": "accent bold",
    "gone": "error strike",
    "came": "primary bold",
    "hit": "foreground on hit bold underline",
    "hit-now": "background on accent bold underline",
    "alarm": "background on error bold",
    "cursor": "foreground on cursor bold",
    "cursor-idle": "foreground on cursor-idle",
}
"""Each ink in words: a colour of the theme, perhaps a ground, perhaps a style."""

_WITHOUT_GROUNDS = {
    "quiet": "quiet dim",
    "list": "primary bold",
    "hit": "foreground bold underline",
    "hit-now": "accent bold reverse",
    "alarm": "error bold reverse",
    "cursor": "foreground bold reverse",
    "cursor-idle": "foreground underline",
}
"""The same on a terminal's own ground, whose colour nobody knows: styles carry the meaning."""


@lru_cache(len(THEMES))
def inks(theme: str) -> Mapping[str, Style]:
    """Return the inks of one of our themes, by its name."""
    look = next(own for own in THEMES if own.name == theme)
    colours = {**vars(look), **look.variables}

    def style(words: str) -> Style:
        named = (str(colours.get(word, word)) for word in words.split())
        return Style.parse(" ".join(name.removeprefix("ansi_") for name in named))

    meant = _INKS | _WITHOUT_GROUNDS if look.ansi else _INKS
    return {name: style(words) for name, words in meant.items()}


def choice(asked: str | None, remembered: str | None, *, few_colours: bool) -> str:
    """Return the name of the theme to begin with.

    What was asked for now goes before what was chosen last time; a terminal of few colours
    or none gets its own, since ours would be mapped to whatever is near.
    """
    names = {own.name for own in THEMES}
    if few_colours:
        return TERMINAL.name
    return next((name for name in (asked, remembered) if name in names), THEMES[0].name)


def in_words(theme: str) -> str:
    """Return what people call a theme: `dark`."""
    return theme.removeprefix("tocsin-")
