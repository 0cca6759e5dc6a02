"""`tocsin feeds`: each feed's health, in words; its commands are a file each."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

import click

from monitor.cli import Newsroom, output, say
from monitor.cli.selection import list_format
from monitor.cli.times import Moment
from monitor.plural import counted

if TYPE_CHECKING:
    from monitor.model import FeedHealth

COLUMNS = (
    "name", "url", "health", "words", "articles", "last_ok", "next_poll", "failures", "reason",
    "blind", "moved_to", "former", "tags",
)  # fmt: skip
_MARKS = {
    "ok": "✓", "new": "…", "late": "!", "blind": "!", "silent": "!", "failing": "✗", "gone": "✗",
    "paused": "-",
}  # fmt: skip


COMMANDS = {
    "add": "Subscribe to feeds, found by their address or that of their site.",
    "remove": "End subscriptions; what was read stays.",
    "check": "Read feeds once, and tell everything about them.",
    "log": "List the last polls of a feed.",
    "import": "Subscribe to the feeds of an OPML file.",
    "export": "Write the subscriptions as OPML.",
}

_FILES = {"import": "importing"}
"""Where a command has the name of a keyword."""


class _Commands(click.Group):
    """The commands, each imported when it is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        file = _FILES.get(cmd_name, cmd_name)
        command = importlib.import_module(f"monitor.cli.feeds.{file}").command
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands with one line each, importing none."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(cls=_Commands, invoke_without_command=True)
@click.option("--blind", is_flag=True, help="List when feeds were not seen, and what that means.")
@click.option("--since", type=Moment(), metavar="WHEN",
              help="With --blind: from then on; 7d when left out.")  # fmt: skip
@list_format
@click.pass_context
def feeds(context: click.Context, blind: bool, since: float | None, style: str) -> None:
    """Tell how each feed is doing: last success, next poll, failures and why. Worst first.

    With --blind: the intervals in which articles may have been missed, because two reads had
    nothing in common (blind) or there was none in time (down: what that cost shows with the
    next read), then the watchlists whose feeds these are.

    Its commands edit and examine the subscriptions of feeds.yaml.
    """
    if context.invoked_subcommand is not None:
        return
    if blind:
        from monitor.cli.feeds.blind import show

        show(context.obj, since, style)
    elif since is not None:
        raise click.UsageError("--since goes with --blind")
    else:
        _list(context.obj, style)


def _list(newsroom: Newsroom, style: str) -> None:
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
        number, noun = counted(feed.articles, "article").split()
        click.echo(
            f"{_MARKS[feed.health]} {name} {number:>6} {noun:<8}  read {last:>7}  {feed.words}"
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
        "moved_to": feed.move.to if feed.move else "",
        "former": feed.former.url if feed.former else "",
        "tags": list(feed.feed.tags),
    }
