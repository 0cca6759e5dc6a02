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
    from monitor.config.cutting import removed
    from monitor.config.editing import edit

    config = load(newsroom.config_path, data=newsroom.data)
    numbers = {config.feeds.index(meant(asked, config.feeds)) for asked in feeds}
    if len(numbers) == len(config.feeds):
        raise click.ClickException("that would leave nothing to poll; add another feed first")
    edit(newsroom.config_path, lambda text: removed(text, "feeds", numbers), data=newsroom.data)
    for number in sorted(numbers):
        click.echo(f"removed {config.feeds[number].name}: {config.feeds[number].url}")
    say("what they brought stays in the archive")
