"""Options and arguments that commands share: selections, queries, times, saved searches."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import click

from index.article import Timestamp
from monitor.cli import CliContext, output, say
from monitor.model.search import Filter

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    from monitor.model.config import SavedSearch


class DurationParam(click.ParamType[float]):
    """A duration as 30s, 10m, 2h, 1d: seconds."""

    name = "duration"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        """Return seconds."""
        from monitor.formatting import seconds

        if isinstance(value, int | float):
            return float(value)
        try:
            return seconds(str(value))
        except ValueError as error:
            self.fail(str(error), param, ctx)


class MomentParam(click.ParamType[Timestamp]):
    """A moment as 2023-10-01, 2023-10, 7d, yesterday, hier: seconds since 1970.

    Of a moment that lasts, `end` takes the end.
    """

    name = "when"

    def __init__(self, *, end: bool = False) -> None:
        self._end = end

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> Timestamp:
        """Return the moment."""
        from index.query.date_expressions import resolve_time
        from monitor.wiring import clock, local_zone

        if isinstance(value, int | float):
            return float(value)
        try:
            return resolve_time(str(value), clock(), local_zone())[self._end]
        except ValueError as error:
            self.fail(str(error), param, ctx)


class Later(click.ParamType[Timestamp]):
    """A moment to come as 17:30, tomorrow, 2026-12-01, 2026-12-01T08:00: seconds since 1970."""

    name = "when"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> Timestamp:
        """Return the moment: the next time it is that time, the beginning of that day."""
        from monitor.wiring import clock

        if isinstance(value, int | float):
            return float(value)
        try:
            found = self._read(str(value).strip().lower(), clock())
        except ValueError as error:
            self.fail(str(error), param, ctx)
        if found <= clock():
            self.fail(f"{value} is over already", param, ctx)
        return found

    def _read(self, text: str, now: Timestamp) -> Timestamp:
        from datetime import time

        from index.query.date_expressions import resolve_time
        from monitor.alerts.quiet_hours import next_digest
        from monitor.config.value_parsers import clock as time_of_day
        from monitor.model.config import Digest
        from monitor.wiring import local_zone

        zone = local_zone()
        if text in ("tomorrow", "demain"):
            return next_digest(Digest(at=(time(),)), now, zone)
        if ":" in text and "-" not in text:
            return next_digest(Digest(at=(time_of_day(text),)), now, zone)
        try:
            return resolve_time(text.upper(), now, zone)[0]
        except ValueError:
            raise ValueError("as 17:30, tomorrow, 2026-12-01 or 2026-12-01T08:00") from None


_EXCLUDED = re.compile(r"-(?!-|v+$|q+$|$)")
"""A word that must not be there; -v and -q are options, - alone is stdout."""
_MARK = "\x00"


class QueryCommand(click.Command):
    """A command whose words may begin with a minus: -cave is not -c, -a, -v and -e."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse the command line."""
        marked = [_MARK + word if _EXCLUDED.match(word) else word for word in args]
        rest = super().parse_args(ctx, marked)
        ctx.params = {name: _unmarked(value) for name, value in ctx.params.items()}
        return rest


def _unmarked(value: Any) -> Any:
    if isinstance(value, tuple):
        return tuple(map(_unmarked, value))
    return value.removeprefix(_MARK) if isinstance(value, str) else value


COLUMNS = ("name", "query", "sort")


def named(searches: Sequence[SavedSearch], name: str) -> SavedSearch:
    """Return the search of a name, however spelt; raises UsageError if there is none."""
    from index.query.filters import compact

    for search in searches:
        if compact(search.name) == compact(name):
            return search
    from difflib import get_close_matches

    near = get_close_matches(name, [search.name for search in searches], 1, 0.5)
    hint = f"did you mean @{near[0]}?" if near else "`tocsin search --list` has those there are"
    raise click.UsageError(f"feeds.yaml has no search called {name}; {hint}")


