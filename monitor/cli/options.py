"""Options and arguments that commands share: filters, queries, times, names, saved searches."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import click

from index.errors import ArchiveError
from monitor.base.article import Timestamp
from monitor.base.errors import MonitorError
from monitor.base.formatting import alert_number, clauses, nearest, seconds
from monitor.base.translation import gettext as _, mark
from monitor.cli import CliContext, say
from monitor.config.loading import load
from monitor.model.config import SavedSearch
from monitor.model.search import Filter, lang_codes
from monitor.runtime.machine import clock, local_zone

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    from monitor.presentation.service.service import Service


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
        return _complete_search(context, _, incomplete)
    try:
        completion = (
            completion_context(context).service().archive.complete(incomplete, len(incomplete))
        )
    except (MonitorError, ArchiveError):
        return []
    prefix = incomplete[: completion.start]
    return [CompletionItem(prefix + candidate.text) for candidate in completion.candidates]


def completer(
    names_of: Callable[[CliContext], Mapping[str, str] | Iterable[str]],
) -> Callable[[click.Context, click.Parameter, str], list[CompletionItem]]:
    """Complete names, a mapping explains them; none where feeds.yaml or store cannot be read."""

    def complete(
        context: click.Context, _: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        from click.shell_completion import CompletionItem

        try:
            names = names_of(completion_context(context))
        except MonitorError:
            return []
        helps = names if isinstance(names, Mapping) else {}
        prefix = incomplete.casefold()
        is_bash = os.environ.get("_TOCSIN_COMPLETE") == "bash_complete"
        return [
            CompletionItem(_BASH.sub(r"\\\g<0>", name) if is_bash else name, help=helps.get(name))
            for name in names
            if name.casefold().startswith(prefix)
        ]

    return complete


_BASH = re.compile(r"[^\w@:./-]")
"""What bash, which quotes no completion, gets with a backslash."""


def _feeds_and_tags(cli: CliContext) -> list[str]:
    feeds = load(cli.config_path).feeds
    return [*(f.name for f in feeds), *sorted({f"tag:{tag}" for f in feeds for tag in f.tags})]


complete_watchlist = completer(lambda cli: [w.name for w in load(cli.config_path).watchlists])
complete_feed = completer(lambda cli: [feed.name for feed in load(cli.config_path).feeds])
complete_feed_or_tag = completer(_feeds_and_tags)
_complete_search = completer(lambda cli: [f"@{s.name}" for s in load(cli.config_path).searches])


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


def with_since(help: str, **options: Any) -> Callable[[F], F]:
    """Add --since, a moment; `options` are those of `click.option`."""
    return click.option("--since", type=MomentParam(), metavar="WHEN", help=help, **options)


def several(
    flag: str, parameter: str, help: str, *, metavar: str | None = "NAME", **options: Any
) -> Callable[[F], F]:
    """Add an option that may be given several times; `options` are those of `click.option`."""
    return click.option(flag, parameter, multiple=True, metavar=metavar, help=help, **options)


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
        several("--name", "names", "Another host name of this machine."),
        click.option("--no-monitor", is_flag=True, help="Start no monitor."),
    )  # fmt: skip


table_or_json_option = with_format("table", "json")
format_option = with_format(*FORMATS)


with_filters = combined(
    with_since("From this time on: 2023-10-01, 2023-10, 7d, yesterday, hier."),
    click.option(
        "--until",
        type=MomentParam(end=True),
        metavar="WHEN",
        help="Until the end of this day, month or year.",
    ),
    several("--lang", "lang", "In this language: fr, en. `und` means unknown.", metavar="CODE"),
    several(
        "--feed",
        "feeds",
        "Of this feed. `tag:NAME` means all feeds with a tag.",
        shell_complete=complete_feed_or_tag,
    ),
    several("--watch", "watchlists", "Of this watchlist.", shell_complete=complete_watchlist),
)
"""The options that `build_filter` reads."""


def build_filter(
    since: float | None,
    until: float | None,
    lang: tuple[str, ...],
    feeds: tuple[str, ...],
    watchlists: tuple[str, ...],
) -> Filter:
    languages = lang_codes(lang)
    return Filter(since=since, until=until, lang=languages, feeds=feeds, watchlists=watchlists)


# --- names that people write ------------------------------------------------------------


class InputError(click.ClickException):
    """The command line is well formed, and means nothing here: a name that does not exist."""

    exit_code = 2


def hinted(problem: str, name: str, names: Iterable[str], fallback: str = "") -> str:
    """Return a problem with `; did you mean …?`, or with `fallback` if no name is like it."""
    if hint := nearest(name, names):
        return problem + hint
    return clauses([problem, fallback]) if fallback else problem


class KnownNames:
    """The names of a newsroom, as commands check them; see `presentation.service.known_names`."""

    def __init__(self, cli: CliContext, service: Service) -> None:
        from monitor.presentation.service.known_names import KnownNames

        self._known = KnownNames(service.views, cli.config_path, cli.data, service.user)
        self.validate = self._known.validate

    def warn(self, *queries: str) -> None:
        """Name the filters of queries that select nothing, because the name does not exist."""
        for query in queries:
            for problem in self._known.unknown_in(query):
                say(_("warning: {problem}", problem=problem))


_LARGEST_ID = 2**63 - 1
"""The largest number that the store can have."""
_NUMBER = re.compile(r"(a?)([0-9]{1,99})", re.IGNORECASE)


class Number(NamedTuple):
    """The number of an alert or of an article."""

    id: int
    is_alert: bool


class AnyNumber(click.ParamType[Number]):
    """The number of an article (5) or of an alert (a5)."""

    name = "number"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> Number:
        match = _NUMBER.fullmatch(str(value))
        if match is None:
            self.fail(
                _("{text} is no number; write 5 for an article, a5 for an alert", text=value),
                param,
                ctx,
            )
        number = Number(int(match[2]), bool(match[1]))
        if not 0 < number.id <= _LARGEST_ID:
            raise no_alert(number.id) if number.is_alert else no_article(number.id)
        return number


class AlertNumber(click.ParamType[int]):
    """The number of an alert, a5. That of an article is an error."""

    name = "alert"
    hint = mark(
        "{number} is the number of an article; `tocsin show {number}` names its alerts, as a5"
    )

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> int:
        number = AnyNumber().convert(value, param, ctx)
        if number.is_alert != (self.name == "alert"):
            written = alert_number(number.id) if number.is_alert else number.id
            raise InputError(_(self.hint, number=written))
        return number.id


class ArticleNumber(AlertNumber):
    """The number of an article, 5. That of an alert is an error."""

    name = "article"
    hint = mark("{number} is the number of an alert; `tocsin show {number}` names its article")


def no_alert(*ids: int) -> InputError:
    names = ", ".join(map(alert_number, ids))
    return InputError(_("there is no alert {names}; `tocsin alerts` lists them", names=names))


def no_article(id: int) -> InputError:
    return InputError(
        _("there is no article {article}; `tocsin search` shows the numbers", article=id)
    )
