"""`tocsin deliveries`: what is on its way to channels, what was sent, what was given up."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

import click

from monitor.cli import CliContext, output, say
from monitor.cli.lazy_group import LazyGroup
from monitor.cli.options import list_format
from monitor.formatting import counted, iso

if TYPE_CHECKING:
    from monitor.model.alert import Alert
    from monitor.model.delivery import Delivery

COLUMNS = (
    "id", "state", "channel", "alert", "occasion", "why", "watchlist", "title", "due", "attempts",
    "reason", "created_at", "sent_at", "key", "bundle",
)  # fmt: skip
STATES = ("waiting", "held", "sent", "dead", "all")
_MARKS = {"waiting": "…", "sent": "✓", "dead": "✗"}


@click.group(cls=LazyGroup, invoke_without_command=True)
@click.option(
    "--state",
    type=click.Choice(STATES),
    help="State of the deliveries. `held` means held back for quiet hours or a digest, `dead` "
    "given up. Without it, all that are not sent.",
)
@click.option("--channel", metavar="NAME", help="Only deliveries to this channel.")
@click.option("--limit", type=click.IntRange(0), default=50, show_default=True,
              help="At most this many, the newest. 0 means all.")  # fmt: skip
@list_format
@click.pass_context
def deliveries(
    context: click.Context, state: str | None, channel: str | None, limit: int, style: str
) -> None:
    """List deliveries of alerts to channels, with the reason if one is not sent yet.

    Exits with 1 when there are none.
    """
    if context.invoked_subcommand is not None:
        return
    newsroom: CliContext = context.obj
    service = newsroom.service()
    held = state == "held"
    found = service.views.deliveries.newest(
        _states(state), channel=channel, limit=None if held else limit or None
    )
    if held:
        found = [one for one in found if one.bundle or (one.reason and not one.attempts)]
        found = found[-limit:] if limit else found
    alerts = {alert.id: alert for alert in service.views.alerts.get([one.alert for one in found])}
    if style != "table":
        rows = (_row(one, alerts.get(one.alert)) for one in found)
        output.print_rows(rows, style, COLUMNS)
    else:
        for line in _lines(found, alerts, newsroom.clock()):
            click.echo(line)
    if not found:
        if style == "table":
            say("nothing is on its way" if state is None else "none")
        context.exit(1)


@deliveries.command("retry")
@click.argument("ids", type=int, nargs=-1, metavar="[ID]...")
@click.option("--dead", is_flag=True, help="All deliveries that were given up or failed.")
@click.option("--channel", metavar="NAME", help="All to this channel that were given up or failed.")
@click.option("--to", metavar="NAME", help="Send to this channel instead.")
@click.pass_obj
def retry(
    newsroom: CliContext, ids: tuple[int, ...], dead: bool, channel: str | None, to: str | None
) -> None:
    """Send deliveries again: those with an ID, or all that were given up or failed.

    A delivery given by its ID is sent at once, whatever it waits for. Exits with 1 when there
    are none.
    """
    if not ids and not dead and channel is None:
        raise click.UsageError("say which: IDs, --dead or --channel NAME")
    if to is not None:
        from monitor.config import load

        names = [one.name for one in load(newsroom.config_path, data=newsroom.data).channels]
        if to not in names:
            known = ", ".join(names) or "none"
            raise click.UsageError(f"feeds.yaml has no channel {to}; it has {known}")
    service = newsroom.service()
    count = service.views.deliveries.retry(ids or None, newsroom.clock(), channel=channel, to=to)
    if not count:
        raise click.ClickException("none of these is unsent; `tocsin deliveries` lists what is")
    say(f"{counted(count, 'delivery is', 'deliveries are')} due now")
    if service.status().monitor is None:
        say("nobody watches: `tocsin` or `tocsin run` sends it")


def _states(state: str | None) -> list[Any]:
    from monitor.model.delivery import UNSENT, DeliveryState

    if state is None:
        return list(UNSENT)
    if state == "all":
        return list(DeliveryState)
    return [DeliveryState.WAITING if state == "held" else DeliveryState(state)]


def _row(delivery: Delivery, alert: Alert | None) -> dict[str, Any]:
    return {
        "id": delivery.id,
        "state": str(delivery.state),
        "channel": delivery.channel,
        "alert": delivery.alert,
        "occasion": str(delivery.occasion),
        "why": delivery.why,
        "watchlist": alert.watchlist if alert else "",
        "title": alert.title if alert else "",
        "due": iso(delivery.due),
        "attempts": delivery.attempts,
        "reason": delivery.reason,
        "created_at": iso(delivery.created_at),
        "sent_at": iso(delivery.sent_at),
        "key": delivery.key,
        "bundle": delivery.bundle,
    }


def _lines(found: Iterable[Delivery], alerts: dict[int, Alert], now: float) -> Iterator[str]:
    for one in found:
        alert = alerts.get(one.alert)
        about = f"{alert.watchlist}: {alert.title or '(untitled)'}" if alert else "(dropped)"
        why = f" ↑ {one.why}" if one.why else ""
        yield f"{one.id:>6} {_MARKS[one.state]} {one.channel}  alert {one.alert}{why}  {about}"
        yield click.style(f"         {'; '.join(_clauses(one, now))}", dim=True)


def _clauses(one: Delivery, now: float) -> Iterator[str]:
    from monitor.formatting import span

    if one.sent_at is not None:
        yield f"sent {output.ago(one.sent_at, now)} ago"
    if one.reason:
        yield one.reason
    if one.attempts and one.sent_at is None:
        yield f"tried {one.attempts} times" if one.attempts > 1 else "tried once"
    if one.state == "waiting":
        yield "due now" if one.due <= now else f"due in {span(one.due - now)}"
    elif one.state == "dead":
        yield "given up; `tocsin deliveries retry` sends it again"
