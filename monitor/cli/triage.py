"""`tocsin alerts ack`, `noise`, `undo`, `history` and the like: triage of alerts."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar

import click

from index.analysis.text_cleaning import line, truncate
from monitor import signs
from monitor.cli import CliContext, output, say, show
from monitor.cli.alerts import build_alert_filter, complete_tags, with_alert_filters
from monitor.cli.names import InputError, KnownNames
from monitor.cli.numbers import AlertNumber, no_alert
from monitor.cli.options import format_option, with_filters
from monitor.formatting import alert_number, counted
from monitor.model.alert import AlertState, Change, Verdict

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    from monitor.model.alert import Alert, Decision, TriageAction
    from monitor.service.service import Service


F = TypeVar("F", bound=Callable[..., Any])

WATCHLISTS_NAMED = 3
"""Watchlists that the confirmation names."""
COMPLETIONS = 50
"""Alerts that shell completion offers."""


def complete_alert_ids(
    context: click.Context, _: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """Complete the number of one of the newest alerts, with their titles."""
    from click.shell_completion import CompletionItem

    from monitor.cli.options import completion_context
    from monitor.errors import MonitorError
    from monitor.model.search import Filter

    try:
        alerts = completion_context(context).service().views.alerts
        newest = alerts.get(alerts.ids(Filter(muted=True), limit=COMPLETIONS))
    except MonitorError:
        return []
    return [
        CompletionItem(alert_number(alert.id), help=f"{alert.watchlist}: {alert.title}")
        for alert in reversed(newest)
        if alert_number(alert.id).startswith(incomplete.lower())
    ]


_OPTIONS = (
    click.argument(
        "ids",
        type=AlertNumber(),
        nargs=-1,
        metavar="[ALERT]...",
        shell_complete=complete_alert_ids,
    ),
    with_filters,
    with_alert_filters,
    click.option(
        "--story", is_flag=True, help="Change every alert of the stories of these alerts."
    ),
    click.option("--yes", is_flag=True, help="Do not ask for confirmation."),
    click.option("--dry-run", is_flag=True, help="Only list the alerts that would change."),
    click.option(
        "--format",
        "style",
        type=click.Choice(["table", "json"]),
        default="table",
        show_default=True,
        help="Output format.",
    ),
)


def with_alert_selection(command: F) -> F:
    """Add the argument and the options that select alerts."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def select_alerts(
    context: click.Context, service: Service, ids: Sequence[int], options: dict[str, Any]
) -> list[int]:
    """Return the IDs of the alerts that the arguments or the options select.

    Raises:
        UsageError: Nothing selects alerts, or IDs and options do.
        InputError: There is no such alert.
    """
    names = {"since", "until", "lang", "feeds", "watchlists", "state", "verdict", "starred",
             "noted", "tags", "query"}  # fmt: skip
    options_given = [name for name in names if _is_given(context, name)]
    if ids and options_given:
        raise click.UsageError("give alerts or options that select them, not both")
    if ids:
        missing = sorted({*ids} - {alert.id for alert in service.views.alerts.get(ids)})
        if missing:
            raise no_alert(*missing)
        return list(dict.fromkeys(ids))
    if not options_given:
        raise click.UsageError("give alerts, such as a5, or options such as --query or --watch")
    known = KnownNames(context.obj, service)
    filter = known.validate(
        build_alert_filter(**{name: options[name] for name in names - {"query"}})
    )
    if options["query"]:
        known.warn(options["query"])
    return service.triage.select(replace(filter, muted=True), options["query"])


def confirm_change(alerts: Sequence[Alert], what: str, *, yes: bool) -> bool:
    """Ask for confirmation of a change; return whether it was given.

    Raises:
        InputError: There is no terminal to ask on, and no --yes.
    """
    import sys

    summary = f"{count_alerts(len(alerts))} ({_breakdown(alerts)})"
    if yes:
        say(summary)
        return True
    if not sys.stdin.isatty():
        raise InputError(f"{summary}: add --yes to {what}, or --dry-run to list them")
    return click.confirm(f"{summary}: {what}?", err=True)


def count_alerts(alerts: int | Collection[int]) -> str:
    """Return a number of alerts as text: `3 alerts`."""
    number = alerts if isinstance(alerts, int) else len(alerts)
    return counted(number, "alert")


def _breakdown(alerts: Sequence[Alert]) -> str:
    counts = Counter(alert.watchlist for alert in alerts).most_common()
    named = [f"{name} {number:,}" for name, number in counts[:WATCHLISTS_NAMED]]
    rest = sum(number for _, number in counts[WATCHLISTS_NAMED:])
    return ", ".join([*named, *([f"others {rest:,}"] if rest else [])])


def _is_given(context: click.Context, name: str) -> bool:
    from click.core import ParameterSource

    return context.get_parameter_source(name) is ParameterSource.COMMANDLINE


CHANGES_SHOWN = 50
"""Alerts that --dry-run lists."""

_ChangeFields = Mapping[str, Any]
_Verb = tuple[str, str]
"""A change as a verb: `close`, and its participle `closed`."""


