"""The protocol at `/mcp`: each request has a token, and no state is kept between requests."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from anyio import to_thread
from fastapi import APIRouter, FastAPI, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from monitor.api.access import Reader
from monitor.base.errors import requires_extra

if TYPE_CHECKING:
    from mcp.server.lowlevel import Server

router = APIRouter()


@router.post("/mcp", include_in_schema=False)
async def mcp(request: Request, caller: Reader) -> Response:
    """Answer a request of the protocol; raises MissingExtraError."""
    server = await to_thread.run_sync(_server, request.app)
    request.state.caller = caller
    return _SdkResponse(server)


def _server(app: FastAPI) -> Server[Any]:
    """Return the MCP server. The first request imports it, which takes half a second."""
    with requires_extra("mcp", "/mcp"):
        from monitor.api.mcp.server import RequestHandlers, build_server

    if app.state.mcp is None:
        newsroom, machine = app.state.newsroom, app.state.machine
        app.state.mcp = build_server(RequestHandlers(newsroom, machine.secret, machine.monotonic))
    server: Server[Any] = app.state.mcp
    return server


class _SdkResponse(Response):
    """An answer that the SDK sends."""

    def __init__(self, server: Server[Any]) -> None:
        super().__init__()
        self._server = server

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        from mcp.server.streamable_http_manager import StreamableHTTPSessionManager

        manager = StreamableHTTPSessionManager(self._server, json_response=True, stateless=True)
        async with manager.run():
            await manager.handle_request(scope, receive, send)
