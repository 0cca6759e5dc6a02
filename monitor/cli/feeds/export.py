"""`tocsin feeds export`: the subscriptions as OPML."""

from __future__ import annotations

from typing import BinaryIO

import click

from monitor.cli import Newsroom


@click.command("export")
@click.argument("file", type=click.File("wb", atomic=True), default="-")
@click.pass_obj
def command(newsroom: Newsroom, file: BinaryIO) -> None:
    """Write the subscriptions as OPML, to a file or to the standard output; no password is in it.

    Feeds are in a folder of their first tag, and have all their tags as categories.
    """
    from monitor.config import load
    from monitor.exchange import opml

    config = load(newsroom.config_path, data=newsroom.data)
    file.write(opml.write(config.feeds, "tocsin"))
