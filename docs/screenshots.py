"""Draws the pictures of the documents: the dashboard on the bundled newsroom."""

from __future__ import annotations

import asyncio
import re
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC
from pathlib import Path

from monitor import background, bootstrap
from monitor.demo import NewsroomServer
from monitor.model import Alert, AlertState, Severity, Verdict
from monitor.service import Service
from tui import screenshot
from tui.app import Tocsin

HERE = Path(__file__).parent
SIZE = (132, 40)
"""Columns and lines: enough for every pane."""
SETTLED = 12.0
"""Seconds after which the newsroom has been read, its slowest outlet too."""
CALM = 3600.0
"""Seconds between two bulletins: none shall come while the picture is drawn."""
ROWS = 12
"""Rows of alerts that are looked at: those below are acknowledged."""
WEB_FONTS = re.compile(r"@font-face \{.*?\}\s*", re.DOTALL)
"""A picture that asks another server for its letters tells that server who looks."""


@contextmanager
def watched(data: Path) -> Iterator[None]:
    """Serve the bundled newsroom and watch it."""
    with NewsroomServer(bootstrap.clock, pace=CALM) as server:
        path = data / "feeds.yaml"
        path.write_text(server.feeds_yaml(), encoding="utf-8")
        background.start_monitor(path, data)
        try:
            bootstrap.pause(SETTLED)
            yield
        finally:
            background.stop_monitor(data)


def triage(service: Service) -> int:
    """Do some of an analyst's work; return how many rows below the newest a telling alert is."""
    alerts = service.alerts([*reversed(service.alert_ids())], matches=True)
    row = max(range(ROWS), key=lambda row: _telling(alerts[row]))
    service.triage([alerts[row].id], starred=True)
    service.triage([a.id for a in alerts[ROWS:]], state=AlertState.ACKNOWLEDGED)
    service.triage([alerts[ROWS + 1].id], verdict=Verdict.NOISE)
    return row


def _telling(alert: Alert) -> tuple[bool, int]:
    return alert.severity is Severity.HIGH, len(alert.matches)


def draw(folder: Path) -> None:
    """Write the pictures into a folder."""
    with tempfile.TemporaryDirectory() as data, watched(Path(data)):
        service = bootstrap.open_service(Path(data))
        app = Tocsin(service, clock=bootstrap.clock, zone=UTC, environ={})
        picture = folder / "dashboard.svg"
        asyncio.run(screenshot.save(app, picture, SIZE, keys=["j"] * triage(service)))
        drawn = picture.read_text(encoding="utf-8")
        picture.write_text(WEB_FONTS.sub("", drawn), encoding="utf-8")


if __name__ == "__main__":
    draw(Path(sys.argv[1]) if sys.argv[1:] else HERE)
