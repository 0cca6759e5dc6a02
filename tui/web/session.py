"""A visitor's dashboard: a process that draws into a websocket, and ends with it."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from aiohttp import WSMsgType, web
from textual_serve.app_service import AppService
from textual_serve.download_manager import DownloadManager

GRACE = 3.0
"""Seconds that a dashboard has to end by itself."""
CELLS = (10, 500)
"""Sizes of a screen that are believed."""


class Session(AppService):
    """The dashboard of one websocket."""

    def __init__(self, command: str, socket: web.WebSocketResponse) -> None:
        super().__init__(
            f"exec {command}",
            write_bytes=socket.send_bytes,
            write_str=socket.send_str,
            close=_closing(socket),
            download_manager=DownloadManager(),
        )
        self._socket = socket

    async def look(self, width: str, height: str) -> None:
        """Show the dashboard until the websocket or the dashboard ends."""
        try:
            await self.start(_cells(width, 80), _cells(height, 24))
            async for message in self._socket:
                if message.type is WSMsgType.TEXT and not await self._told(message):
                    break
        finally:
            await asyncio.shield(self._end())

    async def _told(self, message: object) -> bool:
        """Do what the page says, return whether that could be understood."""
        try:
            kind, *rest = message.json()  # type: ignore[attr-defined]
            match kind:
                case "stdin":
                    await self.send_bytes(rest[0].encode("utf-8", "ignore"))
                case "resize":
                    size = rest[0]
                    await self.set_terminal_size(_cells(size["width"]), _cells(size["height"]))
                case "ping":
                    await self._socket.send_json(["pong", str(rest[0])[:64]])
                case "blur":
                    await self.blur()
                case "focus":
                    await self.focus()
        except (ValueError, TypeError, LookupError, AttributeError):
            return False
        return True

    async def _end(self) -> None:
        """Ask the dashboard to end, and see to it."""
        with suppress(TimeoutError, ConnectionError):
            await asyncio.wait_for(self.stop(), GRACE)
        process = self._process
        if process is None:
            return
        try:
            await asyncio.wait_for(process.wait(), GRACE)
        except TimeoutError:
            process.kill()
            await process.wait()
        if process.stdin is not None:
            process.stdin.close()
        if not self._socket.closed:
            await self._socket.close()


def _closing(socket: web.WebSocketResponse):  # type: ignore[no-untyped-def]
    async def close() -> None:
        await socket.close()

    return close


def _cells(said: object, otherwise: int = 80) -> int:
    """Return how many cells or lines are meant, within reason."""
    try:
        return min(max(int(str(said)), CELLS[0]), CELLS[1])
    except ValueError:
        return otherwise
