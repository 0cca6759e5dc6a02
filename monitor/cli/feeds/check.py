"""`tocsin feeds check`: read feeds once, and tell everything about them."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from monitor.cli import Newsroom
from monitor.errors import FeedError

if TYPE_CHECKING:
    from monitor.model import Config
    from monitor.prospect import Prospect


@click.command("check")
@click.argument("feeds", nargs=-1, metavar="[URL-OR-NAME]...")
@click.option("--format", "style", type=click.Choice(["text", "json"]), default="text",
              show_default=True, help="For people, or for programs.")  # fmt: skip
@click.pass_context
def command(context: click.Context, feeds: tuple[str, ...], style: str) -> None:
    """Read feeds once, and tell everything about them and what tocsin would do.

    Without an address: all of feeds.yaml. Nothing is stored. Exits with 1 when one of them
    cannot be read.
    """
    from monitor.checkup import checkup
    from monitor.cli.feeds.findings import as_mapping, as_text, failure, failure_in_words

    newsroom: Newsroom = context.obj
    config = _config(newsroom) if not feeds or newsroom.config_path.exists() else None
    read = asyncio.run(_read(_urls(feeds, config), config))
    now = newsroom.clock()
    if style == "json":
        import json

        rows = [
            failure(one, now) if isinstance(one, FeedError) else as_mapping(checkup(one, now))
            for one in read
        ]
        click.echo(json.dumps(rows, ensure_ascii=False, indent=2))
    else:
        for one in read:
            said = (
                failure_in_words(one, now)
                if isinstance(one, FeedError)
                else as_text(checkup(one, now), now)
            )
            click.echo("\n".join(said))
    context.exit(any(isinstance(one, FeedError) for one in read))


def _config(newsroom: Newsroom) -> Config:
    from monitor.config import load

    return load(newsroom.config_path, data=newsroom.data)


def _urls(asked: Sequence[str], config: Config | None) -> list[str]:
    """Return the addresses of what was asked for: known names, else addresses."""
    from monitor.cli.feeds.naming import meant

    known = config.feeds if config else ()
    if not asked:
        return [feed.url for feed in known if feed.enabled]
    return [
        one
        if "://" in one
        else meant(one, known).url
        if known and not _is_host(one)
        else f"https://{one}"
        for one in asked
    ]


def _is_host(text: str) -> bool:
    return "." in text.partition("/")[0] and " " not in text


async def _read(urls: Sequence[str], config: Config | None) -> list[Prospect | FeedError]:
    """Read all at once; return what each is, or why it is nothing."""
    from monitor.bootstrap import prospecting

    allow, contact = (config.allow, config.contact) if config else ((), "")
    async with prospecting(allow, contact) as prospector:

        async def one(url: str) -> Prospect | FeedError:
            try:
                return await prospector.read(url)
            except FeedError as error:
                return error

        return await asyncio.gather(*map(one, urls))
