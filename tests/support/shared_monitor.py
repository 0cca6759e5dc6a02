"""One of several monitors of a store, as a process of its own.

PYTHONPATH=tests python -m support.shared_monitor CONFIG FOLDER SITES EXPIRY CLOCK WHOLE [BUG]

Every host is a stranger's, and answers at SITES, an address with its port. The leases expire after
EXPIRY seconds, and all else that waits for a monitor or a database is as much faster. The file
CLOCK says by how many seconds the clock is wrong. Unless it is `whole`, the monitor has no
processes of its own: it reads documents itself, which starts in a fourth of the time, and indexes
nothing. BUG is one of `support.planted_bugs`.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from unittest.mock import patch

from msgspec.structs import replace

from monitor.cli import set_up_log
from monitor.config.checks import load_and_test
from monitor.intake.fetch.client import Client
from monitor.intake.fetch.host_limiter import TakeTurn
from monitor.model.config import Config, Networks
from monitor.runtime import daemon, wiring
from monitor.runtime.lease_keeper import EXPIRY
from monitor.storage.store.database import postgresql
from monitor.storage.store.sql import leases, store
from support import planted_bugs
from support.simulated_time import InlineReader, NoIndexer

STRANGER = "93.184.215.14"


def client(sites: str, allow: Networks, contact: str, take_turn: TakeTurn) -> Client:
    """Return a client for which every host is at one address and port."""
    machine, _colon, port = sites.rpartition(":")

    async def resolve(host: str, port: int) -> Sequence[str]:
        return [STRANGER]

    async def dial(address: str, _port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        return await asyncio.open_connection(machine, int(port))

    return Client(
        allow, user_agent="tocsin/test", monotonic=time.monotonic, sleep=asyncio.sleep,
        resolve=resolve, dial=dial, take_turn=take_turn,
    )  # fmt: skip


def load_hurried(path: Path, *, data: Path | None) -> Config:
    """Load a feeds.yaml whose feeds are polled every second, which strangers are not."""
    config = load_and_test(path, data=data)
    return replace(config, feeds=tuple(replace(feed, every=1.0) for feed in config.feeds))


CLOCKS = ("machine", "network", "viewing", "wiring")


def clock(offset_file: Path) -> float:
    """Return the time of a clock that is wrong by so many seconds as a file says."""
    return time.time() + float(offset_file.read_text(encoding="ascii") or 0)


def main(
    config: str, folder: str, sites: str, expiry: str, offset: str, mode: str, bug: str = ""
) -> None:
    """Run until a signal ends it."""
    seconds = float(expiry)
    faster = seconds / EXPIRY
    options = wiring.RunOptions(lease_seconds=seconds)
    substitutes = {
        "monitor.runtime.wiring.Parser": InlineReader,
        "monitor.runtime.wiring.IndexerProcess": NoIndexer,
    }
    with ExitStack() as stack:
        for name, substitute in {
            **({} if mode == "whole" else substitutes),
            "monitor.runtime.wiring.http_client": partial(client, sites),
            **{f"monitor.runtime.{place}.clock": partial(clock, Path(offset)) for place in CLOCKS},
            "monitor.runtime.wiring.load_and_test": load_hurried,
            "monitor.runtime.daemon.STORE_REST": faster * daemon.STORE_REST,
            "monitor.storage.store.database.postgresql.STILL_MS": int(faster * postgresql.STILL_MS),
            "monitor.storage.store.database.postgresql.WAIT_MS": int(faster * postgresql.WAIT_MS),
            "monitor.storage.store.sql.leases.HANDOVER": faster * leases.HANDOVER,
            "monitor.storage.store.sql.store.SHARED_BUSY_MS": int(faster * store.SHARED_BUSY_MS),
        }.items():
            stack.enter_context(patch(name, substitute))
        if bug:
            stack.enter_context(getattr(planted_bugs, bug)())
        asyncio.run(wiring.run_monitor(Path(config), Path(folder), options))


if __name__ == "__main__":
    set_up_log(1)
    main(*sys.argv[1:])
