"""A headless Chromium, driven through its debugging protocol."""

from __future__ import annotations

import asyncio
import base64
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp

_NUMBERS = {"Tab": 9, "Enter": 13}
_MOMENT = "new Promise(done => setTimeout(done, 50))"


class Page:
    """A tab, with the addresses that it requested and the lines of its console."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket
        self._calls = 0
        self.urls: list[str] = []
        self.console_lines: list[str] = []

    async def go(self, url: str) -> None:
        """Open an address."""
        for domain in ("Log", "Network", "Page"):
            await self._call(f"{domain}.enable")
        await self._call("Page.navigate", url=url)

    async def value(self, expression: str) -> Any:
        """Return the value of a JavaScript expression on the page."""
        result = await self._call("Runtime.evaluate", expression=expression)
        return result["result"].get("value")

    async def list_of(self, expression: str) -> list[str]:
        """Return the list of texts that a JavaScript expression or its promise gives."""
        result = await self._call(
            "Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True
        )
        assert "exceptionDetails" not in result, result["exceptionDetails"]
        return list(result["result"]["value"])

    async def until(self, expression: str) -> None:
        """Wait until an expression is true, on this page or on one that follows it."""
        promise = (
            "new Promise(done => { const look = () => document.body && "
            f"({expression}) ? done(true) : setTimeout(look, 50); look(); }})"
        )
        is_true = False
        while not is_true:
            result = await self._call("Runtime.evaluate", expression=promise, awaitPromise=True)
            is_true = result.get("result", {}).get("value", False)

    async def press(self, key: str) -> None:
        """Press a key that writes a letter, Tab or Enter, wherever the focus is."""
        number = _NUMBERS.get(key)
        code = {"windowsVirtualKeyCode": number, "code": key} if number else {}
        text = {"Tab": "", "Enter": "\r"}.get(key, key)
        for kind in ("keyDown", "keyUp"):
            letter = {"text": text} if kind == "keyDown" and text else {}
            await self._call("Input.dispatchKeyEvent", type=kind, key=key, **code, **letter)

    async def write(self, text: str) -> None:
        """Write a text where the focus is."""
        await self._call("Input.insertText", text=text)

    async def picture(self, *, full_page: bool = False) -> bytes:
        """Return the page as a PNG: the visible part, or the whole page."""
        screenshot = await self._call("Page.captureScreenshot", captureBeyondViewport=full_page)
        return base64.b64decode(screenshot["data"])

    async def look(self, width: int, height: int = 900, *, dark: bool = False) -> None:
        """Set the size of the window, and the preferred colour scheme."""
        await self._call(
            "Emulation.setDeviceMetricsOverride",
            width=width, height=height, deviceScaleFactor=1, mobile=False,
        )  # fmt: skip
        preferred = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        await self._call("Emulation.setEmulatedMedia", features=[preferred])

    async def visit(self, url: str) -> None:
        """Open an address, and wait until it is loaded."""
        await self.value("document.documentElement.dataset.left = 'true'")
        await self.go(url)
        await self.loaded()

    async def loaded(self) -> None:
        """Wait until the page that follows the one marked by `visit` or `leave` is loaded."""
        is_loaded = "document.readyState === 'complete' && !document.documentElement.dataset.left"
        while not await self.value(is_loaded):
            await self._call("Runtime.evaluate", expression=_MOMENT, awaitPromise=True)

    async def leave(self, expression: str) -> None:
        """Run a script that leads to another page, and wait until that is loaded."""
        await self.value(f"document.documentElement.dataset.left = 'true'; {expression}")
        await self.loaded()

    async def _call(self, method: str, **parameters: object) -> Any:
        self._calls += 1
        call = self._calls
        await self._socket.send_json({"id": call, "method": method, "params": parameters})
        while True:
            message = await self._socket.receive_json()
            if message.get("method") == "Network.requestWillBeSent":
                self.urls.append(message["params"]["request"]["url"])
            elif message.get("method") == "Log.entryAdded":
                self.console_lines.append(message["params"]["entry"]["text"])
            elif message.get("id") == call:
                return message.get("result", {})


@asynccontextmanager
async def browser(folder: Path) -> AsyncIterator[Page]:
    """Run Chromium while the block runs."""
    running = await asyncio.create_subprocess_exec(
        "chromium", "--headless", "--no-sandbox", "--disable-gpu",
        "--remote-debugging-port=0", f"--user-data-dir={folder / 'profile'}",
        "--window-size=1200,800", "about:blank",
        stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert running.stderr is not None
    try:
        address = None
        while address is None:
            line = await running.stderr.readline()
            assert line, "Chromium ended at once"
            address = re.search(rb"DevTools listening on ws://([\d.:]+)/", line)
        at = address[1].decode()
        async with aiohttp.ClientSession() as session:
            async with session.get(f"http://{at}/json") as answer:
                (tab, *_) = await answer.json()
            async with session.ws_connect(tab["webSocketDebuggerUrl"], max_msg_size=0) as socket:
                yield Page(socket)
    finally:
        running.terminate()
        await running.communicate()
