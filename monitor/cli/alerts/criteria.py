"""Options that choose alerts, for the list and for what is said of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

from monitor.cli.selection import filter_of
from monitor.plural import counted

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    from monitor.model import Filter

F = TypeVar("F", bound=Callable[..., Any])

STATES = ("open", "new", "acknowledged", "closed", "all")
VERDICTS = ("relevant", "noise", "none")


def tags_completed(
    context: click.Context, _: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """Complete the tags that alerts have."""
    from click.shell_completion import CompletionItem

    from monitor.cli.saved import newsroom_of
    from monitor.errors import MonitorError

    try:
        counts = newsroom_of(context).service().tag_counts()
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
        help="What was done with them; open is new or acknowledged.",
    ),
    click.option("--verdict", type=click.Choice(VERDICTS), help="What you called them."),
    click.option("--starred", is_flag=True, help="With a star."),
    click.option("--noted", is_flag=True, help="With a note."),
    click.option(
        "--tag",
        "tags",
        multiple=True,
        metavar="TAG",
        shell_complete=tags_completed,
        help="With this tag of yours.",
    ),
    click.option(
        "--query",
        default="",
        metavar="QUERY",
        help="What a query means: 'watch:Alibaba lang:fr since:7d grève', state:, is:starred.",
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

    from monitor.annotations import tag
    from monitor.model import AlertState, Verdict

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
