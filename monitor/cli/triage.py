"""`tocsin alerts ack`, `noise`, `assign`, `note` and the like: triage of alerts."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import click

from monitor.base.formatting import alert_number, and_more, clauses
from monitor.base.text_cleaning import line
from monitor.base.translation import gettext as _
from monitor.base.translation import mark, mark_plural, ngettext, number
from monitor.cli import CliContext, say
from monitor.cli.alerts import complete_people, complete_tags
from monitor.cli.names import InputError
from monitor.cli.stories import by_story, listed, print_stories
from monitor.cli.triage_selection import confirm_change, select_alerts, with_alert_selection
from monitor.model.alert import Alert, AlertState, Verdict
from monitor.model.triage import Change, TriageAction, triage_state
from monitor.presentation.rows.alerts import change_row
from monitor.presentation.service.service import Service
from monitor.presentation.service.triage import clean_note, clean_tag

NUMBERS_SHOWN = 10
"""Alerts that are named because they stay."""
CHANGES_SHOWN = 50
"""Alerts that --dry-run lists."""

_ChangeFields = Mapping[str, Any]


class _Verb(NamedTuple):
    """A change in words, in English."""

    infinitive: str
    """What is to be done: `close`."""
    one: str
    """What was done to an alert: `{count} alert closed`."""
    many: str
    """What was done to several."""
    name: str = ""
    """The tag or the person that it is about: `{tag}` or `{name}` in the texts."""

    def to_do(self) -> str:
        return _(self.infinitive, tag=self.name, name=self.name)

    def done(self, count: int) -> str:
        return ngettext(self.one, self.many, count, tag=self.name, name=self.name)


def _change_alerts(
    context: click.Context,
    ids: Sequence[int],
    options: dict[str, Any],
    verb: _Verb,
    fields: _ChangeFields,
    stays: Callable[[Alert], bool] = lambda _alert: False,
) -> None:
    """Change the selected alerts but those that stay; exit with 1 when there are none."""
    cli: CliContext = context.obj
    service = cli.service()
    selected = select_alerts(context, service, ids, options)
    change, alerts = Change(**fields), service.views.alerts.get(selected)
    others: list[Alert] = []
    if ids or options["story"]:
        others = _others_of_stories(service, selected)
    if options["story"]:
        alerts, others = [*alerts, *others], []
    differing = [alert for alert in alerts if change.on(alert) != alert]
    changing = [alert for alert in differing if not stays(alert)]
    kept = [alert for alert in differing if stays(alert)]
    if not selected:
        say(_("no alerts"))
        context.exit(1)
    if options["dry_run"]:
        _list_changes(changing, cli, verb.to_do())
        return
    act: TriageAction | None = None
    if changing:
        if not ids and not confirm_change(changing, verb.to_do(), yes=options["yes"]):
            say(_("nothing was changed"))
            context.exit(1)
        shown = {alert.id: triage_state(alert) for alert in changing}
        act = service.triage.change(list(shown), **fields, shown=shown)
    more = sum(change.on(alert) != alert for alert in others)
    _report_change(act, len(alerts), options["style"], verb, more, kept)
    if not (act and act.ids) and (act or kept):
        context.exit(1)


def _others_of_stories(service: Service, ids: Sequence[int]) -> list[Alert]:
    """Return the alerts of the stories of these alerts that are not among them."""
    stories = service.views.alerts.stories(ids, closed=True, silenced=True)
    known = frozenset(ids)
    return [alert for story in stories for alert in story.alerts if alert.id not in known]


def _list_changes(changing: Sequence[Alert], cli: CliContext, what: str) -> None:
    ids = [alert.id for alert in changing[: -CHANGES_SHOWN - 1 : -1]]
    stories = by_story(cli.service().views.alerts.get(ids, matches=True))
    print_stories(listed(stories, ids), "table", cli.clock())
    would = ngettext(
        "{count} alert would change: {change}",
        "{count} alerts would change: {change}",
        len(changing),
        change=what,
    )
    more = len(changing) > CHANGES_SHOWN
    listing = [_("the newest {count} are listed", count=number(CHANGES_SHOWN))] if more else []
    say(clauses([would, *listing]))


def _report_change(
    act: TriageAction | None,
    total: int,
    style: str,
    verb: _Verb,
    more: int,
    kept: Sequence[Alert],
) -> None:
    """Print what was changed.

    Args:
        act: What was done; None if nothing changed.
        total: How many alerts were selected.
        style: The format.
        verb: The change.
        more: How many other alerts of their stories the same would change.
        kept: Those that stay, because they are assigned to somebody else.
    """
    changed = act.ids if act else ()
    if style == "json":
        click.echo(json.dumps(change_row(act, total, [alert.id for alert in kept])))
        return
    stay = _stay_words(kept, act.left if act else ())
    parts = [verb.done(len(changed))] if changed else [] if stay else [_("nothing to change")]
    if changed and (rest := total - len(changed) - len(kept) - len(act.left if act else ())):
        parts.append(ngettext("{count} was already", "{count} were already", rest))
    parts += stay
    if more:
        parts.append(
            ngettext(
                "{count} more of the same story: add --story",
                "{count} more of the same story: add --story",
                more,
            )
        )
    if changed:
        parts.append(_("`tocsin alerts undo` undoes it"))
    say(clauses(parts))


def _stay_words(kept: Sequence[Alert], overtaken: Sequence[int]) -> list[str]:
    """Return which alerts stay, and why."""
    words = []
    if kept:
        people = ", ".join(sorted({line(alert.assignee) for alert in kept}))
        words.append(
            ngettext(
                "{count} alert stays assigned to {name}: add --take-over",
                "{count} alerts stay assigned to {name}: add --take-over",
                len(kept),
                name=people,
            )
        )
    if overtaken:
        words.append(
            _("changed meanwhile by somebody else, and left: {alerts}", alerts=_numbers(overtaken))
        )
    return words


def _numbers(ids: Sequence[int]) -> str:
    return and_more(", ".join(map(alert_number, ids[:NUMBERS_SHOWN])), len(ids) - NUMBERS_SHOWN)


def _change_command(name: str, verb: _Verb, help: str, **fields: Any) -> click.Command:
    """Return a command that makes one fixed change."""

    @click.command(name, help=f"{help}\n\n{_SELECTION_HELP}")  # not a message
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
    @click.command(name, help=f"{help}\n\n{_SELECTION_HELP}")
    @click.argument("tag", metavar="TAG", shell_complete=complete_tags)
    @with_alert_selection
    @click.pass_context
    def command(context: click.Context, /, tag: str, ids: tuple[int, ...], **options: Any) -> None:
        try:
            name = clean_tag(tag)
        except ValueError as error:
            raise click.BadParameter(str(error), param_hint="TAG") from None
        _change_alerts(context, ids, options, verb._replace(name=name), {key: (name,)})

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
    context: click.Context,
    /,
    name: str,
    ids: tuple[int, ...],
    take_over: bool,
    **options: Any,
) -> None:
    triage = context.obj.service().triage
    if not ids and re.fullmatch(r"a\d+", name):
        raise click.UsageError(_("say to whom: a name, `me` or `nobody`, after the alerts"))
    try:
        person = triage.person(name)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="NAME") from None

    def stays(alert: Alert) -> bool:
        return not take_over and alert.assignee not in ("", person, triage.who)

    verb = _ASSIGNED._replace(name=person) if person else _ASSIGNED_TO_NOBODY
    _change_alerts(context, ids, options, verb, {"assignee": person}, stays)


_ASSIGNED = _Verb(
    mark("assign to {name}"),
    *mark_plural("{count} alert assigned to {name}", "{count} alerts assigned to {name}"),
)
_ASSIGNED_TO_NOBODY = _Verb(
    mark("assign to nobody"),
    *mark_plural("{count} alert assigned to nobody", "{count} alerts assigned to nobody"),
)


@click.command(
    "note",
    help="Write a note about alerts. It replaces an earlier note.\n\n" + _SELECTION_HELP,
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
    _change_alerts(context, ids, options, _NOTED if text else _NOT_NOTED, {"note": text})


_NOTED = _Verb(
    mark("write the note"),
    *mark_plural("{count} alert noted", "{count} alerts noted"),
)
_NOT_NOTED = _Verb(
    mark("remove the note"),
    *mark_plural("{count} alert without a note", "{count} alerts without a note"),
)


def _read_note(context: click.Context, ids: Sequence[int], options: dict[str, Any]) -> str:
    """Return the note written in an editor or on stdin.

    Raises:
        ClickException: The editor was closed without saving.
    """
    if not sys.stdin.isatty():
        return sys.stdin.read()
    service = context.obj.service()
    first = service.views.alerts.get(select_alerts(context, service, ids, options)[:1])
    text = click.edit(first[0].note if first else "")
    if text is None:
        raise click.ClickException(
            _("the editor was closed without saving; the note was not changed")
        )
    return text


_CHANGE_COMMANDS = (
    _change_command(
        "ack",
        _Verb(
            mark("acknowledge"),
            *mark_plural("{count} alert acknowledged", "{count} alerts acknowledged"),
        ),
        "Acknowledge alerts. Closed alerts stay closed.",
        acknowledge=True,
    ),
    _change_command(
        "relevant",
        _Verb(
            mark("call relevant"),
            *mark_plural("{count} alert called relevant", "{count} alerts called relevant"),
        ),
        "Call alerts relevant, and acknowledge them.",
        verdict=Verdict.RELEVANT,
        acknowledge=True,
    ),
    _change_command(
        "noise",
        _Verb(
            mark("call noise"),
            *mark_plural("{count} alert called noise", "{count} alerts called noise"),
        ),
        "Call alerts noise, and acknowledge them.",
        verdict=Verdict.NOISE,
        acknowledge=True,
    ),
    _change_command(
        "unjudge",
        _Verb(
            mark("remove the verdict"),
            *mark_plural("{count} alert without a verdict", "{count} alerts without a verdict"),
        ),
        "Remove verdicts.",
        verdict=Verdict.NONE,
    ),
    _change_command(
        "close",
        _Verb(
            mark("close"),
            *mark_plural("{count} alert closed", "{count} alerts closed"),
        ),
        "Close alerts. Closed alerts leave the list. An alert that escalates is new "
        "again, unless it was called noise.",
        state=AlertState.CLOSED,
    ),
    _change_command(
        "reopen",
        _Verb(
            mark("make new again"),
            *mark_plural("{count} alert new again", "{count} alerts new again"),
        ),
        "Make alerts new again, also closed ones.",
        state=AlertState.NEW,
    ),
    _change_command(
        "star",
        _Verb(
            mark("star"),
            *mark_plural("{count} alert starred", "{count} alerts starred"),
        ),
        "Star alerts.",
        starred=True,
    ),
    _change_command(
        "unstar",
        _Verb(
            mark("remove the star"),
            *mark_plural("{count} alert without a star", "{count} alerts without a star"),
        ),
        "Remove stars.",
        starred=False,
    ),
    _tag_command(
        "tag",
        _Verb(
            mark("tag {tag}"),
            *mark_plural("{count} alert tagged {tag}", "{count} alerts tagged {tag}"),
        ),
        "Add a tag of your own to alerts.",
        "tags",
    ),
    _tag_command(
        "untag",
        _Verb(
            mark("remove {tag}"),
            *mark_plural("{count} alert without {tag}", "{count} alerts without {tag}"),
        ),
        "Remove a tag of your own from alerts.",
        "untag",
    ),
    _assign,
    _note,
)


COMMANDS: Mapping[str, click.Command] = {
    command.name or "": command for command in _CHANGE_COMMANDS
}
