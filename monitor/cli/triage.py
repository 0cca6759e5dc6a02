"""`tocsin alerts ack`, `noise`, `assign`, `note` and the like, their history and undoing them.

Alerts are given by their numbers, or selected with options.
"""

from __future__ import annotations

import json
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import click
from click.core import ParameterSource
from msgspec.structs import replace

from monitor.base.article import Timestamp
from monitor.base.formatting import alert_number, alerts as counted_alerts, and_more, clauses
from monitor.base.text_cleaning import line
from monitor.base.translation import gettext as _, mark, ngettext, number
from monitor.cli import CliContext, output, say
from monitor.cli.alerts import (
    build_alert_filter,
    complete_people,
    complete_tags,
    with_alert_filters,
)
from monitor.cli.options import (
    AlertNumber,
    InputError,
    KnownNames,
    combined,
    completer,
    format_option,
    no_alert,
    table_or_json_option,
    with_filters,
)
from monitor.model.alert import Alert, AlertState, Verdict
from monitor.model.search import Filter
from monitor.model.shown_names import list_name
from monitor.model.triage import Change, Decision, TriageAction, triage_state
from monitor.presentation.alert import describe_decision, describe_undone
from monitor.presentation.rows import columns
from monitor.presentation.rows.alerts import DecisionRow, change_row, decision_row, undo_row
from monitor.presentation.service.service import Service
from monitor.presentation.service.triage import clean_note, clean_tag

WATCHLISTS_NAMED = 3
"""Most watchlists that the confirmation names."""
COMPLETIONS = 50
"""Most alerts that shell completion offers."""
NUMBERS_SHOWN = 10
"""Most alerts that are named because they stay as they are."""
TOCSIN = "tocsin"


def _newest(cli: CliContext) -> dict[str, str]:
    """Return the titles of the newest alerts by their numbers."""
    views = cli.service().views.alerts
    alerts = views.get(views.ids(Filter(silenced=True), limit=COMPLETIONS))[::-1]
    return {alert_number(a.id): f"{list_name(a.watchlist)}: {a.title}" for a in alerts}


complete_alert_ids = completer(_newest)
with_alert_selection = combined(
    click.argument(
        "ids", type=AlertNumber(), nargs=-1, metavar="[ALERT]...", shell_complete=complete_alert_ids
    ),
    with_filters,
    with_alert_filters,
    click.option(
        "--story", is_flag=True, help="Change every alert of the stories of these alerts."
    ),
    click.option("--yes", is_flag=True, help="Do not ask for confirmation."),
    table_or_json_option,
)


def _select_alerts(
    context: click.Context, service: Service, ids: Sequence[int], options: dict[str, Any]
) -> list[int]:
    """Return the IDs of the alerts that the arguments or the options select.

    Raises:
        UsageError: Nothing selects alerts, or IDs and options do.
        InputError: There is no such alert.
    """
    names = {"since", "until", "lang", "feeds", "watchlists", "state", "verdict", "starred",
             "tags", "assignees", "mine", "query"}  # fmt: skip
    source = context.get_parameter_source
    given_options = [name for name in names if source(name) is ParameterSource.COMMANDLINE]
    if ids and given_options:
        raise click.UsageError(_("give alerts or options that select them, not both"))
    if ids:
        missing = sorted({*ids} - {alert.id for alert in service.views.alerts.get(ids)})
        if missing:
            raise no_alert(*missing)
        return list(dict.fromkeys(ids))
    if not given_options:
        raise click.UsageError(_("give alerts, such as a5, or options such as --query or --watch"))
    known_names = KnownNames(context.obj, service)
    filter = known_names.validate(
        build_alert_filter(**{name: options[name] for name in names - {"query"}})
    )
    if options["query"]:
        known_names.warn(options["query"])
    return service.triage.select(replace(filter, silenced=True), options["query"])


