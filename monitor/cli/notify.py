"""`tocsin notify`: the channels, and whether they take what they are sent."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from monitor.cli import CliContext, output, say
from monitor.cli.lazy_group import LazyGroup
from monitor.cli.options import list_format

if TYPE_CHECKING:
    from monitor.model.alert import Alert
    from monitor.model.config import Channel, Config, DeliveryError
    from monitor.model.delivery import Notification

COLUMNS = ("name", "kind", "to", "signed", "waiting", "dead")


@click.group(cls=LazyGroup)
def notify() -> None:
    """List the channels of feeds.yaml, and test them."""


@notify.command("list")
@list_format
@click.pass_obj
def listing(newsroom: CliContext, style: str) -> None:
    """List channels, with the number of deliveries that are not sent."""
    from monitor.config import load
    from monitor.errors import StoreError
    from monitor.model.delivery import DeliveryState

    channels = load(newsroom.config_path, data=newsroom.data).channels
    try:
        counts = newsroom.service().views.deliveries.unsent()
    except StoreError:  # no archive yet
        counts = {}
    rows = [
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
    if style != "table":
        output.print_rows(rows, style, COLUMNS)
        return
    if not rows:
        say("no channels yet; they stand under `channels:` in feeds.yaml")
    for row in rows:
        unsent = [f"{row[key]} {key}" for key in ("waiting", "dead") if row[key]]
        signed = ["signed"] if row["signed"] else []
        click.echo(f"{row['name']}  {row['kind']}  {', '.join([str(row['to']), *signed, *unsent])}")


@notify.command("test")
@click.argument("channel")
@click.pass_obj
def try_(newsroom: CliContext, channel: str) -> None:
    """Send a test message to a channel now, and show the result.

    Exits with 1 if the channel does not accept it. Nothing is stored.
    """
    import asyncio

    from monitor.config import load

    config = load(newsroom.config_path, data=newsroom.data)
    found = {one.name.casefold(): one for one in config.channels}.get(channel.casefold())
    if found is None:
        known = ", ".join(one.name for one in config.channels) or "none"
        raise click.UsageError(f"feeds.yaml has no channel {channel}; it has {known}")
    refusal = asyncio.run(_send(config, found, _sample(found, newsroom.clock())))
    if refusal is not None:
        raise click.ClickException(f"{found.name} did not accept it: {refusal.reason}")
    say(f"{found.name} accepted the sample ({found.kind}: {found.words})")


async def _send(config: Config, channel: Channel, sample: Notification) -> DeliveryError | None:
    from monitor.wiring import senders

    async def nothing_told(channel: str, watchlist: str, limit: int) -> list[Alert]:
        return []

    sender = senders(config, nothing_told)(channel)
    try:
        return await sender.send([sample])
    finally:
        await sender.close()


def _sample(channel: Channel, now: float) -> Notification:
    """Return a delivery of an alert that nobody raised."""
    from uuid import NAMESPACE_URL, uuid5

    from index.article import Article
    from monitor.model.alert import Alert, AlertState, Match, Verdict
    from monitor.model.delivery import Delivery, DeliveryState, Notification, Occasion
    from monitor.model.severity import Severity

    title, words = "Sample of an alert", "Tocsin sends this to see whether it arrives."
    article = Article(
        id=0, feeds=(0,), url="https://example.org/sample", title=title, summary=words,
        body="", author="", lang="en", published=now, seen=now, story=0,
    )  # fmt: skip
    alert = Alert(
        id=0, watchlist="sample", article=0, severity=Severity.LOW,
        state=AlertState.NEW, verdict=Verdict.NONE, starred=False, backfill=False,
        raised_at=now, title=title, url=article.url, feed="tocsin", lang="en", published=now,
        matches=(Match(field="title", start=0, end=6, text="Sample", term="sample"),),
    )  # fmt: skip
    delivery = Delivery(
        id=0, alert=0, channel=channel.name, occasion=Occasion.RAISED, why="",
        key=str(uuid5(NAMESPACE_URL, f"tocsin sample {channel.name} {now!r}")),
        state=DeliveryState.WAITING, due=now, attempts=0, reason="", created_at=now,
        sent_at=None,
    )  # fmt: skip
    return Notification(delivery=delivery, alert=alert, article=article)
