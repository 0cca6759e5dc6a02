"""`tocsin watch add`, `from-search`, `silence` and `unsilence`."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import click
from rich.cells import cell_len

from index.errors import QueryError
from index.query.lexer import operator_in
from index.query.parser import any_of, parse_query
from monitor.base.text_cleaning import clean, line
from monitor.base.translation import gettext as _
from monitor.base.translation import ngettext
from monitor.cli import CliContext, output, say
from monitor.cli.names import InputError
from monitor.cli.options import (
    DurationParam,
    FutureMomentParam,
    complete_search_name,
    complete_watchlist,
    find_search,
    format_option,
)
from monitor.config.loading import load
from monitor.config.value_parsers import LONGEST_NAME
from monitor.config.yaml_edit import add_watchlist, edit, with_item
from monitor.model.analyst import user
from monitor.model.watchlist import Severity
from monitor.presentation.rows import columns
from monitor.presentation.rows.watchlists import SilenceRow, silence_row
from monitor.presentation.service.triage import USUAL, NoWatchlistError

if TYPE_CHECKING:
    from monitor.config.yaml_edit import Item


_severity_option = click.option(
    "--severity",
    type=click.Choice([str(severity) for severity in Severity]),
    help="Severity of its alerts.  [default: medium]",
)


@click.command("add")
@click.argument("term")
@click.option("--name", metavar="NAME", help="Name of the watchlist. Without it, the term.")
@_severity_option
@click.pass_obj
def watch_add(cli: CliContext, term: str, name: str | None, severity: str | None) -> None:
    """Add a watchlist for TERM to feeds.yaml, and change nothing else in it.

    TERM is a word, a phrase, or a query: with operators as in `Alibaba NEAR/5 hub` it becomes
    `query:`.

    A running monitor uses it at once, and matches it against the archive. If the file has a
    mistake, or would have one, it is not changed, and the exit code is 2.
    """
    path = cli.config_path
    item = _item(term, name, severity)
    called = term if isinstance(item, str) else item.get("name", term)
    for known in load(path, data=cli.data).watchlists:
        if known.name.casefold() == called.casefold():
            raise InputError(
                _("a watchlist is called `{name}` already; give a --name", name=known.name)
            )
    config = edit(path, lambda text: with_item(text, "watchlists", [item]), data=cli.data)
    say(_("{file}: watching for {query}", file=path, query=config.watchlists[-1].query.text))


def _item(term: str, name: str | None, severity: str | None) -> Item:
    """Return the shortest form of a watchlist in YAML.

    Raises:
        InputError: The term is not well; the message points into it.
    """
    ranked = {"severity": severity} if severity else {}
    if _is_query(term):
        return {"name": _shortened(term) if name is None else name, "query": term} | ranked
    if name is None and severity is None:
        return term
    named = {"name": name} if name is not None else {}
    listed: dict[str, str | list[str]] = {**named, "terms": [term]}
    return listed | ranked


def _is_query(term: str) -> bool:
    """Tell whether a term has operators; raises InputError if it is no query or no term."""
    query = operator_in(term) is not None
    try:
        parse_query(term, allow_archive_filters=False)  # `ransom OR` is an unfinished query
        if not query:
            any_of([term])
    except QueryError as error:
        raise InputError(_pointed(error, term)) from None
    return query


def _pointed(error: QueryError, term: str) -> str:
    """Return an error with the term as it was typed, and a mark under the mistake."""
    shown = clean(term)
    before = cell_len(clean(term[: error.position]))
    hint = f"\n{error.hint}" if error.hint else ""
    return f"{error.message}\n    {shown}\n    {' ' * before}^{hint}"


def _shortened(term: str) -> str:
    name = line(term)
    return name if len(name) <= LONGEST_NAME else name[: LONGEST_NAME - 1] + "…"


@click.command("from-search")
@click.argument("name", shell_complete=complete_search_name)
@click.option(
    "--name",
    "watchlist_name",
    metavar="NAME",
    help="Name of the watchlist. Without it, the name of the search.",
)
@_severity_option
@click.pass_obj
def watch_from_search(
    cli: CliContext, name: str, watchlist_name: str | None, severity: str | None
) -> None:
    """Add a watchlist with the query of the saved search NAME to feeds.yaml.

    Nothing else in the file changes, and the search stays. A query with filters of the archive
    (dates, alerts, stories) is refused: a watchlist is matched against each article as it
    arrives.
    """
    path = cli.config_path
    search = find_search(load(path, data=cli.data).searches, name.removeprefix("@"))
    query = search.query.text
    try:
        config = add_watchlist(path, cli.data, watchlist_name or search.name, query, severity or "")
    except QueryError as error:
        raise InputError(
            _(
                "the search {search} cannot be a watchlist: {mistake} in {query}",
                search=search.name,
                mistake=error,
                query=query,
            )
        ) from error
    say(_("{file}: watching for {query}", file=path, query=config.watchlists[-1].query.text))


@click.command("silence")
@click.argument("name", required=False, shell_complete=complete_watchlist)
@click.option(
    "--for",
    "duration",
    type=DurationParam(),
    metavar="DURATION",
    help="How long: at most 30d. Without it, 1h.",
)
@click.option(
    "--until",
    type=FutureMomentParam(),
    metavar="WHEN",
    help="Until when: 17:30, tomorrow, 2026-12-01.",
)
@format_option
@click.pass_obj
def watch_silence(
    cli: CliContext, name: str | None, duration: float | None, until: float | None, style: str
) -> None:
    """Notify nobody of a watchlist's alerts for a while. Without a NAME, list the silences.

    Its alerts are raised and stored all the same; `tocsin alerts --suppressed` lists them.
    When the time is over, the channels are told how many there were.
    """
    if duration is not None and until is not None:
        raise click.UsageError(_("--for or --until, not both"))
    service, now = cli.service(), cli.clock()
    if name is None:
        if duration is not None or until is not None:
            raise click.UsageError(_("give the name of a watchlist"))
        _print_silences(cli, style)
        return
    seconds = until - now if until is not None else USUAL if duration is None else duration
    try:
        silence = service.triage.silence(name, seconds, user(os.environ))
    except (ValueError, NoWatchlistError) as error:
        raise InputError(str(error)) from None
    moment = output.format_moment(silence.until, now)
    click.echo(
        _("{watchlist} is silenced until {moment}", watchlist=silence.watchlist, moment=moment)
    )


def _print_silences(cli: CliContext, style: str) -> None:
    now = cli.clock()
    silences = cli.service().views.watchlists.silences(now)
    if style != "table":
        output.print_rows(map(silence_row, silences), style, columns(SilenceRow))
    elif not silences:
        say(_("no watchlist is silenced"))
    else:
        for silence in silences:
            since, until = (output.format_moment(at, now) for at in (silence.since, silence.until))
            period = (
                _("since {since} by {who}, until {until}", since=since, who=silence.by, until=until)
                if silence.by
                else _("since {since}, until {until}", since=since, until=until)
            )
            suppressed = ngettext("{count} suppressed", "{count} suppressed", silence.suppressed)
            click.echo(f"{silence.watchlist}  {period} · {suppressed}")


@click.command("unsilence")
@click.argument("name", shell_complete=complete_watchlist)
@click.pass_context
def watch_unsilence(context: click.Context, name: str) -> None:
    """End the silence of a watchlist, and show how many alerts it suppressed.

    The channels are told as well. Exits with 1 when the watchlist was not silenced.
    """
    cli: CliContext = context.obj
    try:
        silence = cli.service().triage.end_silence(name)
    except NoWatchlistError as error:
        raise InputError(str(error)) from None
    if silence is None:
        click.echo(_("{watchlist} is not silenced", watchlist=name))
        context.exit(1)
    watchlist, since = silence.watchlist, output.format_moment(silence.since, cli.clock())
    if not silence.suppressed:
        click.echo(
            _("{watchlist} is no longer silenced: nothing was suppressed", watchlist=watchlist)
        )
        return
    click.echo(
        ngettext(
            "{watchlist} is no longer silenced: {count} suppressed since {moment}",
            "{watchlist} is no longer silenced: {count} suppressed since {moment}",
            silence.suppressed,
            watchlist=watchlist,
            moment=since,
        )
    )
    command = f'tocsin alerts --suppressed --watch "{watchlist}"'  # not a message
    click.echo(_("`{command}` lists them", command=command))
