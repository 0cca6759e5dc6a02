"""`tocsin feeds add`, `remove`, `import`, `export`, `check`: subscriptions of feeds.yaml."""

from __future__ import annotations

import asyncio
from collections.abc import Container, Iterator, Sequence
from contextlib import suppress
from itertools import repeat
from typing import BinaryIO

import click

from monitor.base import signs
from monitor.base.article import Timestamp
from monitor.base.errors import FeedError, MonitorError
from monitor.base.formatting import clauses, shown_title, span
from monitor.base.text_cleaning import line
from monitor.base.translation import (
    LANGUAGES,
    choice,
    coded,
    gettext as _,
    mark_all,
    ngettext,
    number,
    pgettext,
    shown,
    use,
)
from monitor.base.url import redact
from monitor.cli import CliContext, on_terminal, output, say
from monitor.cli.options import InputError, complete_feed, several, with_format
from monitor.config import kinds
from monitor.config.addresses import url as checked_url
from monitor.config.feeds import with_titles
from monitor.config.loading import load
from monitor.intake import newsboat, opml
from monitor.intake.copied_addresses import complete_url
from monitor.intake.discovery import DiscoveredFeed, FeedDiagnostics, diagnose, retry
from monitor.model.config import Config
from monitor.model.feed import Feed
from monitor.model.shown_names import source_name
from monitor.presentation.letter import letter
from monitor.presentation.rows.feeds import diagnostics_row
from monitor.presentation.service.subscriptions import (
    describe_prospect,
    find_feed,
    list_lines,
    new_among,
    subscribe,
    subscribed,
    unsubscribe,
)

MAX_LIST_BYTES = 8 << 20
"""Largest list of feeds, in bytes; a file with 10,000 feeds has 3 MB."""


@click.command("import")
@click.argument("file", type=click.File("rb"), metavar="FILE")
@click.pass_obj
def feeds_import(cli: CliContext, file: BinaryIO) -> None:
    """Subscribe to the feeds of an OPML file, or of newsboat's `urls`. `-` is the standard input.

    Folders become tags. Feeds that you subscribe to already are listed. Credentials come from
    the hosts of feeds.yaml only. A file with a mistake changes nothing.
    """
    config = load(cli.config_path, data=cli.data)
    body = file.read(MAX_LIST_BYTES + 1)
    if len(body) > MAX_LIST_BYTES:
        raise click.ClickException(
            _("{file} is larger than {most} MB", file=file.name, most=MAX_LIST_BYTES >> 20)
        )
    valid = []
    refused_count = 0
    for feed in newsboat.read(body) if newsboat.is_list(body) else opml.read(body, file.name):
        try:
            if isinstance(feed, str):
                raise ValueError(feed)
            checked_url(feed.url)
            valid.append(feed)
        except ValueError as error:
            refused_count += 1
            say(_("refused: {reason}", reason=error))
    new_feeds, duplicates = new_among(valid, config)
    new_urls = {feed.url for feed in new_feeds}
    repeated = _say_duplicates(duplicates, new_urls)
    if new_feeds:
        config = subscribe(cli.config_path, cli.data, new_feeds)
    added_feeds = config.feeds[len(config.feeds) - len(new_feeds) :]
    for feed in added_feeds:
        tags = f" ({', '.join(feed.tags)})" if feed.tags else ""
        output.echo(_("added {feed}: {about}", feed=feed.name + tags, about=feed.url))
    summary = _(
        "{added} added, {known} subscribed to already, {refused} refused",
        added=number(len(new_feeds)), known=number(len(duplicates) - repeated),
        refused=number(refused_count),
    )  # fmt: skip
    twice = ngettext("{count} twice in the file", "{count} twice in the file", repeated)
    say(clauses([summary, twice] if repeated else [summary]))


def _say_duplicates(duplicates: Sequence[tuple[Feed, Feed]], new_urls: Container[str] = ()) -> int:
    """Print the feeds that are subscribed to already, or twice among the new ones; count these."""
    repeated = 0
    for feed, twin in duplicates:
        url, name = redact(feed.url), twin.name or twin.url
        if twin.url in new_urls:
            repeated += 1
            say(_("twice in the file: {url}, as {feed}", url=url, feed=name))
        else:
            say(_("subscribed to already: {url}, as {feed}", url=url, feed=name))
    return repeated


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
    with suppress(MonitorError):  # nothing was read yet
        config = with_titles(config, cli.service().views.feeds.titles())
    targets = [find_feed(name, config.feeds) for name in feeds]
    for feed in unsubscribe(cli.config_path, cli.data, targets, config):
        output.echo(_("removed {feed}: {url}", feed=feed.name, url=feed.url))
    say(_("their articles stay in the archive"))


