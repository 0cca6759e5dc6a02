"""Which feed is meant, and which two are one."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

import click

from monitor.config import fields
from monitor.config.watchlists import selects, stranger
from monitor.identify import canonical
from monitor.model import Feed


def same(url: str) -> str:
    """Return what all spellings of one feed's address share: https or not, www, slash, tracking."""
    return fields.same(canonical(url) or url)


def subscribed(url: str, feeds: Iterable[Feed]) -> Feed | None:
    """Return the feed of this address, None if there is none."""
    wanted = same(url)
    return next((feed for feed in feeds if same(feed.url) == wanted), None)


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


def fitted(title: str, url: str, taken: Collection[str]) -> str:
    """Return a title as the name of a new feed; '' for no name.

    It is none of those taken, which are case-folded.
    """
    host = fields.host(url)
    for name in (title, f"{title[: fields.LONGEST_NAME - len(host) - 3]} ({host})"):
        try:
            short = fields.name(name[: fields.LONGEST_NAME])
        except ValueError:
            continue
        if title.strip() and short.casefold() not in taken:
            return short
    return ""
