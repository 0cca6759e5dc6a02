"""`tocsin feeds`: each feed's health, its log, its coverage gaps; OPML in and out."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, BinaryIO

import click

from monitor.cli import CliContext, output, say
from monitor.cli.lazy_group import LazyCommand, LazyGroup
from monitor.cli.options import MomentParam, list_format
from monitor.formatting import counted, iso
from monitor.model.feed import Coverage, Feed, Gap

if TYPE_CHECKING:
    from monitor.model.feed import FeedHealth, Poll


def meant(asked: str, feeds: Sequence[Feed]) -> Feed:
    """Return the one feed of this address, name or host; raises ClickException in words."""
    from monitor.config.watchlists import selects_feed, unknown_selector
    from monitor.feeds.subscriptions import normalized_url

    if "://" in asked:
        found = [feed for feed in feeds if normalized_url(feed.url) == normalized_url(asked)]
    else:
        found = [feed for feed in feeds if feed.name == asked]
        if not found and not asked.startswith("tag:"):
            found = [feed for feed in feeds if selects_feed(asked, feed)]
    if len(found) == 1:
        return found[0]
    if found:
        names = "\n".join(f"  {feed.name}  {feed.url}" for feed in found)
        raise click.ClickException(f"`{asked}` may be any of\n{names}")
    raise click.ClickException(
        unknown_selector(asked, tuple(feeds)) or f"`{asked}` is no name of a feed"
    )


GAP_COLUMNS = ("feed", "url", "kind", "start", "end", "seconds", "watchlists")
DAYS = 7.0
_GAP_MARKS = {"blind": "!", "down": "✗"}


def print_coverage_gaps(newsroom: CliContext, since: float | None, style: str) -> None:
    """Print the gaps since then, a week when None, and what watchlists may have missed."""
    now = newsroom.clock()
    since = now - DAYS * 86_400 if since is None else since
    service = newsroom.service()
    gaps, covered = service.views.feeds.gaps(since, now), service.coverage(since)
    if style != "table":
        output.print_rows([_gap_row(gap, covered, now) for gap in gaps], style, GAP_COLUMNS)
    elif gaps:
        _table(gaps, covered, now)
    else:
        say("nothing was missed: each read had something in common with the one before")


def _gap_row(gap: Gap, covered: Sequence[Coverage], now: float) -> dict[str, Any]:
    return {
        "feed": gap.feed.name,
        "url": gap.feed.url,
        "kind": str(gap.kind),
        "start": iso(gap.start),
        "end": iso(gap.end),
        "seconds": round((gap.end or now) - gap.start),
        "watchlists": [one.watchlist for one in covered if gap in one.gaps],
    }


def _table(gaps: Sequence[Gap], covered: Sequence[Coverage], now: float) -> None:
    from rich.cells import cell_len, set_cell_size

    from monitor.formatting import span
    from monitor.ingest.coverage_gaps import describe_gap, format_interval
    from monitor.wiring import local_zone

    zone = local_zone()
    widest = min(max(cell_len(gap.feed.name) for gap in gaps), 32)
    for gap in gaps:
        name = set_cell_size(gap.feed.name, widest)
        lasted = span((gap.end or now) - gap.start)
        when = format_interval(gap.start, gap.end, now, zone)
        click.echo(f"{_GAP_MARKS[gap.kind]} {name}  {gap.kind:<5}  {lasted:>7}  {when}")
    alike: dict[str, list[str]] = defaultdict(list)
    for one in covered:
        if one.gaps:
            alike[describe_gap(one, now, zone)].append(one.watchlist)
    for told, names in alike.items():
        click.echo(f"{', '.join(names)}: {told}")


COLUMNS = (
    "name", "url", "health", "words", "articles", "last_ok", "next_poll", "failures", "reason",
    "blind", "moved_to", "former", "tags",
)  # fmt: skip
_MARKS = {
    "ok": "✓", "new": "…", "late": "!", "blind": "!", "silent": "!", "failing": "✗", "gone": "✗",
    "paused": "-",
}  # fmt: skip


COMMANDS = {
    "add": LazyCommand(
        "monitor.cli.feeds_add:feeds_add",
        "Subscribe to feeds, by their address or that of their site.",
    ),
    "remove": LazyCommand(
        "monitor.cli.feeds:feeds_remove", "Unsubscribe from feeds. Their articles stay."
    ),
    "check": LazyCommand(
        "monitor.cli.feeds_check:feeds_check", "Read feeds once, and show everything about them."
    ),
    "log": LazyCommand("monitor.cli.feeds:feeds_log", "List the last polls of a feed."),
    "import": LazyCommand(
        "monitor.cli.feeds:feeds_import", "Subscribe to the feeds of an OPML file."
    ),
    "export": LazyCommand("monitor.cli.feeds:feeds_export", "Write the subscriptions as OPML."),
}


@click.group(cls=LazyGroup, lazy=COMMANDS, invoke_without_command=True)
@click.option(
    "--blind", is_flag=True, help="List coverage gaps, and the watchlists that they concern."
)
@click.option("--since", type=MomentParam(), metavar="WHEN",
              help="With --blind: only gaps from then on. Without it, 7d.")  # fmt: skip
@list_format
@click.pass_context
def feeds(context: click.Context, blind: bool, since: float | None, style: str) -> None:
    """List feeds with their health, those in trouble first.

    With --blind: list coverage gaps, in which articles may have been missed, then the
    watchlists that they concern. A gap is `blind` if two polls had no entry in common, and
    `down` if the feed is not polled in time.

    The commands below edit and examine the subscriptions of feeds.yaml.
    """
    if context.invoked_subcommand is not None:
        return
    if blind:
        print_coverage_gaps(context.obj, since, style)
    elif since is not None:
        raise click.UsageError("--since goes with --blind")
    else:
        _list(context.obj, style)


def _list(newsroom: CliContext, style: str) -> None:
    found = newsroom.service().feeds()
    if style != "table":
        output.print_rows(map(_row, found), style, COLUMNS)
        return
    if not found:
        say("no feeds yet; put some into feeds.yaml")
        return
    from rich.cells import cell_len

    from index.analysis.text_cleaning import truncate

    now = newsroom.clock()
    widest = min(max(cell_len(f.feed.name) for f in found), 32)
    for feed in found:
        name = truncate(feed.feed.name, widest)
        name += " " * (widest - cell_len(name))
        last = output.ago(feed.state.last_ok, now) if feed.state.last_ok else "never"
        number, noun = counted(feed.articles, "article").split()
        click.echo(
            f"{_MARKS[feed.health]} {name} {number:>6} {noun:<8}  read {last:>7}  {feed.words}"
        )


def _row(feed: FeedHealth) -> dict[str, Any]:
    state = feed.state
    return {
        "name": feed.feed.name,
        "url": feed.feed.url,
        "health": str(feed.health),
        "words": feed.words,
        "articles": feed.articles,
        "last_ok": iso(state.last_ok),
        "next_poll": None if state.gone else iso(state.next_due),
        "failures": state.failures,
        "reason": state.reason,
        "blind": state.blind,
        "moved_to": feed.move.to if feed.move else "",
        "former": feed.former.url if feed.former else "",
        "tags": list(feed.feed.tags),
    }


LOG_COLUMNS = (
    "at", "outcome", "status", "entries", "known", "new", "changed", "blind", "moved", "seconds",
    "reason",
)  # fmt: skip
MOST = 30
_LOG_MARKS = {"read": "✓", "unchanged": "=", "failed": "✗"}


@click.command("log")
@click.argument("feed")
@list_format
@click.pass_obj
def feeds_log(newsroom: CliContext, feed: str, style: str) -> None:
    """List the last 30 polls of a feed, given by its name or address. The newest comes last."""
    from index.analysis.text_cleaning import clean
    from monitor.ingest.feed_health import describe_poll

    service = newsroom.service()
    found = meant(feed, [health.feed for health in service.feeds()])
    polls = service.views.feeds.polls(found.url)[:MOST][::-1]
    if style != "table":
        output.print_rows(map(_log_row, polls), style, LOG_COLUMNS)
        return
    if not polls:
        say(f"{found.name} was not polled yet")
    now = newsroom.clock()
    for poll in polls:
        mark, outcome = _LOG_MARKS[poll.outcome], clean(describe_poll(poll))
        click.echo(f"{output.ago(poll.at, now):>10}  {mark} {outcome}")


def _log_row(poll: Poll) -> dict[str, Any]:
    return {
        "at": iso(poll.at),
        "outcome": str(poll.outcome),
        "status": poll.status,
        "entries": poll.entries,
        "known": poll.known,
        "new": poll.new,
        "changed": poll.changed,
        "blind": poll.blind,
        "moved": poll.moved,
        "seconds": round(poll.seconds, 3),
        "reason": poll.reason,
    }


LARGEST = 8 << 20
"""Bytes of an OPML file; one of 10,000 feeds has 3 MB."""


@click.command("import")
@click.argument("file", type=click.File("rb"), metavar="FILE.opml")
@click.pass_obj
def feeds_import(newsroom: CliContext, file: BinaryIO) -> None:
    """Subscribe to the feeds of an OPML file. `-` is the standard input.

    Folders become tags. Feeds that you subscribe to already are listed. A file with a mistake
    changes nothing.
    """
    from monitor.config import load, value_parsers
    from monitor.feeds import opml
    from monitor.feeds.subscriptions import new_among, subscribe
    from monitor.fetch.url import redact

    config = load(newsroom.config_path, data=newsroom.data)
    body = file.read(LARGEST + 1)
    if len(body) > LARGEST:
        raise click.ClickException(f"{file.name} is larger than {LARGEST >> 20} MB")
    listed = []
    refused = 0
    for feed in opml.read(body, file.name):
        try:
            value_parsers.url(feed.url)
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


@click.command("export")
@click.argument("file", type=click.File("wb", atomic=True), default="-")
@click.pass_obj
def feeds_export(newsroom: CliContext, file: BinaryIO) -> None:
    """Write the subscriptions as OPML, into FILE or to the standard output.

    Passwords are left out. Each feed is in a folder named after its first tag, and has all its
    tags as categories.
    """
    from monitor.config import load
    from monitor.feeds import opml

    config = load(newsroom.config_path, data=newsroom.data)
    file.write(opml.write(config.feeds, "tocsin"))


@click.command("remove")
@click.argument("feeds", nargs=-1, required=True, metavar="URL-OR-NAME...")
@click.pass_obj
def feeds_remove(newsroom: CliContext, feeds: tuple[str, ...]) -> None:
    """Unsubscribe from all of these feeds, or from none. Their articles stay in the archive."""
    from monitor.config import load
    from monitor.feeds.subscriptions import unsubscribe

    config = load(newsroom.config_path, data=newsroom.data)
    ended = [meant(asked, config.feeds) for asked in feeds]
    for feed in unsubscribe(newsroom.config_path, newsroom.data, ended, config):
        click.echo(f"removed {feed.name}: {feed.url}")
    say("what they brought stays in the archive")
