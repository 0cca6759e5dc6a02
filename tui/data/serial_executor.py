"""Questions that take a while, one after the other, on a thread of their own.

Whoever cancels his question before its turn has saved the work; whoever cancels it later never
hears the answer. So the latest question is never answered by an older one, and waits for one
other at most.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


class SerialExecutor:
    """One thread, and who waits for it."""

    def __init__(self, name: str) -> None:
        self._thread = ThreadPoolExecutor(1, thread_name_prefix=f"tocsin-{name}")
        self._closed = False

    async def ask(self, question: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Return the answer, the screen staying alive; once closed, cancel whoever asks."""
        if self._closed:
            raise asyncio.CancelledError
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._thread, lambda: question(*args, **kwargs))

    def close(self) -> None:
        """Let go of the thread; what waits is never asked."""
        self._closed = True
        self._thread.shutdown(wait=False, cancel_futures=True)
