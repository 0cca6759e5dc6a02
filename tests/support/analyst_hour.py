"""An analyst's hour, hurried: news, any key, any size, a monitor that dies and comes back.

PYTHONPATH=tests python -m support.analyst_hour [--seed N] [--seconds N] [--arrivals N]
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import random
import sys
import time
from datetime import UTC
from pathlib import Path
from typing import Any

from msgspec import Struct
from textual.pilot import Pilot

from monitor.base.errors import StoreError
from support import dashboard_driver  # noqa: F401 - lets Pilot nap less
from support.fake_newsroom import FakeNewsroom, failing
from tui.app import DashboardApp
from tui.key_labels import own_bindings
from tui.screens.main import MainScreen

ARRIVALS = 5_000
LEAST = 20
"""The least number of keys that are pressed, however slow the machine is."""
SIZES = [(120, 40), (80, 24), (200, 50), (40, 10), (100, 22), (170, 30), (20, 5)]
TITLES = (
    "Grève : un vol sur deux annulé à Orly",
    "[/] [MAJ] [@click=app.quit]vidéo[/]",
    "\x1b]52;c;cGF5bG9hZA==\x07 \x9b31m\u202eAlibaba\u200b",
    "日本語の記事 👨‍👩‍👧 " + "e" + "\u0301" * 40,
    "x" * 3000,
    "",
)
LEFT_OUT = {"q", "Q", "ctrl+c", "E"}
"""Keys that are not pressed: they end the dashboard, or open an editor."""
GROWTH = 10 << 20
"""Bytes by which memory may grow once each screen has been shown."""
KEY_SECONDS = 3.0
"""Seconds of processor time that a key may take, with everything that it causes."""


class Hour(Struct, frozen=True):
    """The figures of an hour."""

    keys: int
    arrivals: int
    growth: int
    """Bytes by which memory grew after the first third."""
    costliest_key: tuple[float, str] = (0.0, "")
    """Processor time of the slowest key in seconds, and the key."""


def spend(seed: int, seconds: float, arrivals: int = ARRIVALS) -> Hour:
    """Run an hour in this many seconds; raises whatever the dashboard raises."""
    return asyncio.run(_spend(random.Random(seed), seconds, arrivals))


async def _spend(chance: random.Random, seconds: float, arrivals: int) -> Hour:
    room = FakeNewsroom(40, title=lambda n: TITLES[n % len(TITLES)])
    failing(room, 1, TITLES[2])
    app = DashboardApp(room, clock=room.clock, zone=UTC, environ={})  # type: ignore[arg-type]
    keys, until = 0, time.monotonic() + seconds
    slowest = (0.0, "")
    baseline: int | None = None
    async with app.run_test(size=SIZES[0], notifications=True) as pilot:
        while (remaining := until - time.monotonic()) > 0 or keys < LEAST:
            share = min(1.0, 1 - remaining / seconds)
            room.now += 3600 * 0.001
            room.count = max(room.count, 40 + int(arrivals * share))
            before = time.process_time()
            if key := await _something(chance, pilot, app, room):
                keys += 1
                slowest = max(slowest, (time.process_time() - before, key))
            if share > 1 / 3 and baseline is None:
                baseline = resident()
        _calm(room)
        room.count = 40 + arrivals
        while len(app.screen_stack) > 1:
            app.pop_screen()
            await pilot.pause()
        app.main_screen.action_clear_filter()
        await app.main_screen.read_update()
        await pilot.pause()
        assert app.is_running and app.main_screen.is_current
        assert app.newsroom.service.views.version().alert == 40 + arrivals
        growth = resident() - (baseline or 0)
    return Hour(keys, arrivals, growth, slowest)


async def _something(
    chance: random.Random, pilot: Pilot[Any], app: DashboardApp, room: FakeNewsroom
) -> str:
    """Press a key or change the newsroom; return the key that was pressed, empty for none."""
    draw = chance.random()
    if draw < 0.04:
        await pilot.resize_terminal(*chance.choice(SIZES))
    elif draw < 0.07:
        _trouble(chance, room)
    elif draw < 0.1:
        _calm(room)
    elif draw < 0.13:
        try:
            await app.main_screen.read_update()
        except StoreError:
            raise AssertionError("the desk does not bear a store that cannot be read") from None
    else:
        key = _key(chance, app)
        await pilot.press(key)
        return key
    return ""


def _key(chance: random.Random, app: DashboardApp) -> str:
    """Return a key: mostly one that the screen binds, else a letter or a way out."""
    if chance.random() < 0.2:
        return chance.choice(["escape", "escape", "enter", "a", "g", "space", "tab", "é"])
    nodes = [app, app.screen, app.screen.focused or app.screen, MainScreen]
    kinds = {base for node in nodes for base in _kind(node).__mro__}
    bound = {key for kind in kinds for b in own_bindings(kind) for key in b.key.split(",")}
    return chance.choice(sorted(bound - LEFT_OUT))


def _kind(node: Any) -> type[Any]:
    return node if isinstance(node, type) else type(node)


def _trouble(chance: random.Random, room: FakeNewsroom) -> None:
    draw = chance.randrange(5)
    if draw == 0:
        room.watching = False
    elif draw == 1:
        room.pulse = room.now - 600
    elif draw == 2:
        room.unreadable = True
    elif draw == 3:
        room.locked.set()
    else:
        room.network_down = room.config_error = chance.choice(TITLES)


def _calm(room: FakeNewsroom) -> None:
    room.watching, room.pulse, room.unreadable = True, room.now, False
    room.locked.clear()
    room.network_down = room.config_error = ""


def resident() -> int:
    """Return the resident bytes of this process, garbage gone."""
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096


def main() -> None:
    """Run an hour and print its figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument("--arrivals", type=int, default=ARRIVALS)
    options = parser.parse_args()
    sys.stdout.write(f"seed {options.seed}\n")
    hour = spend(options.seed, options.seconds, options.arrivals)
    cost, key = hour.costliest_key
    sys.stdout.write(
        f"{hour.keys} keys, {hour.arrivals} arrivals, grown by {hour.growth} bytes;"
        f" the dearest key, {key}, took {cost:.1f} s of the processor\n"
    )
    sys.exit(hour.growth > GROWTH or cost > KEY_SECONDS)


if __name__ == "__main__":
    main()
