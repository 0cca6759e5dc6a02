"""The texts of every screen and dialog of the dashboard, one after the other."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Sequence
from datetime import UTC
from pathlib import Path
from typing import Any

from msgspec.structs import replace
from textual.app import App
from textual.pilot import Pilot

from monitor.base import signs
from monitor.model.delivery import Delivery, DeliveryState, Occasion
from monitor.model.feed import Health
from monitor.model.search import Filter
from support.dashboard_driver import FRAMES, unpainted, until
from support.fake_newsroom import NOW, FakeNewsroom, failing
from support.screen_snapshots import text
from tui.app import DashboardApp
from tui.screens.dialogs import Dialog
from tui.wall import Wall

SIZE = (200, 50)
STILL = 3
"""Refreshes without a drawn frame after which a screen counts as at rest."""
FILE = """\
feeds:
  - {url: https://a.example/rss, name: Les Échos, tags: [presse]}
watchlists:
  - name: Alibaba
    terms: [Alibaba, grève~]
"""

TOUR: dict[str, Sequence[str]] = {
    "desk": (),
    "reader": ("j", "enter", "right_square_bracket"),
    "watchlists": ("1",),
    "feeds pane": ("4",),
    "marked, paused": ("j", "space", "p"),
    "filter": ("f",),
    "filter with a mistake": ("f", *"xx", "colon"),
    "nothing passes": ("f", *"zzz", "enter"),
    "filters": ("ctrl+f",),
    "help": ("question_mark",),
    "palette": ("colon",),
    "silence": ("m",),
    "silenced": ("m", "enter"),
    "end of a silence": ("m",),
    "note": ("i",),
    "tags": ("t",),
    "decide": ("V",),
    "history": ("a", "k", "H"),
    "undo": ("u", "u"),
    "redo": ("U", "U"),
    "acknowledge all": ("A",),
    "no new story": ("G", "n"),
    "why": ("w",),
    "outlets": ("O",),
    "similar": ("M",),
    "revisions": ("g", "D"),
    "similar article": ("M", "enter"),
    "briefing": ("b",),
    "deliveries": ("d",),
    "retried": ("d", "R"),
    "newsroom": ("S",),
    "monitor": ("S", "enter"),
    "poll": ("r",),
    "theme, bell": ("T", "B"),
    "feeds": ("e",),
    "feed": ("e", "enter"),
    "feeds by name": ("e", "ctrl+o"),
    "states of feeds": ("e", "ctrl+f"),
    "gaps": ("e", "ctrl+g"),
    "add a feed": ("e", "ctrl+n"),
    "pause a feed": ("e", "P"),
    "remove a feed": ("e", "X"),
    "archive": ("slash",),
    "search": ("slash", *"Alibaba", "enter"),
    "search with a mistake": ("slash", "quotation_mark", "enter"),
    "nothing found": ("slash", *"zzz", "enter"),
    "unknown saved search": ("slash", "@", "x", "enter"),
    "facets": ("slash", *"Alibaba", "enter", "ctrl+f"),
    "save a search": ("slash", *"Alibaba", "enter", "ctrl+s"),
    "no query": ("slash", "tab", "W"),
    "form": ("1", "ctrl+n"),
    "form of a watchlist": ("1", "j", "j", "ctrl+e"),
    "trial": ("1", "j", "j", "ctrl+e", "ctrl+t"),
    "form with a mistake": ("1", "ctrl+n", "ctrl+s"),
    "form closed": ("1", "ctrl+n", "x", "escape"),
}
"""Keys that lead to each screen from the first one."""


def newsroom(path: Path) -> FakeNewsroom:
    """Return a newsroom with content for every screen."""
    room = FakeNewsroom(40)
    path.write_text(FILE, encoding="utf-8")
    room.config = path
    failing(room, 1, "503 Service Unavailable")
    room.feed_health[2] = replace(room.feed_health[2], health=Health.BLIND)
    room.merged = {38: 40}
    room.network_down = "503"
    room.escalate(39)
    room.unsent = [
        Delivery(
            id=1, alert=40, channel="desk", occasion=Occasion.RAISED, why="", key="",
            state=DeliveryState.DEAD, due=NOW, attempts=3, reason="503", created_at=NOW,
            sent_at=None,
        )
    ]  # fmt: skip
    return room


def tour(folder: Path) -> dict[str, str]:
    """Return the text of every screen.

    Args:
        folder: For the feeds.yaml that the dashboard edits.
    """
    with unpainted():
        return asyncio.run(_tour(folder))


async def _tour(folder: Path) -> dict[str, str]:
    room = newsroom(folder / "feeds.yaml")
    environ = {"TOCSIN_USER": "tocsin"}
    setting: dict[str, Any] = {"clock": room.clock, "zone": UTC, "environ": environ}
    app = DashboardApp(room, **setting)  # type: ignore[arg-type]
    texts = {}
    async with app.run_test(size=SIZE) as pilot:
        await until(pilot, lambda: signs.OK in text(app))
        for name, keys in TOUR.items():
            await pilot.press("escape")
            while app.screen is not app.main_screen:
                app.pop_screen()
            await _press(pilot, "F", "2", "g", *keys)
            texts[name] = await _at_rest(pilot)
        room.unreadable = True
        texts["not readable"] = await _at_rest(pilot)
    for name, alerts in (("empty", 0), ("wall", 40)):
        room = newsroom(folder / "feeds.yaml")
        room.count = alerts
        wall = Wall(room, Filter(), **setting)  # type: ignore[arg-type]
        async with wall.run_test(size=SIZE) as pilot:
            await until(pilot, lambda: signs.OK in text(pilot.app))  # type: ignore[arg-type]
            texts[name] = await _at_rest(pilot)
    return texts


async def _press(pilot: Pilot[Any], *keys: str) -> None:
    """Press keys; the keys after enter are for the screen that it opens."""
    for key, following in itertools.zip_longest(keys, keys[1:]):
        await pilot.press(key)
        if key == "enter" and following:
            await _at_rest(pilot)


async def _at_rest(pilot: Pilot[Any]) -> str:
    before, repeats, content = -1, 0, ""
    while repeats < STILL or not (content := _shown(pilot.app)):
        await pilot.pause(0.04)
        now = FRAMES.count
        repeats, before = (repeats + 1 if now == before else 0), now
    return content


def _shown(app: App[Any]) -> str:
    """Return the text of the screen; of a dialog, without the screen that it covers."""
    content = text(app)  # type: ignore[arg-type]
    if not isinstance(app.screen, Dialog):
        return content
    if not (boxes := app.screen.query(".inside")):
        return ""  # not built yet
    frame = boxes.first().region
    rows = app.screen._compositor.render_strips()[frame.y : frame.bottom]
    return "\n".join(strip.crop(frame.x, frame.right).text for strip in rows)