def listing(searches: Sequence[SavedSearch], style: str) -> None:
    """Print the saved searches."""
    rows = [{"name": s.name, "query": s.query.text, "sort": s.sort} for s in searches]
    if style not in ("table", "md", "urls", "atom"):
        output.print_rows(rows, style, COLUMNS)
        return
    if not rows:
        say("no searches yet; they stand under `searches:` in feeds.yaml")
    for row in rows:
        order = "  (best first)" if row["sort"] == "score" else ""
        click.echo(f"@{row['name']}\n    {row['query']}{order}")


def completed(context: click.Context, _: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Complete `@NAME`, and the fields and filters of a query."""
    from click.shell_completion import CompletionItem

    from index.errors import ArchiveError
    from monitor.errors import MonitorError

    if incomplete.startswith("@"):
        names = _names(context, incomplete[1:])
        return [CompletionItem(f"@{name}") for name in names]
    try:
        found = newsroom_of(context).service().archive.complete(incomplete, len(incomplete))
    except (MonitorError, ArchiveError):
        return []
    before = incomplete[: found.start]
    return [CompletionItem(before + candidate.text) for candidate in found.candidates]


def completed_name(
    context: click.Context, _: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """Complete the name of a saved search."""
    from click.shell_completion import CompletionItem

    return [CompletionItem(name) for name in _names(context, incomplete)]


def _names(context: click.Context, incomplete: str) -> list[str]:
    """Return the names of saved searches that begin so."""
    from monitor.config import load
    from monitor.errors import MonitorError

    try:
        searches = load(newsroom_of(context).config_path).searches
    except MonitorError:
        return []
    begun = incomplete.casefold()
    return [search.name for search in searches if search.name.casefold().startswith(begun)]


def newsroom_of(context: click.Context) -> CliContext:
    """Return the newsroom that the options before the command name: nobody made it yet."""
    said = context.find_root().params
    return CliContext(said["config_path"], said.get("data"))


F = TypeVar("F", bound=Callable[..., Any])

FORMATS = ("table", "json", "jsonl", "csv", "md")

list_format = click.option(
    "--format",
    "style",
    type=click.Choice(["table", "json", "jsonl", "csv"]),
    default="table",
    show_default=True,
    help="Output format.",
)


filters = (
    click.option(
        "--since",
        type=MomentParam(),
        metavar="WHEN",
        help="From this time on: 2023-10-01, 2023-10, 7d, yesterday, hier.",
    ),
    click.option(
        "--until",
        type=MomentParam(end=True),
        metavar="WHEN",
        help="Until the end of this day, month or year.",
    ),
    click.option(
        "--lang",
        multiple=True,
        metavar="CODE",
        help="In this language: fr, en. `und` means unknown.",
    ),
    click.option(
        "--feed",
        "feeds",
        multiple=True,
        metavar="NAME",
        help="Of this feed. `tag:NAME` means all feeds with a tag.",
    ),
    click.option("--watch", "watchlists", multiple=True, metavar="NAME", help="Of this watchlist."),
)
"""The options of which `filter_of` makes a filter."""


def selecting(formats: Sequence[str]) -> Callable[[F], F]:
    """Return what adds the filters, a limit and a choice of these formats to a command."""
    options = (
        *filters,
        click.option(
            "--limit",
            type=click.IntRange(min=0),
            default=50,
            show_default=True,
            metavar="N",
            help="At most this many. 0 means all.",
        ),
        click.option(
            "--format",
            "style",
            type=click.Choice(formats),
            default="table",
            show_default=True,
            help="Output format.",
        ),
    )

    def add(command: F) -> F:
        for option in reversed(options):
            command = option(command)
        return command

    return add


selection = selecting(FORMATS)
"""Adds the filters and formats that all lists have: since, until, lang, feed, watch, …."""


def filtered(command: F) -> F:
    """Add the filters alone."""
    for option in reversed(filters):
        command = option(command)
    return command


def filter_of(
    since: float | None,
    until: float | None,
    lang: tuple[str, ...],
    feeds: tuple[str, ...],
    watchlists: tuple[str, ...],
) -> Filter:
    """Return the filter that these options mean."""
    codes = tuple("" if code == "und" else code.lower() for code in lang)
    return Filter(since=since, until=until, lang=codes, feeds=feeds, watchlists=watchlists)
