"""`tocsin trend`, `facets` and `coverage`: articles over time, what they share, what was missed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, tzinfo
from typing import TYPE_CHECKING, Any

import click
from msgspec.structs import replace

from index.analysis.folding import fold
from monitor.base import signs
from monitor.base.formatting import articles, date_and_time, span
from monitor.base.text_cleaning import clean
from monitor.base.translation import gettext as _, mark_all, number, pgettext
from monitor.cli import CliContext, output, say
from monitor.cli.options import (
    KnownNames,
    NumberParam,
    QueryCommand,
    build_filter,
    complete_watchlist,
    format_option,
    table_or_json_option,
    with_filters,
    with_format,
    with_since,
)
from monitor.cli.output import EMPTY_CELL
from monitor.model.recall import Estimate, Recall, Refusal
from monitor.model.search import BucketSize, Facets, Filter, GroupBy, Series, Share, Trend
from monitor.model.shown_names import list_name
from monitor.presentation.recall import describe_refusal, interval, whole
from monitor.presentation.rows import columns
from monitor.presentation.rows.articles import CountRow, facets_row, trend_rows
from monitor.presentation.rows.newsroom import CoverageRow, coverage_row
from monitor.presentation.spans import fit
from monitor.runtime.machine import local_zone
from tui.view.trends import trend_lines

if TYPE_CHECKING:
    from index.evaluation.significant_terms import SignificantTerm


PLOT_ROWS = 8
"""Lines of the bars of a query."""
_PERIODS = dict(zip(BucketSize, mark_all("period", "hour", "day", "week", "month"), strict=True))


@click.command(cls=QueryCommand)
@click.argument("queries", metavar="QUERY...", nargs=-1, required=True)
@click.option(
    "--by",
    type=click.Choice(["hour", "day", "week", "month"]),
    help="Length of a period. Without it, chosen from the whole time.",
)
@click.option(
    "--split",
    type=click.Choice(["lang", "feed", "name"]),
    help="Draw one series for each language or feed of the query, or name of its concepts.",
)
@with_filters
@with_format("plot", "table", "json", "jsonl", "csv")
@click.pass_context
def trend(
    context: click.Context,
    /,
    queries: tuple[str, ...],
    by: str | None,
    split: str | None,
    style: str,
    **selected: Any,
) -> None:
    """Count the articles that each QUERY finds, over time.

    Put quotation marks around a query of several words: `tocsin trend "sûreté liège" alibaba` draws
    two charts. Hours, days, weeks (from Monday) and months are local. Periods with coverage gaps
    are marked; the table has estimates. Exits with 1 when nothing is found, with 2 when a query
    cannot be understood.
    """
    if split and len(queries) > 1:
        raise click.UsageError(_("--split needs exactly one query"))
    cli: CliContext = context.obj
    service = cli.service()
    cli.update_index()
    known_names = KnownNames(cli, service)
    result = service.statistics.trend(
        queries,
        known_names.validate(build_filter(**selected)),
        bucket=BucketSize(by) if by else None,
        split=GroupBy(split) if split else None,
    )
    known_names.warn(*queries)
    if style in ("json", "jsonl", "csv"):
        output.print_rows(trend_rows(result), style, columns(CountRow))
    elif any(series.total for series in result.series):
        if style == "table":
            _print_table(result)
        else:
            _print_plot(result)
        for line in _note_lines(result):
            say(line)
    if not any(series.total for series in result.series):
        say(_("nothing found"))
        context.exit(1)


def _print_plot(trend: Trend) -> None:
    """Print the bars of each series below its name."""
    for series in trend.series:
        name, total = clean(series.name), number(series.total)
        output.echo(output.draw([(_("{name}: {text}", name=name, text=total), "title")]))
        single = replace(trend, series=(series,))
        for line in trend_lines(single, output.width(), PLOT_ROWS, local_zone()):
            click.echo(output.draw(line))


def _print_table(trend: Trend) -> None:
    """Print a line for each bucket; counts with coverage gaps have a mark and an estimate."""
    names = [clean(series.name) for series in trend.series]
    rows = [
        (label, *(_cell(series, index) for series in trend.series))
        for index, label in enumerate(trend.labels)
    ]
    heads = [pgettext("period", _PERIODS[trend.by]), *names]
    output.print_lines(output.table_lines(heads, rows, "<" + ">" * len(names)))


def _cell(series: Series, index: int) -> str:
    corrected = series.corrected[index]
    if not series.marked[index]:
        return number(series.counts[index])
    return f"{number(series.counts[index])} {signs.GAP}" + (
        "" if corrected is None else f" ~{number(corrected)}"
    )


def _note_lines(trend: Trend) -> Iterator[str]:
    if trend.since > trend.edges[0]:
        yield _("the first period counts from {moment} on", moment=_format_moment(trend.since))
    if trend.until < trend.edges[-1]:
        yield _("the last period counts until {moment}", moment=_format_moment(trend.until))
    if trend.note:
        yield trend.note


def _format_moment(moment: float) -> str:
    return date_and_time(datetime.fromtimestamp(moment, local_zone()))


MAX_FORMS = 4
"""Most inflections of a word that the table shows."""


@click.command(cls=QueryCommand)
@click.argument("query", nargs=-1, required=True)
@with_filters
@click.option(
    "--limit",
    type=NumberParam(min=1),
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

    Shows the oldest and the newest article, feeds, languages, watchlists, and the words that stand
    out: those that occur here more often than in other articles of the language, by more than
    chance. Exits with 1 when nothing is found, with 2 when the query cannot be understood.
    """
    cli: CliContext = context.obj
    service = cli.service()
    cli.update_index()
    known_names = KnownNames(cli, service)
    filter = known_names.validate(build_filter(**selected))
    result = service.statistics.facets(" ".join(query), filter, limit=limit)
    known_names.warn(" ".join(query))
    if style == "json":
        output.print_json(facets_row(result))
    elif result.total:
        output.print_lines(_facet_lines(result, local_zone(), output.width()))
    else:
        say(_("nothing found"))
    if result.note:
        say(result.note)
    if not result.total:
        context.exit(1)