def _confirm_change(alerts: Sequence[Alert], change: str, *, confirmed: bool) -> bool:
    """Ask for confirmation of a change; return whether it was given.

    Raises:
        InputError: There is no terminal to ask on, and no --yes.
    """
    summary = f"{counted_alerts(len(alerts))} ({_breakdown(alerts)})"
    if confirmed:
        say(summary)
        return True
    if not sys.stdin.isatty():
        raise InputError(_("{alerts}: add --yes to {change}", alerts=summary, change=change))
    return click.confirm(_("{alerts}: {change}?", alerts=summary, change=change), err=True)


def _breakdown(alerts: Sequence[Alert]) -> str:
    counts = Counter(list_name(alert.watchlist) for alert in alerts).most_common()
    parts = [f"{name} {number(count)}" for name, count in counts[:WATCHLISTS_NAMED]]
    if other_count := sum(count for _name, count in counts[WATCHLISTS_NAMED:]):
        parts.append(_("others {count}", count=number(other_count)))
    return ", ".join(parts)


def _change_alerts(
    context: click.Context,
    ids: Sequence[int],
    options: dict[str, Any],
    words: str,
    fields: Mapping[str, Any],
    is_skipped: Callable[[Alert], bool] = lambda _alert: False,
) -> None:
    """Change the selected alerts but those that are skipped; exit with 1 when there are none.

    Args:
        context: The context of the command.
        ids: The alerts that are given by their numbers.
        options: The options that select alerts, and the style of the output.
        words: The change in words: `close`.
        fields: The fields of a `Change`.
        is_skipped: Tells whether an alert stays as it is.
    """
    cli: CliContext = context.obj
    service = cli.service()
    selected = _select_alerts(context, service, ids, options)
    if not selected:
        say(_("no alerts"))
        context.exit(1)
    change, alerts = Change(**fields), service.views.alerts.get(selected)
    related: list[Alert] = []
    if ids or options["story"]:
        related = _related_alerts(service, selected)
    if options["story"]:
        alerts, related = [*alerts, *related], []
    differing = [alert for alert in alerts if change.on(alert) != alert]
    changing = [alert for alert in differing if not is_skipped(alert)]
    skipped = [alert for alert in differing if is_skipped(alert)]
    act: TriageAction | None = None
    if changing:
        if not ids and not _confirm_change(changing, words, confirmed=options["yes"]):
            say(_("nothing was changed"))
            context.exit(1)
        states = {alert.id: triage_state(alert) for alert in changing}
        act = service.triage.change(list(states), **fields, shown=states)
    if options["style"] == "json":
        click.echo(json.dumps(change_row(act, len(alerts), [alert.id for alert in skipped])))
    else:
        related_count = sum(change.on(alert) != alert for alert in related)
        say(clauses(_report(act, len(alerts), words, related_count, skipped)))
    if not (act and act.ids) and (act or skipped):
        context.exit(1)


def _related_alerts(service: Service, ids: Sequence[int]) -> list[Alert]:
    stories = service.views.alerts.stories(ids, closed=True, silenced=True)
    selected = frozenset(ids)
    return [alert for story in stories for alert in story.alerts if alert.id not in selected]


def _report(
    act: TriageAction | None, total: int, words: str, related_count: int, skipped: Sequence[Alert]
) -> list[str]:
    """Return the outcome of a change in clauses.

    Args:
        act: The act; None if nothing changed.
        total: The number of alerts that were selected.
        words: The change in words.
        related_count: The number of other alerts of their stories that the same would change.
        skipped: Alerts that stay as they are, because they are assigned to somebody else.
    """
    changed_ids, overtaken_ids = (act.ids, act.left) if act else ((), ())
    parts = []
    if changed_ids:
        parts.append(
            ngettext(
                "{count} alert changed: {change}",
                "{count} alerts changed: {change}",
                len(changed_ids),
                change=words,
            )
        )
        if unchanged := total - len(changed_ids) - len(skipped) - len(overtaken_ids):
            parts.append(ngettext("{count} was already", "{count} were already", unchanged))
    elif not skipped and not overtaken_ids:
        parts.append(_("nothing to change"))
    if skipped:
        people = ", ".join(sorted({line(alert.assignee) for alert in skipped}))
        parts.append(
            ngettext(
                "{count} alert stays assigned to {name}: add --take-over",
                "{count} alerts stay assigned to {name}: add --take-over",
                len(skipped),
                name=people,
            )
        )
    if overtaken_ids:
        numbers = _numbers(overtaken_ids)
        parts.append(_("changed meanwhile by somebody else, and left: {alerts}", alerts=numbers))
    if related_count:
        parts.append(
            ngettext(
                "{count} more of the same story: add --story",
                "{count} more of the same story: add --story",
                related_count,
            )
        )
    if changed_ids:
        parts.append(_("`tocsin alerts undo` undoes it"))
    return parts


