"""One of several monitors of a store, as a process of its own.

PYTHONPATH=tests python -m support.shared_monitor CONFIG FOLDER PORT EXPIRY [CLOCK]

Every host is a stranger's, and answers at PORT on loopback. The leases expire after EXPIRY seconds.
CLOCK is by how many seconds its clock is wrong.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from unittest.mock import patch

from monitor import wiring
from monitor.cli import set_up_log
from monitor.config.watchlist_tests import load_and_test
from monitor.fetch.client import Client
from monitor.model.config import Config, Networks

STRANGER = "93.184.215.14"


def client(port: int, allow: Networks, contact: str) -> Client:
    """Return a client for which every host is at a port on loopback."""

    async def resolve(host: str, port: int) -> Sequence[str]:
        return [STRANGER]

    async def dial(address: str, _port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        return await asyncio.open_connection("127.0.0.1", port)

    return Client(
        allow, user_agent="tocsin/test", monotonic=time.monotonic, sleep=asyncio.sleep,
        resolve=resolve, dial=dial,
    )  # fmt: skip


def hurried(path: Path, *, data: Path | None) -> Config:
    """Load a feeds.yaml whose feeds are polled every second, which strangers are not."""
    config = load_and_test(path, data=data)
    return replace(config, feeds=tuple(replace(feed, every=1.0) for feed in config.feeds))


def clock(off: float) -> float:
    """Return the time of a clock that is wrong by so many seconds."""
    return time.time() + off


def main(config: str, folder: str, port: str, expiry: str, off: str = "0") -> None:
    """Run until a signal ends it."""
    options = wiring.RunOptions(lease_seconds=float(expiry))
    with (
        patch("monitor.wiring._client", lambda *how: client(int(port), *how)),
        patch("monitor.wiring.clock", partial(clock, float(off))),
        patch("monitor.config.watchlist_tests.load_and_test", hurried),
    ):
        asyncio.run(wiring.run_monitor(Path(config), Path(folder), options))


if __name__ == "__main__":
    set_up_log(1)
    main(*sys.argv[1:])
