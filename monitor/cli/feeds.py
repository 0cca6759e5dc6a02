"""`tocsin feeds`: each feed's health, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from monitor.cli import Newsroom, output, say

if TYPE_CHECKING:
    from monitor.model import FeedHealth

COLUMNS = (
    "name", "url", "health", "words", "articles", "last_ok", "next_poll", "failures", "reason",
    "blind", "tags",
)  # fmt: skip
_MARKS = {"ok": "✓", "new": "…", "late": "!", "failing": "✗", "gone": "✗", "paused": "-"}


@click.command()
@click.option(
    "--format",
    "style",
    type=click.Choice(["table", "json", "jsonl", "csv"]),
    default="table",
    show_default=True,
    help="For people, or for programs.",
)
@click.pass_obj
def feeds(newsroom: Newsroom, style: str) -> None:
    """Tell how each feed is doing: last success, next poll, failures and why. Worst first."""
    found = newsroom.service().feeds()
    if style != "table":
        output.print_rows(map(_row, found), style, COLUMNS)
        return
    if not found:
        say("no feeds yet; put some into feeds.yaml")
        return
    from rich.cells import cell_len

    from index.text import truncate

    now = newsroom.clock()
    widest = min(max(cell_len(f.feed.name) for f in found), 32)
    for feed in found:
        name = truncate(feed.feed.name, widest)
        name += " " * (widest - cell_len(name))
        last = output.ago(feed.state.last_ok, now) if feed.state.last_ok else "never"
        click.echo(
            f"{_MARKS[feed.health]} {name} {feed.articles:>6} articles"
            f"  read {last:>7}  {feed.words}"
        )


def _row(feed: FeedHealth) -> dict[str, Any]:
    state = feed.state
    return {
        "name": feed.feed.name,
        "url": feed.feed.url,
        "health": str(feed.health),
        "words": feed.words,
        "articles": feed.articles,
        "last_ok": output.iso(state.last_ok),
        "next_poll": None if state.gone else output.iso(state.next_due),
        "failures": state.failures,
        "reason": state.reason,
        "blind": state.blind,
        "tags": list(feed.feed.tags),
    }
