"""`tocsin notify` and `tocsin deliveries`: channels, and what is sent to them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any
from uuid import NAMESPACE_URL, uuid5

import click

from monitor.base import signs
from monitor.base.article import Article
from monitor.base.errors import StoreError
from monitor.base.formatting import alert_number, clauses, shown_title, span
from monitor.base.translation import gettext as _, ngettext, pgettext
from monitor.cli import CliContext, output, say
from monitor.cli.lazy_group import LazyGroup
from monitor.cli.options import InputError, NumberParam, format_option, hinted, with_limit
from monitor.config.loading import load
from monitor.model.alert import Alert, AlertState, Verdict
from monitor.model.briefing import StoredBriefing
from monitor.model.config import Channel, Config, DeliveryError
from monitor.model.delivery import Delivery, DeliveryState, Notification, Occasion
from monitor.model.watchlist import Match, Severity
from monitor.presentation.rows import Row, columns
from monitor.presentation.rows.newsroom import DeliveryRow, delivery_rows, newest_deliveries
from monitor.presentation.service.service import Service

CHANNEL_COLUMNS = ("name", "kind", "to", "signed", "waiting", "dead")


@click.group(cls=LazyGroup, default="list")
def notify() -> None:
    """List the channels of feeds.yaml, and test them. Without a command: `list`."""


@notify.command("list")
@format_option
@click.pass_obj
def list_channels(cli: CliContext, style: str) -> None:
    """List channels, with the number of deliveries that are not sent."""
    channels = load(cli.config_path, data=cli.data).channels
    try:
        counts = cli.service().views.deliveries.unsent()
    except StoreError:  # there is no archive yet
        counts = {}
    rows: list[dict[str, Any]] = [
        {
            "name": channel.name,
            "kind": str(channel.kind),
            "to": channel.words,
            "signed": bool(channel.secret),
            "waiting": counts.get((channel.name, DeliveryState.WAITING), 0),
            "dead": counts.get((channel.name, DeliveryState.DEAD), 0),
        }
        for channel in channels
    ]
    output.print_listing(style, rows, CHANNEL_COLUMNS, map(_channel_line, rows))
    if style == "table" and not rows:
        say(_("there are no channels yet; add them under `channels:` in feeds.yaml"))


def _channel_line(row: Row) -> str:
    parts = [str(row["to"])]
    if row["signed"]:
        parts.append(_("signed"))
    if waiting := int(row["waiting"]):
        parts.append(ngettext("{count} waiting", "{count} waiting", waiting))
    if dead := int(row["dead"]):
        parts.append(ngettext("{count} dead", "{count} dead", dead))
    return f"{row['name']}  {row['kind']}  {', '.join(parts)}"


@notify.command("test")
@click.argument("channel")
@click.pass_obj
def send_test(cli: CliContext, channel: str) -> None:
    """Send a test message to a channel now, and show the result.

    Exits with 1 if the channel does not accept it. Nothing is stored.
    """
    words = _("tocsin sends this to test the channel.")
    target = send_now(cli, channel, _("sample"), _("Sample of an alert"), words)
    say(
        _(
            "{channel} accepted the test message ({about})",
            channel=target.name,
            about=_("{name}: {text}", name=target.kind, text=target.words),
        )
    )


def send_now(cli: CliContext, channel: str, watchlist: str, title: str, text: str) -> Channel:
    """Send a message of no stored alert to a channel now; return the channel.

    Raises:
        InputError: feeds.yaml has no such channel.
        click.ClickException: The channel does not accept it.
    """
    import asyncio

    config = load(cli.config_path, data=cli.data)
    target = _find_channel(config, channel)
    notification = _notification(target, cli.clock(), watchlist, title, text)
    error = asyncio.run(_send_notification(config, target, notification))
    if error is not None:
        raise click.ClickException(
            _("{channel} did not accept it: {reason}", channel=target.name, reason=error.reason)
        )
    return target


def _find_channel(config: Config, name: str) -> Channel:
    """Return a channel by its name, in any case; raises InputError."""
    by_name = {channel.name.casefold(): channel for channel in config.channels}
    if channel := by_name.get(name.casefold()):
        return channel
    names = [channel.name for channel in config.channels]
    fallback = _("it has {names}", names=", ".join(names)) if names else _("it has none")
    problem = _("feeds.yaml has no channel `{name}`", name=name)
    raise InputError(hinted(problem, name, names, fallback))


def _channel_name(cli: CliContext, service: Service, name: str) -> str:
    """Return the name of a channel that has deliveries, or that feeds.yaml has.

    Raises:
        InputError: There is no such channel.
    """
    if service.views.deliveries.newest(list(DeliveryState), channel=name, limit=1):
        return name
    return _find_channel(load(cli.config_path, data=cli.data), name).name


async def _send_notification(
    config: Config, channel: Channel, sample: Notification
) -> DeliveryError | None:
    from monitor.runtime.network import senders

    sender = senders(config)(channel)
    try:
        return await sender.send([sample])
    finally:
        await sender.close()


def _notification(
    channel: Channel, now: float, watchlist: str, title: str, words: str
) -> Notification:
    """Return a notification of an invented alert."""
    article = Article(
        id=0, feeds=(0,), url="https://example.org/sample", title=title, summary=words,
        body="", author="", lang="en", published=now, seen=now, story=0,
    )  # fmt: skip
    alert = Alert(
        id=0, watchlist=watchlist, article=0, severity=Severity.LOW,
        state=AlertState.NEW, verdict=Verdict.NONE, starred=False, backfill=False,
        raised_at=now, title=title, url=article.url, feed="tocsin", lang="en", published=now,
        matches=(Match(field="title", start=0, end=6, text=title[:6], term=title[:6]),),
    )  # fmt: skip
    seed = f"tocsin {watchlist} {channel.name} {now!r}"  # not a message
    delivery = Delivery(
        id=0, alert=0, channel=channel.name, occasion=Occasion.RAISED, why="",
        key=str(uuid5(NAMESPACE_URL, seed)),
        state=DeliveryState.WAITING, due=now, attempts=0, reason="", created_at=now,
        sent_at=None,
    )  # fmt: skip
    return Notification(delivery=delivery, alert=alert, article=article)


_MARKS = {"waiting": signs.NOT_YET, "sent": signs.OK, "dead": signs.FAILED}


@click.group(cls=LazyGroup, default="list")
def deliveries() -> None:
    """List deliveries to channels, and send them again. Without a command: `list`."""


@deliveries.command("list")
@click.option(
    "--state",
    type=click.Choice(["waiting", "held", "sent", "dead", "all"]),
    help="State of the deliveries. `held` means held back for quiet hours or a digest, `dead` "
    "given up. Without it, all that are not sent.",
)
@click.option("--channel", metavar="NAME", help="Only deliveries to this channel.")
@with_limit(50, "At most this many, the newest. 0 means all.")
@format_option
@click.pass_context
def list_deliveries(
    context: click.Context, state: str | None, channel: str | None, limit: int, style: str
) -> None:
    """List deliveries to channels, the newest first, and why one is not sent yet.

    Exits with 1 when there are none of this state, or none at all; with 0 when all are sent.
    """
    cli: CliContext = context.obj
    service = cli.service()
    if channel is not None:
        channel = _channel_name(cli, service, channel)
    newest = newest_deliveries(service.views, state, channel, limit)
    if style != "table":
        output.print_rows(delivery_rows(service.views, newest), style, columns(DeliveryRow))
    else:
        alerts = {alert.id: alert for alert in service.views.alerts.get([d.alert for d in newest])}
        numbers = [d.briefing for d in newest if d.briefing is not None]
        briefings = service.views.briefings.get(numbers)
        output.print_lines(_lines(newest, alerts, briefings, cli.clock()))
    if not newest:
        all_sent, words = _nothing_listed(cli, service, state, channel)
        if style == "table":
            say(words)
        context.exit(0 if all_sent else 1)


def _nothing_listed(
    cli: CliContext, service: Service, state: str | None, channel: str | None
) -> tuple[bool, str]:
    """Return whether all deliveries are sent, and a message why none is listed."""
    if service.views.deliveries.newest(list(DeliveryState), channel=channel, limit=1):
        if state is None:
            return True, _("all deliveries are sent")
        return False, _("no such deliveries")
    if channel is None and not load(cli.config_path, data=cli.data).channels:
        return False, _("no channel is configured; add one under `channels:` in feeds.yaml")
    return False, _("nothing was to be delivered yet")


@deliveries.command("retry")
@click.argument("ids", type=NumberParam(min=0), nargs=-1, metavar="[ID]...")
@click.option("--dead", is_flag=True, help="All deliveries that were given up or failed.")
@click.option("--channel", metavar="NAME", help="All to this channel that were given up or failed.")
@click.option("--to", metavar="NAME", help="Send to this channel instead.")
@click.pass_obj
def retry_deliveries(
    cli: CliContext, ids: tuple[int, ...], dead: bool, channel: str | None, to: str | None
) -> None:
    """Send deliveries again: those with an ID, or all that were given up or failed.

    A delivery given by its ID is sent at once, whatever it waits for. Exits with 1 when there
    are none.
    """
    if not ids and not dead and channel is None:
        raise click.UsageError(_("give IDs, --dead or --channel NAME"))
    if to is not None:
        to = _find_channel(load(cli.config_path, data=cli.data), to).name
    service = cli.service()
    if channel is not None:
        channel = _channel_name(cli, service, channel)
    count = service.views.deliveries.retry(ids or None, cli.clock(), channel=channel, to=to)
    if not count:
        raise click.ClickException(
            _("none of these is unsent; `tocsin deliveries` lists the unsent ones")
        )
    say(ngettext("{count} delivery is due now", "{count} deliveries are due now", count))
    if not service.health.status().is_watched:
        say(_("no monitor is running; start one with `tocsin` or `tocsin run` to send them"))


def _lines(
    newest: Iterable[Delivery],
    alerts: dict[int, Alert],
    briefings: dict[int, StoredBriefing],
    now: float,
) -> Iterator[str]:
    for delivery in newest:
        head = f"{delivery.id:>6} {_MARKS[delivery.state]} {delivery.channel}"
        if delivery.briefing is not None:
            briefing = briefings.get(delivery.briefing)
            subject = briefing.subject if briefing else _("(dropped)")
            yield f"{head}  {pgettext('delivery', 'briefing')}  {subject}"
        else:
            alert = alerts.get(delivery.alert)
            text = (
                _("{name}: {text}", name=alert.watchlist, text=shown_title(alert.title))
                if alert
                else _("(dropped)")
            )
            reason = f" {signs.ESCALATED} {delivery.why}" if delivery.why else ""
            number = _("alert {number}", number=alert_number(delivery.alert))
            yield f"{head}  {number}{reason}  {text}"
        yield click.style(f"         {clauses(_status_clauses(delivery, now))}", dim=True)


def _status_clauses(delivery: Delivery, now: float) -> Iterator[str]:
    if delivery.sent_at is not None:
        yield _("sent {time} ago", time=output.ago(delivery.sent_at, now))
    if delivery.reason:
        yield delivery.reason
    if delivery.attempts and delivery.sent_at is None:
        yield ngettext("tried once", "tried {count} times", delivery.attempts)
    if delivery.state == "waiting":
        wait = delivery.due - now
        yield _("due now") if wait <= 0 else _("due in {time}", time=span(wait))
    elif delivery.state == "dead":
        yield _("given up; `tocsin deliveries retry ID` sends it again")
