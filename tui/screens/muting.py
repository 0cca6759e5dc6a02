"""Muting a watchlist for a while, and ending that."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, time, timedelta, tzinfo
from typing import TYPE_CHECKING

from index.article import Timestamp
from index.text import line
from monitor.model import Mute
from tui import moment
from tui.screens.choice import Choice

if TYPE_CHECKING:
    from tui.ink import Line
    from tui.screens.panes import Panes

HOUR, WEEK = 3_600.0, 7 * 86_400.0
MORNING = time(8)


def spans(now: Timestamp, zone: tzinfo | None) -> Sequence[tuple[str, float]]:
    """Return how long a watchlist can be muted, in words and seconds."""
    local = moment.local(now, zone) or datetime.fromtimestamp(now).astimezone()
    morning = datetime.combine(local.date() + timedelta(days=1), MORNING, local.tzinfo)
    at = morning.timestamp() if zone else morning.replace(tzinfo=None).timestamp()
    return (
        ("an hour", HOUR),
        ("4 hours", 4 * HOUR),
        ("until tomorrow 08:00", at - now),
        ("a week", WEEK),
    )


async def ask_to_mute(screen: Panes, name: str) -> None:
    """Ask for how long nobody is to be told of a watchlist, or whether that is to end."""
    room = screen.newsroom
    mutes = await screen.answer(room.service.mutes)
    if mutes is None:
        return
    muted = next((mute for mute in mutes if mute.watchlist == name), None)
    now = room.clock()
    choices: list[tuple[str, float]] = [*([("end the mute now", 0.0)] if muted else [])]
    choices += [(f"{words}", seconds) for words, seconds in spans(now, room.zone)]
    rows: list[Line] = [[(words, "plain")] for words, _ in choices]

    def chosen(row: int | None) -> None:
        if row is not None:
            screen.run_worker(_mute(screen, name, choices[row][1]), group="mute")

    screen.app.push_screen(Choice(_title(name, muted, screen), rows), chosen)


def _title(name: str, muted: Mute | None, screen: Panes) -> str:
    if muted is None:
        return f"Mute {line(name)} for …"
    until = moment.full(muted.until, screen.newsroom.zone)
    by = f" by {line(muted.by)}" if muted.by else ""
    return f"{line(name)} is muted{by} until {until}, {muted.held} held back"


async def _mute(screen: Panes, name: str, seconds: float) -> None:
    service, zone = screen.newsroom.service, screen.newsroom.zone
    if seconds:
        mute = await screen.answer(service.mute, name, seconds, screen.newsroom.who)
        if mute is not None:
            until = moment.full(mute.until, zone)
            screen.tell(f"Nobody is told of {line(name)} until {until}; m ends it")
    else:
        ended = await screen.answer(service.unmute, name)
        if ended is not None:
            screen.tell(f"{line(name)} is heard again; {ended.held} were held back")
    screen.newsroom.look_at_all()
