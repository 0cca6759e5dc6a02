"""The client in simulated time, against hosts that one scripted server plays."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from monitor.intake.fetch.client import Client
from support import fetch_client
from support.fetch_client import LOOPBACK
from support.scripted_server import Web
from support.simulated_time import Town, World


class City(Town):
    """A town that counts the connections open at once."""

    def __init__(self, **options: Any) -> None:
        self.world = World()
        super().__init__(self.world, Web(clock=lambda: self.world.elapsed), **options)
        self._open: list[asyncio.StreamWriter] = []
        self.most_open = 0

    async def dial(
        self, address: str, port: int
    ) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        reader, writer = await super().dial(address, port)
        self._open = [w for w in self._open if not w.transport.is_closing()] + [writer]
        self.most_open = max(self.most_open, len(self._open))
        return reader, writer

    def live(self, script: Callable[[Client], Awaitable[None]], **options: Any) -> float:
        """Run a script with a client; return the seconds that it took."""
        began = self.world.elapsed

        async def go() -> None:
            time = {"monotonic": lambda: self.world.elapsed, "sleep": asyncio.sleep}
            network = {"resolve": self.resolve, "dial": self.dial}
            async with fetch_client.client(LOOPBACK, **time | network | options) as client:
                await script(client)

        self.world.run(go())
        return self.world.elapsed - began
