"""Answering scrapes, in threads of its own: the watch never waits for them."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from prometheus_client import CollectorRegistry, start_http_server

from monitor.errors import MonitorError
from monitor.listening import is_private
from monitor.model import Listening

log = logging.getLogger("tocsin")


@asynccontextmanager
async def serving(registry: CollectorRegistry, at: Listening) -> AsyncIterator[None]:
    """Answer scrapes meanwhile. Raises MonitorError where nobody can listen."""
    try:
        server, thread = await asyncio.to_thread(  # it looks up the name of the machine
            start_http_server, at.port, addr=at.host, registry=registry
        )
    except OSError as error:
        words = (error.strerror or str(error)).lower()
        raise MonitorError(
            f"no metrics at {at}: {words}; choose another address or port for --metrics,"
            " or for `network: metrics:`"
        ) from error
    log.info("metrics at http://%s/metrics", at)
    if not is_private(at):
        log.warning("metrics at %s can be read by whoever reaches that address", at)
    try:
        yield
    finally:
        await asyncio.to_thread(server.shutdown)
        server.server_close()
        thread.join()
