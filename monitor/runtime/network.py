"""The parts that ask other machines: HTTP client, senders of channels, finder of feeds."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache
from importlib.metadata import version

import httpx

from monitor.delivery.notify.notification import NotificationLoader
from monitor.delivery.notify.senders import Senders
from monitor.intake.discovery import FeedFinder
from monitor.intake.fetch.address_guard import AddressGuard
from monitor.intake.fetch.client import Client
from monitor.intake.fetch.host_limiter import TakeTurn, always_free
from monitor.intake.parse.workers import Parser
from monitor.model.config import Config, Networks
from monitor.runtime.machine import clock, local_zone, monotonic, sleep


def senders(config: Config, loader: NotificationLoader | None = None) -> Senders:
    """Return the senders of the channels; `loader` reads the earlier entries of Atom feeds."""
    return Senders(
        guard=AddressGuard(config.allow), loader=loader,
        trust=cache(httpx.create_ssl_context), clock=clock, zone=local_zone(),
        user_agent=user_agent(config.contact), environ=os.environ,
    )  # fmt: skip


def http_client(allow: Networks, contact: str, take_turn: TakeTurn | None = None) -> Client:
    """Return the client that polls feeds, within the networks that the operator allows."""
    return Client(
        allow, user_agent=user_agent(contact), monotonic=monotonic, sleep=sleep,
        take_turn=take_turn or always_free,
    )  # fmt: skip


@asynccontextmanager
async def reading(allow: Networks = (), contact: str = "") -> AsyncIterator[tuple[Client, Parser]]:
    """Fetch and read documents; `allow` and `contact` as in the configuration."""
    parser = Parser()
    http = http_client(allow, contact)
    try:
        async with http:
            yield http, parser
    finally:
        await asyncio.to_thread(parser.close)


@asynccontextmanager
async def prospecting(allow: Networks = (), contact: str = "") -> AsyncIterator[FeedFinder]:
    """Read feeds without subscribing to them."""
    async with reading(allow, contact) as (http, parser):
        yield FeedFinder(http, parser, monotonic)


def user_agent(contact: str) -> str:
    """Return the header User-Agent: the version, and the operator's contact if there is one."""
    about = f"+{contact}" if contact else "news monitor"  # not a message
    return f"tocsin/{version('tocsin')} ({about})"
