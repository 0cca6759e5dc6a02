"""`tocsin feeds backfill`: read what a feed published before it was watched."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import click
from msgspec.structs import replace

from monitor.base.article import Timestamp
from monitor.base.formatting import clauses
from monitor.base.translation import gettext as _, ngettext, number
from monitor.cli import CliContext, output, say
from monitor.cli.import_ import added, importing
from monitor.cli.options import InputError, complete_feed, with_format, with_since
from monitor.config.loading import load
from monitor.intake.article_import import BATCH, ArticleImport, ImportedArticle
from monitor.intake.feed_backfill import FeedBackfill
from monitor.model.config import Config
from monitor.model.feed import Feed, SourceKind
from monitor.model.poll import Entry
from monitor.model.status import Progress
from monitor.presentation.rows import row
from monitor.presentation.rows.feeds import FeedBackfillRow
from monitor.presentation.service.subscriptions import find_feed

PROBLEMS = 3
"""Documents that could not be read, which are named; the others are counted."""


@click.command("backfill")
@click.argument("feed", metavar="URL-OR-NAME", shell_complete=complete_feed)
@with_since("How far back: 90d, 2w, 2026-09-01.", required=True)
@with_format("text", "json")
@click.pass_context
def feeds_backfill(context: click.Context, feed: str, since: Timestamp, style: str) -> None:
    """Read what a feed published before it was watched, from its archives and sitemaps.

    The archives are those that the feed links (RFC 5005, JSON Feed), the sitemaps those that
    robots.txt names. Nobody is notified of these articles; their alerts say backfill. An
    interrupted backfill can be repeated. Exits with 1 if nothing could be read.
    """
    cli: CliContext = context.obj
    config = load(cli.config_path, data=cli.data)
    target = find_feed(feed, config.feeds)
    if target.source.kind is SourceKind.MAILBOX:
        words = _("{feed} is a mailbox: its key `since` says from which day mails are read",
                  feed=target.name)  # fmt: skip
        raise InputError(words)
    with importing(cli, target.name, _unnotified) as (importer, progress):
        backfill = asyncio.run(_run(importer, config, target, since, cli.clock(), progress))
    for failure in backfill.failures[:PROBLEMS]:
        say(str(failure))
    if len(backfill.failures) > PROBLEMS:
        say(_("{count} documents could not be read", count=number(len(backfill.failures))))
    if style == "json":
        counts = row(
            FeedBackfillRow, importer, documents=backfill.read, unread=len(backfill.failures)
        )
        output.print_json(counts)
    else:
        documents = ngettext("{count} document read", "{count} documents read", backfill.read)
        say(clauses([documents, added(importer)]))
    context.exit(not backfill.read)


def _unnotified(config: Config) -> Config:
    """Return a configuration of which no watchlist notifies of a backfill."""
    return replace(
        config, watchlists=tuple(replace(w, notify_backfill=False) for w in config.watchlists)
    )


async def _run(
    importer: ArticleImport,
    config: Config,
    feed: Feed,
    since: Timestamp,
    now: Timestamp,
    progress: Progress,
) -> FeedBackfill:
    from monitor.runtime.network import reading

    async with reading(config.allow, config.contact) as (client, parser):
        backfill = FeedBackfill(client, parser, feed, since)
        async for entries in backfill.entries():
            for start in range(0, len(entries), BATCH):
                importer.take(_imported(entries[start : start + BATCH], feed, now))
            progress("importing", backfill.read, backfill.known)
    return backfill


def _imported(entries: Sequence[Entry], feed: Feed, now: Timestamp) -> list[ImportedArticle]:
    return [
        ImportedArticle(
            entry=entry,
            feed=feed.name,
            lang=entry.lang or feed.lang,
            seen=now if entry.published is None else min(entry.published, now),
        )
        for entry in entries
    ]
