"""`tocsin alerts ack`, `noise`, `undo`, `history` and the like: what analysts say of alerts."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar

import click

from index.analysis.text_cleaning import line, lines, truncate
from monitor.cli import CliContext, output, say, show
from monitor.cli.alerts import criteria, filter_by, tags_completed
from monitor.cli.options import filtered, list_format
from monitor.formatting import counted, iso
from monitor.model.alert import AlertState, Change, Verdict

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    from monitor.model.alert import Act, Alert, Decision
    from monitor.service.service import Service


F = TypeVar("F", bound=Callable[..., Any])

NAMED = 3
"""Watchlists that the question names."""
OFFERED = 50
"""Alerts that a shell offers."""
LAST_ID = 2**63 - 1


def ids_completed(
    context: click.Context, _: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """Complete the numbers of the newest alerts, with their titles."""
    from click.shell_completion import CompletionItem

    from monitor.cli.options import newsroom_of
    from monitor.errors import MonitorError
    from monitor.model.search import Filter

    try:
        alerts = newsroom_of(context).service().views.alerts
        found = alerts.get(alerts.ids(Filter(muted=True), limit=OFFERED))
    except MonitorError:
        return []
    return [
        CompletionItem(str(alert.id), help=f"{alert.watchlist}: {alert.title}")
        for alert in reversed(found)
        if str(alert.id).startswith(incomplete)
    ]


_OPTIONS = (
    click.argument(
        "ids",
        type=click.IntRange(1, LAST_ID),
        nargs=-1,
        metavar="[ID]...",
        shell_complete=ids_completed,
    ),
    filtered,
    criteria,
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


def choosing(command: F) -> F:
    """Add what chooses alerts: ids, or the options of the list."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def chosen(
    context: click.Context, service: Service, ids: Sequence[int], options: dict[str, Any]
) -> list[int]:
    """Return the alerts that were named; those of options only after a question, but for --yes.

    Raises UsageError when nothing is named, or what is not there.
    """
    names = {"since", "until", "lang", "feeds", "watchlists", "state", "verdict", "starred",
             "noted", "tags", "query"}  # fmt: skip
    given = [name for name in names if _is_given(context, name)]
    if ids and given:
        raise click.UsageError("ids or options that choose alerts, not both")
    if ids:
        missing = sorted({*ids} - {alert.id for alert in service.views.alerts.get(ids)})
        if missing:
            raise click.UsageError(
                f"there is no alert {', '.join(map(str, missing))}; `tocsin alerts` lists them"
            )
        return list(dict.fromkeys(ids))
    if not given:
        raise click.UsageError("say which: ids as `tocsin alerts` lists them, --query or --watch …")
    filter = filter_by(**{name: options[name] for name in names - {"query"}})
    return service.triage.select(replace(filter, muted=True), options["query"])


def confirmed(alerts: Sequence[Alert], what: str, *, yes: bool) -> bool:
    """Ask whether something is meant to be said of so many alerts; tell whether it is."""
    import sys

    told = f"{count(len(alerts))} ({_breakdown(alerts)})"
    if yes:
        say(told)
        return True
    if not sys.stdin.isatty():
        raise click.UsageError(f"{told}: --yes to {what}, --dry-run to see them")
    return click.confirm(f"{told}: {what}?", err=True)


def count(alerts: int | Collection[int]) -> str:
    """Return how many alerts, in words."""
    number = alerts if isinstance(alerts, int) else len(alerts)
    return counted(number, "alert")


def _breakdown(alerts: Sequence[Alert]) -> str:
    counts = Counter(alert.watchlist for alert in alerts).most_common()
    named = [f"{name} {number:,}" for name, number in counts[:NAMED]]
    rest = sum(number for _, number in counts[NAMED:])
    return ", ".join([*named, *([f"others {rest:,}"] if rest else [])])


def _is_given(context: click.Context, name: str) -> bool:
    from click.core import ParameterSource

    return context.get_parameter_source(name) is ParameterSource.COMMANDLINE


SHOWN = 50
"""Alerts that --dry-run lists."""

