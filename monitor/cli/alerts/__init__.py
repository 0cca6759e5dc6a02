"""`tocsin alerts`: the alerts, from the command line; what is said of them is a command each."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from monitor.cli import Newsroom, say, talkative
from monitor.cli.alerts.criteria import criteria, filter_by
from monitor.cli.alerts.listing import COLUMNS, show
from monitor.cli.selection import selection

if TYPE_CHECKING:
    from monitor.model import Alert, Filter
    from monitor.service import Service

__all__ = ["COLUMNS", "alerts"]

COMMANDS = {
    "ack": "Acknowledge alerts.",
    "relevant": "Call alerts relevant.",
    "noise": "Call alerts noise.",
    "unjudge": "Take verdicts away.",
    "close": "Close alerts: they leave the list.",
    "reopen": "Make alerts new again.",
    "star": "Star alerts.",
    "unstar": "Take stars away.",
    "tag": "Give alerts a tag.",
    "untag": "Take a tag away.",
    "note": "Note something about alerts.",
    "undo": "Take back what you said last.",
    "redo": "Say again what you took back.",
    "history": "Tell who said what of an alert, and when.",
}
_FILES = {"history": "history", "undo": "undoing", "redo": "undoing"}
"""Where a command is; the others are in `saying`."""
LOOK = 0.5
"""Seconds between two looks with --follow."""


class _Commands(click.Group):
    """The commands, each imported when it is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return their names, in the order of their use."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return a command by its name."""
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"monitor.cli.alerts.{_FILES.get(cmd_name, 'saying')}")
        commands: Mapping[str, click.Command] = module.COMMANDS
        return talkative(commands[cmd_name])

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands with one line each, importing none."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(cls=_Commands, invoke_without_command=True)
@selection
@criteria
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
    query: str,
    **selected: Any,
) -> None:
    """List the alerts, the newest last; copies of a story count with its first alert.

    Those that are closed are left out, unless --state asks for them. One that became louder
    since it was raised comes again, where that happened. Exits with 1 when there are none.
    Its commands say something of alerts, by their ids or by the same options.
    """
    if context.invoked_subcommand is not None:
        _object_to_options(context)
        return
    if follow and style == "json":
        raise click.UsageError("--follow never ends, so it cannot print one JSON list; use jsonl")
    newsroom: Newsroom = context.obj
    if suppressed and (follow or query):
        raise click.UsageError("--suppressed goes without --follow and --query")
    if follow and query:
        raise click.UsageError("--query asks what is there; it does not go on with --follow")
    service, filter = newsroom.service(), replace(filter_by(**selected), muted=True)
    if suppressed:
        ids = service.suppressed_ids(filter, limit=limit or None)
        _finish(context, service.alerts(ids, matches=True), style, newsroom.clock())
        return
    newest = _Newest(service.newest_alert(), service.newest_escalation())
    found = _stirred(service, filter, limit, query)
    if not follow:
        _finish(context, found, style, newsroom.clock())
        return
    show(found, style, newsroom.clock())
    from monitor.bootstrap import pause

    while True:
        pause(LOOK)
        newest, fresh = _since(service, filter, newest)
        if fresh:
            show(fresh, style, newsroom.clock(), header=style != "csv")


def _object_to_options(context: click.Context) -> None:
    """Refuse options in front of a command: they would say nothing there."""
    from click.core import ParameterSource

    for option in context.command.params:
        name = option.name or ""
        quiet = name in ("verbose", "quiet")
        if not quiet and context.get_parameter_source(name) is ParameterSource.COMMANDLINE:
            command = context.invoked_subcommand
            raise click.UsageError(f"{option.opts[0]} belongs behind the command: alerts {command}")


def _finish(context: click.Context, found: list[Alert], style: str, now: float) -> None:
    """Print alerts, and exit with 1 when there are none."""
    show(found, style, now)
    if not found:
        if style == "table":
            say("no alerts")
        context.exit(1)


class _Newest(NamedTuple):
    """How far one has read."""

    alert: int
    escalation: int


def _stirred(service: Service, filter: Filter, limit: int, query: str) -> list[Alert]:
    """Return the alerts that were raised or became louder last, the newest of them last."""
    if query:
        ids = service.chosen(filter, query)
        meant = frozenset(ids)
        every = replace(filter, closed=True)
        louder = [id for _, id in service.escalated_ids(every) if id in meant][-limit:]
        ids = ids[-limit:]
    else:
        ids = list(service.alert_ids(filter, limit=limit or None))
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
