"""Which alerts a command of triage changes: given by their numbers, or selected with options."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Sequence
from typing import Any

import click
from click.core import ParameterSource
from click.shell_completion import CompletionItem
from msgspec.structs import replace

from monitor.base.errors import MonitorError
from monitor.base.formatting import alert_number
from monitor.base.formatting import alerts as counted_alerts
from monitor.base.translation import gettext as _
from monitor.base.translation import number
from monitor.cli import say
from monitor.cli.alerts import build_alert_filter, with_alert_filters
from monitor.cli.names import InputError, KnownNames
from monitor.cli.numbers import AlertNumber, no_alert
from monitor.cli.options import (
    combined,
    completion_context,
    table_or_json_option,
    with_filters,
)
from monitor.model.alert import Alert
from monitor.model.search import Filter
from monitor.presentation.service.service import Service

WATCHLISTS_NAMED = 3
"""Watchlists that the confirmation names."""
COMPLETIONS = 50
"""Alerts that shell completion offers."""


def complete_alert_ids(
    context: click.Context, _parameter: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """Complete the number of one of the newest alerts, with their titles."""
    try:
        alerts = completion_context(context).service().views.alerts
        newest = alerts.get(alerts.ids(Filter(silenced=True), limit=COMPLETIONS))
    except MonitorError:
        return []
    return [
        CompletionItem(alert_number(alert.id), help=f"{alert.watchlist}: {alert.title}")
        for alert in reversed(newest)
        if alert_number(alert.id).startswith(incomplete.lower())
    ]


with_alert_selection = combined(
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
    table_or_json_option,
)


def select_alerts(
    context: click.Context, service: Service, ids: Sequence[int], options: dict[str, Any]
) -> list[int]:
    """Return the IDs of the alerts that the arguments or the options select.

    Raises:
        UsageError: Nothing selects alerts, or IDs and options do.
        InputError: There is no such alert.
    """
    names = {"since", "until", "lang", "feeds", "watchlists", "state", "verdict", "starred",
             "tags", "assignees", "mine", "query"}  # fmt: skip
    options_given = [name for name in names if _is_given(context, name)]
    if ids and options_given:
        raise click.UsageError(_("give alerts or options that select them, not both"))
    if ids:
        missing = sorted({*ids} - {alert.id for alert in service.views.alerts.get(ids)})
        if missing:
            raise no_alert(*missing)
        return list(dict.fromkeys(ids))
    if not options_given:
        raise click.UsageError(_("give alerts, such as a5, or options such as --query or --watch"))
    known = KnownNames(context.obj, service)
    filter = known.validate(
        build_alert_filter(**{name: options[name] for name in names - {"query"}})
    )
    if options["query"]:
        known.warn(options["query"])
    return service.triage.select(replace(filter, silenced=True), options["query"])


def confirm_change(alerts: Sequence[Alert], what: str, *, yes: bool) -> bool:
    """Ask for confirmation of a change; return whether it was given.

    Raises:
        InputError: There is no terminal to ask on, and no --yes.
    """
    summary = f"{counted_alerts(len(alerts))} ({_breakdown(alerts)})"
    if yes:
        say(summary)
        return True
    if not sys.stdin.isatty():
        raise InputError(
            _(
                "{alerts}: add --yes to {change}, or --dry-run to list them",
                alerts=summary,
                change=what,
            )
        )
    return click.confirm(_("{alerts}: {change}?", alerts=summary, change=what), err=True)


def _breakdown(alerts: Sequence[Alert]) -> str:
    counts = Counter(alert.watchlist for alert in alerts).most_common()
    named = [f"{name} {number(count)}" for name, count in counts[:WATCHLISTS_NAMED]]
    rest = sum(count for _name, count in counts[WATCHLISTS_NAMED:])
    return ", ".join([*named, *([_("others {count}", count=number(rest))] if rest else [])])


def _is_given(context: click.Context, name: str) -> bool:
    return context.get_parameter_source(name) is ParameterSource.COMMANDLINE