def _numbers(ids: Sequence[int]) -> str:
    return and_more(", ".join(map(alert_number, ids[:NUMBERS_SHOWN])), len(ids) - NUMBERS_SHOWN)


_SELECTION_HELP = (
    "Give alerts by their numbers, such as a5, or select them with options: then tocsin asks for "
    "confirmation. Only these alerts change, not the others of their stories, unless you add "
    "--story. Exits with 1 when no alert is selected."
)


def _change_command(name: str, words: str, help: str, fields: Mapping[str, Any]) -> click.Command:
    """Return a command that makes one fixed change."""

    @click.command(name, help=f"{help}\n\n{_SELECTION_HELP}")  # not a message
    @with_alert_selection
    @click.pass_context
    def command(context: click.Context, /, ids: tuple[int, ...], **options: Any) -> None:
        if name == "reopen" and not ids and options["state"] == "open":
            options["state"] = "all"
        _change_alerts(context, ids, options, _(words), fields)

    return command


def _tag_command(name: str, words: str, help: str, field: str) -> click.Command:
    """Return a command that changes the tag that is given."""

    @click.command(name, help=f"{help}\n\n{_SELECTION_HELP}")  # not a message
    @click.argument("tag", metavar="TAG", shell_complete=complete_tags)
    @with_alert_selection
    @click.pass_context
    def command(context: click.Context, /, tag: str, ids: tuple[int, ...], **options: Any) -> None:
        try:
            cleaned = clean_tag(tag)
        except ValueError as error:
            raise click.BadParameter(str(error), param_hint="TAG") from None
        _change_alerts(context, ids, options, _(words, tag=cleaned), {field: (cleaned,)})

    return command


@click.command(
    "assign",
    help="Say who works on alerts: NAME, `me` or `nobody`.\n\n"
    "An alert that somebody else works on stays with that person, unless you add --take-over.\n\n"
    + _SELECTION_HELP,
)
@with_alert_selection
@click.argument("name", metavar="NAME", shell_complete=complete_people)
@click.option("--take-over", is_flag=True, help="Also alerts that somebody else works on.")
@click.pass_context
def _assign(
    context: click.Context, /, name: str, ids: tuple[int, ...], take_over: bool, **options: Any
) -> None:
    triage = context.obj.service().triage
    if not ids and re.fullmatch(r"a\d+", name):
        raise click.UsageError(_("say to whom: a name, `me` or `nobody`, after the alerts"))
    try:
        person = triage.person(name)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="NAME") from None

    def is_skipped(alert: Alert) -> bool:
        return not take_over and alert.assignee not in ("", person, triage.user)

    words = _("assign to {name}", name=person) if person else _("assign to nobody")
    _change_alerts(context, ids, options, words, {"assignee": person}, is_skipped)


@click.command(
    "note", help="Write a note about alerts. It replaces an earlier note.\n\n" + _SELECTION_HELP
)
@with_alert_selection
@click.option(
    "-m",
    "--message",
    metavar="TEXT",
    help="Text of the note. An empty text removes the note. Without "
    "this option an editor opens, or the text is read from stdin.",
)
@click.pass_context
def _note(
    context: click.Context, /, ids: tuple[int, ...], message: str | None, **options: Any
) -> None:
    if message is None:
        message = _read_note(context, ids, options)
    try:
        text = clean_note(message)
    except ValueError as error:
        raise InputError(str(error)) from None
    words = _("write the note") if text else _("remove the note")
    _change_alerts(context, ids, options, words, {"note": text})


