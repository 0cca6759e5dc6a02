"""A monitor in simulated time that a test begins, lets go on, and ends, step by step."""

from __future__ import annotations

import asyncio
import os
import signal
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from monitor.runtime import wiring
from support.simulated_time import Town, World


class Living:
    """Monitors in one world, one after the other; time stands still between two calls."""

    def __init__(self, world: World, town: Town, config: Path, tick: float) -> None:
        self._world, self._town, self._config, self._tick = world, town, config, tick
        self._runner = world.runner()
        self._wired = ExitStack()
        self._watching: asyncio.Task[Any] | None = None

    @property
    def alive(self) -> bool:
        """Return whether a monitor is running."""
        return self._watching is not None

    def begin(self) -> None:
        """Begin a monitor."""
        self._wired.enter_context(self._world.wired(self._town, self._tick))
        watch = wiring.run_monitor(self._config, None, wiring.RunOptions())
        self._watching = self._runner.get_loop().create_task(watch)
        self.let(0.0)

    def let(self, seconds: float) -> None:
        """Let time pass. Fails if the monitor ends meanwhile."""
        self._runner.run(asyncio.sleep(seconds))
        if self._watching and self._watching.done():
            self._watching.result()
            raise AssertionError("the monitor ended by itself")

    def kill(self) -> None:
        """End the monitor as kill -9 does."""
        assert self._watching
        self._runner.run(self._world.kill(self._watching, self._town))
        self._ended()

    def stop(self) -> None:
        """Stop the monitor as a person does."""
        assert self._watching
        os.kill(os.getpid(), signal.SIGTERM)
        self._runner.run(_end(self._watching))
        self._ended()

    def close(self) -> None:
        """End everything."""
        if self._watching:
            self.kill()
        self._town.hang_up()
        self._runner.run(asyncio.sleep(0.0))
        self._runner.close()

    def _ended(self) -> None:
        self._watching = None
        self._wired.close()


async def _end(task: asyncio.Task[Any]) -> None:
    await task
