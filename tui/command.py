"""`tocsin dashboard`: starts the monitor if nobody watches, shows the newsroom, cleans up."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import click

from index.article import Timestamp

if TYPE_CHECKING:
    from monitor.service import Service
    from tui.remembered import Memory
    from tui.stage import Ending


class Newsroom(Protocol):
    """What the command line knows of the newsroom at hand."""

    clock: Callable[[], Timestamp]
    archive: Path

    def service(self) -> Service:
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
    theme: str | None = None,
    feeds_hint: str = "",
    memory: Memory | None = None,
) -> Ending:
    """Show the newsroom until the analyst ends it; return whether the monitor goes on."""
    from tui.app import Tocsin

    app = Tocsin(
        service,
        clock=clock,
        owns_monitor=owns_monitor,
        theme=theme,
        feeds_hint=feeds_hint,
        memory=memory,
    )
    return app.run() or "quit"


@click.command()
@click.option("--light", is_flag=True, help="Dark ink on a light ground.")
@click.option("--no-monitor", is_flag=True, help="Only look; start no monitor.")
@click.pass_obj
def dashboard(newsroom: Newsroom, light: bool, no_monitor: bool) -> None:
    """Watch the alerts come in, read, triage and search, in the terminal."""
    from tui.remembered import FILE, Memory

    started = False if no_monitor else newsroom.ensure_monitor()
    ending: Ending = "quit"
    try:
        ending = run_dashboard(
            newsroom.service(),
            clock=newsroom.clock,
            owns_monitor=started,
            theme="tocsin-light" if light else None,
            memory=Memory(newsroom.archive / FILE),
        )
    finally:
        if started and ending == "quit":
            newsroom.stop_monitor()
