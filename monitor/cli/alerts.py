"""`tocsin alerts`: the list of alerts."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar

import click

from index.analysis import text_cleaning
from monitor.cli import CliContext, output, say
from monitor.cli import show as telling
from monitor.cli.lazy_group import LazyCommand, LazyGroup
from monitor.cli.options import filter_of, selection
from monitor.export import serialization
from monitor.formatting import counted

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    from monitor.model.alert import Alert
    from monitor.model.search import Filter
    from monitor.model.status import StoreVersion
    from monitor.service.service import Service


F = TypeVar("F", bound=Callable[..., Any])

STATES = ("open", "new", "acknowledged", "closed", "all")
VERDICTS = ("relevant", "noise", "none")


def tags_completed(
    context: click.Context, _: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """Complete the tags that alerts have."""
    from click.shell_completion import CompletionItem

    from monitor.cli.options import newsroom_of
    from monitor.errors import MonitorError

    try:
        counts = newsroom_of(context).service().views.triage.tags()
    except MonitorError:
        return []
    return [
        CompletionItem(tag, help=counted(count, "alert"))
        for tag, count in counts.items()
        if tag.startswith(incomplete.lower())
    ]


_OPTIONS = (
    click.option(
        "--state",
        type=click.Choice(STATES),
        default="open",
        show_default=True,
        help="State of the alerts. `open` means new or acknowledged.",
    ),
    click.option("--verdict", type=click.Choice(VERDICTS), help="Verdict on the alerts."),
    click.option("--starred", is_flag=True, help="Alerts with a star."),
    click.option("--noted", is_flag=True, help="Alerts with a note."),
    click.option(
        "--tag",
        "tags",
        multiple=True,
        metavar="TAG",
        shell_complete=tags_completed,
        help="Alerts with this tag of your own.",
    ),
    click.option(
        "--query",
        default="",
        metavar="QUERY",
        help="Alerts that this query selects, as 'watch:Alibaba lang:fr since:7d "
        "grève'. It may contain `state:` and `is:`.",
    ),
)


def criteria(command: F) -> F:
    """Add the options that only alerts have."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def filter_by(
    *,
    state: str,
    verdict: str | None,
    starred: bool,
    noted: bool,
    tags: tuple[str, ...],
    **selected: Any,
) -> Filter:
    """Return the filter that these options mean."""
    from dataclasses import replace

    from monitor.alerts.annotations import tag
    from monitor.model.alert import AlertState, Verdict

    try:
        wanted = tuple(map(tag, tags))
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--tag") from None
    return replace(
        filter_of(**selected),
        state=None if state in ("open", "all") else AlertState(state),
        closed=state == "all",
        verdict=None if verdict is None else Verdict(verdict.replace("none", "")),
        starred=True if starred else None,
        noted=True if noted else None,
        tags=wanted,
    )


COLUMNS = (
    "id", "kind", "watchlist", "article", "title", "url", "feed", "severity", "state", "verdict",
    "starred", "tags", "note", "raised_at",
    "matches", "copies", "outlets", "elsewhere", "escalations", "held", "held_until", "merged_into",
    "backfill", "rule", "article_version", "lost",
)  # fmt: skip
_MARKS = {"high": "▲", "medium": "●", "low": "·"}
_COLOURS = {"high": "red", "medium": "yellow", "low": None}


def print_alerts(found: Iterable[Alert], style: str, now: float, *, header: bool = True) -> None:
    """Print alerts."""
    if style == "table":
        for alert in found:
            click.echo(_line(alert, now))
    else:
        output.print_rows(map(serialization.alert, found), style, COLUMNS, header=header)
    sys.stdout.flush()


def _line(alert: Alert, now: float) -> str:
    mark = click.style(_MARKS[alert.severity], fg=_COLOURS[alert.severity])
    title = output.lit(
        alert.title or "(untitled)",
        [(m.start, m.end) for m in alert.matches if m.field == "title"],
    )
    copies = f" +{alert.duplicates}" if alert.duplicates else ""
    forms = ", ".join(dict.fromkeys(match.text for match in alert.matches))
    about = f"{alert.feed}{copies} · {output.ago(alert.raised_at, now)}"
    if alert.article is not None:
        about += f" · article {alert.article}"
        forms = forms or "no longer in the text"
    lines = [
        f"{alert.id:>6} {mark} {click.style(alert.watchlist, bold=True)}  {title}",
        f"         {click.style(about, dim=True)} · {forms or alert.kind}",
        *(f"         {said}" for said in [*remarks(alert), *map(_noted, clean_lines(alert.note))]),
        *(f"         {line}" for line in _spread(alert, now)),
    ]
    return "\n".join(lines)


def remarks(alert: Alert) -> list[str]:
    """Return what the analyst says of an alert, in a line if anything."""
    said = ["★"] if alert.starred else []
    said += [str(word) for word in (alert.state, alert.verdict) if word and word != "new"]
    said += [f"#{text_cleaning.line(tag)}" for tag in alert.tags]
    return [" ".join(said)] if said else []


def clean_lines(note: str) -> list[str]:
    """Return the lines of a note, with nothing in them that could act on a terminal."""
    return [
        text_cleaning.line(paragraph)
        for paragraph in text_cleaning.clean(note, keep_newlines=True).splitlines()
    ]


def _noted(paragraph: str) -> str:
    return click.style(f"✎ {paragraph}", dim=True)


