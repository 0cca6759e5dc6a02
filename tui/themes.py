"""The themes: their colours, and the style of each kind of text (`high`, `quiet`, `cursor`)."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from rich.style import Style
from textual.theme import Theme

from monitor.base.translation import mark_all, pgettext
from monitor.presentation.severity import SEVERITY_COLOURS

_LOOKS = mark_all("theme", "dark", "light", "contrast", "terminal")
HIGH, MEDIUM, LOW = (
    tuple(getattr(colours, look) for look in _LOOKS) for colours in SEVERITY_COLOURS.values()
)
_PALETTE = {
    "foreground": ("#d8dee9", "#1d2733", "#ffffff", "default"),
    "background": ("#0f141b", "#fbfaf7", "#000000", "default"),
    "panel": ("#1b2530", "#ebe8e1", "#10151a", "default"),
    "primary": MEDIUM,
    "secondary": ("#9ab4d0", "#3f5872", "#c0d8f0", "default"),
    "accent": ("#ffcf80", "#865700", "#ffe08a", "magenta"),
    "error": HIGH,
    "success": ("#6cb6ff", "#0a5cad", "#8ac8ff", "default"),
    "quiet": LOW,
    "cursor": ("#1f3a56", "#cfe3f8", "#0b3050", "default"),
    "cursor-idle": ("#1d2733", "#ece9e2", "#1a2026", "default"),
    "hit": ("#5b4220", "#ffe6bd", "#4a3000", "default"),
    "rule": ("#66788a", "#827f76", "#8c98a4", "default"),
    "scrollbar-hover": ("#8496a8", "#6a675f", "#c8d0d8", "default"),
}
"""The colours of each role: dark, light, with contrast, and the terminal's own.

The last are dark or light; red and magenta can be read on both.
"""


def _theme(look: str) -> Theme:
    ansi = look == "terminal"
    column = _LOOKS.index(look)
    colours = {role: "ansi_" * ansi + row[column] for role, row in _PALETTE.items()}
    background, thumb = colours["background"], colours["rule"]
    return Theme(
        name=f"tocsin-{look}",
        dark=look != "light",
        ansi=ansi,
        surface=background,
        warning=colours["accent"],
        variables={
            **colours,
            "scrollbar": thumb,
            "scrollbar-active": colours["success"],
            "scrollbar-background": background,
            "scrollbar-background-hover": background,
            "scrollbar-background-active": background,
            "scrollbar-corner-color": background,
            **({"ansi-background": "ansi_black", "ansi-foreground": "ansi_white"} if ansi else {}),
        },
        **{role: colours[role] for role in _THEME_FIELDS},
    )


_THEME_FIELDS = (
    "foreground", "background", "panel", "primary", "secondary", "accent", "error", "success",
)  # fmt: skip
THEMES = (DARK, LIGHT, CONTRAST, TERMINAL) = tuple(map(_theme, _LOOKS))


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
    "removed": "error strike",
    "added": "primary bold",
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
    selected = next(candidate for candidate in THEMES if candidate.name == theme)
    colours = {**vars(selected), **selected.variables}

    def parse(definition: str) -> Style:
        words = (str(colours.get(word, word)) for word in definition.split())
        return Style.parse(" ".join(word.removeprefix("ansi_") for word in words))

    definitions = _STYLES | _TERMINAL_STYLES if selected.ansi else _STYLES
    return {name: parse(definition) for name, definition in definitions.items()}


def initial_theme(requested: str | None, remembered: str | None, *, few_colours: bool) -> str:
    """Return the name of the theme to start with: the requested, the remembered, or the first.

    A terminal of few colours gets the theme of its own colours: it would replace ours by
    similar ones.
    """
    names = {theme.name for theme in THEMES}
    if few_colours:
        return TERMINAL.name
    return next((name for name in (requested, remembered) if name in names), THEMES[0].name)


def theme_label(theme: str) -> str:
    """Return the short name of a theme: `dark`."""
    return pgettext("theme", theme.removeprefix("tocsin-"))
