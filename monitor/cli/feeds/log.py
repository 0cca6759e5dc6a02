"""`tocsin feeds log`: the last polls of a feed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from monitor.cli import Newsroom, output, say
from monitor.cli.selection import list_format

if TYPE_CHECKING:
    from monitor.model import Poll

COLUMNS = (
    "at", "outcome", "status", "entries", "known", "new", "changed", "blind", "moved", "seconds",
    "reason",
)  # fmt: skip
MOST = 30
_MARKS = {"read": "✓", "unchanged": "=", "failed": "✗"}


@click.command("log")
@click.argument("feed")
@list_format
@click.pass_obj
def command(newsroom: Newsroom, feed: str, style: str) -> None:
    """List the last 30 polls of a feed, given by its name or address; the newest last."""
    from index.text import clean
    from monitor.cli.feeds.naming import meant
    from monitor.polling.health import told

    service = newsroom.service()
    found = meant(feed, [health.feed for health in service.feeds()])
    polls = service.polls(found.url)[:MOST][::-1]
    if style != "table":
        output.print_rows(map(_row, polls), style, COLUMNS)
        return
    if not polls:
        say(f"{found.name} was not polled yet")
    now = newsroom.clock()
    for poll in polls:
        click.echo(f"{output.ago(poll.at, now):>10}  {_MARKS[poll.outcome]} {clean(told(poll))}")


def _row(poll: Poll) -> dict[str, Any]:
    return {
        "at": output.iso(poll.at),
        "outcome": str(poll.outcome),
        "status": poll.status,
        "entries": poll.entries,
        "known": poll.known,
        "new": poll.new,
        "changed": poll.changed,
        "blind": poll.blind,
        "moved": poll.moved,
        "seconds": round(poll.seconds, 3),
        "reason": poll.reason,
    }
