"""The protocol at `/mcp`: each request has a token, and nothing is kept between two of them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from anyio import to_thread
from fastapi import APIRouter, FastAPI, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from monitor.api.access import Reader
from monitor.base.errors import requires_extra

if TYPE_CHECKING:
    from mcp.server.streamable_http_manager import StreamableHTTPSessionManager

router = APIRouter()


class ModelEndpoint:
    """Starts the SDK with the first request: it takes half a second to import.

    Args:
        mark: Returns random text.
        monotonic: Returns a time in seconds that never goes back.
    """

    def __init__(self, mark: Callable[[], str], monotonic: Callable[[], float]) -> None:
        self._mark, self._monotonic = mark, monotonic
        self._starting = asyncio.Lock()
        self._manager: StreamableHTTPSessionManager | None = None
        self._ending = asyncio.Event()
        self._running: asyncio.Task[None] | None = None

    async def manager(self, app: FastAPI) -> StreamableHTTPSessionManager:
        """Return what speaks the protocol; raises MissingExtraError."""
        async with self._starting:
            if self._manager is None:
                manager = await to_thread.run_sync(self._build, app)
                started = asyncio.Event()
                self._running = asyncio.create_task(self._run(manager, started))
                await started.wait()
                self._manager = manager
            return self._manager

    def _build(self, app: FastAPI) -> StreamableHTTPSessionManager:
        with requires_extra("mcp", "/mcp"):
            from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
        from monitor.api.mcp.server import McpEnvironment, build_server

        environment = McpEnvironment(app.state.newsroom, self._mark, self._monotonic)
        return StreamableHTTPSessionManager(
            build_server(environment), json_response=True, stateless=True
        )

    async def _run(self, manager: StreamableHTTPSessionManager, started: asyncio.Event) -> None:
        async with manager.run():
            started.set()
            await self._ending.wait()

    async def close(self) -> None:
        self._ending.set()
        if self._running is not None:
            await self._running


class _SdkResponse(Response):
    """An answer that the SDK sends."""

    def __init__(self, answer: Callable[[Scope, Receive, Send], Any]) -> None:
        super().__init__()
        self._answer = answer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._answer(scope, receive, send)


@router.post("/mcp", include_in_schema=False)
async def mcp(request: Request, caller: Reader) -> Response:
    endpoint: ModelEndpoint = request.app.state.mcp
    manager = await endpoint.manager(request.app)
    request.state.caller = caller
    return _SdkResponse(manager.handle_request)
