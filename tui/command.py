"""`tocsin dashboard`: starts the monitor if nobody watches, shows the newsroom, cleans up."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import click

from index.article import Timestamp

if TYPE_CHECKING:
    from textual.pilot import Pilot

    from monitor.model.search import Filter
    from monitor.service.service import Service
    from tui.base_app import AppSettings, BaseApp, Ending


Script = Callable[["Pilot[Any]"], Awaitable[None]]
WEB_FONTS = re.compile(r"@font-face \{.*?\}\s*", re.DOTALL)
"""A picture that asks another server for its letters tells that server who looks."""
_SERIAL = re.compile(r"terminal-\d+-")


async def save(app: BaseApp, path: Path, size: tuple[int, int], script: Script) -> None:
    """Write an SVG of a screen of (columns, lines) as a script leaves it.

    The same screen gives the same file.
    """
    async with app.run_test(size=size) as pilot:
        await script(pilot)
        picture = app.export_screenshot(title="tocsin")
    picture = _SERIAL.sub("terminal-", WEB_FONTS.sub("", picture))
    await asyncio.to_thread(path.write_text, picture, encoding="utf-8")


SEVERITIES = ("high", "medium", "low")
THEMES = ("dark", "light", "contrast", "terminal")
SWITCH = 0.0005
"""Seconds that a thread which reads or filters may keep the screen waiting, a few times a key."""


class Newsroom(Protocol):
    """What the command line knows of the newsroom at hand."""

    clock: Callable[[], Timestamp]
    archive: Path

    def service(self, *, read_only: bool = False) -> Service:
        """Return its service."""

    def ensure_monitor(self) -> bool:
        """Start a monitor if nobody watches; return whether one was started."""

    def stop_monitor(self) -> int | None:
        """Stop the monitor; return its pid, None if there was none."""


def run_dashboard(
    service: Service,
    *,
    clock: Callable[[], Timestamp],
    owns_monitor: bool = False,
    read_only: bool = False,
    setting: AppSettings | None = None,
) -> Ending:
    """Show the newsroom until the analyst ends it; return whether the monitor goes on."""
    from tui.app import Tocsin

    app = Tocsin(
        service, clock=clock, owns_monitor=owns_monitor, read_only=read_only, **(setting or {})
    )
    return app.run() or "quit"


def run_wall(
    service: Service,
    filter: Filter,
    *,
    clock: Callable[[], Timestamp],
    setting: AppSettings | None = None,
) -> Ending:
    """Show the latest alerts that pass a filter until it is ended; return as `run_dashboard`."""
    from tui.wall import Wall

    return Wall(service, filter, clock=clock, **(setting or {})).run() or "quit"


@click.command()
@click.option("--wall", is_flag=True, help="Show only the latest alerts, in large letters.")
@click.option(
    "--watch",
    "watchlists",
    multiple=True,
    metavar="NAME",
    help="Open a wall with alerts of this watchlist.",
)
@click.option(
    "--severity",
    "severities",
    multiple=True,
    type=click.Choice(SEVERITIES),
    help="Open a wall with alerts of this severity.",
)
@click.option(
    "--lang",
    multiple=True,
    metavar="CODE",
    help="Open a wall with alerts in this language: fr, en.",
)
@click.option(
    "--feed",
    "feeds",
    multiple=True,
    metavar="NAME",
    help="Open a wall with alerts of this feed, or of tag:NAME.",
)
@click.option("--theme", type=click.Choice(THEMES), help="Colours. Without it, those used last.")
@click.option("--light", is_flag=True, help="The same as --theme light.")
@click.option("--bell", is_flag=True, help="Ring for alerts of high severity.")
@click.option("--read-only", is_flag=True, help="Allow no changes.")
@click.option("--no-monitor", is_flag=True, help="Start no monitor.")
@click.pass_obj
def dashboard(
    newsroom: Newsroom,
    wall: bool,
    watchlists: tuple[str, ...],
    severities: tuple[str, ...],
    lang: tuple[str, ...],
    feeds: tuple[str, ...],
    theme: str | None,
    light: bool,
    bell: bool,
    read_only: bool,
    no_monitor: bool,
) -> None:
    """Open the dashboard: read alerts, work on them, and search, in the terminal.

    With --wall, or an option that selects alerts, open a wall: a screen that needs no keys and
    follows by itself.
    """
    import gc
    import sys

    gc.disable()  # until the first paint: a fifth of the time until then; see `Stage.on_mount`
    sys.setswitchinterval(SWITCH)
    from monitor.model.search import Filter
    from monitor.model.severity import Severity
    from tui.data.ui_state import FILE, UiStateFile

    filter = Filter(
        watchlists=watchlists,
        severities=tuple(map(Severity, severities)),
        lang=tuple("" if code == "und" else code.lower() for code in lang),
        feeds=feeds,
    )
    look = theme or ("light" if light else None)
    clock = newsroom.clock
    started = False if no_monitor else newsroom.ensure_monitor()
    ending: Ending = "quit"
    try:
        setting: AppSettings = {
            "theme": look and f"tocsin-{look}",
            "bell": bell,
            "memory": UiStateFile(None if read_only else newsroom.archive / FILE),
        }
        if wall or filter != Filter():
            service = newsroom.service(read_only=True)
            ending = run_wall(service, filter, clock=clock, setting=setting)
        else:
            ending = run_dashboard(
                newsroom.service(read_only=read_only),
                clock=clock,
                owns_monitor=started,
                read_only=read_only,
                setting=setting,
            )
    finally:
        if started and ending == "quit":
            newsroom.stop_monitor()