@click.command("add")
@click.argument("urls", nargs=-1, required=True, metavar="URL...")
@click.option("--name", help="Name of the feed. Without it, its own title.")
@several("--tag", "tags", "Tag of the feed. May be given several times.", metavar=None)
@click.option("--all", "take_all", is_flag=True,
              help="If a site has several feeds, take all of them.")  # fmt: skip
@click.option(
    "--like",
    metavar="HEADLINE",
    help="A headline that stands on a page without a feed: the list of articles in which"
    " it stands becomes a source. Needs the extra `pages`.",
)
@click.option("--yes", is_flag=True, help="With --like: do not ask whether the list is right.")
@click.pass_context
def feeds_add(
    context: click.Context,
    urls: tuple[str, ...],
    name: str | None,
    tags: tuple[str, ...],
    take_all: bool,
    like: str | None,
    yes: bool,
) -> None:
    """Subscribe to the feeds at these addresses, or to those of the sites there.

    tocsin reads each feed once before it subscribes. Exits with 1 when an address is no feed
    and has none.
    """
    if (like and len(urls) > 1) or (yes and not like):
        raise click.UsageError(_("--like needs exactly one address, and --yes needs --like"))
    if name and (len(urls) > 1 or take_all):
        raise click.UsageError(_("--name needs exactly one feed"))
    cli: CliContext = context.obj
    tags = _parse_tags(tags)
    config = load(cli.config_path, data=cli.data)
    addresses = list(map(complete_url, urls))
    prospects: list[DiscoveredFeed] = []
    failures = 0
    for url, result in zip(addresses, asyncio.run(_discover(config, addresses, like)), strict=True):
        if isinstance(result, FeedError):
            say(str(result))
            failures += 1
        elif like:
            _confirm_list(result[0], sure=yes)
            prospects += result
        else:
            prospects += _choose_feeds(url, _not_subscribed(result, config), take_all=take_all)
    candidates = [
        Feed(url=p.url, source=p.source, name=name or p.parsed.title, tags=tags) for p in prospects
    ]
    new_feeds, duplicates = new_among(candidates, config)
    _say_duplicates(duplicates)
    if new_feeds:
        config = subscribe(cli.config_path, cli.data, new_feeds)
    prospect_by_url = {prospect.url: prospect for prospect in prospects}
    added_feeds = config.feeds[len(config.feeds) - len(new_feeds) :]
    for feed, new_feed in zip(added_feeds, new_feeds, strict=True):
        description = describe_prospect(prospect_by_url[new_feed.url])
        output.echo(_("added {feed}: {about}", feed=feed.name, about=description))
        if feed.url != new_feed.url:
            say(
                _(
                    "{feed}: its password is now in feeds.yaml; `auth:` can keep it elsewhere",
                    feed=feed.name,
                )
            )
    context.exit(1 if failures else 0)


def _confirm_list(prospect: DiscoveredFeed, *, sure: bool) -> None:
    """Show the selectors of a page and what they find; ask whether that is right.

    Raises:
        Abort: It is not, or nobody can answer.
    """
    for text in list_lines(prospect):
        say(text)
    if not sure:
        if not on_terminal():
            raise click.UsageError(_("nobody is here to say whether this is right; add --yes"))
        click.confirm(_("Subscribe to this list?"), abort=True, err=True, default=True)


async def _discover(
    config: Config, urls: Sequence[str], like: str | None
) -> list[list[DiscoveredFeed] | FeedError]:
    from monitor.runtime.network import prospecting

    async with prospecting(config.allow, config.contact) as prospector:

        async def find(url: str) -> list[DiscoveredFeed] | FeedError:
            try:
                return [await prospector.propose(url, like)] if like else await prospector.find(url)
            except FeedError as error:
                return error

        return await asyncio.gather(*map(find, urls))


def _not_subscribed(prospects: list[DiscoveredFeed], config: Config) -> list[DiscoveredFeed]:
    """Return the feeds of a site that are not subscribed to; all feeds if there is none."""
    return [
        prospect for prospect in prospects if not subscribed(prospect.url, config.feeds)
    ] or prospects


