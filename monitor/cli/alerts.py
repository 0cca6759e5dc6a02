"""`tocsin alerts`: list alerts, and follow new ones."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar

import click

from index.analysis import text_cleaning
from monitor.cli import CliContext, output, say, show
from monitor.cli.lazy_group import LazyCommand, LazyGroup
from monitor.cli.options import build_filter, with_list_options
from monitor.export import serialization
from monitor.formatting import counted
from monitor.model.severity import SEVERITY_SIGNS

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    from monitor.model.alert import Alert
    from monitor.model.search import Filter
    from monitor.model.status import StoreVersion
    from monitor.service.service import Service


F = TypeVar("F", bound=Callable[..., Any])

STATES = ("open", "new", "acknowledged", "closed", "all")
VERDICTS = ("relevant", "noise", "none")


def complete_tags(
    context: click.Context, _: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """Complete a tag from the tags of the stored alerts."""
    from click.shell_completion import CompletionItem

    from monitor.cli.options import completion_context
    from monitor.errors import MonitorError

    try:
        counts = completion_context(context).service().views.triage.tags()
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
        shell_complete=complete_tags,
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


def with_alert_filters(command: F) -> F:
    """Add the options that filter alerts only."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def build_alert_filter(
    *,
    state: str,
    verdict: str | None,
    starred: bool,
    noted: bool,
    tags: tuple[str, ...],
    **selected: Any,
) -> Filter:
    """Return the filter for these options.

    Raises:
        BadParameter: A tag is not valid.
    """
    from dataclasses import replace

    from monitor.model.alert import AlertState, Verdict
    from monitor.service.triage import clean_tag

    try:
        valid_tags = tuple(map(clean_tag, tags))
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--tag") from None
    return replace(
        build_filter(**selected),
        state=None if state in ("open", "all") else AlertState(state),
        closed=state == "all",
        verdict=None if verdict is None else Verdict(verdict.replace("none", "")),
        starred=True if starred else None,
        noted=True if noted else None,
        tags=valid_tags,
    )


COLUMNS = (
    "id", "kind", "watchlist", "article", "title", "url", "feed", "outlet", "severity", "state",
    "verdict", "starred", "tags", "note", "raised_at",
    "matches", "copies", "outlets", "elsewhere", "escalations", "held", "held_until", "merged_into",
    "backfill", "rule", "article_version", "lost",
)  # fmt: skip
_COLOURS = {"high": "red", "medium": "yellow", "low": None}


def print_alerts(alerts: Iterable[Alert], style: str, now: float, *, header: bool = True) -> None:
    """Print alerts."""
    if style == "table":
        for alert in alerts:
            click.echo(_format_alert(alert, now))
    else:
        output.print_rows(map(serialization.alert, alerts), style, COLUMNS, header=header)
    sys.stdout.flush()


def _format_alert(alert: Alert, now: float) -> str:
    mark = click.style(SEVERITY_SIGNS[alert.severity], fg=_COLOURS[alert.severity])
    title = output.highlight(
        alert.title or "(untitled)",
        [(m.start, m.end) for m in alert.matches if m.field == "title"],
    )
    copies = f" +{alert.duplicates}" if alert.duplicates else ""
    forms = ", ".join(dict.fromkeys(match.text for match in alert.matches))
    about = f"{alert.publisher}{copies} · {output.ago(alert.raised_at, now)}"
    if alert.article is not None:
        about += f" · article {alert.article}"
        forms = forms or "no longer in the text"
    lines = [
        f"{alert.id:>6} {mark} {click.style(alert.watchlist, bold=True)}  {title}",
        f"         {click.style(about, dim=True)} · {forms or alert.kind}",
        *(
            f"         {remark}"
            for remark in [*triage_remarks(alert), *map(_format_note_line, note_lines(alert.note))]
        ),
        *(f"         {line}" for line in _detail_lines(alert, now)),
    ]
    return "\n".join(lines)


def triage_remarks(alert: Alert) -> list[str]:
    """Return star, state, verdict and tags of an alert as one line; no line if it has none."""
    words = ["★"] if alert.starred else []
    words += [str(word) for word in (alert.state, alert.verdict) if word and word != "new"]
    words += [f"#{text_cleaning.line(tag)}" for tag in alert.tags]
    return [" ".join(words)] if words else []


def note_lines(note: str) -> list[str]:
    """Return the lines of a note without control characters."""
    return [
        text_cleaning.line(paragraph)
        for paragraph in text_cleaning.clean(note, keep_newlines=True).splitlines()
    ]


