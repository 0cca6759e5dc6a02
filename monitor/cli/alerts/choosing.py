"""Which alerts something is said of: those of some ids, or of options that choose them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar

import click

from monitor.cli import say
from monitor.cli.alerts.criteria import criteria, filter_by
from monitor.cli.selection import filtered
from monitor.plural import counted

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    from monitor.model import Alert
    from monitor.service import Service

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

    from monitor.cli.saved import newsroom_of
    from monitor.errors import MonitorError
    from monitor.model import Filter

    try:
        service = newsroom_of(context).service()
        found = service.alerts(list(service.alert_ids(Filter(muted=True), limit=OFFERED)))
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
    click.option("--yes", is_flag=True, help="Ask nothing."),
    click.option("--dry-run", is_flag=True, help="Only list those that would change."),
    click.option(
        "--format",
        "style",
        type=click.Choice(["table", "json"]),
        default="table",
        show_default=True,
        help="For people, or for programs.",
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
        missing = sorted({*ids} - service.known_alerts(ids))
        if missing:
            raise click.UsageError(
                f"there is no alert {', '.join(map(str, missing))}; `tocsin alerts` lists them"
            )
        return list(dict.fromkeys(ids))
    if not given:
        raise click.UsageError("say which: ids as `tocsin alerts` lists them, --query or --watch …")
    filter = filter_by(**{name: options[name] for name in names - {"query"}})
    return service.chosen(replace(filter, muted=True), options["query"])


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