def _facet_lines(facets: Facets, zone: tzinfo, width: int) -> Iterator[str]:
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
        (_("names of concepts"), facets.names),
    ):
        if shares:
            yield ""
            yield click.style(title, dim=True)
            yield from _shares(shares, facets.total, width)
    yield ""
    yield from _words(facets)


def _shares(shares: Sequence[Share], total: int, width: int) -> Iterator[str]:
    room = max(10, width - 20)
    for share in shares:
        name = fit(clean(share.name), room).rstrip()
        percent = _("{share}%", share=round(100 * share.articles / total))
        yield f"{number(share.articles):>9}  {percent:>5}  {name}"


def _words(facets: Facets) -> Iterator[str]:
    if not facets.words:
        yield click.style(_("no words stand out"), dim=True)
        return
    heading = (
        _("words that stand out, from {some} of them", some=number(facets.read))
        if facets.read < facets.total
        else _("words that stand out, from all of them")
    )
    yield click.style(heading, dim=True)
    heads = [pgettext("column", "there are"), pgettext("column", "expected"), "", ""]
    rows = [
        (
            number(word.articles),
            number(word.expected, 0 if word.expected >= 10 else 1),
            clean(word.word),
            _other_forms(word),
        )
        for word in facets.words
    ]
    yield from output.table_lines(heads, rows, ">><<")


def _other_forms(word: SignificantTerm) -> str:
    other_forms = [form for form in word.forms if form != fold(word.word)]
    suffix = ", …" if len(other_forms) > MAX_FORMS else ""
    return ", ".join(other_forms[:MAX_FORMS]) + suffix


# --- how much was seen ------------------------------------------------------------------

_COLUMNS = mark_all("coverage", "outlet", "seen", "published", "not in the feed", "late")


@click.command()
@click.argument("watchlist", required=False, shell_complete=complete_watchlist)
@with_since(
    "Articles published from then on: 24h, 7d, yesterday, 2023-10-01.",
    default="7d",
    show_default=True,
)
@format_option
@click.pass_obj
def coverage(cli: CliContext, watchlist: str | None, since: float, style: str) -> None:
    """Show how much of what was published was seen: by outlet, and by watchlist.

    For each outlet whose feeds are compared with a sitemap: how many articles tocsin has, about how
    many were published, with the 95 % interval, how many no feed showed, and how late feeds are in
    the median. `≥` marks a lower bound. With a WATCHLIST: the same of what it matches.
    """
    service = cli.service()
    if watchlist is not None:
        KnownNames(cli, service).validate(Filter(watchlists=(watchlist,)))
    recalls = _chosen(service.health.recalls(since), watchlist)
    rows = map(coverage_row, recalls)
    output.print_listing(style, rows, columns(CoverageRow), _lines(recalls))
    if style == "table" and not recalls:
        say(_("nothing to compare: no feed and sitemap of one site showed anything"))


def _chosen(recalls: Sequence[Recall], watchlist: str | None) -> list[Recall]:
    """Return those of all articles and the wholes of watchlists, or those of one watchlist."""
    if watchlist is not None:
        return [r for r in recalls if r.watchlist.casefold() == watchlist.casefold()]
    names = dict.fromkeys(recall.watchlist for recall in recalls if recall.watchlist)
    wholes = [recall for name in names if (recall := whole(recalls, name))]
    return [*(recall for recall in recalls if not recall.watchlist), *wholes]


def _lines(recalls: Sequence[Recall]) -> Iterator[str]:
    """Yield the table, then why some numbers are not known."""
    if not recalls:
        return
    heads = [pgettext("coverage", name) for name in _COLUMNS]
    yield from output.table_lines(heads, map(_cells, recalls), "<>>>>")
    refusals = {recall.answer for recall in recalls if isinstance(recall.answer, Refusal)}
    for refusal in sorted(refusals):
        yield f"{EMPTY_CELL}  {describe_refusal(refusal)}"


def _cells(recall: Recall) -> list[str]:
    answer = recall.answer
    outlet = recall.outlet or _("all outlets")
    name = f"{list_name(recall.watchlist)}: {outlet}" if recall.watchlist else outlet
    return [
        clean(name),
        number(recall.seen),
        interval(answer) if isinstance(answer, Estimate) else EMPTY_CELL,
        number(recall.unlisted),
        EMPTY_CELL if recall.late is None else span(recall.late),
    ]