def _format_note_line(paragraph: str) -> str:
    return click.style(f"✎ {paragraph}", dim=True)


def _detail_lines(alert: Alert, now: float) -> Iterator[str]:
    """Yield escalations, the reason for suppression, and the other outlets of the story."""
    if alert.escalations:
        yield click.style(f"↑ {show.describe_escalations(alert, now)}", bold=True)
    if why := show.suppression_reason(alert, now):
        yield click.style(f"✕ {why}", dim=True)
    if order := show.story_order(alert.telling):
        yield click.style(order, dim=True)
    for line in show.other_language_lines(alert.telling):
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
FOLLOW_SECONDS = 0.5
"""Seconds between two reads of the store with --follow."""


@click.group(cls=LazyGroup, lazy=COMMANDS, invoke_without_command=True)
@with_list_options
@with_alert_filters
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
        _validate_option_position(context)
        return
    if follow and style == "json":
        raise click.UsageError(
            "--follow never ends, so it cannot print one JSON list; use --format jsonl"
        )
    cli: CliContext = context.obj
    if suppressed and (follow or query):
        raise click.UsageError("--suppressed cannot be combined with --follow or --query")
    if follow and query:
        raise click.UsageError("--query cannot be combined with --follow")
    service, filter = cli.service(), replace(build_alert_filter(**selected), muted=True)
    if suppressed:
        ids = service.views.alerts.ids(replace(filter, suppressed=True), limit=limit or None)
        _print_and_exit(context, service.views.alerts.get(ids, matches=True), style, cli.clock())
        return
    version = service.views.version()
    listed = _latest_alerts(service, filter, limit, query)
    if not follow:
        _print_and_exit(context, listed, style, cli.clock())
        return
    print_alerts(listed, style, cli.clock())
    from monitor.wiring import pause

    while True:
        pause(FOLLOW_SECONDS)
        version, new_alerts = _alerts_after(service, filter, version)
        if new_alerts:
            print_alerts(new_alerts, style, cli.clock(), header=style != "csv")


def _validate_option_position(context: click.Context) -> None:
    """Refuse options in front of a subcommand, where they have no effect.

    Raises:
        UsageError: An option stands in front of the subcommand.
    """
    from click.core import ParameterSource

    for option in context.command.params:
        name = option.name or ""
        quiet = name in ("verbose", "quiet")
        if not quiet and context.get_parameter_source(name) is ParameterSource.COMMANDLINE:
            command = context.invoked_subcommand
            raise click.UsageError(
                f"{option.opts[0]} must come after the command: alerts {command}"
            )


def _print_and_exit(context: click.Context, alerts: list[Alert], style: str, now: float) -> None:
    """Print alerts, and exit with 1 when there are none."""
    print_alerts(alerts, style, now)
    if not alerts:
        if style == "table":
            say("no alerts")
        context.exit(1)


def _latest_alerts(service: Service, filter: Filter, limit: int, query: str) -> list[Alert]:
    """Return the alerts that were raised or escalated last, the newest last."""
    if query:
        ids = service.triage.select(filter, query)
        selected = frozenset(ids)
        any_state = replace(filter, closed=True)
        escalated = service.views.alerts.escalated(any_state)
        escalated_ids = [one.alert for one in escalated if one.alert in selected][-limit:]
        ids = ids[-limit:]
    else:
        ids = list(service.views.alerts.ids(filter, limit=limit or None))
        escalated = service.views.alerts.escalated(filter, limit=limit or None)
        escalated_ids = [one.alert for one in escalated]
    alerts = service.views.alerts.get(
        [*dict.fromkeys([*ids, *escalated_ids])], matches=True, timelines=True
    )
    alerts.sort(key=lambda alert: (alert.stirred_at, alert.id))
    return alerts[-limit:] if limit else alerts


def _alerts_after(
    service: Service, filter: Filter, version: StoreVersion
) -> tuple[StoreVersion, list[Alert]]:
    """Return the new version of the store, and the alerts raised or escalated since `version`."""
    ids = list(service.views.alerts.ids(filter, after=version.alert))
    escalated = service.views.alerts.escalated(filter, after=version.escalation)
    ids += [one.alert for one in escalated if one.alert not in ids]
    new_version = version._replace(
        alert=max([version.alert, *ids]),
        escalation=max([version.escalation, *(one.escalation for one in escalated)]),
    )
    return new_version, service.views.alerts.get(ids, matches=True, timelines=True) if ids else []
