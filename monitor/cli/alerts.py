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
from monitor.cli.names import KnownNames
from monitor.cli.options import build_filter, with_list_options
from monitor.export import serialization
from monitor.formatting import alert_number, counted
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
    "backfill", "rule", "article_version", "lost", "alert_id", "article_id",
)  # fmt: skip
_COLOURS = {"high": "red", "medium": "yellow", "low": None}


def print_alerts(
    alerts: Iterable[Alert], style: str, now: float, *, header: bool = True, paged: bool = False
) -> None:
    """Print alerts; with `paged`, through a pager if they do not fit on the terminal."""
    if style == "table":
        lines = [line for alert in alerts for line in format_alert(alert, now).split("\n")]
        output.print_lines(lines, paged=paged)
    else:
        output.print_rows(map(serialization.alert, alerts), style, COLUMNS, header=header)
    sys.stdout.flush()


def format_alert(alert: Alert, now: float) -> str:
    """Return an alert as the lines of a list."""
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
        f"{alert_number(alert.id):>6} {mark} {click.style(alert.watchlist, bold=True)}  {title}",
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


READ, TRIAGE = "Read", "Triage"
COMMANDS = {
    "list": LazyCommand("monitor.cli.alerts:alerts_list", "List alerts, the newest first.", READ),
    "show": LazyCommand(
        "monitor.cli.show:alerts_show",
        "Show an alert with its article.",
        READ,
    ),
    "history": LazyCommand(
        "monitor.cli.triage:COMMANDS", "Show who changed an alert, and when.", READ
    ),
    "ack": LazyCommand("monitor.cli.triage:COMMANDS", "Acknowledge alerts.", TRIAGE),
    "relevant": LazyCommand("monitor.cli.triage:COMMANDS", "Call alerts relevant.", TRIAGE),
    "noise": LazyCommand("monitor.cli.triage:COMMANDS", "Call alerts noise.", TRIAGE),
    "unjudge": LazyCommand("monitor.cli.triage:COMMANDS", "Remove verdicts.", TRIAGE),
    "close": LazyCommand(
        "monitor.cli.triage:COMMANDS", "Close alerts. Closed alerts leave the list.", TRIAGE
    ),
    "reopen": LazyCommand("monitor.cli.triage:COMMANDS", "Make alerts new again.", TRIAGE),
    "star": LazyCommand("monitor.cli.triage:COMMANDS", "Star alerts.", TRIAGE),
    "unstar": LazyCommand("monitor.cli.triage:COMMANDS", "Remove stars.", TRIAGE),
    "tag": LazyCommand("monitor.cli.triage:COMMANDS", "Add a tag to alerts.", TRIAGE),
    "untag": LazyCommand("monitor.cli.triage:COMMANDS", "Remove a tag from alerts.", TRIAGE),
    "note": LazyCommand("monitor.cli.triage:COMMANDS", "Write a note about alerts.", TRIAGE),
    "undo": LazyCommand("monitor.cli.triage:COMMANDS", "Undo your last change.", TRIAGE),
    "redo": LazyCommand(
        "monitor.cli.triage:COMMANDS", "Redo the change that you undid last.", TRIAGE
    ),
}
FOLLOW_SECONDS = 0.5
"""Seconds between two reads of the store with --follow."""


@click.group(cls=LazyGroup, lazy=COMMANDS, default="list")
def alerts() -> None:
    """List alerts, and work on them. Without a command: `list`.

    The commands of triage change alerts, which are given by their numbers, such as a5, or
    selected with options. Numbers without an `a` are those of articles.
    """


@click.command("list")
@with_list_options
@with_alert_filters
@click.option("--follow", is_flag=True, help="Continue, and print new alerts as they are raised.")
@click.option(
    "--suppressed",
    is_flag=True,
    help="Alerts of which nobody is notified, with the reason, copies included.",
)
@click.option("--no-pager", is_flag=True, help="Print long results without a pager.")
@click.pass_context
def alerts_list(
    context: click.Context,
    /,
    limit: int,
    style: str,
    follow: bool,
    suppressed: bool,
    query: str,
    no_pager: bool,
    **selected: Any,
) -> None:
    """List alerts, the newest first. Copies of a story are counted with its first alert.

    With --follow the newest comes last, and new ones after it. Closed alerts are left out,
    unless --state asks for them. An alert that escalated stands at the time of the escalation.
    Exits with 1 when there are no alerts.
    """
    if follow and style == "json":
        raise click.UsageError(
            "--follow never ends, so it cannot print one JSON list; use --format jsonl"
        )
    cli: CliContext = context.obj
    if suppressed and (follow or query):
        raise click.UsageError("--suppressed cannot be combined with --follow or --query")
    if follow and query:
        raise click.UsageError("--query cannot be combined with --follow")
    service = cli.service()
    known = KnownNames(cli, service)
    filter = replace(known.validate(build_alert_filter(**selected)), muted=True)
    if query:
        known.warn(query)
    version = service.views.version()
    if suppressed:
        ids = service.views.alerts.ids(replace(filter, suppressed=True), limit=limit or None)
        listed = service.views.alerts.get(ids, matches=True)
    else:
        listed = _latest_alerts(service, filter, limit, query)
    if not follow:
        print_alerts(listed[::-1], style, cli.clock(), paged=not no_pager)
        if not listed:
            if style == "table":
                say("no alerts")
            context.exit(1)
        return
    print_alerts(listed, style, cli.clock())
    from monitor.wiring import pause

    while True:
        pause(FOLLOW_SECONDS)
        version, new_alerts = _alerts_after(service, filter, version)
        if new_alerts:
            print_alerts(new_alerts, style, cli.clock(), header=style != "csv")


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