def _change_alerts(
    context: click.Context,
    ids: Sequence[int],
    options: dict[str, Any],
    verb: _Verb,
    fields: _ChangeFields,
) -> None:
    """Change the selected alerts; exit with 1 when there are none."""
    cli: CliContext = context.obj
    service = cli.service()
    selected = select_alerts(context, service, ids, options)
    change, alerts = Change(**fields), service.views.alerts.get(selected)
    others: list[Alert] = []
    if ids or options["story"]:
        others = _others_of_stories(service, selected)
    if options["story"]:
        alerts, others = [*alerts, *others], []
    changing = [alert for alert in alerts if change.on(alert) != alert]
    if not selected:
        say("no alerts")
        context.exit(1)
    if options["dry_run"]:
        _list_changes(changing, cli, verb[0])
        return
    act: TriageAction | None = None
    if changing:
        if not ids and not confirm_change(changing, verb[0], yes=options["yes"]):
            say("nothing was changed")
            context.exit(1)
        act = service.triage.change([alert.id for alert in changing], **fields)
    left = sum(change.on(alert) != alert for alert in others)
    _report_change(act, len(alerts), options["style"], verb[1], left)


def _others_of_stories(service: Service, ids: Sequence[int]) -> list[Alert]:
    """Return the alerts of the stories of these alerts that are not among them."""
    stories = service.views.alerts.stories(ids, closed=True, muted=True)
    known = frozenset(ids)
    return [alert for story in stories for alert in story.alerts if alert.id not in known]


def _list_changes(changing: Sequence[Alert], cli: CliContext, what: str) -> None:
    from monitor.cli.stories import by_story, listed, no_news, print_stories

    ids = [alert.id for alert in changing[: -CHANGES_SHOWN - 1 : -1]]
    stories = by_story(cli.service().views.alerts.get(ids, matches=True))
    print_stories(listed(stories, ids, no_news), "table", cli.clock())
    more = f"; the newest {CHANGES_SHOWN} are listed" if len(changing) > CHANGES_SHOWN else ""
    say(f"{count_alerts(len(changing))} would change: {what}{more}")


def _report_change(
    act: TriageAction | None, total: int, style: str, participle: str, left: int
) -> None:
    """Print what was changed.

    Args:
        act: What was done; None if nothing changed.
        total: How many alerts were selected.
        style: The format.
        participle: What they are now: `closed`.
        left: How many other alerts of their stories the same would change.
    """
    changed = act.ids if act else ()
    if style == "json":
        from monitor.export.serialization.alerts import change_row

        click.echo(json.dumps(change_row(act, total)))
        return
    rest = total - len(changed)
    more = f"; {left:,} more of the same story: add --story" if left else ""
    if not changed:
        say(f"nothing to change: already {participle}{more}")
        return
    unchanged = f"; {rest:,} were already" if rest else ""
    say(f"{count_alerts(changed)} {participle}{unchanged}{more}; `tocsin alerts undo` undoes it")


def _change_command(name: str, verb: _Verb, help: str, **fields: Any) -> click.Command:
    """Return a command that makes one fixed change."""

    @click.command(name, help=f"{help}\n\n{_SELECTION_HELP}")
    @with_alert_selection
    @click.pass_context
    def command(context: click.Context, /, ids: tuple[int, ...], **options: Any) -> None:
        if name == "reopen" and not ids and options["state"] == "open":
            options["state"] = "all"
        _change_alerts(context, ids, options, verb, fields)

    return command


_SELECTION_HELP = (
    "Give alerts by their numbers, such as a5, as `tocsin alerts` lists them, or select alerts "
    "with options. With options, tocsin asks for confirmation. Only these alerts change, not "
    "the others of their stories, unless you add --story. Exits with 1 when no alert is selected."
)


def _tag_command(name: str, verb: _Verb, help: str, key: str) -> click.Command:
    """Return a command that adds or removes a tag."""

    @click.command(name, help=f"{help}\n\n{_SELECTION_HELP}")
    @click.argument("tag", metavar="TAG", shell_complete=complete_tags)
    @with_alert_selection
    @click.pass_context
    def command(context: click.Context, /, tag: str, ids: tuple[int, ...], **options: Any) -> None:
        from monitor.service.triage import clean_tag

        try:
            name = clean_tag(tag)
        except ValueError as error:
            raise click.BadParameter(str(error), param_hint="TAG") from None
        _change_alerts(
            context,
            ids,
            options,
            (verb[0].format(name), verb[1].format(name)),
            {key: (name,)},
        )

    return command


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
    from monitor.service.triage import clean_note

    if message is None:
        message = _read_note(context, ids, options)
    try:
        text = clean_note(message)
    except ValueError as error:
        raise InputError(str(error)) from None
    verb = ("write the note", "noted") if text else ("remove the note", "without a note")
    _change_alerts(context, ids, options, verb, {"note": text})


