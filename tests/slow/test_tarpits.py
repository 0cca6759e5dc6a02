"""Servers that never end, among many good ones: in simulated time, with the real limits."""

from __future__ import annotations

import json
import random
import sqlite3
from contextlib import closing
from pathlib import Path

from support.newsroom import Item, rss
from support.scripted_server import Fault, Reply, Web
from support.simulated_time import Town, World

from monitor.base.translation import shown
from monitor.intake.fetch.client import TIMEOUT
from monitor.intake.fetch.host_limiter import SLOW_SLOTS

TARPITS, HEALTHY = 48, 120
FEED = rss(*(Item(f"Article {n}", "Un texte.", guid=str(n)) for n in range(3)))
KINDS = (
    Reply(body=FEED, fault=Fault.DRIP),  # a byte a second
    Reply(body=FEED, fault=Fault.DRIP_HEAD),  # the same from its head on
    Reply(fault=Fault.ENDLESS_1XX, pause=0.1),
    Reply(fault=Fault.HANG),
)


def outcomes(folder: Path, tarpits: int) -> dict[str, tuple[float, str]]:
    """Poll all feeds once; return for each the seconds to the outcome, and the reason."""
    world, dice = World(), random.Random(tarpits)
    web = Web(clock=lambda: world.now)
    town = Town(world, web)
    for number in range(HEALTHY):
        body = FEED.replace(b"Article", b"Article %d" % number)
        web.on(f"/well{number}", Reply(body=body, delay=0.01 + number % 5 / 100))
    for number in range(tarpits):
        web.on(f"/tarpit{number}", KINDS[number % len(KINDS)])
    names = [f"well{n}" for n in range(HEALTHY)] + [f"tarpit{n}" for n in range(tarpits)]
    dice.shuffle(names)
    feeds = [{"url": f"http://{name}.example/{name}", "name": name} for name in names]
    config = folder / "feeds.yaml"
    config.write_text(json.dumps({"feeds": feeds, "watchlists": ["Alibaba"]}))
    start = world.now
    database = folder / "var" / "newsroom.db"

    async def leave() -> bool:
        while len(first_polls(database)) < len(names):
            await town.wait_until(world.now + 1)
        return True

    world.watch(config, town, leave)
    return {name: (at - start, reason) for name, at, reason in first_polls(database)}


def first_polls(database: Path) -> list[tuple[str, float, str]]:
    """Return the first poll of each feed that was polled."""
    with closing(sqlite3.connect(database)) as sql:
        return sql.execute(
            "SELECT f.name, min(p.at), p.reason FROM polls p JOIN feeds f ON f.number = p.feed"
            " GROUP BY f.number"
        ).fetchall()


def test_tarpits_keep_nobody_waiting(tmp_path: Path) -> None:
    """Good feeds are read at most two seconds later than without tarpits."""
    (tmp_path / "alone").mkdir()
    (tmp_path / "among").mkdir()
    expected = outcomes(tmp_path / "alone", 0)
    decisions = outcomes(tmp_path / "among", TARPITS)
    read = {name: at for name, (at, reason) in decisions.items() if not reason}
    assert read.keys() == expected.keys()
    assert max(read.values()) - max(at for at, _ in expected.values()) < 2
    reasons = {shown(reason) for name, (_, reason) in decisions.items() if name not in expected}
    assert reasons == {f"not finished after {TIMEOUT:g} s"}
    assert len(decisions) == TARPITS + HEALTHY
    # Tarpits occupy the sixteen slow slots, each for the whole time limit.
    assert max(at for at, _ in decisions.values()) < TARPITS / SLOW_SLOTS * (TIMEOUT + 1) + TIMEOUT
