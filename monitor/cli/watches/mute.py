"""`tocsin watch mute`: nobody is told of a watchlist for a while."""

from __future__ import annotations

import os

import click

from monitor.cli import Newsroom, output, say, telling
from monitor.cli.times import Later, Span
from monitor.cli.watches.options import format_option

COLUMNS = ("watchlist", "by", "since", "until", "held")


@click.command("mute")
@click.argument("name", required=False)
@click.option(
    "--for", "span", type=Span(), metavar="DURATION", help="1h when left out; 30d at most."
)
@click.option(
    "--until", type=Later(), metavar="WHEN", help="Until then: 17:30, tomorrow, 2026-12-01."
)
@format_option
@click.pass_obj
def command(
    newsroom: Newsroom, name: str | None, span: float | None, until: float | None, style: str
) -> None:
    """Tell nobody of a watchlist's alerts for a while; without a NAME, list what is muted.

    Its alerts are raised and kept all the same: `tocsin alerts --suppressed` lists them, and
    when the time is over the channels are told how many there were.
    """
    from monitor.service.muting import USUAL
    from monitor.user import user

    if span is not None and until is not None:
        raise click.UsageError("--for or --until, not both")
    service, now = newsroom.service(), newsroom.clock()
    if name is None:
        if span is not None or until is not None:
            raise click.UsageError("say which watchlist")
        _list(newsroom, style)
        return
    seconds = until - now if until is not None else USUAL if span is None else span
    try:
        mute = service.mute(name, seconds, user(os.environ))
    except ValueError as error:
        raise click.UsageError(str(error)) from None
    click.echo(f"{mute.watchlist} is muted until {telling.moment(mute.until, now)}")


def _list(newsroom: Newsroom, style: str) -> None:
    found, now = newsroom.service().mutes(), newsroom.clock()
    if style != "table":
        rows = [
            {
                "watchlist": mute.watchlist,
                "by": mute.by,
                "since": output.iso(mute.since),
                "until": output.iso(mute.until),
                "held": mute.held,
            }
            for mute in found
        ]
        output.print_rows(rows, style, COLUMNS)
    elif not found:
        say("nothing is muted")
    else:
        for mute in found:
            since, until = (telling.moment(at, now) for at in (mute.since, mute.until))
            by = f" by {mute.by}" if mute.by else ""
            click.echo(f"{mute.watchlist}  since {since}{by}, until {until} · {mute.held} held")
