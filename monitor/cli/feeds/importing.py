"""`tocsin feeds import`: subscribe to the feeds of an OPML file."""

from __future__ import annotations

from typing import BinaryIO

import click

from monitor.cli import Newsroom, say

LARGEST = 8 << 20
"""Bytes of an OPML file; one of 10,000 feeds has 3 MB."""


@click.command("import")
@click.argument("file", type=click.File("rb"), metavar="FILE.opml")
@click.pass_obj
def command(newsroom: Newsroom, file: BinaryIO) -> None:
    """Subscribe to the feeds of an OPML file (`-` is the standard input).

    Its folders become tags. Feeds that are there already are named; a file that is broken
    changes nothing.
    """
    from monitor.config import fields, load
    from monitor.exchange import opml
    from monitor.fetch.url import redact
    from monitor.subscribing import new_among, subscribe

    config = load(newsroom.config_path, data=newsroom.data)
    body = file.read(LARGEST + 1)
    if len(body) > LARGEST:
        raise click.ClickException(f"{file.name} is larger than {LARGEST >> 20} MB")
    listed = []
    refused = 0
    for feed in opml.read(body, file.name):
        try:
            fields.url(feed.url)
            listed.append(feed)
        except ValueError as error:
            refused += 1
            say(f"not added: {error}")
    fresh, doubles = new_among(listed, config)
    for feed, double in doubles:
        say(f"there already: {redact(feed.url)}, as {double.name or double.url}")
    if fresh:
        config = subscribe(newsroom.config_path, newsroom.data, fresh)
    for feed in config.feeds[len(config.feeds) - len(fresh) :]:
        tags = f" ({', '.join(feed.tags)})" if feed.tags else ""
        click.echo(f"added {feed.name}{tags}: {feed.url}")
    say(f"{len(fresh)} added, {len(doubles)} there already, {refused} refused")
