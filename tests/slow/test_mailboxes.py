"""Mailboxes for a week of simulated time, and killed before any step."""

from __future__ import annotations

import json
import random
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any, cast

import msgspec
import pytest
from support.flow import Fuse, Killed, ManualMonitor, Press, rows, understood
from support.imap_server import PASSWORD, USER, ImapServer, newsletter
from support.simulated_monitor import Living
from support.simulated_time import Town, World

from monitor.model.feed import Feed, FeedState, Source, SourceKind
from monitor.model.poll import Fetched, NotModified
from monitor.model.watchlist import Watchlist

HOUR = 3_600.0
URL = f"imap://{USER.replace('@', '%40')}@mail.example/INBOX"


def test_a_week_loses_and_doubles_nothing(tmp_path: Path) -> None:
    world, server, dice = World(), ImapServer(), random.Random(4)
    town = Town(world, cast(Any, server), homes=frozenset({"mail.example"}))
    config = tmp_path / "feeds.yaml"
    config.write_text(
        json.dumps(
            {
                "feeds": [
                    {"mailbox": URL, "password": PASSWORD, "name": "Post", "since": "2020-01-01"}
                ],
                "watchlists": ["Alibaba"],
                "network": {"allow": ["127.0.0.0/8"]},
                "archive": {"vectors": False},
            }
        )
    )
    monitor = Living(world, town, config, 5.0)
    delivered = 0
    try:
        monitor.begin()
        for hour in range(7 * 24):
            for _mail in range(dice.choice([0, 0, 1, 1, 2, 30])):
                delivered += 1
                server.inbox.add(newsletter(f"Lettre {delivered} sur Alibaba", id=f"m{delivered}"))
            monitor.let(dice.uniform(0.5, 1.5) * HOUR)
            if hour % 24 == 9:
                monitor.kill()
                world.jump(dice.uniform(0, 3) * HOUR)
                monitor.begin()
            if hour % 60 == 30:
                server.inbox.renumber(server.inbox.validity + 1, first=dice.randint(1, 500))
        monitor.let(HOUR)
        hours = world.elapsed / HOUR
    finally:
        monitor.close()
    with closing(sqlite3.connect(tmp_path / "var" / "newsroom.db")) as sql:
        titles = [title for (title,) in sql.execute("SELECT title FROM articles ORDER BY title")]
        gaps = sql.execute("SELECT count(*) FROM gaps").fetchone()
    assert titles == sorted(f"Lettre {n} sur Alibaba" for n in range(1, delivered + 1))
    assert gaps == (0,)
    assert server.connections <= hours * 4 + 2 * 7, "one for each poll, four polls an hour"
    assert {command.split()[0] for command in server.asked} == {"LOGIN", "EXAMINE", "UID"}
    assert all("BODY.PEEK[" in c or "SEARCH" in c for c in server.asked if c.startswith("UID"))


# --- killed ------------------------------------------------------------------------------

MAILS = [newsletter(f"Lettre {n} sur Alibaba", f"Alibaba, {n}.", id=f"m{n}") for n in range(6)]
FEED = Feed(url=URL, name="Post", source=Source(kind=SourceKind.MAILBOX), lang="fr")


class Post(Press):
    """A mailbox that gets two mails in each round."""

    async def new_mails(self, feed: Feed, state: FeedState, max_bytes: int) -> Any:
        """Return the mails behind the last one."""
        self.fuse.step()
        last = int((state.etag or b"1:0").partition(b":")[2])
        mails = [mail.as_bytes() for mail in MAILS[last : 2 * (self.round + 1)]]
        if not mails:
            return NotModified()
        etag = b"1:%d" % (last + len(mails))
        return Fetched(url=feed.url, body=msgspec.msgpack.encode(mails), etag=etag)


def life(folder: Path, fuse: Fuse) -> ManualMonitor:
    watchlist = Watchlist(name="Alibaba", query=understood("Alibaba"))
    return ManualMonitor(folder, Post({}, fuse=fuse), [FEED], [watchlist])


def contents(folder: Path) -> list[list[tuple[Any, ...]]]:
    tables = ("articles", "entries", "alerts", "matches", "outbox", "evidence")
    return [
        rows(folder, "SELECT etag, articles FROM feeds"),
        *(sorted(rows(folder, f"SELECT * FROM {table}"), key=repr) for table in tables),
    ]


def test_killed_before_any_step_nothing_is_lost_or_doubled(tmp_path: Path) -> None:
    whole, fuse = tmp_path / "whole", Fuse()
    whole.mkdir()
    life(whole, fuse).live(range(3))
    assert len(contents(whole)[1]) == len(MAILS)
    for step in range(1, fuse.steps, 7):
        folder = tmp_path / str(step)
        folder.mkdir()
        press = life(folder, Fuse(step))
        with pytest.raises(Killed):
            press.live(range(3))
        life(folder, Fuse()).live(range(press.press.round, 3))
        assert contents(folder) == contents(whole), f"killed before step {step}"