def _read_note(context: click.Context, ids: Sequence[int], options: dict[str, Any]) -> str:
    """Return the note written in an editor or on stdin.

    Raises:
        ClickException: The editor was closed without saving.
    """
    import sys

    if not sys.stdin.isatty():
        return sys.stdin.read()
    service = context.obj.service()
    first = service.views.alerts.get(select_alerts(context, service, ids, options)[:1])
    text = click.edit(first[0].note if first else "")
    if text is None:
        raise click.ClickException("the editor was closed without saving; the note was not changed")
    return text


_CHANGE_COMMANDS = (
    _change_command(
        "ack",
        ("acknowledge", "acknowledged"),
        "Acknowledge alerts. Closed alerts stay closed.",
        acknowledge=True,
    ),
    _change_command(
        "relevant",
        ("call relevant", "called relevant"),
        "Call alerts relevant, and acknowledge them.",
        verdict=Verdict.RELEVANT,
        acknowledge=True,
    ),
    _change_command(
        "noise",
        ("call noise", "called noise"),
        "Call alerts noise, and acknowledge them.",
        verdict=Verdict.NOISE,
        acknowledge=True,
    ),
    _change_command(
        "unjudge",
        ("remove the verdict", "without a verdict"),
        "Remove verdicts.",
        verdict=Verdict.NONE,
    ),
    _change_command(
        "close",
        ("close", "closed"),
        "Close alerts. Closed alerts leave the list. An alert that escalates is new "
        "again, unless it was called noise.",
        state=AlertState.CLOSED,
    ),
    _change_command(
        "reopen",
        ("make new again", "new again"),
        "Make alerts new again, also closed ones.",
        state=AlertState.NEW,
    ),
    _change_command("star", ("star", "starred"), "Star alerts.", starred=True),
    _change_command(
        "unstar", ("remove the star", "without a star"), "Remove stars.", starred=False
    ),
    _tag_command("tag", ("tag {}", "tagged {}"), "Add a tag of your own to alerts.", "tags"),
    _tag_command(
        "untag", ("remove {}", "without {}"), "Remove a tag of your own from alerts.", "untag"
    ),
    _note,
)
_format = click.option(
    "--format",
    "style",
    type=click.Choice(["table", "json"]),
    default="table",
    show_default=True,
    help="Output format.",
)


@click.command("undo")
@_format
@click.pass_context
def _undo(context: click.Context, style: str) -> None:
    """Undo your last change, made here or in the dashboard: a whole command or key.

    Run it again to undo the change before. What anybody changed since stays. You are
    $TOCSIN_USER, or else the name you logged in with. Exits with 1 when there is nothing to
    undo.
    """
    cli: CliContext = context.obj
    _report_undo(context, cli.service().triage.undo(), style, "nothing to undo")


@click.command("redo")
@_format
@click.pass_context
def _redo(context: click.Context, style: str) -> None:
    """Redo the change that you undid last, if you have changed nothing else since.

    Exits with 1 when there is nothing to redo.
    """
    cli: CliContext = context.obj
    _report_undo(context, cli.service().triage.redo(), style, "nothing to redo")


def _report_undo(
    context: click.Context, act: TriageAction | None, style: str, otherwise: str
) -> None:
    if style == "json":
        from monitor.export.serialization.alerts import undo_row

        click.echo(json.dumps(undo_row(act)))
    elif act is not None:
        left = ", ".join(map(alert_number, act.left[:10])) + (", …" if len(act.left) > 10 else "")
        left_note = f"; not undone, because they were changed since: {left}" if act.left else ""
        say(f"{count_alerts(act.ids)} changed{left_note}")
    else:
        say(otherwise)
    if act is None:
        context.exit(1)


COLUMNS = ("act", "alert", "at", "who", "why", "undoes", "before", "after", "alert_id")
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
        from monitor.export.serialization.alerts import decision_row

        output.print_rows(map(decision_row, decisions), style, COLUMNS)
    for decision in decisions if style == "table" else ():
        when = show.format_moment(decision.at, cli.clock())
        who = line(decision.who) or (TOCSIN if decision.why else "somebody")
        click.echo(f"{decision.act:>6}  {when}  {who}  {', '.join(_decision_words(decision))}")
    if not decisions:
        if style == "table":
            say(f"alert {alert_number(id)} was never changed")
        context.exit(1)


def _decision_words(decision: Decision) -> Iterator[str]:
    for name, after in decision.after.items():
        before = decision.before[name]
        if name == "tags":
            yield from (f"+#{line(tag)}" for tag in after if tag not in before)
            yield from (f"-#{line(tag)}" for tag in before if tag not in after)
        elif name == "starred":
            yield "starred" if after else "star removed"
        elif name == "note":
            yield f"note “{truncate(line(after), 60)}”" if after else "note removed"
        else:
            yield f"{before or 'no verdict'} {signs.BECOMES} {after or 'no verdict'}"
    if decision.why:
        yield f"because of {line(decision.why)}"
    if decision.undoes is not None:
        yield f"undoes {decision.undoes}"


COMMANDS: Mapping[str, click.Command] = {
    command.name or "": command for command in (*_CHANGE_COMMANDS, _undo, _redo, _history)
}
