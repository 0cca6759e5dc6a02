"""A picture of a screen, drawn without a terminal."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from textual.pilot import Pilot

    from tui.stage import Stage

Script = Callable[["Pilot[Any]"], Awaitable[None]]
WEB_FONTS = re.compile(r"@font-face \{.*?\}\s*", re.DOTALL)
"""A picture that asks another server for its letters tells that server who looks."""
_SERIAL = re.compile(r"terminal-\d+-")


async def save(app: Stage, path: Path, size: tuple[int, int], script: Script) -> None:
    """Write an SVG of a screen of (columns, lines) as a script leaves it.

    The same screen gives the same file.
    """
    async with app.run_test(size=size) as pilot:
        await script(pilot)
        picture = app.export_screenshot(title="tocsin")
    picture = _SERIAL.sub("terminal-", WEB_FONTS.sub("", picture))
    await asyncio.to_thread(path.write_text, picture, encoding="utf-8")
