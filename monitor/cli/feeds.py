"""`tocsin feeds`: health, polls and coverage gaps of feeds; subscriptions; OPML."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, BinaryIO

import click
from msgspec.structs import replace
from rich.cells import cell_len, set_cell_size

from monitor.base import signs
from monitor.base.errors import FeedError, NoStoreError
from monitor.base.formatting import articles as counted_articles
from monitor.base.formatting import shown_title, span
from monitor.base.text_cleaning import clean, truncate
from monitor.base.translation import gettext as _
from monitor.base.translation import ngettext, number
from monitor.base.url import redact
from monitor.cli import CliContext, on_terminal, output, say
from monitor.cli.lazy_group import LazyCommand, LazyGroup
from monitor.cli.names import InputError
from monitor.cli.options import MomentParam, complete_feed, format_option
from monitor.config import value_parsers
from monitor.intake import opml
from monitor.intake.ingest.coverage_gaps import describe_gap, format_interval
from monitor.intake.ingest.feed_health import describe_health, describe_poll, health
from monitor.model.config import Config
from monitor.model.feed import Coverage, Feed, FeedHealth, FeedState, Gap
from monitor.model.shown_names import source_name
from monitor.presentation.rows import columns
from monitor.presentation.rows.feeds import FeedRow, GapRow, PollRow, feed_row, poll_row
from monitor.presentation.service.listings import gap_rows
from monitor.runtime.machine import local_zone

if TYPE_CHECKING:
    from monitor.intake.discovery import DiscoveredFeed


GAP_DAYS = 7.0
_GAP_MARKS = {"blind": signs.LOOK, "down": signs.FAILED}


def print_coverage_gaps(cli: CliContext, since: float | None, style: str) -> None:
    """Print the coverage gaps since a time, and the watchlists that they concern.

    Args:
        cli: The newsroom.
        since: Seconds since 1970; None means the last week.
        style: The output format.
    """
    now = cli.clock()
    since = now - GAP_DAYS * 86_400 if since is None else since
    service = cli.service()
    if style != "table":
        output.print_rows(gap_rows(service, since, now), style, columns(GapRow))
    elif gaps := service.views.feeds.gaps(since, now):
        _print_gaps(gaps, service.coverage(since), now)
    else:
        say(_("no coverage gaps: each poll had entries in common with the one before"))


def _print_gaps(gaps: Sequence[Gap], coverage: Sequence[Coverage], now: float) -> None:
    zone = local_zone()
    widest = min(max(cell_len(gap.feed.name) for gap in gaps), 32)
    for gap in gaps:
        name = set_cell_size(gap.feed.name, widest)
        duration = span((gap.end or now) - gap.start)
        when = format_interval(gap.start, gap.end, now, zone)
        label = gap.kind.label
        click.echo(f"{_GAP_MARKS[gap.kind]} {name}  {label:<18}  {duration:>7}  {when}")
    watchlists_by_text: dict[str, list[str]] = defaultdict(list)
    for item in coverage:
        if item.gaps:
            watchlists_by_text[describe_gap(item, now, zone)].append(item.watchlist)
    for text, names in watchlists_by_text.items():
        click.echo(_("{name}: {text}", name=", ".join(names), text=text))


_MARKS = {
    "ok": signs.OK, "new": signs.NOT_YET, "late": signs.LOOK, "blind": signs.LOOK,
    "silent": signs.LOOK, "quarantined": signs.LOOK, "failing": signs.FAILED,
    "gone": signs.FAILED, "paused": signs.RESTS,
}  # fmt: skip


COMMANDS = {
    "list": LazyCommand(
        "feeds:feeds_list", "List feeds with their health, those in trouble first."
    ),
    "add": LazyCommand(
        "feeds:feeds_add", "Subscribe to feeds, by their address or that of their site."
    ),
    "remove": LazyCommand("feeds:feeds_remove", "Remove feeds. Their articles stay."),
    "check": LazyCommand(
        "feeds_check:feeds_check", "Read feeds once, and show everything about them."
    ),
    "log": LazyCommand("feeds:feeds_log", "List the last polls of a feed."),
    "import": LazyCommand("feeds:feeds_import", "Subscribe to the feeds of an OPML file."),
    "export": LazyCommand("feeds:feeds_export", "Write the subscriptions as OPML."),
}


@click.group(cls=LazyGroup, lazy=COMMANDS, default="list")
def feeds() -> None:
    """List feeds with their health; edit and examine the subscriptions of feeds.yaml.

    Without a command: `list`.
    """


@click.command("list")
@click.option(
    "--blind", is_flag=True, help="List coverage gaps, and the watchlists that they concern."
)
@click.option("--since", type=MomentParam(), metavar="WHEN",
              help="With --blind: only gaps from then on. Without it, 7d.")  # fmt: skip
@format_option
@click.pass_obj
def feeds_list(cli: CliContext, blind: bool, since: float | None, style: str) -> None:
    """List feeds with their health, those in trouble first.

    With --blind: list coverage gaps, in which articles may have been missed, then the
    watchlists that they concern. A gap is `blind` if two polls had no entry in common, and
    `down` if the feed is not polled in time.
    """
    if blind:
        print_coverage_gaps(cli, since, style)
    elif since is not None:
        raise click.UsageError(_("--since needs --blind"))
    else:
        _print_feeds(cli, style)


def _feeds(cli: CliContext) -> Sequence[FeedHealth]:
    """Return the feeds that the archive knows; before the first run those of feeds.yaml."""
    from monitor.config.loading import load

    try:
        return cli.service().feeds()
    except NoStoreError:
        if not cli.config_path.exists():
            raise
    state, now = FeedState(), cli.clock()
    return [
        FeedHealth(
            feed=feed,
            health=health(feed, state, now),
            state=state,
            articles=0,
            words=describe_health(feed, state, now),
        )
        for feed in load(cli.config_path, data=cli.data).feeds
    ]


def _print_feeds(cli: CliContext, style: str) -> None:
    feeds = _feeds(cli)
    if style != "table":
        output.print_rows(map(feed_row, feeds), style, columns(FeedRow))
        return
    if not feeds:
        say(_("there are no feeds yet; add them to feeds.yaml"))
        return
    now = cli.clock()
    widest = min(max(cell_len(f.feed.name) for f in feeds), 32)
    for feed in feeds:
        name = truncate(feed.feed.name, widest)
        name += " " * (widest - cell_len(name))
        last = output.ago(feed.state.last_ok, now) if feed.state.last_ok else _("never")
        text = _(
            "{articles}  read {ago}  {words}",
            articles=_aligned(counted_articles(feed.articles), 6, 8),
            ago=f"{last:>7}",
            words=feed.words,
        )
        click.echo(f"{_MARKS[feed.health]} {name} {text}")


def _aligned(counted: str, digits: int, letters: int) -> str:
    """Return a number with its noun in two columns."""
    number, _sep, noun = counted.rpartition(" ")
    return f"{number:>{digits}} {noun:<{letters}}"


POLLS_SHOWN = 30
_LOG_MARKS = {"read": signs.OK, "unchanged": signs.UNCHANGED, "failed": signs.FAILED}


@click.command("log")
@click.argument("feed", shell_complete=complete_feed)
@format_option
@click.pass_obj
def feeds_log(cli: CliContext, feed: str, style: str) -> None:
    """List the last 30 polls of a feed, given by its name or address, the newest first."""
    from monitor.presentation.service.subscriptions import find_feed

    service = cli.service()
    target = find_feed(feed, [health.feed for health in service.feeds()])
    polls = service.views.feeds.polls(target.url)[:POLLS_SHOWN]
    if style != "table":
        output.print_rows(map(poll_row, polls), style, columns(PollRow))
        return
    if not polls:
        say(_("{feed} has not been polled yet", feed=target.name))
    now = cli.clock()
    for poll in polls:
        mark, outcome = _LOG_MARKS[poll.outcome], clean(describe_poll(poll))
        click.echo(f"{output.ago(poll.at, now):>10}  {mark} {outcome}")


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
    from monitor.config.loading import load
    from monitor.presentation.service.subscriptions import new_among, subscribe

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
    import asyncio

    unnamed = [feed.url for feed in feeds if not feed.name]
    say(ngettext("asking {count} feed for its title", "asking {count} feeds for their titles",
                 len(unnamed)))  # fmt: skip
    titles = asyncio.run(_titles(config, unnamed))
    return [replace(feed, name=feed.name or titles.get(feed.url, "")) for feed in feeds]


async def _titles(config: Config, urls: Sequence[str]) -> dict[str, str]:
    import asyncio

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
    from monitor.config.loading import load

    config = load(cli.config_path, data=cli.data)
    file.write(opml.write(config.feeds, "tocsin"))


@click.command("remove")
@click.argument(
    "feeds", nargs=-1, required=True, metavar="URL-OR-NAME...", shell_complete=complete_feed
)
@click.pass_obj
def feeds_remove(cli: CliContext, feeds: tuple[str, ...]) -> None:
    """Remove all of these feeds, or none. Their articles stay in the archive."""
    from monitor.config.loading import load
    from monitor.presentation.service.subscriptions import find_feed, unsubscribe

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
    import asyncio

    from monitor.config.loading import load

    if every and first:
        raise click.UsageError(_("--all and --first cannot be combined"))
    if name and (len(urls) > 1 or every):
        raise click.UsageError(_("--name needs exactly one feed"))
    from monitor.presentation.service.subscriptions import (
        complete_url,
        describe_prospect,
        new_among,
        subscribe,
    )

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
    import asyncio

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
    from monitor.presentation.service.subscriptions import subscribed

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
    from monitor.presentation.service.subscriptions import describe_prospect

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
