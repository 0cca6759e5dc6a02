"""`tocsin feeds find`: the feeds and sitemaps of a site, and what each had today."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence

import click

from monitor.base import signs
from monitor.base.article import Timestamp
from monitor.base.errors import FeedError, ParseError
from monitor.base.formatting import shown_title
from monitor.base.translation import gettext as _, ngettext, number
from monitor.base.url import redact
from monitor.cli import CliContext, output, say
from monitor.cli.options import with_format
from monitor.config.loading import load
from monitor.intake.copied_addresses import complete_url
from monitor.intake.discovery import ANY, DiscoveredFeed, diagnose
from monitor.presentation.rows.feeds import diagnostics_row
from monitor.presentation.service.subscriptions import subscribed


@click.command("find")
@click.argument("url", metavar="URL")
@with_format("text", "json")
@click.pass_context
def feeds_find(context: click.Context, url: str, style: str) -> None:
    """List the feeds and sitemaps of a site, with what each had today. Subscribes to none.

    These are the feeds that the page names, and the sitemaps that `robots.txt` names; or those at
    the usual places. Exits with 1 when there are none.
    """
    cli: CliContext = context.obj
    config = load(cli.config_path, data=cli.data) if cli.config_path.exists() else None
    address = complete_url(url)
    networks, contact = (config.allow, config.contact) if config else ((), "")

    async def survey() -> list[DiscoveredFeed | FeedError]:
        from monitor.runtime.network import prospecting

        async with prospecting(networks, contact) as prospector:
            return await prospector.survey(address)

    results, now = asyncio.run(survey()), cli.clock()
    if style == "json":
        output.print_json([diagnostics_row(ANY, result, now) for result in results])
    else:
        known = {r.url for r in results if not isinstance(r, FeedError)
                 and subscribed(r.url, config.feeds if config else ())}  # fmt: skip
        output.print_lines(_lines(results, known, now))
        if results:
            say(_("`tocsin feeds add ADDRESS` subscribes to one of them"))
    if not any(isinstance(result, DiscoveredFeed) for result in results):
        raise ParseError(redact(address), _("there are no feeds and no sitemaps that can be read"))


def _lines(
    results: Sequence[DiscoveredFeed | FeedError], known: set[str], now: Timestamp
) -> Iterator[str]:
    for result in results:
        if isinstance(result, FeedError):
            yield f"{click.style(signs.FAILED, fg='red')} {redact(result.url)}"
            yield f"    {result.reason}"
            continue
        found = diagnose(result, now)
        yield f"{click.style(signs.OK, fg='green')} {redact(found.url)}"
        facts = [
            shown_title(found.parsed.title),
            found.parsed.format,
            ngettext("{count} entry", "{count} entries", found.entries),
            _("{count} of today", count=number(found.today)),
        ]
        if found.newest is not None:
            facts.append(_("newest {age}", age=output.ago(found.newest, now)))
        facts.append(found.parsed.lang or next(iter(found.langs), "") or "und")
        if result.url in known:
            facts.append(_("subscribed to already"))
        yield f"    {', '.join(facts)}"
