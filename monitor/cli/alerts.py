"""`tocsin alerts`: the alerts, from the command line."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import click

from monitor.cli import Newsroom, output, say
from monitor.cli.selection import filter_of, selection

if TYPE_CHECKING:
    from monitor.model import Alert

COLUMNS = (
    "id", "kind", "watchlist", "article", "title", "url", "feed", "severity", "state", "raised_at",
    "matches",
)  # fmt: skip
LOOK = 0.5
"""Seconds between two looks with --follow."""
_MARKS = {"high": "▲", "medium": "●", "low": "·"}
_COLOURS = {"high": "red", "medium": "yellow", "low": None}


@click.command()
@selection
@click.option("--follow", is_flag=True, help="Go on, and print new ones as they come.")
@click.pass_context
def alerts(
    context: click.Context, /, limit: int, style: str, follow: bool, **selected: Any
) -> None:
    """List the alerts, the newest last; copies of a story count with its first alert.

    Exits with 1 when there are none.
    """
    if follow and style == "json":
        raise click.UsageError("--follow never ends, so it cannot print one JSON list; use jsonl")
    newsroom: Newsroom = context.obj
    service, filter = newsroom.service(), filter_of(**selected)
    ids = service.alert_ids(filter, limit=limit or None)
    found = service.alerts(ids, matches=True)
    _print(found, style, newsroom.clock())
    if not follow:
        if not found:
            if style == "table":
                say("no alerts")
            context.exit(1)
        return
    from monitor.bootstrap import pause

    newest = max(ids, default=0)
    while True:
        pause(LOOK)
        fresh = service.alert_ids(filter, after=newest)
        if fresh:
            newest = fresh[-1]
            header = style != "csv"
            _print(service.alerts(fresh, matches=True), style, newsroom.clock(), header=header)


def _print(found: Iterable[Alert], style: str, now: float, *, header: bool = True) -> None:
    if style == "table":
        for alert in found:
            click.echo(_line(alert, now))
    else:
        output.print_rows(map(_row, found), style, COLUMNS, header=header)
    sys.stdout.flush()


def _row(alert: Alert) -> dict[str, Any]:
    return {
        "id": alert.id,
        "kind": str(alert.kind),
        "watchlist": alert.watchlist,
        "article": alert.article,
        "title": alert.title,
        "url": alert.url,
        "feed": alert.feed,
        "severity": str(alert.severity),
        "state": str(alert.state),
        "raised_at": output.iso(alert.raised_at),
        "matches": output.matches(alert),
    }


def _line(alert: Alert, now: float) -> str:
    mark = click.style(_MARKS[alert.severity], fg=_COLOURS[alert.severity])
    title = output.lit(
        alert.title or "(untitled)",
        [(m.start, m.end) for m in alert.matches if m.field == "title"],
    )
    copies = f" +{alert.copies}" if alert.copies else ""
    forms = ", ".join(dict.fromkeys(match.text for match in alert.matches))
    about = f"{alert.feed}{copies} · {output.ago(alert.raised_at, now)}"
    if alert.article is not None:
        about += f" · article {alert.article}"
    return (
        f"{alert.id:>6} {mark} {click.style(alert.watchlist, bold=True)}  {title}\n"
        f"         {click.style(about, dim=True)} · {forms or alert.kind}"
    )
