"""Draws the pictures of the documents: the dashboard on the bundled newsroom.

The newsroom is read anew each time: pictures differ by the time of day, and by the outlet that
answered first.
"""

from __future__ import annotations

import asyncio
import re
import sys
import tempfile
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from datetime import UTC
from pathlib import Path
from typing import Any

from textual.pilot import Pilot

from monitor.cli import run
from monitor.demo.site import NewsroomServer
from monitor.model.alert import Alert, AlertState, Verdict
from monitor.model.search import Filter
from monitor.model.watchlist import Severity
from monitor.presentation.service.service import Service
from monitor.runtime.machine import clock, pause
from monitor.runtime.viewing import open_service
from tui.app import DashboardApp
from tui.base_app import BaseApp
from tui.wall import Wall

HERE = Path(__file__).parent
SETTLED = 14.0
"""Seconds after which the newsroom has been read, its slowest outlet too."""
CALM = 3600.0
"""Seconds between two bulletins: none comes while the picture is drawn."""
ROWS = 12
"""Rows of alerts that stay new: those below are acknowledged."""
Script = Callable[[Pilot[Any]], Awaitable[None]]
WEB_FONTS = re.compile(r"@font-face \{.*?\}\s*", re.DOTALL)
"""Removed from pictures: loading a font would tell another server who looks at them."""
SERIAL = re.compile(r"terminal-\d+-")
DRAWN = 0.5
"""Seconds until the dashboard has read and drawn the result of a key."""


@contextmanager
def watched(data: Path) -> Iterator[None]:
    """Serve the bundled newsroom and watch it."""
    with NewsroomServer(clock, pace=CALM) as server:
        path = data / "feeds.yaml"
        path.write_text(server.feeds_yaml(), encoding="utf-8")
        run.start_monitor(path, data, meanwhile=lambda: None)
        try:
            pause(SETTLED)
            yield
        finally:
            run.stop_monitor(data)


def triage(service: Service) -> int:
    """Do some of an analyst's work; return the most interesting alert."""
    ids = service.views.alerts.ids(Filter())
    alerts = service.views.alerts.get([*reversed(ids)], matches=True)
    best = max(alerts[:ROWS], key=_interest)
    service.triage.change([best.id], starred=True)
    service.triage.change([a.id for a in alerts[ROWS:]], state=AlertState.ACKNOWLEDGED)
    service.triage.change([alerts[ROWS + 1].id], verdict=Verdict.NOISE)
    return best.id


def _interest(alert: Alert) -> tuple[bool, int, str]:
    return alert.severity is Severity.HIGH, len(alert.matches), alert.title


def reading(app: DashboardApp, alert: int) -> Script:
    """Return a script that reads an alert."""

    async def script(pilot: Pilot[Any]) -> None:
        await pilot.pause(2 * DRAWN)
        app.main_screen.stream.go_to(app.main_screen.stream.row_of(alert) or 0)
        await pilot.pause(2 * DRAWN)

    return script


def pressing(*keys: str) -> Script:
    """Return a script that presses keys, each once the last has been drawn."""

    async def script(pilot: Pilot[Any]) -> None:
        await pilot.pause(2 * DRAWN)
        for key in keys:
            await pilot.press(key)
            await pilot.pause(DRAWN if len(key) > 1 or not key.isalpha() else 0.05)
        await pilot.pause(2 * DRAWN)

    return script


async def save_screenshot(app: BaseApp, path: Path, size: tuple[int, int], script: Script) -> None:
    """Write an SVG picture of the screen after a script has run; equal screens give equal files."""
    async with app.run_test(size=size) as pilot:
        await script(pilot)
        picture = app.export_screenshot(title="tocsin")
    picture = SERIAL.sub("terminal-", WEB_FONTS.sub("", picture))
    await asyncio.to_thread(path.write_text, picture, encoding="utf-8")


def draw(folder: Path) -> None:
    """Write the pictures into a folder."""
    with tempfile.TemporaryDirectory() as data, watched(Path(data)):
        service = open_service(Path(data))
        best = triage(service)

        def dashboard() -> DashboardApp:
            return DashboardApp(service, clock=clock, zone=UTC, environ={})

        wall = Wall(
            service,
            Filter(severities=(Severity.HIGH, Severity.MEDIUM)),
            clock=clock,
            zone=UTC,
            environ={},
        )
        desk = dashboard()
        search = ["slash", *"sûreté NEAR/10 Alibaba", "enter"]
        for name, app, size, script in (
            ("dashboard", desk, (120, 40), reading(desk, best)),
            ("archive", dashboard(), (120, 40), pressing(*search)),
            ("feeds", dashboard(), (120, 40), pressing("e", "j", "j")),
            ("wall", wall, (200, 50), pressing()),
        ):
            asyncio.run(save_screenshot(app, folder / f"{name}.svg", size, script))


if __name__ == "__main__":
    draw(Path(sys.argv[1]) if sys.argv[1:] else HERE)
