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

from monitor import bootstrap
from monitor.demo import NewsroomServer
from tui import screenshot
from tui.app import Tocsin

HERE = Path(__file__).parent
SIZE = (132, 40)
"""Columns and lines: enough for every pane."""
SETTLED = 12.0
"""Seconds after which the newsroom has been read and has printed something new."""
WEB_FONTS = re.compile(r"@font-face \{.*?\}\s*", re.DOTALL)
"""A picture that asks another server for its letters tells that server who looks."""


@contextmanager
def watched(data: Path) -> Iterator[None]:
    """Serve the bundled newsroom and watch it."""
    with NewsroomServer(bootstrap.clock) as server:
        path = data / "feeds.yaml"
        path.write_text(server.feeds_yaml(), encoding="utf-8")
        bootstrap.start_monitor(path, data)
        try:
            bootstrap.follow(SETTLED)
            yield
        finally:
            bootstrap.stop_monitor(data)


def draw(folder: Path) -> None:
    """Write the pictures into a folder."""
    with tempfile.TemporaryDirectory() as data, watched(Path(data)):
        service = bootstrap.open_service(Path(data))
        app = Tocsin(service, clock=bootstrap.clock, zone=UTC, environ={})
        picture = folder / "dashboard.svg"
        asyncio.run(screenshot.save(app, picture, SIZE, keys=("j", "j")))
        drawn = picture.read_text(encoding="utf-8")
        picture.write_text(WEB_FONTS.sub("", drawn), encoding="utf-8")


if __name__ == "__main__":
    draw(Path(sys.argv[1]) if sys.argv[1:] else HERE)
