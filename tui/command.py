"""`tocsin dashboard`: starts the monitor if nobody watches, shows the newsroom, cleans up."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

import click

from index.article import Timestamp

if TYPE_CHECKING:
    from monitor.service import Service
    from tui.app import Ending


class Newsroom(Protocol):
    """What the command line knows of the newsroom at hand."""

    clock: Callable[[], Timestamp]

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
) -> Ending:
    """Show the newsroom until the analyst ends it; return whether the monitor goes on."""
    from tui.app import Tocsin

    app = Tocsin(
        service, clock=clock, owns_monitor=owns_monitor, theme=theme, feeds_hint=feeds_hint
    )
    return app.run() or "quit"


@click.command()
@click.option("--light", is_flag=True, help="Dark ink on a light ground.")
@click.option("--no-monitor", is_flag=True, help="Only look; start no monitor.")
@click.pass_obj
def dashboard(newsroom: Newsroom, light: bool, no_monitor: bool) -> None:
    """Watch the alerts come in, read, triage and search, in the terminal."""
    started = False if no_monitor else newsroom.ensure_monitor()
    ending: Ending = "quit"
    try:
        ending = run_dashboard(
            newsroom.service(),
            clock=newsroom.clock,
            owns_monitor=started,
            theme="tocsin-light" if light else None,
        )
    finally:
        if started and ending == "quit":
            newsroom.stop_monitor()
