"""`tocsin alerts ack`, `noise`, `close` and the like: something is said of alerts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click

from monitor.cli import Newsroom, say
from monitor.cli.alerts.choosing import choosing, chosen, confirmed, count
from monitor.cli.alerts.criteria import tags_completed
from monitor.model import AlertState, Change, Verdict

if TYPE_CHECKING:
    from monitor.model import Act, Alert

SHOWN = 50
"""Alerts that --dry-run lists."""

_Said = Mapping[str, Any]
_Words = tuple[str, str]
"""The same in words: `close`, and once it is done `closed`."""


def _saying(
    context: click.Context, ids: Sequence[int], options: dict[str, Any], words: _Words, said: _Said
) -> None:
    """Say something of the alerts that were chosen; exits with 1 when there are none."""
    newsroom: Newsroom = context.obj
    service = newsroom.service()
    found = chosen(context, service, ids, options)
    change, alerts = Change(**said), service.alerts(found)
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
        act = service.triage([alert.id for alert in changing], **said)
    _tell(act, len(found), options["style"], words[1])


def _list(changing: Sequence[Alert], newsroom: Newsroom, what: str) -> None:
    from monitor.cli.alerts.listing import show

    ids = [alert.id for alert in changing[-SHOWN:]]
    show(newsroom.service().alerts(ids, matches=True), "table", newsroom.clock())
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
    "Those of some IDs, as `tocsin alerts` lists them, or those that options choose: then it asks"
    " first. Exits with 1 when there are none."
)


def _tagging(name: str, words: _Words, help: str, key: str) -> click.Command:
    """Return a command that gives a tag, or takes it away."""

    @click.command(name, help=f"{help}\n\n{_WHICH}")
    @click.argument("tag", metavar="TAG", shell_complete=tags_completed)
    @choosing
    @click.pass_context
    def command(context: click.Context, /, tag: str, ids: tuple[int, ...], **options: Any) -> None:
        from monitor.annotations import tag as tagged

        try:
            kept = tagged(tag)
        except ValueError as error:
            raise click.BadParameter(str(error), param_hint="TAG") from None
        _saying(
            context, ids, options, (words[0].format(kept), words[1].format(kept)), {key: (kept,)}
        )

    return command


@click.command(
    "note", help="Note something about alerts, instead of what was noted before.\n\n" + _WHICH
)
@choosing
@click.option("-m", "--message", metavar="TEXT", help="What to note; empty takes the note away. "
              "Without it an editor opens, or it is read from stdin.")  # fmt: skip
@click.pass_context
def _note(
    context: click.Context, /, ids: tuple[int, ...], message: str | None, **options: Any
) -> None:
    from monitor.annotations import note

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
    found = service.alerts(chosen(context, service, ids, options)[:1])
    text = click.edit(found[0].note if found else "")
    if text is None:
        raise click.UsageError("the editor was left without saving; the note is as it was")
    return text


_ALL = (
    _plain(
        "ack",
        ("acknowledge", "acknowledged"),
        "Acknowledge alerts; those that are closed stay closed.",
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
        "Take verdicts away.",
        verdict=Verdict.NONE,
    ),
    _plain(
        "close",
        ("close", "closed"),
        "Close alerts: they leave the list. One that becomes louder is new again, unless it"
        " was called noise.",
        state=AlertState.CLOSED,
    ),
    _plain(
        "reopen",
        ("make new again", "new again"),
        "Make alerts new again, closed ones too.",
        state=AlertState.NEW,
    ),
    _plain("star", ("star", "starred"), "Star alerts.", starred=True),
    _plain("unstar", ("take the star away", "without a star"), "Take stars away.", starred=False),
    _tagging("tag", ("tag {}", "tagged {}"), "Give alerts a tag of your own.", "tags"),
    _tagging("untag", ("take {} away", "without {}"), "Take a tag of your own away.", "untag"),
    _note,
)
COMMANDS: Mapping[str, click.Command] = {command.name or "": command for command in _ALL}
