"""A monitor that records the duration of each batch, from its beginning to its commit.

python -m bench.shared_monitor CONFIG FOLDER TIMES
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from monitor.runtime import wiring
from monitor.storage.store.sql.batch import Batch
from monitor.storage.store.sql.store import Store

DURATIONS: list[float] = []
"""Durations of the batches in milliseconds."""
_batch = Store.batch


@contextmanager
def timed(store: Store) -> Iterator[Batch]:
    """See `Store.batch`."""
    start = time.perf_counter()
    with _batch(store) as batch:
        yield batch
    DURATIONS.append(1_000 * (time.perf_counter() - start))


if __name__ == "__main__":
    config, folder, times = map(Path, sys.argv[1:])
    folder.mkdir()
    Store.batch = timed  # type: ignore[method-assign, assignment]
    asyncio.run(wiring.run_monitor(config, folder, wiring.RunOptions()))
    times.write_text(json.dumps(DURATIONS), encoding="utf-8")
