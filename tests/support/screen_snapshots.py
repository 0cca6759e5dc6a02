"""The expected screens as text: `make snapshots` writes them anew.

A change of a screen changes its snapshot, and is seen in the diff.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from datetime import UTC
from pathlib import Path
from typing import NamedTuple

from monitor.base import signs
from monitor.model.search import Filter
from support.dashboard_driver import unpainted, until
from support.fake_newsroom import FakeNewsroom, failing
from tui.app import DashboardApp
from tui.base_app import BaseApp
from tui.wall import Wall

PATIENCE = 30.0
FOLDER = Path(__file__).parent / "screens"
SIZES = [(80, 24), (120, 40), (200, 50)]
SCREENS: dict[str, Sequence[str]] = {
    "desk": ["j", "j"],
    "feeds": ["e"],
    "archive": ["slash", *"grève"],
}
"""Keys that lead to each screen of the dashboard."""


class Snapshot(NamedTuple):
    """A screen at a size."""

    screen: str
    size: tuple[int, int]

    @property
    def path(self) -> Path:
        """Return the path of the snapshot."""
        return FOLDER / f"{self.screen}-{self.size[0]}x{self.size[1]}.txt"


SNAPSHOTS = [
    *(Snapshot(screen, size) for screen in SCREENS for size in SIZES),
    *(Snapshot("wall", size) for size in SIZES),
]


def take(snapshot: Snapshot, expected: str = "") -> str:
    """Return the text of a screen once it changes no more; wait for the expected one."""
    room = FakeNewsroom(40)
    failing(room, 1, "503 Service Unavailable, retry in 2 min")
    app: BaseApp
    if snapshot.screen == "wall":
        app = Wall(room, Filter(), clock=room.clock, zone=UTC, environ={})  # type: ignore[arg-type]
    else:
        app = DashboardApp(room, clock=room.clock, zone=UTC, environ={})  # type: ignore[arg-type]

    async def run() -> str:
        async with app.run_test(size=snapshot.size) as pilot:
            await until(pilot, lambda: signs.OK in text(app))
            for key in SCREENS.get(snapshot.screen, ()):
                await pilot.press(key)
            repeats = 0
            before = ""
            deadline = time.monotonic() + (PATIENCE if expected else 0.0)
            # The screen reads more once the cursor rests, which may take a while.
            while repeats < (2 if before == expected else 8) or (
                before != expected and time.monotonic() < deadline
            ):
                await pilot.pause(0.06)
                now = text(app)
                repeats = repeats + 1 if now == before else 0
                before = now
            return before

    with unpainted():
        return asyncio.run(run())


def text(app: BaseApp) -> str:
    """Return the text of the screen, dialogs over what is under them."""
    rows = (strip.text.rstrip() for strip in app.screen._compositor.render_strips())
    return "\n".join(rows) + "\n"


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for snapshot in SNAPSHOTS:
        snapshot.path.write_text(take(snapshot), encoding="utf-8")
