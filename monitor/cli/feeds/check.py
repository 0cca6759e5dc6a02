"""`tocsin feeds check`: read feeds once, and tell everything about them."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from monitor.cli import Newsroom
from monitor.errors import FeedError

if TYPE_CHECKING:
    from monitor.model import Config, Feed
    from monitor.prospect import Prospect


@click.command("check")
@click.argument("feeds", nargs=-1, metavar="[URL-OR-NAME]...")
@click.option("--format", "style", type=click.Choice(["text", "json"]), default="text",
              show_default=True, help="For people, or for programs.")  # fmt: skip
@click.pass_context
def command(context: click.Context, feeds: tuple[str, ...], style: str) -> None:
    """Read feeds once, and tell everything about them and what tocsin would do.

    Of those in feeds.yaml, also what is set there, by the feed itself, a tag or the defaults.
    Without an address: all of feeds.yaml. Nothing is stored. Exits with 1 when one of them
    cannot be read.
    """
    from monitor.cli.feeds.findings import failure_as_mapping, in_words, reading_as_mapping

    newsroom: Newsroom = context.obj
    config = _config(newsroom) if not feeds or newsroom.config_path.exists() else None
    asked = _feeds(feeds, config)
    read = asyncio.run(_read(asked, config))
    now = newsroom.clock()
    if style == "json":
        import json

        rows = [
            failure_as_mapping(feed, one, now)
            if isinstance(one, FeedError)
            else reading_as_mapping(feed, one, now)
            for feed, one in zip(asked, read, strict=True)
        ]
        click.echo(json.dumps(rows, ensure_ascii=False, indent=2))
    else:
        for feed, one in zip(asked, read, strict=True):
            click.echo("\n".join(in_words(feed, one, now)))
    context.exit(any(isinstance(one, FeedError) for one in read))


def _config(newsroom: Newsroom) -> Config:
    from monitor.config import load

    return load(newsroom.config_path, data=newsroom.data)


def _feeds(asked: Sequence[str], config: Config | None) -> list[Feed]:
    """Return what was asked for: feeds of feeds.yaml by name or address, else addresses."""
    known = config.feeds if config else ()
    if not asked:
        return [feed for feed in known if feed.enabled]
    return [_feed(one, known) for one in asked]


def _feed(asked: str, known: Sequence[Feed]) -> Feed:
    from monitor.cli.feeds.naming import meant
    from monitor.model import Feed

    if known and "://" not in asked and not _is_host(asked):
        return meant(asked, known)
    url = asked if "://" in asked else f"https://{asked}"
    # What is set for a feed may be secret, and is not told to an address that is only like its.
    return next((feed for feed in known if feed.url == url), Feed(url=url, name=""))


def _is_host(text: str) -> bool:
    return "." in text.partition("/")[0] and " " not in text


async def _read(feeds: Sequence[Feed], config: Config | None) -> list[Prospect | FeedError]:
    """Read all at once; return what each is, or why it is nothing."""
    from monitor.bootstrap import prospecting

    allow, contact = (config.allow, config.contact) if config else ((), "")
    async with prospecting(allow, contact) as prospector:

        async def one(feed: Feed) -> Prospect | FeedError:
            try:
                found = await prospector.read(feed.url, feed.request_options)
            except FeedError as error:
                return error
            if feed.full_text:
                return await prospector.with_pages(found, feed.request_options)
            return found

        return await asyncio.gather(*map(one, feeds))
