"""`tocsin watch add`, `from-search`, `mute` and `unmute`."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import click

from monitor.cli import CliContext, output, say, show
from monitor.cli.options import DurationParam, Later, completed_name, named
from monitor.cli.watch import format_option
from monitor.formatting import iso
from monitor.model.severity import Severity

if TYPE_CHECKING:
    from monitor.config.yaml_edit import Item


@click.command("add")
@click.argument("term")
@click.option("--name", metavar="NAME", help="Name of the watchlist. Without it, the term.")
@click.option(
    "--severity",
    type=click.Choice([str(severity) for severity in Severity]),
    help="Severity of its alerts.  [default: medium]",
)
@click.pass_obj
def watch_add(newsroom: CliContext, term: str, name: str | None, severity: str | None) -> None:
    """Add a watchlist for TERM to feeds.yaml, and change nothing else in it.

    A running monitor uses it at once, and matches it against the archive. If the file has a
    mistake, or would have one, it is not changed, and the exit code is 2.
    """
    from monitor.config.yaml_edit import edit, with_item

    path = newsroom.config_path
    item = _item(term, name, severity)
    config = edit(path, lambda text: with_item(text, "watchlists", [item]), data=newsroom.data)
    say(f"{path}: watching for {config.watchlists[-1].query.text}")


def _item(term: str, name: str | None, severity: str | None) -> Item:
    """Return the shortest way to write a watchlist."""
    if name is None and severity is None:
        return term
    said = {"name": name} if name is not None else {}
    listed: dict[str, str | list[str]] = {**said, "terms": [term]}
    return listed | ({"severity": severity} if severity else {})


@click.command("from-search")
@click.argument("name", shell_complete=completed_name)
@click.option(
    "--name",
    "called",
    metavar="NAME",
    help="Name of the watchlist. Without it, the name of the search.",
)
@click.option(
    "--severity",
    type=click.Choice([str(severity) for severity in Severity]),
    help="Severity of its alerts.  [default: medium]",
)
@click.pass_obj
def watch_from_search(
    newsroom: CliContext, name: str, called: str | None, severity: str | None
) -> None:
    """Add a watchlist with the query of the saved search NAME to feeds.yaml.

    Nothing else in the file changes, and the search stays. A query with filters of the archive
    (dates, alerts, stories) is refused: a watchlist is matched against each article as it
    arrives.
    """
    from index.errors import QueryError
    from monitor.config import load
    from monitor.config.yaml_edit import add_watchlist

    path = newsroom.config_path
    search = named(load(path, data=newsroom.data).searches, name.removeprefix("@"))
    query = search.query.text
    try:
        config = add_watchlist(path, newsroom.data, called or search.name, query, severity or "")
    except QueryError as error:
        raise click.UsageError(
            f"the search {search.name} cannot watch: {error} in {query}"
        ) from error
    say(f"{path}: watching for {config.watchlists[-1].query.text}")


COLUMNS = ("watchlist", "by", "since", "until", "held")


@click.command("mute")
@click.argument("name", required=False)
@click.option(
    "--for",
    "span",
    type=DurationParam(),
    metavar="DURATION",
    help="How long: at most 30d. Without it, 1h.",
)
@click.option(
    "--until", type=Later(), metavar="WHEN", help="Until when: 17:30, tomorrow, 2026-12-01."
)
@format_option
@click.pass_obj
def watch_mute(
    newsroom: CliContext, name: str | None, span: float | None, until: float | None, style: str
) -> None:
    """Notify nobody of a watchlist's alerts for a while. Without a NAME, list what is muted.

    Its alerts are raised and stored all the same; `tocsin alerts --suppressed` lists them.
    When the time is over, the channels are told how many there were.
    """
    from monitor.service.triage import USUAL
    from monitor.wiring import user

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
        mute = service.triage.silence(name, seconds, user(os.environ))
    except ValueError as error:
        raise click.UsageError(str(error)) from None
    click.echo(f"{mute.watchlist} is muted until {show.moment(mute.until, now)}")


def _list(newsroom: CliContext, style: str) -> None:
    now = newsroom.clock()
    found = newsroom.service().views.watchlists.silences(now)
    if style != "table":
        rows = [
            {
                "watchlist": mute.watchlist,
                "by": mute.by,
                "since": iso(mute.since),
                "until": iso(mute.until),
                "held": mute.suppressed,
            }
            for mute in found
        ]
        output.print_rows(rows, style, COLUMNS)
    elif not found:
        say("nothing is muted")
    else:
        for mute in found:
            since, until = (show.moment(at, now) for at in (mute.since, mute.until))
            by = f" by {mute.by}" if mute.by else ""
            click.echo(
                f"{mute.watchlist}  since {since}{by}, until {until} · {mute.suppressed} suppressed"
            )


@click.command("unmute")
@click.argument("name")
@click.pass_context
def watch_unmute(context: click.Context, name: str) -> None:
    """End the mute of a watchlist, and show how many alerts it suppressed.

    The channels are told as well. Exits with 1 when the watchlist was not muted.
    """
    newsroom: CliContext = context.obj
    mute = newsroom.service().triage.end_silence(name)
    if mute is None:
        click.echo(f"{name} is not muted")
        context.exit(1)
    since = show.moment(mute.since, newsroom.clock())
    held = (
        f"{mute.suppressed} suppressed since {since}"
        if mute.suppressed
        else "nothing was suppressed"
    )
    click.echo(f"{mute.watchlist} is no longer muted: {held}")
    if mute.suppressed:
        click.echo(f'`tocsin alerts --suppressed --watch "{mute.watchlist}"` lists them')