def _spread(alert: Alert, now: float) -> Iterator[str]:
    """Yield what others did with the story of an alert."""
    if alert.escalations:
        yield click.style(f"↑ {telling.escalations(alert, now)}", bold=True)
    if why := telling.untold(alert, now):
        yield click.style(f"✕ {why}", dim=True)
    if order := telling.order(alert.telling):
        yield click.style(order, dim=True)
    for line in telling.elsewhere(alert.telling):
        yield click.style(line, dim=True)


COMMANDS = {
    "ack": LazyCommand("monitor.cli.triage:COMMANDS", "Acknowledge alerts."),
    "relevant": LazyCommand("monitor.cli.triage:COMMANDS", "Call alerts relevant."),
    "noise": LazyCommand("monitor.cli.triage:COMMANDS", "Call alerts noise."),
    "unjudge": LazyCommand("monitor.cli.triage:COMMANDS", "Remove verdicts."),
    "close": LazyCommand(
        "monitor.cli.triage:COMMANDS", "Close alerts. Closed alerts leave the list."
    ),
    "reopen": LazyCommand("monitor.cli.triage:COMMANDS", "Make alerts new again."),
    "star": LazyCommand("monitor.cli.triage:COMMANDS", "Star alerts."),
    "unstar": LazyCommand("monitor.cli.triage:COMMANDS", "Remove stars."),
    "tag": LazyCommand("monitor.cli.triage:COMMANDS", "Add a tag to alerts."),
    "untag": LazyCommand("monitor.cli.triage:COMMANDS", "Remove a tag from alerts."),
    "note": LazyCommand("monitor.cli.triage:COMMANDS", "Write a note about alerts."),
    "undo": LazyCommand("monitor.cli.triage:COMMANDS", "Undo your last change."),
    "redo": LazyCommand("monitor.cli.triage:COMMANDS", "Redo the change that you undid last."),
    "history": LazyCommand("monitor.cli.triage:COMMANDS", "Show who changed an alert, and when."),
}
LOOK = 0.5
"""Seconds between two looks with --follow."""


@click.group(cls=LazyGroup, lazy=COMMANDS, invoke_without_command=True)
@selection
@criteria
@click.option("--follow", is_flag=True, help="Continue, and print new alerts as they are raised.")
@click.option(
    "--suppressed",
    is_flag=True,
    help="Alerts of which nobody is notified, with the reason, copies included.",
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
    """List alerts, the newest last. Copies of a story are counted with its first alert.

    Closed alerts are left out, unless --state asks for them. An alert that escalated is listed
    again at the time of the escalation. Exits with 1 when there are no alerts. The commands
    below change alerts, which are given by their IDs or selected with options.
    """
    if context.invoked_subcommand is not None:
        _object_to_options(context)
        return
    if follow and style == "json":
        raise click.UsageError("--follow never ends, so it cannot print one JSON list; use jsonl")
    newsroom: CliContext = context.obj
    if suppressed and (follow or query):
        raise click.UsageError("--suppressed goes without --follow and --query")
    if follow and query:
        raise click.UsageError("--query asks what is there; it does not go on with --follow")
    service, filter = newsroom.service(), replace(filter_by(**selected), muted=True)
    if suppressed:
        ids = service.views.alerts.ids(replace(filter, suppressed=True), limit=limit or None)
        _finish(context, service.views.alerts.get(ids, matches=True), style, newsroom.clock())
        return
    newest = service.views.version()
    found = _stirred(service, filter, limit, query)
    if not follow:
        _finish(context, found, style, newsroom.clock())
        return
    print_alerts(found, style, newsroom.clock())
    from monitor.wiring import pause

    while True:
        pause(LOOK)
        newest, fresh = _since(service, filter, newest)
        if fresh:
            print_alerts(fresh, style, newsroom.clock(), header=style != "csv")


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
    print_alerts(found, style, now)
    if not found:
        if style == "table":
            say("no alerts")
        context.exit(1)


def _stirred(service: Service, filter: Filter, limit: int, query: str) -> list[Alert]:
    """Return the alerts that were raised or became louder last, the newest of them last."""
    if query:
        ids = service.triage.select(filter, query)
        meant = frozenset(ids)
        every = replace(filter, closed=True)
        escalated = service.views.alerts.escalated(every)
        louder = [one.alert for one in escalated if one.alert in meant][-limit:]
        ids = ids[-limit:]
    else:
        ids = list(service.views.alerts.ids(filter, limit=limit or None))
        escalated = service.views.alerts.escalated(filter, limit=limit or None)
        louder = [one.alert for one in escalated]
    found = service.views.alerts.get(
        [*dict.fromkeys([*ids, *louder])], matches=True, timelines=True
    )
    found.sort(key=lambda alert: (alert.stirred_at, alert.id))
    return found[-limit:] if limit else found


def _since(
    service: Service, filter: Filter, seen: StoreVersion
) -> tuple[StoreVersion, list[Alert]]:
    """Return the alerts raised, or made louder, since one looked; and how far that goes."""
    ids = list(service.views.alerts.ids(filter, after=seen.alert))
    escalated = service.views.alerts.escalated(filter, after=seen.escalation)
    ids += [one.alert for one in escalated if one.alert not in ids]
    reached = seen._replace(
        alert=max([seen.alert, *ids]),
        escalation=max([seen.escalation, *(one.escalation for one in escalated)]),
    )
    return reached, service.views.alerts.get(ids, matches=True, timelines=True) if ids else []
