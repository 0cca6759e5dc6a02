"""Every theme can be read by everybody, and the analyst chooses among them."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import Any

import pytest
from rich.color import Color, ColorSystem
from support.dashboard_driver import drive, screen, sees, until
from support.fake_newsroom import FakeNewsroom
from textual.pilot import Pilot

from tui.app import DashboardApp
from tui.data.ui_state import UiStateFile
from tui.themes import CONTRAST, TERMINAL, THEMES, initial_theme, styles

COLOURED = [look for look in THEMES if not look.ansi]
GROUNDS = ("background", "panel", "cursor", "cursor-idle")
TEXTS = ("foreground", "quiet", "primary", "secondary", "accent", "warning", "error", "success")
TOLD_APART = [
    ("high", "medium", "low"),
    ("ok", "late", "bad"),
    ("new", "low"),
]
"""Inks that say different things in the same place."""

SIGHT = {
    "usual": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "protanopia": (
        (0.152286, 1.052583, -0.204868),
        (0.114503, 0.786281, 0.099216),
        (-0.003882, -0.048116, 1.051998),
    ),
    "deuteranopia": (
        (0.367322, 0.860646, -0.227968),
        (0.280085, 0.672501, 0.047413),
        (-0.011820, 0.042940, 0.968881),
    ),
    "tritanopia": (
        (1.255528, -0.076749, -0.178779),
        (-0.078411, 0.930809, 0.147602),
        (0.004733, 0.691367, 0.303900),
    ),
}
"""What is left of linear RGB (Machado, Oliveira and Fernandes 2009, severity 1)."""
APART = 10.0
"""Distance in CIELAB; 2.3 is just noticeable."""

Vector = tuple[float, float, float]


def colours(look: Any) -> dict[str, str]:
    return {**vars(look), **look.variables}


def linear(colour: str) -> Vector:
    channels = [int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5)]
    red, green, blue = (
        c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels
    )
    return red, green, blue


def contrast(ink: str, ground: str) -> float:
    def luminance(colour: str) -> float:
        red, green, blue = linear(colour)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    light, dark = sorted((luminance(ink), luminance(ground)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def lab(colour: str, sight: Sequence[Vector]) -> Vector:
    full = linear(colour)
    seen = [sum(a * b for a, b in zip(row, full, strict=True)) for row in sight]
    red, green, blue = (min(1.0, max(0.0, channel)) for channel in seen)

    def bent(share: float) -> float:
        return share ** (1 / 3) if share > 0.008856 else 7.787 * share + 16 / 116

    x = bent((0.4124 * red + 0.3576 * green + 0.1805 * blue) / 0.95047)
    y = bent(0.2126 * red + 0.7152 * green + 0.0722 * blue)
    z = bent((0.0193 * red + 0.1192 * green + 0.9505 * blue) / 1.08883)
    return 116 * y - 16, 500 * (x - y), 200 * (y - z)


def apart(one: str, other: str, sight: Sequence[Vector]) -> float:
    pairs = zip(lab(one, sight), lab(other, sight), strict=True)
    return float(sum((a - b) ** 2 for a, b in pairs) ** 0.5)


def in_256(colour: str) -> str:
    mapped = Color.parse(colour).downgrade(ColorSystem.EIGHT_BIT)
    return mapped.get_truecolor().hex


@pytest.mark.parametrize("look", COLOURED, ids=lambda look: look.name)
def test_every_style_can_be_read_on_every_background(look: Any) -> None:
    have = colours(look)
    least = 7.0 if look is CONTRAST else 4.5
    for ink in TEXTS:
        for ground in GROUNDS:
            found = contrast(have[ink], have[ground])
            assert found >= least, (ink, ground, found)
    assert contrast(have["foreground"], have["hit"]) >= least
    assert contrast(have["background"], have["accent"]) >= 4.5
    assert contrast(have["background"], have["error"]) >= 4.5


@pytest.mark.parametrize("look", COLOURED, ids=lambda look: look.name)
def test_frames_and_thumbs_can_be_seen(look: Any) -> None:
    have = colours(look)
    for part in ("rule", "scrollbar", "scrollbar-hover", "scrollbar-active", "primary"):
        assert contrast(have[part], have["background"]) >= 3, part
    assert contrast(have["rule"], have["panel"]) >= 3


@pytest.mark.parametrize("look", COLOURED, ids=lambda look: look.name)
def test_two_hundred_and_fifty_six_colours_are_enough(look: Any) -> None:
    have = colours(look)
    for ink in ("foreground", "quiet", "primary", "accent", "error"):
        assert contrast(in_256(have[ink]), in_256(have["background"])) >= 4.5, ink
        assert contrast(in_256(have[ink]), in_256(have["cursor"])) >= 3, ink


@pytest.mark.parametrize("sight", SIGHT)
@pytest.mark.parametrize("look", COLOURED, ids=lambda look: look.name)
def test_every_kind_of_sight_tells_states_apart(look: Any, sight: str) -> None:
    for group in TOLD_APART:
        for one, other in combinations(group, 2):
            a, b = (styles(look.name)[ink].color for ink in (one, other))
            assert a is not None and b is not None
            found = apart(a.name, b.name, SIGHT[sight])
            assert found >= APART, (one, other, found)


def test_the_terminals_own_colours_need_no_ground_to_be_known() -> None:
    for name, style in styles(TERMINAL.name).items():
        for colour in (style.color, style.bgcolor):
            assert colour is None or colour.name in ("default", "red", "magenta"), name
    assert styles(TERMINAL.name)["cursor"].reverse
    assert styles(TERMINAL.name)["cursor-idle"].underline


@pytest.mark.parametrize(
    ("asked", "remembered", "few", "name"),
    [
        (None, None, False, "tocsin-dark"),
        (None, "tocsin-light", False, "tocsin-light"),
        ("tocsin-dark", "tocsin-light", False, "tocsin-dark"),
        (None, "gone", False, "tocsin-dark"),
        ("tocsin-light", "tocsin-light", True, "tocsin-terminal"),
    ],
)
def test_which_theme_it_begins_with(
    asked: str | None, remembered: str | None, few: bool, name: str
) -> None:
    assert initial_theme(asked, remembered, few_colours=few) == name


def test_T_goes_round_our_themes_and_the_choice_is_remembered() -> None:
    memory = UiStateFile()

    async def script(pilot: Pilot[Any], app: DashboardApp) -> None:
        assert list(app.available_themes) == [look.name for look in THEMES]
        for look in (*THEMES[1:], THEMES[0], THEMES[1]):
            await pilot.press("T")
            assert app.theme == memory.state.theme == look.name
            await sees(pilot, app, f"Theme: {look.name.removeprefix('tocsin-')}")

    drive(FakeNewsroom(4), script, ui_state=memory)

    async def again(pilot: Pilot[Any], app: DashboardApp) -> None:
        assert app.theme == THEMES[1].name

    drive(FakeNewsroom(4), again, ui_state=memory)


def test_a_theme_is_chosen_by_name_too() -> None:
    async def script(pilot: Pilot[Any], app: DashboardApp) -> None:
        await pilot.press("colon", *"theme: contrast")
        await sees(pilot, app, "Theme: contrast")
        await pilot.press("enter")
        await until(pilot, lambda: app.theme == CONTRAST.name)

    drive(FakeNewsroom(4), script)


def test_without_colour_the_frame_shows_the_focus(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")

    async def script(pilot: Pilot[Any], app: DashboardApp) -> None:
        assert app.theme == TERMINAL.name
        for pane in ("stream", "reader", "watchlists", "feeds"):
            app.main_screen.show_pane(pane)
            await pilot.pause()
            corner = app.main_screen.query_one(f"#{pane}").region.offset
            assert screen(app).splitlines()[corner.y][corner.x] == "┏", pane
            assert screen(app).count("┏") == 1

    drive(FakeNewsroom(4), script)
