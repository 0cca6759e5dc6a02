"""Feeds added to feeds.yaml, let rest, and taken out of it, from the screen of feeds."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from index.text import line
from monitor.errors import FeedError, MonitorError
from monitor.model import FeedHealth
from tui.discovering import discover
from tui.ink import Line
from tui.screens.choice import Choice
from tui.screens.naming import Naming
from tui.screens.panes import Panes
from tui.writing import NO_FILE, write

if TYPE_CHECKING:
    from monitor.prospect import Prospect

_HINT: Line = [("The address of a feed, or of a site that has some: lesoir.be", "quiet")]


def add(screen: Panes) -> None:
    """Ask for an address, show what is there, and subscribe to what is chosen."""
    found: list[Prospect] = []

    async def look(address: str) -> str:
        path = screen.newsroom.service.config
        if path is None:
            return NO_FILE
        try:
            found[:] = await discover(screen.newsroom, path, address)
        except FeedError as error:
            return error.reason
        except MonitorError as error:
            return str(error)
        return ""

    def looked(address: str | None) -> None:
        if address is None:
            return
        if len(found) == 1:
            _subscribe_soon(screen, found)
        else:
            _ask_which(screen, address, found)

    screen.app.push_screen(Naming("Add a feed", _HINT, look), looked)


def _ask_which(screen: Panes, address: str, found: Sequence[Prospect]) -> None:
    from monitor.subscribing import about

    rows: list[Line] = [
        [(f"{line(one.parsed.title) or '(untitled)'}: ", "list"), (line(about(one)), "quiet")]
        for one in found
    ]
    rows.append([(f"All {len(found)} of them", "plain")])

    def chosen(row: int | None) -> None:
        if row is not None:
            _subscribe_soon(screen, found if row == len(found) else [found[row]])

    screen.app.push_screen(Choice(f"{address} has {len(found)} feeds", rows), chosen)


def _subscribe_soon(screen: Panes, found: Sequence[Prospect]) -> None:
    screen.run_worker(_subscribe(screen, list(found)), group="file")


async def _subscribe(screen: Panes, found: Sequence[Prospect]) -> None:
    from monitor.model import Feed

    said: list[str] = []

    def change(path: Path) -> None:
        from monitor.config import load
        from monitor.subscribing import about, new_among, subscribe

        named = [Feed(url=one.url, name=one.parsed.title) for one in found]
        fresh, doubles = new_among(named, load(path))
        said.extend(f"Subscribed to already, as {double.name}." for _, double in doubles)
        if fresh:
            config = subscribe(path, None, fresh)
            in_words = {one.url: about(one) for one in found}
            added = config.feeds[-len(fresh) :]
            said.extend(
                f"Added {feed.name}: {in_words[asked.url]}"
                for feed, asked in zip(added, fresh, strict=True)
            )

    trouble = await write(screen.newsroom, change)
    for words in [trouble] if trouble else said:
        screen.tell(words, trouble=bool(trouble))


def rest(screen: Panes, feed: FeedHealth) -> None:
    """Stop polling a feed, or poll it again."""
    screen.run_worker(_rest(screen, feed), group="file")


async def _rest(screen: Panes, feed: FeedHealth) -> None:
    resting = feed.feed.enabled

    def change(path: Path) -> None:
        from monitor import subscribing

        subscribing.rest(path, None, feed.feed.url, resting=resting)

    trouble = await write(screen.newsroom, change)
    name = feed.feed.name
    done = f"{name} is not polled any more; p polls it again." if resting else f"{name} is polled."
    screen.tell(trouble or done + _when(screen), trouble=bool(trouble))


def remove(screen: Panes, feed: FeedHealth) -> None:
    """Ask whether a feed is to be taken out of feeds.yaml, and do so."""
    rows: list[Line] = [
        [("No, keep it", "plain")],
        [("Yes; what it brought stays in the archive", "plain")],
    ]

    def chosen(row: int | None) -> None:
        if row == 1:
            screen.run_worker(_remove(screen, feed), group="file")

    screen.app.push_screen(Choice(f"Unsubscribe from {feed.feed.name}?", rows), chosen)


async def _remove(screen: Panes, feed: FeedHealth) -> None:
    def change(path: Path) -> None:
        from monitor.config import load
        from monitor.subscribing import subscribed, unsubscribe

        config = load(path)
        there = subscribed(feed.feed.url, config.feeds)
        if there is None:
            raise MonitorError(f"{path.name} has no feed at {feed.feed.url} any more")
        unsubscribe(path, None, [there], config)

    trouble = await write(screen.newsroom, change)
    done = f"Removed {feed.feed.name}; what it brought stays." + _when(screen)
    screen.tell(trouble or done, trouble=bool(trouble))


def _when(screen: Panes) -> str:
    status = screen.newsroom.status
    idle = status is not None and status.monitor is None
    return " In force once a monitor runs." if idle else ""
