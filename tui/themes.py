"""The colours of each theme, and the styles that they give to what words mean."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from rich.style import Style
from textual.theme import Theme


def _scrollbars(thumb: str, hover: str, active: str, ground: str) -> dict[str, str]:
    return {
        "scrollbar": thumb,
        "scrollbar-hover": hover,
        "scrollbar-active": active,
        "scrollbar-background": ground,
        "scrollbar-background-hover": ground,
        "scrollbar-background-active": ground,
        "scrollbar-corner-color": ground,
    }


DARK = Theme(
    name="tocsin-dark",
    dark=True,
    primary="#6cb6ff",
    secondary="#9ab4d0",
    accent="#ffcf80",
    warning="#ffcf80",
    error="#ff8a4c",
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
        "rule": "#66788a",
        **_scrollbars("#66788a", "#8496a8", "#6cb6ff", "#0f141b"),
    },
)

LIGHT = Theme(
    name="tocsin-light",
    dark=False,
    primary="#0a5cad",
    secondary="#3f5872",
    accent="#865700",
    warning="#865700",
    error="#8c1c00",
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
        "rule": "#827f76",
        **_scrollbars("#827f76", "#6a675f", "#0a5cad", "#fbfaf7"),
    },
)

CONTRAST = Theme(
    name="tocsin-contrast",
    dark=True,
    primary="#8ac8ff",
    secondary="#c0d8f0",
    accent="#ffe08a",
    warning="#ffe08a",
    error="#ffab7d",
    success="#8ac8ff",
    foreground="#ffffff",
    background="#000000",
    surface="#000000",
    panel="#10151a",
    variables={
        "quiet": "#c8d0d8",
        "cursor": "#0b3050",
        "cursor-idle": "#1a2026",
        "hit": "#4a3000",
        "rule": "#8c98a4",
        **_scrollbars("#8c98a4", "#c8d0d8", "#8ac8ff", "#000000"),
    },
)

TERMINAL = Theme(
    name="tocsin-terminal",
    ansi=True,
    primary="ansi_default",
    secondary="ansi_default",
    accent="ansi_magenta",
    warning="ansi_magenta",
    error="ansi_red",
    success="ansi_default",
    foreground="ansi_default",
    background="ansi_default",
    surface="ansi_default",
    panel="ansi_default",
    variables={
        "quiet": "ansi_default",
        "cursor": "ansi_default",
        "cursor-idle": "ansi_default",
        "hit": "ansi_default",
        "rule": "ansi_default",
        "ansi-background": "ansi_black",
        "ansi-foreground": "ansi_white",
        **_scrollbars("ansi_default", "ansi_default", "ansi_default", "ansi_default"),
    },
)
"""The terminal's own ground and ink, dark or light as they are; red and magenta read on both."""

THEMES = (DARK, LIGHT, CONTRAST, TERMINAL)


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
