"""Which feed is meant on the command line."""

from __future__ import annotations

from collections.abc import Sequence

import click

from monitor.config.watchlists import selects, stranger
from monitor.model import Feed
from monitor.subscribing import same


def meant(asked: str, feeds: Sequence[Feed]) -> Feed:
    """Return the one feed of this address, name or host; raises ClickException in words."""
    if "://" in asked:
        found = [feed for feed in feeds if same(feed.url) == same(asked)]
    else:
        found = [feed for feed in feeds if feed.name == asked]
        if not found and not asked.startswith("tag:"):
            found = [feed for feed in feeds if selects(asked, feed)]
    if len(found) == 1:
        return found[0]
    if found:
        names = "\n".join(f"  {feed.name}  {feed.url}" for feed in found)
        raise click.ClickException(f"`{asked}` may be any of\n{names}")
    raise click.ClickException(stranger(asked, tuple(feeds)) or f"`{asked}` is no name of a feed")
