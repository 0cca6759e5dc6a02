"""Every theme can be read by everybody, and the analyst chooses among them."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import pytest
from rich.color import Color, ColorSystem
from support.colours import APART, SIGHT, colour_distance, contrast
from support.dashboard_driver import drive, screen, sees, until
from support.fake_newsroom import FakeNewsroom
from textual.pilot import Pilot

from tui.app import DashboardApp
from tui.data.settings import UiStateFile
from tui.themes import CONTRAST, TERMINAL, THEMES, initial_theme, styles

COLOURED = [look for look in THEMES if not look.ansi]
GROUNDS = ("background", "panel", "cursor", "cursor-idle")
TEXTS = ("foreground", "quiet", "primary", "secondary", "accent", "warning", "error", "success")
TOLD_APART = [
    ("high", "medium", "low"),
    ("ok", "late", "bad"),
    ("new", "low"),
]
"""Groups of inks with different meanings in the same place."""


def colours(theme: Any) -> dict[str, str]:
    return {**vars(theme), **theme.variables}


def in_256(colour: str) -> str:
    mapped = Color.parse(colour).downgrade(ColorSystem.EIGHT_BIT)
    return mapped.get_truecolor().hex


@pytest.mark.parametrize("theme", COLOURED, ids=lambda look: look.name)
def test_every_style_can_be_read_on_every_background(theme: Any) -> None:
    palette = colours(theme)
    minimum = 7.0 if theme is CONTRAST else 4.5
    for ink in TEXTS:
        for ground in GROUNDS:
            ratio = contrast(palette[ink], palette[ground])
            assert ratio >= minimum, (ink, ground, ratio)
    assert contrast(palette["foreground"], palette["hit"]) >= minimum
    assert contrast(palette["background"], palette["accent"]) >= 4.5
    assert contrast(palette["background"], palette["error"]) >= 4.5


@pytest.mark.parametrize("theme", COLOURED, ids=lambda look: look.name)
def test_frames_and_thumbs_can_be_seen(theme: Any) -> None:
    palette = colours(theme)
    for part in ("rule", "scrollbar", "scrollbar-hover", "scrollbar-active", "primary"):
        assert contrast(palette[part], palette["background"]) >= 3, part
    assert contrast(palette["rule"], palette["panel"]) >= 3


@pytest.mark.parametrize("theme", COLOURED, ids=lambda look: look.name)
def test_two_hundred_and_fifty_six_colours_are_enough(theme: Any) -> None:
    palette = colours(theme)
    for ink in ("foreground", "quiet", "primary", "accent", "error"):
        assert contrast(in_256(palette[ink]), in_256(palette["background"])) >= 4.5, ink
        assert contrast(in_256(palette[ink]), in_256(palette["cursor"])) >= 3, ink


@pytest.mark.parametrize("vision", SIGHT)
@pytest.mark.parametrize("theme", COLOURED, ids=lambda look: look.name)
def test_every_kind_of_sight_tells_states_apart(theme: Any, vision: str) -> None:
    for group in TOLD_APART:
        for first, second in combinations(group, 2):
            a, b = (styles(theme.name)[ink].color for ink in (first, second))
            assert a is not None and b is not None
            distance = colour_distance(a.name, b.name, SIGHT[vision])
            assert distance >= APART, (first, second, distance)


def test_the_terminals_own_colours_need_no_ground_to_be_known() -> None:
    for name, style in styles(TERMINAL.name).items():
        for colour in (style.color, style.bgcolor):
            assert colour is None or colour.name in ("default", "red", "magenta"), name
    assert styles(TERMINAL.name)["cursor"].reverse
    assert styles(TERMINAL.name)["cursor-idle"].underline


@pytest.mark.parametrize(
    ("configured", "remembered", "few_colours", "name"),
    [
        (None, None, False, "tocsin-dark"),
        (None, "tocsin-light", False, "tocsin-light"),
        ("tocsin-dark", "tocsin-light", False, "tocsin-dark"),
        (None, "removed", False, "tocsin-dark"),
        ("tocsin-light", "tocsin-light", True, "tocsin-terminal"),
    ],
)
def test_which_theme_it_begins_with(
    configured: str | None, remembered: str | None, few_colours: bool, name: str
) -> None:
    assert initial_theme(configured, remembered, few_colours=few_colours) == name


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