def _read_note(context: click.Context, ids: Sequence[int], options: dict[str, Any]) -> str:
    """Return the note written in an editor or on stdin; raises ClickException."""
    if not sys.stdin.isatty():
        return sys.stdin.read()
    service = context.obj.service()
    first = service.views.alerts.get(_select_alerts(context, service, ids, options)[:1])
    text = click.edit(first[0].note if first else "")
    if text is None:
        raise click.ClickException(
            _("the editor was closed without saving; the note was not changed")
        )
    return text


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
    _report_undo(context, cli.service().triage.undo(), style, redo=False)


@click.command("redo")
@table_or_json_option
@click.pass_context
def _redo(context: click.Context, style: str) -> None:
    """Redo the change that you undid last, if you have changed nothing else since.

    Exits with 1 when there is nothing to redo.
    """
    cli: CliContext = context.obj
    _report_undo(context, cli.service().triage.redo(), style, redo=True)


def _report_undo(
    context: click.Context, act: TriageAction | None, style: str, *, redo: bool
) -> None:
    if style == "json":
        click.echo(json.dumps(undo_row(act)))
    elif act is not None:
        views, parts = context.obj.service().views, []
        if act.ids:
            stories = views.alerts.stories(act.ids, closed=True, silenced=True)
            decisions = views.triage.decisions(act.ids[0])
            parts = [describe_undone(act, decisions, stories, redo=redo)]
        if act.left:
            numbers = _numbers(act.left)
            parts += [_("not undone, because they were changed since: {alerts}", alerts=numbers)]
        say(clauses(parts))
    else:
        say(_("nothing to redo") if redo else _("nothing to undo"))
    if act is None:
        context.exit(1)


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
    rows, lines = map(decision_row, decisions), _decision_lines(decisions, cli.clock())
    output.print_listing(style, rows, columns(DecisionRow), lines)
    if not decisions:
        if style == "table":
            say(_("alert {number} was never changed", number=alert_number(id)))
        context.exit(1)


def _decision_lines(decisions: Sequence[Decision], now: Timestamp) -> Iterator[str]:
    for decision in decisions:
        when = output.format_moment(decision.at, now)
        person = line(decision.who) or (TOCSIN if decision.why else _("somebody"))
        yield f"{decision.act:>6}  {when}  {person}  {describe_decision(decision)}"


_ACKNOWLEDGED = {"acknowledge": True}
_CHANGE_COMMANDS = (
    _change_command(
        "ack", mark("acknowledge"), "Acknowledge alerts. Closed alerts stay closed.", _ACKNOWLEDGED
    ),
    _change_command(
        "relevant",
        mark("call relevant"),
        "Call alerts relevant, and acknowledge them.",
        {"verdict": Verdict.RELEVANT, **_ACKNOWLEDGED},
    ),
    _change_command(
        "noise",
        mark("call noise"),
        "Call alerts noise, and acknowledge them.",
        {"verdict": Verdict.NOISE, **_ACKNOWLEDGED},
    ),
    _change_command(
        "unjudge", mark("remove the verdict"), "Remove verdicts.", {"verdict": Verdict.NONE}
    ),
    _change_command(
        "close",
        mark("close"),
        "Close alerts. Closed alerts leave the list. An alert that escalates is new "
        "again, unless it was called noise.",
        {"state": AlertState.CLOSED},
    ),
    _change_command(
        "reopen",
        mark("make new again"),
        "Make alerts new again, also closed ones.",
        {"state": AlertState.NEW},
    ),
    _change_command("star", mark("star"), "Star alerts.", {"starred": True}),
    _change_command("unstar", mark("remove the star"), "Remove stars.", {"starred": False}),
    _tag_command("tag", mark("tag {tag}"), "Add a tag of your own to alerts.", "tags"),
    _tag_command("untag", mark("remove {tag}"), "Remove a tag of your own from alerts.", "untag"),
    _assign,
    _note,
    _undo,
    _redo,
    _history,
)
COMMANDS: Mapping[str, click.Command] = {
    command.name or "": command for command in _CHANGE_COMMANDS
}
