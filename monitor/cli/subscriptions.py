"""`tocsin feeds add`, `remove`, `import`, `export`: the subscriptions of feeds.yaml."""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, BinaryIO

import click
from msgspec.structs import replace

from monitor.base.errors import FeedError
from monitor.base.formatting import shown_title
from monitor.base.translation import gettext as _
from monitor.base.translation import ngettext, number
from monitor.base.url import redact
from monitor.cli import CliContext, on_terminal, say
from monitor.cli.names import InputError
from monitor.cli.options import complete_feed
from monitor.config import value_parsers
from monitor.config.loading import load
from monitor.intake import opml
from monitor.model.config import Config
from monitor.model.feed import Feed
from monitor.model.shown_names import source_name
from monitor.presentation.service.subscriptions import (
    complete_url,
    describe_prospect,
    find_feed,
    new_among,
    subscribe,
    subscribed,
    unsubscribe,
)

if TYPE_CHECKING:
    from monitor.intake.discovery import DiscoveredFeed

MAX_OPML_BYTES = 8 << 20
"""Largest OPML file, in bytes; a file with 10,000 feeds has 3 MB."""
TITLE_SECONDS = 20.0
"""Seconds for which an import waits for the titles of feeds that it does not name."""


@click.command("import")
@click.argument("file", type=click.File("rb"), metavar="FILE.opml")
@click.pass_obj
def feeds_import(cli: CliContext, file: BinaryIO) -> None:
    """Subscribe to the feeds of an OPML file. `-` is the standard input.

    Folders become tags. A feed without a name gets its own title, if it answers within 20
    seconds. Feeds that you subscribe to already are listed, and settings that the
    new feeds get from tags and hosts of feeds.yaml. Credentials come from hosts only. A file with
    a mistake changes nothing.
    """
    config = load(cli.config_path, data=cli.data)
    body = file.read(MAX_OPML_BYTES + 1)
    if len(body) > MAX_OPML_BYTES:
        raise click.ClickException(
            _("{file} is larger than {most} MB", file=file.name, most=MAX_OPML_BYTES >> 20)
        )
    valid = []
    refused = 0
    for feed in opml.read(body, file.name):
        try:
            value_parsers.url(feed.url)
            valid.append(feed)
        except ValueError as error:
            refused += 1
            say(_("refused: {reason}", reason=error))
    new_feeds, duplicates = new_among(valid, config)
    for feed, duplicate in duplicates:
        say(
            _(
                "subscribed to already: {url}, as {feed}",
                url=redact(feed.url),
                feed=duplicate.name or duplicate.url,
            )
        )
    if any(not feed.name for feed in new_feeds):
        new_feeds, _known = new_among(_with_titles(new_feeds, config), config)
    if new_feeds:
        config = subscribe(cli.config_path, cli.data, new_feeds)
    added = config.feeds[len(config.feeds) - len(new_feeds) :]
    for feed in added:
        tags = f" ({', '.join(feed.tags)})" if feed.tags else ""
        click.echo(_("added {feed}: {about}", feed=feed.name + tags, about=feed.url))
    for line in _inherited(added):
        say(line)
    say(
        _(
            "{added} added, {known} subscribed to already, {refused} refused",
            added=number(len(new_feeds)),
            known=number(len(duplicates)),
            refused=number(refused),
        )
    )


def _with_titles(feeds: Sequence[Feed], config: Config) -> list[Feed]:
    """Return feeds of which those without a name have their own title, as `add` gives them."""
    unnamed = [feed.url for feed in feeds if not feed.name]
    say(ngettext("asking {count} feed for its title", "asking {count} feeds for their titles",
                 len(unnamed)))  # fmt: skip
    titles = asyncio.run(_titles(config, unnamed))
    return [replace(feed, name=feed.name or titles.get(feed.url, "")) for feed in feeds]


async def _titles(config: Config, urls: Sequence[str]) -> dict[str, str]:
    from monitor.runtime.network import prospecting

    titles: dict[str, str] = {}
    async with prospecting(config.allow, config.contact) as prospector:

        async def ask(url: str) -> None:
            with suppress(FeedError):
                titles[url] = (await prospector.read(url)).parsed.title

        with suppress(TimeoutError):
            async with asyncio.timeout(TITLE_SECONDS):
                await asyncio.gather(*map(ask, urls))
    return titles


def _inherited(added: Sequence[Feed]) -> Iterator[str]:
    """Yield which settings the hosts and tags of feeds.yaml give to feeds that were added."""
    feeds_by_source: dict[tuple[str, str], int] = Counter()
    for feed in added:
        keys: dict[str, list[str]] = defaultdict(list)
        for setting in feed.settings:
            keys[setting.source].append(setting.key)
        for source, given in keys.items():
            if source.startswith(("host ", "tag ")):
                feeds_by_source[source, ", ".join(given)] += 1
    for (source, settings), count in feeds_by_source.items():
        yield ngettext(
            "{source} of feeds.yaml sets {settings} for {count} of them",
            "{source} of feeds.yaml sets {settings} for {count} of them",
            count,
            source=source_name(source),
            settings=settings,
        )