def _choose_feeds(
    url: str, prospects: list[DiscoveredFeed], *, take_all: bool
) -> list[DiscoveredFeed]:
    """Return the feeds of a site to subscribe to; ask on a terminal; raises ClickException."""
    if len(prospects) == 1 or take_all:
        return prospects
    say(ngettext("{url} has {count} feed:", "{url} has {count} feeds:", len(prospects), url=url))
    for index, prospect in enumerate(prospects, 1):
        title, description = shown_title(prospect.parsed.title), describe_prospect(prospect)
        say(f"  {index}  {_('{name}: {text}', name=title, text=description)}")
    if not on_terminal():
        raise click.ClickException(_("nothing was added; give the address of one feed, or --all"))
    while True:
        answer = click.prompt(_("Which, as 1 or 1,3 or all"), default="1", err=True)
        numbers = range(1, len(prospects) + 1)
        if answer.strip() == "all":
            return prospects
        parts = [part.strip() for part in answer.split(",")]
        if all(part.isascii() and part.isdigit() and int(part) in numbers for part in parts):
            return [prospects[int(part) - 1] for part in dict.fromkeys(parts)]


def _parse_tags(tags: Sequence[str]) -> tuple[str, ...]:
    try:
        return tuple(dict.fromkeys(map(kinds.tag, tags)))
    except ValueError as error:
        raise InputError(str(error)) from None


_LABELS = mark_all(
    "feed", "reason", "then", "set", "title", "answer", "redirects", "format", "entries",
    "language", "dates", "texts", "pages", "advice",
)  # fmt: skip


def report_lines(feed: Feed, result: DiscoveredFeed | FeedError, now: Timestamp) -> Iterator[str]:
    if isinstance(result, FeedError):
        yield f"{click.style(signs.FAILED, fg='red')} {redact(result.url)}"
        yield _row("reason", result.reason)
        wait = retry(result, now, feed)
        yield _row(
            "then",
            _("would poll again in {time}", time=span(wait)) if wait else _("would not poll again"),
        )
    else:
        yield from _diagnostics_lines(diagnose(result, now, feed), now)
    for setting in feed.settings:
        source = source_name(setting.source)
        yield _row("set", f"{setting.key}: {setting.value} ({source})")
    yield ""


def _diagnostics_lines(diagnostics: FeedDiagnostics, now: Timestamp) -> Iterator[str]:
    yield f"{click.style(signs.OK, fg='green')} {redact(diagnostics.url)}"
    fetched, parsed = diagnostics.fetched, diagnostics.parsed
    content_type = fetched.content_type or _("no type")
    interval = span(diagnostics.interval)
    rows = {
        "title": parsed.title or pgettext("title", "none"),
        "answer": _response(diagnostics),
        "redirects": f" {signs.BECOMES} ".join([*fetched.hops, redact(fetched.url)])
        if fetched.hops
        else "",
        "format": clauses([parsed.format or _("does not say"), content_type]),
        "entries": str(diagnostics.entries),
        "language": _languages(diagnostics),
        "dates": _dates(diagnostics, now),
        "texts": ngettext(
            "{texts}, {count} character (median)",
            "{texts}, {count} characters (median)",
            diagnostics.length,
            texts=diagnostics.texts,
        )
        if diagnostics.texts
        else "",
        "pages": _("not read: {reason}", reason=diagnostics.pages) if diagnostics.pages else "",
        "then": _("would poll every {time}, conditionally", time=interval)
        if diagnostics.conditional
        else _(
            "would poll every {time}, unconditionally: the server sends no validator", time=interval
        ),
    }
    for name, words in rows.items():
        if words:
            yield _row(name, words)
    for words in diagnostics.advice:
        yield _row("advice", words)


def _row(name: str, words: str) -> str:
    labels = [pgettext("feed", label) for label in _LABELS]
    width = max(map(len, labels))
    return f"  {output.labelled(pgettext('feed', name), line(words), width, gap=2)}"


def _response(diagnostics: FeedDiagnostics) -> str:
    return ngettext(
        "{status}, {count} byte in {seconds} s",
        "{status}, {count} bytes in {seconds} s",
        diagnostics.bytes,
        status=diagnostics.fetched.status,
        seconds=number(diagnostics.seconds, 2),
    )


def _languages(diagnostics: FeedDiagnostics) -> str:
    counts = ", ".join(f"{code or 'und'} {count}" for code, count in diagnostics.langs.items())
    declared = diagnostics.parsed.lang
    if not declared:
        return (
            _("not declared; found {languages}", languages=counts)
            if counts
            else _("not declared; found none")
        )
    if not counts:
        return _("{language} declared; found none", language=declared)
    return _("{language} declared; found {languages}", language=declared, languages=counts)


