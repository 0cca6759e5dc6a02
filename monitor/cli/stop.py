"""`tocsin stop`: end the monitor in the background."""

from __future__ import annotations

import click

from monitor.cli import Newsroom, say


@click.command()
@click.pass_context
def stop(context: click.Context) -> None:
    """End the monitor that watches this newsroom. Exits with 1 if there is none."""
    newsroom: Newsroom = context.obj
    pid = newsroom.stop_monitor()
    if pid is None:
        say(f"no monitor watches {newsroom.folder}")
        context.exit(1)
    say(f"the monitor (pid {pid}) has ended")
