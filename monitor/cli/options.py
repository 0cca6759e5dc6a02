"""Options and arguments that commands share: filters, queries, times, saved searches."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import click

from index.errors import ArchiveError
from monitor.base.article import Timestamp
from monitor.base.errors import MonitorError
from monitor.base.formatting import seconds
from monitor.base.translation import gettext as _
from monitor.cli import CliContext
from monitor.cli.names import InputError, hinted
from monitor.config.loading import load
from monitor.model.config import Config, SavedSearch
from monitor.model.search import Filter
from monitor.runtime.machine import clock, local_zone

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem


class DurationParam(click.ParamType[float]):
    """A duration such as 30s, 10m, 2h or 1d, converted to seconds."""

    name = "duration"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        if isinstance(value, int | float):
            return float(value)
        try:
            return seconds(str(value))
        except ValueError as error:
            self.fail(str(error), param, ctx)


class NumberParam(click.IntRange):
    """A whole number that the database can hold."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        try:
            number = int(value)
        except ValueError:
            self.fail(_("`{value}` is no whole number", value=value), param, ctx)
        if number > _LARGEST:
            self.fail(_("this number is too large"), param, ctx)
        return int(super().convert(value, param, ctx))


_LARGEST = 2**53
"""No archive has so many of anything."""


class MomentParam(click.ParamType[Timestamp]):
    """A time such as 2023-10-01, 2023-10, 7d, yesterday or hier, in seconds since 1970.

    Of a day, month or year, `end` takes the end.
    """

    name = "when"

    def __init__(self, *, end: bool = False) -> None:
        self._end = end

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> Timestamp:
        if isinstance(value, int | float):
            return float(value)
        from index.query.filters import resolve_time

        try:
            return resolve_time(str(value), clock(), local_zone())[self._end]
        except ValueError as error:
            self.fail(str(error), param, ctx)


_EXCLUSION = re.compile(r"-(?!-|v+$|q+$|[ch]$|$)")
"""An excluded word, as -cave; -c, -h, -v and -q are options, - alone is stdout."""
_MARK = "\x00"


