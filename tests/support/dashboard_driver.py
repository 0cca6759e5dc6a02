"""Runs the dashboard without a terminal and reads its screen."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC
from typing import Any
from unittest.mock import patch

import pytest
from msgspec import Struct
from textual import _wait
from textual._compositor import Compositor
from textual._context import visible_screen_stack
from textual.app import App
from textual.cache import LRUCache
from textual.css.model import RuleSet
from textual.css.stylesheet import Stylesheet
from textual.pilot import Pilot
from textual.screen import Screen

from support.fake_newsroom import FakeNewsroom
from tui.app import DashboardApp
from tui.data import newsroom as newsroom_data
from tui.data.settings import UiStateFile
from tui.key_labels import NO_KEYMAP

# The dashboard looks for news at its usual interval, and for the rest more often.
newsroom_data.STATUS_EVERY, newsroom_data.VISIBLE_EVERY, newsroom_data.COUNTS_EVERY = 1, 2, 3
# Pilot sleeps 20 ms twice per key to see whether the screen is idle; 4 ms suffice.
_wait.SLEEP_GRANULARITY = 0.004
_wait.SLEEP_IDLE = 0.002

_parsed: dict[frozenset[tuple[str, str]], LRUCache[tuple[Any, ...], list[RuleSet]]] = {}
"""The rules of all dashboards by the variables of their theme: the first one parses them."""
_set_variables = Stylesheet.set_variables


def _set_variables_and_share(sheet: Stylesheet, variables: dict[str, str]) -> None:
    sheet._parse_cache = LRUCache(1)  # the dashboard clears it
    _set_variables(sheet, variables)
    sheet._parse_cache = _parsed.setdefault(frozenset(variables.items()), LRUCache(1_024))


Stylesheet.set_variables = _set_variables_and_share  # type: ignore[method-assign]

Script = Callable[[Pilot[Any], DashboardApp], Awaitable[None]]


@contextmanager
def unpainted() -> Iterator[None]:
    """Draw no frames, half of the work of a dashboard without a terminal.

    What a test reads of the screen is drawn when it reads it.
    """
    with patch.object(Compositor, "render_update", _draw_nothing):
        yield


class Frames(Struct):
    """Counts the frames that were not drawn."""

    count: int = 0
    """The number of frames; while it is the same, so is the screen."""


FRAMES = Frames()


def _draw_nothing(
    compositor: Compositor, full: bool = False, screen_stack: list[Screen[Any]] | None = None
) -> None:
    FRAMES.count += 1
    visible_screen_stack.set(screen_stack or [])
    compositor._dirty_regions.clear()


def drive(
    newsroom: FakeNewsroom,
    script: Script,
    *,
    size: tuple[int, int] = (120, 40),
    environ: Mapping[str, str] | None = None,
    hint: str = "",
    owns_monitor: bool = False,
    ui_state: UiStateFile | None = None,
    keymap: Mapping[str, str] = NO_KEYMAP,
    has_focus: bool = True,
) -> DashboardApp:
    """Run a script against the dashboard of a newsroom, return the ended application."""
    app = DashboardApp(
        newsroom,  # type: ignore[arg-type]
        clock=newsroom.clock,
        zone=UTC,
        environ=environ or {},
        feeds_hint=hint,
        owns_monitor=owns_monitor,
        ui_state=ui_state,
        keymap=keymap,
    )
    app.set_reactive(DashboardApp.app_focus, has_focus)

    async def run() -> None:
        async with app.run_test(size=size, notifications=True) as pilot:
            await until(pilot, lambda: app.newsroom.status is not None)
            await pilot.pause()
            await script(pilot, app)
            if not app._exit:
                app.exit()  # a later answer to a search then looks for no widgets

    with unpainted():
        asyncio.run(run())
    return app


async def until(pilot: Pilot[Any], condition: Callable[[], object], seconds: float = 120.0) -> None:
    """Wait until something is true; fail when it does not become so."""
    try:
        async with asyncio.timeout(seconds):
            while not condition():
                await pilot.pause(0.01)
    except TimeoutError:
        pytest.fail(f"waited {seconds:g} s in vain:\n{screen(pilot.app)}")
    await pilot.pause()


async def sees(pilot: Pilot[Any], app: DashboardApp, words: str, *, absent: bool = False) -> None:
    """Wait until words are on the screen, or absent from it."""
    await until(pilot, lambda: (words in screen(app)) is not absent)


def lines(app: App[Any]) -> list[str]:
    """Return the text on the screen, dialogs over what is under them."""
    return [strip.text for strip in app.screen._compositor.render_strips()]


def screen(app: App[Any]) -> str:
    """Return the text on the screen as one string."""
    return "\n".join(lines(app))


def stream_rows(app: DashboardApp) -> list[str]:
    """Return the rows of the stream as texts, without the header."""
    stream = app.main_screen.stream
    region = stream.scrollable_content_region
    rows = lines(app)[region.y + stream.header_lines : region.bottom]
    return [line[region.x : region.right] for line in rows]


async def look(pilot: Pilot[Any], app: DashboardApp) -> None:
    """Let the dashboard refresh once, now: of two refreshes at once only one is shown."""
    async with asyncio.timeout(120.0):
        while app.main_screen._reading:
            await pilot.pause(0.01)
    await app.main_screen.read_update()
    await pilot.pause()
