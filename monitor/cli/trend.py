"""`tocsin trend`: how often the archive speaks of something, over time."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from index.analysis.text_cleaning import clean
from monitor.cli import CliContext, output, say
from monitor.cli.options import QueryCommand, filter_of, filtered
from monitor.errors import MissingExtraError
from monitor.formatting import iso

if TYPE_CHECKING:
    from monitor.model.search import Series, Trend

COLUMNS = ("bucket", "start", "end", "whole", "series", "count", "covered", "corrected")


@click.command(cls=QueryCommand)
@click.argument("queries", metavar="QUERY...", nargs=-1, required=True)
@click.option(
    "--by",
    type=click.Choice(["hour", "day", "week", "month"]),
    help="Length of a period. Without it, chosen from the whole time.",
)
@click.option(
    "--split",
    type=click.Choice(["lang", "feed"]),
    help="Draw one series for each language or feed of the query.",
)
@filtered
@click.option(
    "--format",
    "style",
    type=click.Choice(["plot", "table", "json", "jsonl", "csv"]),
    default="plot",
    show_default=True,
    help="Output format.",
)
@click.option(
    "--png",
    type=click.Path(path_type=Path, dir_okay=False, writable=True),
    metavar="FILE",
    help="Draw a picture into this file instead.",
)
@click.pass_context
def trend(
    context: click.Context,
    /,
    queries: tuple[str, ...],
    by: str | None,
    split: str | None,
    style: str,
    png: Path | None,
    **selected: Any,
) -> None:
    """Count the articles that each QUERY finds, over time.

    Put quotation marks around a query of several words: `tocsin trend "sûreté liège" alibaba`
    draws two series. Hours, days, weeks (from Monday) and months are those of the local clock.
    Periods with coverage gaps are marked, and get an estimate. Exits with 1 when nothing is
    found, with 2 when a query cannot be understood.
    """
    from monitor.model.search import By, Split
    from monitor.wiring import local_zone

    for query in queries:
        if query.startswith("--"):
            raise click.NoSuchOption(query)
    if split and len(queries) > 1:
        raise click.UsageError("--split tells the articles of one query apart; give one query")
    newsroom: CliContext = context.obj
    found = newsroom.service().statistics.trend(
        queries,
        filter_of(**selected),
        by=By(by) if by else None,
        split=Split(split) if split else None,
    )
    if png is not None:
        from monitor.cli.trend_plot import save

        save(found, local_zone(), png)
        say(f"wrote {png}")
    if style in ("json", "jsonl", "csv"):
        output.print_rows(_rows(found), style, COLUMNS)
    elif any(series.total for series in found.series):
        if style == "table":
            _table(found)
        elif png is None:
            _plot(found)
        for line in _notes(found):
            say(line)
    if not any(series.total for series in found.series):
        say("nothing found")
        context.exit(1)


def _rows(trend: Trend) -> Iterator[dict[str, Any]]:
    for at, label in enumerate(trend.labels):
        start, end = trend.edges[at], trend.edges[at + 1]
        for series in trend.series:
            corrected = series.corrected[at]
            yield {
                "bucket": label,
                "start": iso(start),
                "end": iso(end),
                "whole": trend.since <= start and end <= trend.until,
                "series": series.name,
                "count": series.counts[at],
                "covered": round(series.covered[at], 4),
                "corrected": None if corrected is None else round(corrected, 1),
            }


def _plot(trend: Trend) -> None:
    from monitor.cli.trend_plot import MARKERS, drawn
    from monitor.wiring import local_zone

    try:
        lines = list(drawn(trend, local_zone(), output.width(), colours=output.coloured()))
    except MissingExtraError as error:
        say(f"{error}; here is the table")
        _table(trend)
        return
    for line in lines:
        click.echo(line)
    if (more := len(trend.series) - len(MARKERS)) > 0:
        say(f"and {more} more; --format table shows all")


def _table(trend: Trend) -> None:
    """Print a line for each bucket; a count that gaps touch bears its mark and its estimate."""
    from rich.cells import cell_len, set_cell_size

    names = [clean(series.name) for series in trend.series]
    columns = [
        (name, [_cell(series, at) for at in range(len(trend.labels))])
        for name, series in zip(names, trend.series, strict=True)
    ]
    widths = [max(*map(cell_len, (name, *cells))) for name, cells in columns]
    first = max(map(len, trend.labels))

    def row(head: str, cells: list[str]) -> str:
        padded = (" " * (w - cell_len(c)) + c for c, w in zip(cells, widths, strict=True))
        return "  ".join((set_cell_size(head, first), *padded))

    click.secho(row(str(trend.by), names), dim=True)
    for at, label in enumerate(trend.labels):
        click.echo(row(label, [cells[at] for _, cells in columns]))


def _cell(series: Series, at: int) -> str:
    corrected = series.corrected[at]
    if not series.marked[at]:
        return f"{series.counts[at]:,}"
    return f"{series.counts[at]:,} ×" + ("" if corrected is None else f" ~{corrected:,.0f}")


def _notes(trend: Trend) -> Iterator[str]:
    if trend.since > trend.edges[0]:
        yield f"the first {trend.by} counts from {_words(trend.since)} on"
    if trend.until < trend.edges[-1]:
        yield f"the last {trend.by} counts until {_words(trend.until)}"
    if trend.note:
        yield trend.note


def _words(moment: float) -> str:
    from datetime import datetime

    from monitor.wiring import local_zone

    return datetime.fromtimestamp(moment, local_zone()).strftime("%Y-%m-%d %H:%M")
