"""A picture of the dashboard, drawn without a terminal."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tui.app import Tocsin


async def save(
    app: Tocsin, path: Path, size: tuple[int, int] = (120, 40), keys: Iterable[str] = ()
) -> None:
    """Write an SVG of the dashboard at (columns, lines) after some keys were pressed."""
    async with app.run_test(size=size) as pilot:
        await app.desk.look()
        await pilot.pause(0.2)
        for key in keys:
            await pilot.press(key)
            await pilot.pause(0.2)
        picture = app.export_screenshot(title="tocsin")
    await asyncio.to_thread(path.write_text, picture, encoding="utf-8")
