"""`tocsin alerts history`: who said what of an alert, and when."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import click

from index.text import line, lines, truncate
from monitor.cli import Newsroom, output, say, telling
from monitor.cli.alerts.choosing import LAST_ID, ids_completed
from monitor.cli.selection import list_format

if TYPE_CHECKING:
    from monitor.model import Decision

COLUMNS = ("act", "alert", "at", "who", "why", "undoes", "before", "after")
TOCSIN = "tocsin"


@click.command("history")
@click.argument("id", type=click.IntRange(1, LAST_ID), metavar="ID", shell_complete=ids_completed)
@list_format
@click.pass_context
def _history(context: click.Context, id: int, style: str) -> None:
    """Tell who said what of an alert, and when, the first word first.

    Exits with 1 when nothing was said of it.
    """
    newsroom: Newsroom = context.obj
    service = newsroom.service()
    if not service.known_alerts([id]):
        raise click.UsageError(f"there is no alert {id}; `tocsin alerts` lists them")
    found = service.decisions(id)
    if style != "table":
        output.print_rows(map(_row, found), style, COLUMNS)
    for decision in found if style == "table" else ():
        when = telling.moment(decision.at, newsroom.clock())
        who = line(decision.who) or (TOCSIN if decision.why else "somebody")
        click.echo(f"{decision.act:>6}  {when}  {who}  {', '.join(_words(decision))}")
    if not found:
        if style == "table":
            say(f"nothing was said of alert {id}")
        context.exit(1)


def _words(decision: Decision) -> Iterator[str]:
    for name, after in decision.after.items():
        before = decision.before[name]
        if name == "tags":
            yield from (f"+#{line(tag)}" for tag in after if tag not in before)
            yield from (f"-#{line(tag)}" for tag in before if tag not in after)
        elif name == "starred":
            yield "starred" if after else "star taken away"
        elif name == "note":
            yield f"note “{truncate(line(after), 60)}”" if after else "note taken away"
        else:
            yield f"{before or 'no verdict'} → {after or 'no verdict'}"
    if decision.why:
        yield f"because of {line(decision.why)}"
    if decision.undoes is not None:
        yield f"taking back {decision.undoes}"


def _row(decision: Decision) -> dict[str, Any]:
    return {
        "act": decision.act,
        "alert": decision.alert,
        "at": output.iso(decision.at),
        "who": line(decision.who),
        "why": line(decision.why),
        "undoes": decision.undoes,
        "before": {name: _harmless(value) for name, value in decision.before.items()},
        "after": {name: _harmless(value) for name, value in decision.after.items()},
    }


def _harmless(value: Any) -> Any:
    if isinstance(value, list):
        return list(map(line, value))
    return lines(value) if isinstance(value, str) else value


COMMANDS: Mapping[str, click.Command] = {"history": _history}