@click.command("export")
@click.argument("file", type=click.File("wb", atomic=True), default="-")
@click.pass_obj
def feeds_export(cli: CliContext, file: BinaryIO) -> None:
    """Write the subscriptions as OPML, into FILE or to the standard output.

    Passwords are left out. Each feed is in a folder named after its first tag, and has all its
    tags as categories.
    """
    config = load(cli.config_path, data=cli.data)
    file.write(opml.write(config.feeds, "tocsin"))


@click.command("remove")
@click.argument(
    "feeds", nargs=-1, required=True, metavar="URL-OR-NAME...", shell_complete=complete_feed
)
@click.pass_obj
def feeds_remove(cli: CliContext, feeds: tuple[str, ...]) -> None:
    """Remove all of these feeds, or none. Their articles stay in the archive."""
    config = load(cli.config_path, data=cli.data)
    removed = [find_feed(name, config.feeds) for name in feeds]
    for feed in unsubscribe(cli.config_path, cli.data, removed, config):
        click.echo(_("removed {feed}: {url}", feed=feed.name, url=feed.url))
    say(_("their articles stay in the archive"))


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
        raise click.UsageError(_("--all and --first cannot be combined"))
    if name and (len(urls) > 1 or every):
        raise click.UsageError(_("--name needs exactly one feed"))
    cli: CliContext = context.obj
    tags = _parse_tags(tags)
    config = load(cli.config_path, data=cli.data)
    addresses = list(map(complete_url, urls))
    chosen: list[DiscoveredFeed] = []
    failed = 0
    for url, result in zip(addresses, asyncio.run(_discover(config, addresses)), strict=True):
        if isinstance(result, FeedError):
            say(str(result))
            failed += 1
        else:
            chosen += _choose_feeds(url, _not_subscribed(result, config), every=every, first=first)
    candidates = [
        Feed(url=prospect.url, name=name or prospect.parsed.title, tags=tags) for prospect in chosen
    ]
    new_feeds, duplicates = new_among(candidates, config)
    for feed, duplicate in duplicates:
        say(
            _(
                "{url}: subscribed to already, as {feed}",
                url=redact(feed.url),
                feed=duplicate.name or duplicate.url,
            )
        )
    if new_feeds:
        config = subscribe(cli.config_path, cli.data, new_feeds)
    prospect_by_url = {prospect.url: prospect for prospect in chosen}
    added = config.feeds[len(config.feeds) - len(new_feeds) :]
    for feed, new_feed in zip(added, new_feeds, strict=True):
        about = describe_prospect(prospect_by_url[new_feed.url])
        click.echo(_("added {feed}: {about}", feed=feed.name, about=about))
        if feed.url != new_feed.url:
            say(
                _(
                    "{feed}: its password is now in feeds.yaml; `auth:` can keep it elsewhere",
                    feed=feed.name,
                )
            )
    context.exit(1 if failed else 0)


async def _discover(config: Config, urls: Sequence[str]) -> list[list[DiscoveredFeed] | FeedError]:
    from monitor.runtime.network import prospecting

    async with prospecting(config.allow, config.contact) as prospector:

        async def find(url: str) -> list[DiscoveredFeed] | FeedError:
            try:
                return await prospector.find(url)
            except FeedError as error:
                return error

        return await asyncio.gather(*map(find, urls))


def _not_subscribed(prospects: list[DiscoveredFeed], config: Config) -> list[DiscoveredFeed]:
    """Return the feeds of a site that are not subscribed to; all feeds if there is none."""
    return [
        prospect for prospect in prospects if not subscribed(prospect.url, config.feeds)
    ] or prospects


def _choose_feeds(
    url: str, prospects: list[DiscoveredFeed], *, every: bool, first: bool
) -> list[DiscoveredFeed]:
    """Return the feeds of a site to subscribe to; ask on a terminal.

    Raises:
        ClickException: There are several feeds and no terminal.
    """
    if len(prospects) == 1 or every:
        return prospects
    if first:
        return prospects[:1]
    say(ngettext("{url} has {count} feed:", "{url} has {count} feeds:", len(prospects), url=url))
    for at, prospect in enumerate(prospects, 1):
        title, about = shown_title(prospect.parsed.title), describe_prospect(prospect)
        say(f"  {at}  {_('{name}: {text}', name=title, text=about)}")
    if not on_terminal():
        raise click.ClickException(
            _("nothing was added; give the address of one feed, --first or --all")
        )
    while True:
        answer = click.prompt(_("Which, as 1 or 1,3 or all"), default="1", err=True)
        numbers = range(1, len(prospects) + 1)
        if answer.strip() == "all":
            return prospects
        numbers_chosen = [part.strip() for part in answer.split(",")]
        if all(
            part.isascii() and part.isdigit() and int(part) in numbers for part in numbers_chosen
        ):
            return [prospects[int(part) - 1] for part in dict.fromkeys(numbers_chosen)]


def _parse_tags(tags: Sequence[str]) -> tuple[str, ...]:
    try:
        return tuple(dict.fromkeys(map(value_parsers.tag, tags)))
    except ValueError as error:
        raise InputError(str(error)) from None