_Said = Mapping[str, Any]
_Words = tuple[str, str]
"""The same in words: `close`, and once it is done `closed`."""


def _saying(
    context: click.Context, ids: Sequence[int], options: dict[str, Any], words: _Words, said: _Said
) -> None:
    """Say something of the alerts that were chosen; exits with 1 when there are none."""
    newsroom: CliContext = context.obj
    service = newsroom.service()
    found = chosen(context, service, ids, options)
    change, alerts = Change(**said), service.views.alerts.get(found)
    changing = [alert for alert in alerts if change.on(alert) != alert]
    if not found:
        say("no alerts")
        context.exit(1)
    if options["dry_run"]:
        _list(changing, newsroom, words[0])
        return
    act: Act | None = None
    if changing:
        if not ids and not confirmed(changing, words[0], yes=options["yes"]):
            say("nothing was said")
            context.exit(1)
        act = service.triage.change([alert.id for alert in changing], **said)
    _tell(act, len(found), options["style"], words[1])


def _list(changing: Sequence[Alert], newsroom: CliContext, what: str) -> None:
    from monitor.cli.alerts import print_alerts

    ids = [alert.id for alert in changing[-SHOWN:]]
    print_alerts(newsroom.service().views.alerts.get(ids, matches=True), "table", newsroom.clock())
    more = f"; the last {SHOWN} are listed" if len(changing) > SHOWN else ""
    say(f"{count(len(changing))} would change: {what}{more}")


def _tell(act: Act | None, of: int, style: str, done: str) -> None:
    """Tell what became of it."""
    changed = act.ids if act else ()
    if style == "json":
        import json

        said = {"act": act and act.id, "changed": list(changed), "unchanged": of - len(changed)}
        click.echo(json.dumps(said))
        return
    rest = of - len(changed)
    if not changed:
        say(f"nothing to change: {done} already")
        return
    same = f"; {rest:,} were already" if rest else ""
    say(f"{count(changed)} {done}{same}; `tocsin alerts undo` takes it back")


def _plain(name: str, words: _Words, help: str, **said: Any) -> click.Command:
    """Return a command that always says the same."""

    @click.command(name, help=f"{help}\n\n{_WHICH}")
    @choosing
    @click.pass_context
    def command(context: click.Context, /, ids: tuple[int, ...], **options: Any) -> None:
        if name == "reopen" and not ids and options["state"] == "open":
            options["state"] = "all"
        _saying(context, ids, options, words, said)

    return command


_WHICH = (
    "Give the IDs of alerts, as `tocsin alerts` lists them, or select alerts with "
    "options. With options, tocsin asks for confirmation. Exits with 1 when no alert "
    "is selected."
)


def _tagging(name: str, words: _Words, help: str, key: str) -> click.Command:
    """Return a command that gives a tag, or takes it away."""

    @click.command(name, help=f"{help}\n\n{_WHICH}")
    @click.argument("tag", metavar="TAG", shell_complete=tags_completed)
    @choosing
    @click.pass_context
    def command(context: click.Context, /, tag: str, ids: tuple[int, ...], **options: Any) -> None:
        from monitor.alerts.annotations import tag as tagged

        try:
            kept = tagged(tag)
        except ValueError as error:
            raise click.BadParameter(str(error), param_hint="TAG") from None
        _saying(
            context, ids, options, (words[0].format(kept), words[1].format(kept)), {key: (kept,)}
        )

    return command


@click.command("note", help="Write a note about alerts. It replaces an earlier note.\n\n" + _WHICH)
@choosing
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
    from monitor.alerts.annotations import note

    if message is None:
        message = _written(context, ids, options)
    try:
        kept = note(message)
    except ValueError as error:
        raise click.UsageError(str(error)) from None
    words = ("note it", "noted") if kept else ("take the note away", "without a note")
    _saying(context, ids, options, words, {"note": kept})


