"""What takes long or much memory: one request at a time, with more patience."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import Depends, Request

from monitor.api.guard import Patience, busy

SECONDS = 60.0
"""Time that such a request may take."""


async def alone(request: Request) -> AsyncIterator[None]:
    """Let one request pass at a time; raises ApiProblem for others meanwhile."""
    if request.app.state.heavy.locked():
        raise busy()
    async with request.app.state.heavy:
        yield


Alone = Annotated[None, Depends(alone)]
"""Stands behind the caller: who may not ask holds up nobody."""


def more_time(request: Request) -> None:
    """Let a request take longer than others."""
    patience: Patience = request.state.patience
    patience.until += SECONDS
