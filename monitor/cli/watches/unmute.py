"""`tocsin watch unmute`: alerts of a watchlist are told again."""

from __future__ import annotations

import click

from monitor.cli import Newsroom, telling


@click.command("unmute")
@click.argument("name")
@click.pass_context
def command(context: click.Context, name: str) -> None:
    """End the mute of a watchlist, and say what it held back.

    The channels are told as well. Exits with 1 when it was not muted.
    """
    newsroom: Newsroom = context.obj
    mute = newsroom.service().unmute(name)
    if mute is None:
        click.echo(f"{name} is not muted")
        context.exit(1)
    since = telling.moment(mute.since, newsroom.clock())
    held = f"{mute.held} held since {since}" if mute.held else "nothing was held"
    click.echo(f"{mute.watchlist} is no longer muted: {held}")
    if mute.held:
        click.echo(f'`tocsin alerts --suppressed --watch "{mute.watchlist}"` lists them')
