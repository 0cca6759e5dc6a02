"""Two themes in blue and orange, told apart by every kind of colour vision.

Every ink keeps a contrast of 4.5 with its ground (WCAG 2.2 AA); a test measures it.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from rich.style import Style
from textual.theme import Theme

DARK = Theme(
    name="tocsin-dark",
    dark=True,
    primary="#6cb6ff",
    secondary="#9ab4d0",
    accent="#ffb454",
    warning="#ffb454",
    error="#ff8f40",
    success="#6cb6ff",
    foreground="#d8dee9",
    background="#0f141b",
    surface="#0f141b",
    panel="#1b2530",
    variables={
        "quiet": "#9aa7b8",
        "cursor": "#1f3a56",
        "cursor-idle": "#1d2733",
        "hit": "#5b4220",
        "rule": "#33414f",
        "scrollbar": "#33414f",
        "scrollbar-hover": "#4a5d70",
        "scrollbar-active": "#6cb6ff",
        "scrollbar-background": "#0f141b",
        "scrollbar-background-hover": "#0f141b",
        "scrollbar-background-active": "#0f141b",
        "scrollbar-corner-color": "#0f141b",
    },
)

LIGHT = Theme(
    name="tocsin-light",
    dark=False,
    primary="#0a5cad",
    secondary="#3f5872",
    accent="#9a4a00",
    warning="#9a4a00",
    error="#b03a00",
    success="#0a5cad",
    foreground="#1d2733",
    background="#fbfaf7",
    surface="#fbfaf7",
    panel="#ebe8e1",
    variables={
        "quiet": "#55606c",
        "cursor": "#cfe3f8",
        "cursor-idle": "#ece9e2",
        "hit": "#ffe6bd",
        "rule": "#c4c0b6",
        "scrollbar": "#c4c0b6",
        "scrollbar-hover": "#a5a196",
        "scrollbar-active": "#0a5cad",
        "scrollbar-background": "#fbfaf7",
        "scrollbar-background-hover": "#fbfaf7",
        "scrollbar-background-active": "#fbfaf7",
        "scrollbar-corner-color": "#fbfaf7",
    },
)

THEMES = (DARK, LIGHT)

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
    "hit": "foreground on hit bold underline",
    "hit-now": "background on accent bold underline",
    "cursor": "foreground on cursor bold",
    "cursor-idle": "foreground on cursor-idle",
}
"""Each ink in words: a colour of the theme, perhaps a ground, perhaps a style."""


@lru_cache(4)
def inks(theme: str) -> Mapping[str, Style]:
    """Return the inks of one of our themes, by its name."""
    look = next(own for own in THEMES if own.name == theme)
    colours = {**vars(look), **look.variables}

    def style(words: str) -> Style:
        return Style.parse(" ".join(str(colours.get(word, word)) for word in words.split()))

    return {name: style(words) for name, words in _INKS.items()}
