"""`tocsin alerts`: the alerts, from the command line."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from monitor import portable
from monitor.cli import Newsroom, output, say, telling
from monitor.cli.selection import filter_of, selection

if TYPE_CHECKING:
    from monitor.model import Alert, Filter
    from monitor.service import Service

COLUMNS = (
    "id", "kind", "watchlist", "article", "title", "url", "feed", "severity", "state", "raised_at",
    "matches", "copies", "outlets", "elsewhere", "escalations", "held", "held_until", "merged_into",
    "backfill", "rule", "article_version", "lost",
)  # fmt: skip
LOOK = 0.5
"""Seconds between two looks with --follow."""
_MARKS = {"high": "▲", "medium": "●", "low": "·"}
_COLOURS = {"high": "red", "medium": "yellow", "low": None}


@click.command()
@selection
@click.option("--follow", is_flag=True, help="Go on, and print new ones as they come.")
@click.option(
    "--suppressed", is_flag=True, help="Those that nobody is told of, and why; copies too."
)
@click.pass_context
def alerts(
    context: click.Context,
    /,
    limit: int,
    style: str,
    follow: bool,
    suppressed: bool,
    **selected: Any,
) -> None:
    """List the alerts, the newest last; copies of a story count with its first alert.

    One that became louder since it was raised comes again, where that happened. Exits
    with 1 when there are none.
    """
    if follow and style == "json":
        raise click.UsageError("--follow never ends, so it cannot print one JSON list; use jsonl")
    newsroom: Newsroom = context.obj
    if follow and suppressed:
        raise click.UsageError("--suppressed lists what was; it does not go on with --follow")
    service, filter = newsroom.service(), replace(filter_of(**selected), muted=True)
    if suppressed:
        ids = service.suppressed_ids(filter, limit=limit or None)
        _finish(context, service.alerts(ids, matches=True), style, newsroom.clock())
        return
    newest = _Newest(service.newest_alert(), service.newest_escalation())
    found = _stirred(service, filter, limit)
    if not follow:
        _finish(context, found, style, newsroom.clock())
        return
    _print(found, style, newsroom.clock())
    from monitor.bootstrap import pause

    while True:
        pause(LOOK)
        newest, fresh = _since(service, filter, newest)
        if fresh:
            _print(fresh, style, newsroom.clock(), header=style != "csv")


def _finish(context: click.Context, found: list[Alert], style: str, now: float) -> None:
    """Print alerts, and exit with 1 when there are none."""
    _print(found, style, now)
    if not found:
        if style == "table":
            say("no alerts")
        context.exit(1)


class _Newest(NamedTuple):
    """How far one has read."""

    alert: int
    escalation: int


def _stirred(service: Service, filter: Filter, limit: int) -> list[Alert]:
    """Return the alerts that were raised or became louder last, the newest of them last."""
    ids = service.alert_ids(filter, limit=limit or None)
    louder = [id for _, id in service.escalated_ids(filter, limit=limit or None)]
    found = service.alerts([*dict.fromkeys([*ids, *louder])], matches=True, telling=True)
    found.sort(key=lambda alert: (alert.stirred_at, alert.id))
    return found[-limit:] if limit else found


def _since(service: Service, filter: Filter, newest: _Newest) -> tuple[_Newest, list[Alert]]:
    """Return the alerts raised, or made louder, since one looked; and how far that goes."""
    ids = list(service.alert_ids(filter, after=newest.alert))
    louder = service.escalated_ids(filter, after=newest.escalation)
    ids += [alert for _, alert in louder if alert not in ids]
    reached = _Newest(max([newest.alert, *ids]), max([newest.escalation, *(e for e, _ in louder)]))
    return reached, service.alerts(ids, matches=True, telling=True) if ids else []


def _print(found: Iterable[Alert], style: str, now: float, *, header: bool = True) -> None:
    if style == "table":
        for alert in found:
            click.echo(_line(alert, now))
    else:
        output.print_rows(map(portable.alert, found), style, COLUMNS, header=header)
    sys.stdout.flush()


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
        forms = forms or "no longer in the text"
    lines = [
        f"{alert.id:>6} {mark} {click.style(alert.watchlist, bold=True)}  {title}",
        f"         {click.style(about, dim=True)} · {forms or alert.kind}",
        *(f"         {line}" for line in _spread(alert, now)),
    ]
    return "\n".join(lines)


def _spread(alert: Alert, now: float) -> Iterator[str]:
    """Yield what others did with the story of an alert."""
    if alert.escalations:
        yield click.style(f"↑ {telling.escalations(alert, now)}", bold=True)
    if why := telling.untold(alert, now):
        yield click.style(f"✕ {why}", dim=True)
    if order := telling.order(alert.telling):
        yield click.style(order, dim=True)
    for line in telling.elsewhere(alert.telling):
        yield click.style(line, dim=True)
