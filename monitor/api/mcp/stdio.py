"""The protocol over stdin and stdout, for a client on this machine."""

from __future__ import annotations

import asyncio
import signal

import anyio.to_thread
from mcp.server.stdio import stdio_server

from monitor.api.mcp.server import McpEnvironment, build_server

THREADS = 4
"""Questions that are answered at once."""


def serve(environment: McpEnvironment) -> None:
    """Answer a client until it closes stdin, or until a signal ends the process."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # a thread that reads stdin cannot be interrupted
    asyncio.run(_serve(environment))


async def _serve(environment: McpEnvironment) -> None:
    anyio.to_thread.current_default_thread_limiter().total_tokens = THREADS
    server = build_server(environment)
    async with stdio_server() as (read, write):
        await server.run(read, write, server.create_initialization_options())
