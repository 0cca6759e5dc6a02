"""Calls that block, made in a thread while the loop goes on."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

T = TypeVar("T")


class Thread:
    """A thread that makes one call after the other, as the store needs it."""

    def __init__(self, executor: ThreadPoolExecutor) -> None:
        self._executor = executor

    async def __call__(self, call: Callable[..., T], *args: Any) -> T:
        """Return what a call returns, once its turn has come."""
        return await asyncio.get_running_loop().run_in_executor(self._executor, call, *args)