def _written(context: click.Context, ids: Sequence[int], options: dict[str, Any]) -> str:
    """Return what is written in an editor, or on stdin; raises UsageError if nothing was."""
    import sys

    if not sys.stdin.isatty():
        return sys.stdin.read()
    service = context.obj.service()
    found = service.views.alerts.get(chosen(context, service, ids, options)[:1])
    text = click.edit(found[0].note if found else "")
    if text is None:
        raise click.UsageError("the editor was left without saving; the note is as it was")
    return text


_ALL = (
    _plain(
        "ack",
        ("acknowledge", "acknowledged"),
        "Acknowledge alerts. Closed alerts stay closed.",
        acknowledge=True,
    ),
    _plain(
        "relevant",
        ("call relevant", "called relevant"),
        "Call alerts relevant, and acknowledge them.",
        verdict=Verdict.RELEVANT,
        acknowledge=True,
    ),
    _plain(
        "noise",
        ("call noise", "called noise"),
        "Call alerts noise, and acknowledge them.",
        verdict=Verdict.NOISE,
        acknowledge=True,
    ),
    _plain(
        "unjudge",
        ("take the verdict away", "without a verdict"),
        "Remove verdicts.",
        verdict=Verdict.NONE,
    ),
    _plain(
        "close",
        ("close", "closed"),
        "Close alerts. Closed alerts leave the list. An alert that escalates is new "
        "again, unless it was called noise.",
        state=AlertState.CLOSED,
    ),
    _plain(
        "reopen",
        ("make new again", "new again"),
        "Make alerts new again, also closed ones.",
        state=AlertState.NEW,
    ),
    _plain("star", ("star", "starred"), "Star alerts.", starred=True),
    _plain("unstar", ("take the star away", "without a star"), "Remove stars.", starred=False),
    _tagging("tag", ("tag {}", "tagged {}"), "Add a tag of your own to alerts.", "tags"),
    _tagging(
        "untag", ("take {} away", "without {}"), "Remove a tag of your own from alerts.", "untag"
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
    newsroom: CliContext = context.obj
    _tell_undone(context, newsroom.service().triage.undo(), style, "nothing to take back")


@click.command("redo")
@_format
@click.pass_context
def _redo(context: click.Context, style: str) -> None:
    """Redo the change that you undid last, if you have changed nothing else since.

    Exits with 1 when there is nothing to redo.
    """
    newsroom: CliContext = context.obj
    _tell_undone(context, newsroom.service().triage.redo(), style, "nothing to say again")


def _tell_undone(context: click.Context, act: Act | None, style: str, otherwise: str) -> None:
    if style == "json":
        said = {
            "act": act and act.id,
            "undoes": act and act.undoes,
            "changed": list(act.ids) if act else [],
            "left": list(act.left) if act else [],
        }
        click.echo(json.dumps(said))
    elif act is not None:
        left = ", ".join(map(str, act.left[:10])) + (", …" if len(act.left) > 10 else "")
        stays = f"; said otherwise since, and left so: {left}" if act.left else ""
        say(f"{count(act.ids)} changed back{stays}")
    else:
        say(otherwise)
    if act is None:
        context.exit(1)


COLUMNS = ("act", "alert", "at", "who", "why", "undoes", "before", "after")
TOCSIN = "tocsin"


@click.command("history")
@click.argument("id", type=click.IntRange(1, LAST_ID), metavar="ID", shell_complete=ids_completed)
@list_format
@click.pass_context
def _history(context: click.Context, id: int, style: str) -> None:
    """Show who changed an alert, and when, the oldest change first.

    Exits with 1 when nobody changed it.
    """
    newsroom: CliContext = context.obj
    service = newsroom.service()
    if not service.views.alerts.get([id]):
        raise click.UsageError(f"there is no alert {id}; `tocsin alerts` lists them")
    found = service.views.triage.decisions(id)
    if style != "table":
        output.print_rows(map(_row, found), style, COLUMNS)
    for decision in found if style == "table" else ():
        when = show.moment(decision.at, newsroom.clock())
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
        "at": iso(decision.at),
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


COMMANDS: Mapping[str, click.Command] = {
    command.name or "": command for command in (*_ALL, _undo, _redo, _history)
}
