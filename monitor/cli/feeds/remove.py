"""`tocsin feeds remove`: end subscriptions."""

from __future__ import annotations

import click

from monitor.cli import Newsroom, say


@click.command("remove")
@click.argument("feeds", nargs=-1, required=True, metavar="URL-OR-NAME...")
@click.pass_obj
def command(newsroom: Newsroom, feeds: tuple[str, ...]) -> None:
    """End the subscriptions to these feeds, all or none; their articles stay in the archive."""
    from monitor.cli.feeds.naming import meant
    from monitor.config import load
    from monitor.subscribing import unsubscribe

    config = load(newsroom.config_path, data=newsroom.data)
    ended = [meant(asked, config.feeds) for asked in feeds]
    for feed in unsubscribe(newsroom.config_path, newsroom.data, ended, config):
        click.echo(f"removed {feed.name}: {feed.url}")
    say("what they brought stays in the archive")
