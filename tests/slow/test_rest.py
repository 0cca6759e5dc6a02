"""A newsroom in which nothing happens: its processes sleep."""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.newsroom import TOCSIN, Item, Newsroom, rss, until
from support.scripted_server import Reply, Web
from support.terminal import Terminal

pytestmark = pytest.mark.costly

FEEDS, SECONDS = 300, 60.0
SETTLE = 90.0
"""Seconds until the workers have ended, the last look for the unusual is stored, and all rest."""
MOST = {"sqlite": 3.0, "postgresql": 6.0}
"""Times a second that all threads of all processes wake up, at most: 2.0 and 4.8 on a machine that
does nothing else. A heartbeat to others every three seconds, and the questions of a dashboard to a
server, take the difference."""


def descendants(pid: int) -> Iterator[int]:
    """Yield a process and all below it."""
    yield pid
    for children in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in children.read_text().split():
            yield from descendants(int(child))


def wake_ups(*pids: int) -> Counter[str]:
    """Return how often each thread of these processes, and of those below, has gone to sleep."""
    return Counter(
        {
            str(status.parent): int(re.findall(r"\nvoluntary_ctxt_switches:\s+(\d+)", text)[0])
            for pid in pids
            for process in descendants(pid)
            for status in Path(f"/proc/{process}/task").glob("*/status")
            if (text := status.read_text())
        }
    )


@pytest.mark.parametrize(
    "store", ["sqlite", pytest.param("postgresql", marks=pytest.mark.database)]
)
def test_a_newsroom_without_news_sleeps(
    web: Web, tmp_path: Path, store: str, request: pytest.FixtureRequest
) -> None:
    shared = {"TOCSIN_STORE": request.getfixturevalue(store)} if store == "postgresql" else {}
    newsroom = Newsroom(tmp_path, shared)
    addresses = [f"/{number}" for number in range(FEEDS)]
    for address in addresses:
        item = Item(f"Alibaba {address}", "Un texte.", address, f"https://a.test{address}")
        web.on(address, Reply(body=rss(item)))
    feeds = [{"url": web.url(a), "name": f"F {a}", "every": "6h"} for a in addresses]
    newsroom.watch(feeds, ["Alibaba"])
    with newsroom.running("run") as monitor:
        until(lambda: len(web.requests) >= FEEDS)
        screen = Terminal([str(TOCSIN), "dashboard"], folder=newsroom.folder, **shared)
        try:
            screen.read_until("Alibaba /")
            screen.read_for(SETTLE)
            pids = monitor.pid, screen.child.pid
            before, begun = wake_ups(*pids), time.monotonic()
            screen.read_for(SECONDS)
            more = wake_ups(*pids) - before
            assert more.total() / (time.monotonic() - begun) <= MOST[store], more
            item = Item("Alibaba réveille", "Un texte.", "new", "https://a.test/new")
            web.on(addresses[0], Reply(body=rss(item)))
            newsroom.watch([{**feeds[0], "every": "1s"}, *feeds[1:]], ["Alibaba"])
            screen.read_until(f"{FEEDS + 1} new")  # those of the start may be counted above it
        finally:
            screen.kill()
