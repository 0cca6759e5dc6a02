"""`tocsin feeds`: health, polls and coverage gaps of feeds."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

import click
from rich.cells import cell_len

from monitor.base import signs
from monitor.base.article import Timestamp
from monitor.base.errors import NoStoreError
from monitor.base.formatting import articles as counted_articles, span
from monitor.base.text_cleaning import clean
from monitor.base.translation import gettext as _
from monitor.cli import CliContext, output, say
from monitor.cli.lazy_group import LazyCommand, LazyGroup
from monitor.cli.options import complete_feed, format_option, with_since
from monitor.config.loading import load
from monitor.intake.ingest.coverage_gaps import describe_gap, format_interval
from monitor.intake.ingest.feed_health import describe_health, describe_poll, health
from monitor.model.feed import Coverage, FeedHealth, FeedState, Gap
from monitor.presentation.rows import columns
from monitor.presentation.rows.feeds import FeedRow, GapRow, PollRow, feed_row, gap_rows, poll_row
from monitor.presentation.spans import fit
from monitor.runtime.machine import local_zone

GAP_DAYS = 7.0
_GAP_MARKS = {"blind": signs.LOOK, "down": signs.FAILED}


def _gap_lines(gaps: Sequence[Gap], coverage: Sequence[Coverage], now: Timestamp) -> Iterator[str]:
    """Yield coverage gaps, and the watchlists that they concern."""
    zone = local_zone()
    widest = min(max(cell_len(gap.feed.name) for gap in gaps), 32)
    for gap in gaps:
        name = fit(gap.feed.name, widest)
        duration = span((gap.end or now) - gap.start)
        when = format_interval(gap.start, gap.end, now, zone)
        yield f"{_GAP_MARKS[gap.kind]} {name}  {gap.kind.label:<18}  {duration:>7}  {when}"
    watchlists_by_text: dict[str, list[str]] = defaultdict(list)
    for item in coverage:
        if item.gaps:
            watchlists_by_text[describe_gap(item, now, zone)].append(item.watchlist)
    for text, names in watchlists_by_text.items():
        yield _("{name}: {text}", name=", ".join(names), text=text)


COMMANDS = {
    "list": LazyCommand(
        "feeds:feeds_list", "List feeds with their health, those in trouble first."
    ),
    "add": LazyCommand(
        "subscriptions:feeds_add", "Subscribe to feeds, by their address or that of their site."
    ),
    "remove": LazyCommand("subscriptions:feeds_remove", "Remove feeds. Their articles stay."),
    "find": LazyCommand(
        "feeds_find:feeds_find", "List the feeds and sitemaps of a site; subscribe to none."
    ),
    "check": LazyCommand("subscriptions:feeds_check", "Read feeds once, and show what they are."),
    "backfill": LazyCommand(
        "feeds_backfill:feeds_backfill", "Read what a feed published before it was watched."
    ),
    "letter": LazyCommand(
        "subscriptions:feeds_letter", "Write to the publisher of a feed that is blocked."
    ),
    "log": LazyCommand("feeds:feeds_log", "List the last polls of a feed."),
    "import": LazyCommand(
        "subscriptions:feeds_import", "Subscribe to the feeds of another reader."
    ),
    "export": LazyCommand("subscriptions:feeds_export", "Write the subscriptions as OPML."),
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
@with_since("With --blind: only gaps from then on. Without it, 7d.")
@format_option
@click.pass_obj
def feeds_list(cli: CliContext, blind: bool, since: float | None, style: str) -> None:
    """List feeds with their health, those in trouble first.

    With --blind: list coverage gaps, and the watchlists that they concern. A gap is `blind` if two
    polls had no entry in common, and `down` if the feed is not polled in time.
    """
    if since is not None and not blind:
        raise click.UsageError(_("--since needs --blind"))
    now = cli.clock()
    if not blind:
        feeds = _feeds(cli)
        lines = _feed_lines(feeds, now)
        output.print_listing(style, map(feed_row, feeds), columns(FeedRow), lines)
        if style == "table" and not feeds:
            say(_("there are no feeds yet; add them to feeds.yaml"))
        return
    since = now - GAP_DAYS * 86_400 if since is None else since
    service = cli.service()
    if style != "table":
        output.print_rows(gap_rows(service, since, now), style, columns(GapRow))
    elif gaps := service.views.feeds.gaps(since, now):
        output.print_lines(_gap_lines(gaps, service.health.coverage(since), now))
    else:
        say(_("no coverage gaps: each poll had entries in common with the one before"))


def _feeds(cli: CliContext) -> Sequence[FeedHealth]:
    """Return the feeds that the archive knows; before the first run those of feeds.yaml."""
    try:
        return cli.service().health.feeds()
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


def _feed_lines(feeds: Sequence[FeedHealth], now: Timestamp) -> Iterator[str]:
    widest = min(max((cell_len(feed.feed.name) for feed in feeds), default=0), 32)
    reads = [
        _("never read") if feed.state.last_ok is None
        else _("read {age} ago", age=span(now - feed.state.last_ok))
        for feed in feeds
    ]  # fmt: skip
    longest = max(map(len, reads), default=0)
    for feed, read in zip(feeds, reads, strict=True):
        name = fit(feed.feed.name, widest)
        count, _space, noun = counted_articles(feed.articles).rpartition(" ")
        numbers = f"{count:>6} {noun:<8}  {read:<{longest}}"
        yield f"{feed.health.sign} {name} {numbers}  {feed.words}"


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
    target = find_feed(feed, [health.feed for health in service.health.feeds()])
    polls = service.views.feeds.polls(target.url)[:POLLS_SHOWN]
    now = cli.clock()
    lines = (
        f"{output.ago(poll.at, now):>10}  {_LOG_MARKS[poll.outcome]} {clean(describe_poll(poll))}"
        for poll in polls
    )
    output.print_listing(style, map(poll_row, polls), columns(PollRow), lines)
    if style == "table" and not polls:
        say(_("{feed} has not been polled yet", feed=target.name))