def _dates(diagnostics: FeedDiagnostics, now: Timestamp) -> str:
    if diagnostics.newest is None:
        return pgettext("dates", "none") if diagnostics.entries else ""
    newest, oldest = output.ago(diagnostics.newest, now), output.ago(diagnostics.oldest, now)
    parts = [_("newest {newest}, oldest {oldest}", newest=newest, oldest=oldest)]
    if undated := diagnostics.undated:
        parts.append(ngettext("{count} undated", "{count} undated", undated))
    if future := diagnostics.future:
        parts.append(ngettext("{count} in the future", "{count} in the future", future))
    return clauses(parts)


@click.command("check")
@click.argument("feeds", nargs=-1, metavar="[URL-OR-NAME]...", shell_complete=complete_feed)
@with_format("text", "json")
@click.pass_context
def feeds_check(context: click.Context, feeds: tuple[str, ...], style: str) -> None:
    """Read feeds once, and show what they are, and what tocsin would do.

    `--json` also has encoding, ids and caching. For feeds of feeds.yaml it shows their settings,
    and where each comes from. Without an address, it reads all feeds of feeds.yaml. It stores
    nothing. Exits with 1 when a feed cannot be read.
    """
    cli: CliContext = context.obj
    config = None
    if not feeds or cli.config_path.exists():
        config = load(cli.config_path, data=cli.data)
    targets = _feeds(feeds, config)
    results = asyncio.run(_read(targets, config))
    now = cli.clock()
    if style == "json":
        output.print_json([*map(diagnostics_row, targets, results, repeat(now))])
    else:
        for feed, result in zip(targets, results, strict=True):
            output.print_lines(report_lines(feed, result, now))
    context.exit(any(isinstance(result, FeedError) for result in results))


def _feeds(names: Sequence[str], config: Config | None) -> list[Feed]:
    """Return the feeds with these names or addresses; without any, all feeds of feeds.yaml."""
    feeds = config.feeds if config else ()
    if not names:
        return [feed for feed in feeds if feed.enabled]
    return [_feed(name, feeds) for name in names]


def _feed(name: str, feeds: Sequence[Feed]) -> Feed:
    match = next((feed for feed in feeds if feed.name == name), None)
    if match is not None:
        return match
    is_host = "." in name.partition("/")[0] and " " not in name
    if feeds and "://" not in name and not is_host:
        return find_feed(name, feeds)
    url = name if "://" in name else f"https://{name}"
    # The settings of a feed may be secret: they are used only for exactly its address.
    return next((feed for feed in feeds if feed.url == url), Feed(url=url, name=""))


async def _read(feeds: Sequence[Feed], config: Config | None) -> list[DiscoveredFeed | FeedError]:
    from monitor.runtime.network import prospecting

    allow, contact = (config.allow, config.contact) if config else ((), "")
    async with prospecting(allow, contact) as prospector:

        async def read_one(feed: Feed) -> DiscoveredFeed | FeedError:
            try:
                prospect = await prospector.read(feed.url, feed.request_options, feed.source)
            except FeedError as error:
                return error
            if feed.full_text:
                return await prospector.with_pages(prospect, feed.request_options)
            return prospect

        return await asyncio.gather(*map(read_one, feeds))


@click.command("letter")
@click.argument("feed", metavar="URL-OR-NAME", shell_complete=complete_feed)
@click.option(
    "--language",
    type=click.Choice(LANGUAGES),
    help="Language of the letter. Without it, that of a feed in French or English.",
)
@click.pass_obj
def feeds_letter(cli: CliContext, feed: str, language: str | None) -> None:
    """Print a letter to the publisher of a feed that a challenge, login or paywall hides.

    Nothing is sent. `tocsin feeds find` lists what else the site has.
    """
    from monitor.runtime.network import user_agent

    config = load(cli.config_path, data=cli.data)
    target = find_feed(feed, config.feeds)
    health = next(
        (record for record in cli.service().health.feeds() if record.feed.url == target.url), None
    )
    in_use = choice()
    lang = language or (health.state.lang if health else "") or target.lang
    use(lang if lang in LANGUAGES else in_use.language, in_use.folder)
    trouble = (health.barrier or health.state.reason) if health else ""
    try:
        output.echo(letter(target, shown(coded(trouble)), user_agent(config.contact)))
    finally:
        use(*in_use)
