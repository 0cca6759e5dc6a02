"""The themes: their colours, and the style of each kind of text (`high`, `quiet`, `cursor`)."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from rich.style import Style
from textual.theme import Theme

from monitor.base.translation import mark_all, pgettext
from monitor.presentation.spans import SEVERITY_COLOURS

HIGH, MEDIUM, LOW = SEVERITY_COLOURS.values()


def _scrollbars(thumb: str, hover: str, active: str, background: str) -> dict[str, str]:
    return {
        "scrollbar": thumb,
        "scrollbar-hover": hover,
        "scrollbar-active": active,
        "scrollbar-background": background,
        "scrollbar-background-hover": background,
        "scrollbar-background-active": background,
        "scrollbar-corner-color": background,
    }


DARK = Theme(
    name="tocsin-dark",
    dark=True,
    primary=MEDIUM.dark,
    secondary="#9ab4d0",
    accent="#ffcf80",
    warning="#ffcf80",
    error=HIGH.dark,
    success="#6cb6ff",
    foreground="#d8dee9",
    background="#0f141b",
    surface="#0f141b",
    panel="#1b2530",
    variables={
        "quiet": LOW.dark,
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
    primary=MEDIUM.light,
    secondary="#3f5872",
    accent="#865700",
    warning="#865700",
    error=HIGH.light,
    success="#0a5cad",
    foreground="#1d2733",
    background="#fbfaf7",
    surface="#fbfaf7",
    panel="#ebe8e1",
    variables={
        "quiet": LOW.light,
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
    primary=MEDIUM.contrast,
    secondary="#c0d8f0",
    accent="#ffe08a",
    warning="#ffe08a",
    error=HIGH.contrast,
    success="#8ac8ff",
    foreground="#ffffff",
    background="#000000",
    surface="#000000",
    panel="#10151a",
    variables={
        "quiet": LOW.contrast,
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
    primary=f"ansi_{MEDIUM.terminal}",
    secondary="ansi_default",
    accent="ansi_magenta",
    warning="ansi_magenta",
    error=f"ansi_{HIGH.terminal}",
    success="ansi_default",
    foreground="ansi_default",
    background="ansi_default",
    surface="ansi_default",
    panel="ansi_default",
    variables={
        "quiet": f"ansi_{LOW.terminal}",
        "cursor": "ansi_default",
        "cursor-idle": "ansi_default",
        "hit": "ansi_default",
        "rule": "ansi_default",
        "ansi-background": "ansi_black",
        "ansi-foreground": "ansi_white",
        **_scrollbars("ansi_default", "ansi_default", "ansi_default", "ansi_default"),
    },
)
"""The terminal's own colours, dark or light; red and magenta can be read on both."""

THEMES = (DARK, LIGHT, CONTRAST, TERMINAL)
_LABELS = dict(
    zip(
        (theme.name for theme in THEMES),
        mark_all("theme", "dark", "light", "contrast", "terminal"),
        strict=True,
    )
)


_STYLES = {
    "plain": "foreground",
    "quiet": "quiet",
    "title": "foreground bold",
    "accent": "accent",
    "brand": "accent reverse bold",
    "heading": "primary",
    "list": "primary",
    "link": "secondary underline",
    "copies": "secondary",
    "note": "secondary",
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
"""Each role of a text: a colour of the theme, perhaps a background, perhaps attributes."""

_TERMINAL_STYLES = {
    "quiet": "quiet dim",
    "heading": "primary bold",
    "list": "primary bold",
    "hit": "foreground bold underline",
    "hit-now": "accent bold reverse",
    "alarm": "error bold reverse",
    "cursor": "foreground bold reverse",
    "cursor-idle": "foreground underline",
}
"""The styles that differ where the background's colour is unknown: attributes carry the meaning."""


@lru_cache(len(THEMES))
def styles(theme: str) -> Mapping[str, Style]:
    """Return the Rich style of each style name in one of our themes."""
    found = next(ours for ours in THEMES if ours.name == theme)
    colours = {**vars(found), **found.variables}

    def parse(definition: str) -> Style:
        words = (str(colours.get(word, word)) for word in definition.split())
        return Style.parse(" ".join(word.removeprefix("ansi_") for word in words))

    definitions = _STYLES | _TERMINAL_STYLES if found.ansi else _STYLES
    return {name: parse(definition) for name, definition in definitions.items()}


def initial_theme(requested: str | None, remembered: str | None, *, few_colours: bool) -> str:
    """Return the name of the theme to start with: the requested, the remembered, or the first.

    A terminal of few colours gets the theme of its own colours: it would replace ours by
    similar ones.
    """
    names = {ours.name for ours in THEMES}
    if few_colours:
        return TERMINAL.name
    return next((name for name in (requested, remembered) if name in names), THEMES[0].name)


def theme_label(theme: str) -> str:
    """Return the short name of a theme: `dark`."""
    return pgettext("theme", _LABELS[theme])
