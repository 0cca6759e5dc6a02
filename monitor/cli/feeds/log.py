"""`tocsin feeds log`: the last polls of a feed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from monitor.cli import Newsroom, output, say
from monitor.cli.selection import list_format

if TYPE_CHECKING:
    from monitor.model import Poll

COLUMNS = ("at", "outcome", "entries", "new", "changed", "seconds", "reason")
MOST = 30
_MARKS = {"read": "✓", "unchanged": "=", "failed": "✗"}


@click.command("log")
@click.argument("feed")
@list_format
@click.pass_obj
def command(newsroom: Newsroom, feed: str, style: str) -> None:
    """List the last 30 polls of a feed, given by its name or address; the newest last."""
    from monitor.cli.feeds.naming import meant

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
        click.echo(f"{output.ago(poll.at, now):>10}  {_MARKS[poll.outcome]} {_words(poll)}")


def _words(poll: Poll) -> str:
    if poll.outcome == "failed":
        return poll.reason
    took = f"{poll.seconds:.1f} s"
    if poll.outcome == "unchanged":
        return f"unchanged, {took}"
    return f"{poll.entries} entries, {poll.new} new, {poll.changed} changed, {took}"


def _row(poll: Poll) -> dict[str, Any]:
    return {
        "at": output.iso(poll.at),
        "outcome": str(poll.outcome),
        "entries": poll.entries,
        "new": poll.new,
        "changed": poll.changed,
        "seconds": round(poll.seconds, 3),
        "reason": poll.reason,
    }