class QueryCommand(click.Command):
    """A command whose arguments may begin with a minus: -cave is not -c, -a, -v and -e."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        marked = [_MARK + word if _EXCLUSION.match(word) else word for word in args]
        remaining = super().parse_args(ctx, marked)
        ctx.params = {name: _unmarked(value) for name, value in ctx.params.items()}
        return remaining


def _unmarked(value: Any) -> Any:
    if isinstance(value, tuple):
        return tuple(map(_unmarked, value))
    return value.removeprefix(_MARK) if isinstance(value, str) else value


def find_search(searches: Sequence[SavedSearch], name: str) -> SavedSearch:
    """Return the saved search of a name; case, spaces and hyphens do not count.

    Raises:
        InputError: feeds.yaml has no such search.
    """
    from index.analysis.folding import compact

    for search in searches:
        if compact(search.name) == compact(name):
            return search
    names = [f"@{search.name}" for search in searches]
    problem = _("feeds.yaml has no search called {name}", name=name)
    raise InputError(hinted(problem, f"@{name}", names, _("`tocsin search --saved` lists them")))


def complete_query(
    context: click.Context, _: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """Complete `@NAME`, and the fields and filters of a query."""
    from click.shell_completion import CompletionItem

    if incomplete.startswith("@"):
        return _items(f"@{name}" for name in _with_prefix(context, incomplete[1:], _searches))
    try:
        completion = (
            completion_context(context).service().archive.complete(incomplete, len(incomplete))
        )
    except (MonitorError, ArchiveError):
        return []
    prefix = incomplete[: completion.start]
    return [CompletionItem(prefix + candidate.text) for candidate in completion.candidates]


def _completer(
    list_names: Callable[[Config], Iterable[str]],
) -> Callable[[click.Context, click.Parameter, str], list[CompletionItem]]:
    """Complete names that feeds.yaml has."""

    def complete(
        context: click.Context, _: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        return _items(_with_prefix(context, incomplete, list_names))

    return complete


def _searches(config: Config) -> list[str]:
    return [search.name for search in config.searches]


def _feeds_and_tags(config: Config) -> list[str]:
    tags = sorted({f"tag:{tag}" for feed in config.feeds for tag in feed.tags})
    return [*(feed.name for feed in config.feeds), *tags]


complete_watchlist = _completer(lambda config: [watchlist.name for watchlist in config.watchlists])
complete_feed = _completer(lambda config: [feed.name for feed in config.feeds])
complete_feed_or_tag = _completer(_feeds_and_tags)


def _with_prefix(
    context: click.Context, incomplete: str, list_names: Callable[[Config], Iterable[str]]
) -> list[str]:
    """Return the names of feeds.yaml with this prefix; none where it has a mistake."""
    try:
        names = list_names(load(completion_context(context).config_path))
    except MonitorError:
        return []
    prefix = incomplete.casefold()
    return [name for name in names if name.casefold().startswith(prefix)]


def _items(names: Iterable[str]) -> list[CompletionItem]:
    """Return names to complete; bash, which quotes none, gets them with backslashes."""
    from click.shell_completion import CompletionItem

    if os.environ.get("_TOCSIN_COMPLETE") == "bash_complete":
        names = (re.sub(r"([^\w@:./-])", r"\\\1", name) for name in names)
    return [CompletionItem(name) for name in names]


def completion_context(context: click.Context) -> CliContext:
    """Return the context for a completion, for which click runs no command."""
    params = context.find_root().params
    return CliContext(params["config_path"], params.get("data"))


F = TypeVar("F", bound=Callable[..., Any])

FORMATS = ("table", "json", "jsonl", "csv")


def with_format(*formats: str, help: str = "Output format.") -> Callable[[F], F]:
    """Add --format with a choice of these; the first is the default."""
    return click.option(
        "--format",
        "style",
        type=click.Choice(formats),
        default=formats[0],
        show_default=True,
        help=help,
    )


def with_limit(default: int, help: str = "At most this many. 0 means all.") -> Callable[[F], F]:
    return click.option(
        "--limit",
        type=NumberParam(min=0),
        default=default,
        show_default=True,
        metavar="N",
        help=help,
    )


def combined(*options: Callable[[F], F]) -> Callable[[F], F]:
    """Make one decorator of several, in the order of the help."""

    def add(command: F) -> F:
        for option in reversed(options):
            command = option(command)
        return command

    return add


def with_listening(port: int) -> Callable[[F], F]:
    """Add where a server listens, and whether it starts a monitor."""
    return combined(
        click.option("--host", default="127.0.0.1", show_default=True,
                     help="Address to listen at."),
        click.option("--port", type=NumberParam(0, 65535), default=port, metavar="N",
                     show_default=True, help="Port to listen at. 0 means any free port."),
        click.option("--name", "names", multiple=True, metavar="NAME",
                     help="Another host name of this machine."),
        click.option("--no-monitor", is_flag=True, help="Start no monitor."),
    )  # fmt: skip


table_or_json_option = with_format("table", "json")
format_option = with_format(*FORMATS)


with_filters = combined(
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
        shell_complete=complete_feed_or_tag,
        help="Of this feed. `tag:NAME` means all feeds with a tag.",
    ),
    click.option(
        "--watch",
        "watchlists",
        multiple=True,
        metavar="NAME",
        shell_complete=complete_watchlist,
        help="Of this watchlist.",
    ),
)
"""The options that `build_filter` reads."""


def build_filter(
    since: float | None,
    until: float | None,
    lang: tuple[str, ...],
    feeds: tuple[str, ...],
    watchlists: tuple[str, ...],
) -> Filter:
    codes = tuple("" if code == "und" else code.lower() for code in lang)
    return Filter(since=since, until=until, lang=codes, feeds=feeds, watchlists=watchlists)
