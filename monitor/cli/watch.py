"""`tocsin watch`: watchlists one can trust."""

from __future__ import annotations

import importlib

import click

from monitor.cli import talkative

COMMANDS = {
    "list": "List the watchlists and what they brought.",
    "explain": "Tell why a watchlist matches an article, or why not.",
    "forms": "List the words of the archive that a term stands for.",
    "test": "Try the watchlists of a file on the archive.",
    "lint": "Find terms that are useless, doubled or too broad.",
    "suggest": "Find exclusions that would have spared noise.",
    "mute": "Tell nobody of a watchlist for a while.",
    "unmute": "Tell of a watchlist again.",
    "add": "Add a watchlist to feeds.yaml.",
    "from-search": "Make a watchlist of a saved search.",
}


class Commands(click.Group):
    """The commands, each imported when it is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return their names, in the order of their use."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return a command by its name."""
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"monitor.cli.watches.{cmd_name.replace('-', '_')}")
        command = module.command
        assert isinstance(command, click.Command)
        return talkative(command)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands with one line each, importing none."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(cls=Commands)
def watch() -> None:
    """List, explain, try, check and add watchlists."""
