"""`tocsin facets`: what the articles of a query have in common."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import datetime, tzinfo
from typing import TYPE_CHECKING, Any

import click
from rich.cells import cell_len, set_cell_size

from index.analysis.folding import fold
from monitor.base.formatting import articles, date_and_time
from monitor.base.text_cleaning import clean
from monitor.base.translation import gettext as _
from monitor.base.translation import number, pgettext
from monitor.cli import CliContext, output, say
from monitor.cli.index_update import update_index
from monitor.cli.names import KnownNames
from monitor.cli.options import (
    CountParam,
    QueryCommand,
    build_filter,
    table_or_json_option,
    with_filters,
)
from monitor.model.search import Facets, Share
from monitor.presentation.rows.searches import facets_row
from monitor.runtime.machine import local_zone

if TYPE_CHECKING:
    from index.evaluation.significant_terms import SignificantTerm

MAX_FORMS = 4
"""Most inflections of a word that the table shows."""


@click.command(cls=QueryCommand)
@click.argument("query", nargs=-1, required=True)
@with_filters
@click.option(
    "--limit",
    type=CountParam(min=1),
    default=10,
    show_default=True,
    metavar="N",
    help="At most this many feeds, languages, watchlists and words each.",
)
@table_or_json_option
@click.pass_context
def facets(
    context: click.Context, /, query: tuple[str, ...], limit: int, style: str, **selected: Any
) -> None:
    """Show what the articles of QUERY have in common.

    Shows the oldest and the newest article, feeds, languages, watchlists, and the words that
    stand out: words that occur in these articles more often than in other articles of the same
    language, by more than chance. Exits with 1 when nothing is found, with 2 when the query
    cannot be understood.
    """
    cli: CliContext = context.obj
    service = cli.service()
    update_index(cli)
    known = KnownNames(cli, service)
    filter = known.validate(build_filter(**selected))
    result = service.statistics.facets(" ".join(query), filter, limit=limit)
    known.warn(" ".join(query))
    if style == "json":
        click.echo(json.dumps(facets_row(result), ensure_ascii=False, indent=2))
    elif result.total:
        for line in _lines(result, local_zone(), output.width()):
            click.echo(line)
    else:
        say(_("nothing found"))
    if result.note:
        say(result.note)
    if not result.total:
        context.exit(1)


def _lines(facets: Facets, zone: tzinfo, width: int) -> Iterator[str]:
    assert facets.first is not None and facets.last is not None
    yield articles(facets.total)
    labels = {"first": pgettext("article", "first"), "last": pgettext("article", "last")}
    widest = max(5, *map(len, labels.values()))
    for name, mention in (("first", facets.first), ("last", facets.last)):
        when = date_and_time(datetime.fromtimestamp(mention.date, zone))
        text = f"{when}, {_('article {number}', number=mention.article)}"
        yield output.labelled(labels[name], text, widest)
    for title, shares in (
        (_("feeds"), facets.feeds),
        (_("languages"), facets.langs),
        (_("watchlists"), facets.watchlists),
    ):
        if shares:
            yield ""
            yield click.style(title, dim=True)
            yield from _shares(shares, facets.total, width)
    yield ""
    yield from _words(facets, width)


def _shares(shares: Sequence[Share], total: int, width: int) -> Iterator[str]:
    room = max(10, width - 20)
    for share in shares:
        name = set_cell_size(clean(share.name), room).rstrip()
        percent = _("{share}%", share=round(100 * share.articles / total))
        yield f"{number(share.articles):>9}  {percent:>5}  {name}"


def _words(facets: Facets, width: int) -> Iterator[str]:
    if not facets.words:
        yield click.style(_("no words stand out"), dim=True)
        return
    heading = (
        _("words that stand out, from {some} of them", some=number(facets.read))
        if facets.read < facets.total
        else _("words that stand out, from all of them")
    )
    yield click.style(heading, dim=True)
    there, expected = pgettext("column", "there are"), pgettext("column", "expected")
    yield click.style(f"{there:>9}  {expected:>8}  ", dim=True)
    widest = min(30, max(cell_len(clean(word.word)) for word in facets.words))
    for word in facets.words:
        line = (
            f"{number(word.articles):>9}  {_format_expected(word.expected):>8}"
            f"  {set_cell_size(clean(word.word), widest)}  {_other_forms(word)}"
        )
        yield set_cell_size(line, width).rstrip() if cell_len(line) > width else line.rstrip()


def _format_expected(expected: float) -> str:
    return number(expected, 0 if expected >= 10 else 1)


def _other_forms(word: SignificantTerm) -> str:
    others = [form for form in word.forms if form != fold(word.word)]
    more = ", …" if len(others) > MAX_FORMS else ""
    return ", ".join(others[:MAX_FORMS]) + more
