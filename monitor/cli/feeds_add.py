"""`tocsin feeds add`: subscribe to feeds by their address, or that of their site."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from monitor.cli import CliContext, on_terminal, say
from monitor.errors import FeedError

if TYPE_CHECKING:
    from monitor.feeds.discovery import Prospect
    from monitor.model.config import Config


@click.command("add")
@click.argument("urls", nargs=-1, required=True, metavar="URL...")
@click.option("--name", help="Name of the feed. Without it, its own title.")
@click.option("--tag", "tags", multiple=True, help="Tag of the feed. May be given several times.")
@click.option("--all", "every", is_flag=True, help="If a site has several feeds, take all of them.")
@click.option("--first", is_flag=True, help="If a site has several feeds, take the first.")
@click.pass_context
def feeds_add(
    context: click.Context,
    urls: tuple[str, ...],
    name: str | None,
    tags: tuple[str, ...],
    every: bool,
    first: bool,
) -> None:
    """Subscribe to the feeds at these addresses, or to those of the sites there.

    tocsin reads each feed once before it subscribes. Exits with 1 when an address is no feed
    and has none.
    """
    if every and first:
        raise click.UsageError("--all and --first exclude each other")
    if name and (len(urls) > 1 or every):
        raise click.UsageError("--name goes with one feed")
    from monitor.config import load
    from monitor.feeds.subscriptions import complete_url, describe_found, new_among, subscribe
    from monitor.fetch.url import redact
    from monitor.model.feed import Feed

    newsroom: CliContext = context.obj
    tags = _well(tags)
    config = load(newsroom.config_path, data=newsroom.data)
    addresses = list(map(complete_url, urls))
    wanted: list[Prospect] = []
    failed = 0
    for url, found in zip(addresses, asyncio.run(_found(config, addresses)), strict=True):
        if isinstance(found, FeedError):
            say(str(found))
            failed += 1
        else:
            wanted += _chosen(url, _unknown(found, config), every=every, first=first)
    named = [Feed(url=one.url, name=name or one.parsed.title, tags=tags) for one in wanted]
    fresh, doubles = new_among(named, config)
    for feed, double in doubles:
        say(f"{redact(feed.url)}: subscribed to already, as {double.name or double.url}")
    if fresh:
        config = subscribe(newsroom.config_path, newsroom.data, fresh)
    found_at = {one.url: one for one in wanted}
    added = config.feeds[len(config.feeds) - len(fresh) :]
    for feed, asked in zip(added, fresh, strict=True):
        click.echo(f"added {feed.name}: {describe_found(found_at[asked.url])}")
        if feed.url != asked.url:
            say(f"{feed.name}: its password is in feeds.yaml now; `auth:` can keep it elsewhere")
    context.exit(1 if failed else 0)


async def _found(config: Config, urls: Sequence[str]) -> list[list[Prospect] | FeedError]:
    """Return what is at each address, or why there is nothing."""
    from monitor.wiring import prospecting

    async with prospecting(config.allow, config.contact) as prospector:

        async def one(url: str) -> list[Prospect] | FeedError:
            try:
                return await prospector.find(url)
            except FeedError as error:
                return error

        return await asyncio.gather(*map(one, urls))


def _unknown(found: list[Prospect], config: Config) -> list[Prospect]:
    """Return those of a site's feeds that are not subscribed to; all if that is none."""
    from monitor.feeds.subscriptions import subscribed

    return [one for one in found if not subscribed(one.url, config.feeds)] or found


def _chosen(url: str, found: list[Prospect], *, every: bool, first: bool) -> list[Prospect]:
    """Return those of a site's feeds to subscribe to, asking on a terminal."""
    if len(found) == 1 or every:
        return found
    if first:
        return found[:1]
    from monitor.feeds.subscriptions import describe_found

    say(f"{url} has {len(found)} feeds:")
    for number, one in enumerate(found, 1):
        say(f"  {number}  {one.parsed.title or '(untitled)'}: {describe_found(one)}")
    if not on_terminal():
        raise click.ClickException(
            "nothing was added; give the address of one, or --first, or --all"
        )
    while True:
        answer = click.prompt("Which, as 1 or 1,3 or all", default="1", err=True)
        numbers = range(1, len(found) + 1)
        if answer.strip() == "all":
            return found
        picked = [part.strip() for part in answer.split(",")]
        if all(part.isascii() and part.isdigit() and int(part) in numbers for part in picked):
            return [found[int(part) - 1] for part in dict.fromkeys(picked)]


def _well(tags: Sequence[str]) -> tuple[str, ...]:
    from monitor.config import value_parsers

    try:
        return tuple(dict.fromkeys(map(value_parsers.tag, tags)))
    except ValueError as error:
        raise click.UsageError(str(error)) from None
