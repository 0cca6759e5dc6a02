"""`tocsin alerts undo`, `redo` and `history`: the record of triage, and what takes it back."""

from __future__ import annotations

import json
from collections.abc import Mapping

import click

from monitor.base.formatting import alert_number, clauses
from monitor.base.text_cleaning import line
from monitor.base.translation import gettext as _
from monitor.base.translation import ngettext
from monitor.cli import CliContext, output, say
from monitor.cli.numbers import AlertNumber, no_alert
from monitor.cli.options import format_option, table_or_json_option
from monitor.cli.triage_selection import complete_alert_ids
from monitor.model.triage import TriageAction
from monitor.presentation.alert import describe_decision
from monitor.presentation.rows import columns
from monitor.presentation.rows.alerts import DecisionRow, decision_row, undo_row


@click.command("undo")
@table_or_json_option
@click.pass_context
def _undo(context: click.Context, style: str) -> None:
    """Undo your last change, made here or in the dashboard: a whole command or key.

    Run it again to undo the change before. What anybody changed since stays. You are
    $TOCSIN_USER, or else the name you logged in with. Exits with 1 when there is nothing to
    undo.
    """
    cli: CliContext = context.obj
    _report_undo(context, cli.service().triage.undo(), style, _("nothing to undo"))


@click.command("redo")
@table_or_json_option
@click.pass_context
def _redo(context: click.Context, style: str) -> None:
    """Redo the change that you undid last, if you have changed nothing else since.

    Exits with 1 when there is nothing to redo.
    """
    cli: CliContext = context.obj
    _report_undo(context, cli.service().triage.redo(), style, _("nothing to redo"))


def _report_undo(
    context: click.Context, act: TriageAction | None, style: str, otherwise: str
) -> None:
    if style == "json":
        click.echo(json.dumps(undo_row(act)))
    elif act is not None:
        left = ", ".join(map(alert_number, act.left[:10])) + (", …" if len(act.left) > 10 else "")
        changed = ngettext("{count} alert changed", "{count} alerts changed", len(act.ids))
        left_note = _("not undone, because they were changed since: {alerts}", alerts=left)
        say(clauses([changed, *([left_note] if act.left else [])]))
    else:
        say(otherwise)
    if act is None:
        context.exit(1)


TOCSIN = "tocsin"


@click.command("history")
@click.argument("id", type=AlertNumber(), metavar="ALERT", shell_complete=complete_alert_ids)
@format_option
@click.pass_context
def _history(context: click.Context, id: int, style: str) -> None:
    """Show who changed an alert, and when, the newest change first.

    Exits with 1 when nobody changed it.
    """
    cli: CliContext = context.obj
    service = cli.service()
    if not service.views.alerts.get([id]):
        raise no_alert(id)
    decisions = service.views.triage.decisions(id)[::-1]
    if style != "table":
        output.print_rows(map(decision_row, decisions), style, columns(DecisionRow))
    for decision in decisions if style == "table" else ():
        when = output.format_moment(decision.at, cli.clock())
        who = line(decision.who) or (TOCSIN if decision.why else _("somebody"))
        click.echo(f"{decision.act:>6}  {when}  {who}  {describe_decision(decision)}")
    if not decisions:
        if style == "table":
            say(_("alert {number} was never changed", number=alert_number(id)))
        context.exit(1)


COMMANDS: Mapping[str, click.Command] = {
    command.name or "": command for command in (_undo, _redo, _history)
}
