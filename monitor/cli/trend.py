"""`tocsin trend`: article counts over time, as a plot, a table or a picture."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from typing import Any

import click
from msgspec import Struct
from rich.cells import cell_len, set_cell_size

from monitor.base import signs
from monitor.base.article import Timestamp
from monitor.base.errors import MissingExtraError, requires_extra
from monitor.base.formatting import date_and_time
from monitor.base.text_cleaning import clean
from monitor.base.translation import gettext as _
from monitor.base.translation import mark, mark_all, ngettext, number, pgettext
from monitor.cli import CliContext, output, say
from monitor.cli.index_update import update_index
from monitor.cli.names import KnownNames
from monitor.cli.options import QueryCommand, build_filter, with_filters, with_format
from monitor.model.search import BucketSize, GroupBy, Series, Trend
from monitor.presentation.rows import columns
from monitor.presentation.rows.searches import CountRow, trend_rows
from monitor.runtime.machine import local_zone

COLOURS = ("blue", "yellow", "green", "magenta", "cyan", "red", "bright_blue", "bright_green")
PLOT_LINES = 18
"""Height of a plot in lines, axes included."""
TICK_DISTANCE = 16
"""Fewest cells between two ticks: more than the longest label."""
_TICK = {
    BucketSize.HOUR: mark("%m-%d %H:%M"),
    BucketSize.DAY: mark("%Y-%m-%d"),
    BucketSize.WEEK: mark("%G-W%V"),
    BucketSize.MONTH: mark("%Y-%m"),
}
_PERIODS = dict(zip(BucketSize, mark_all("period", "hour", "day", "week", "month"), strict=True))


class _PlotColumns(Struct, frozen=True):
    """The columns of a plot: which buckets each holds, and how wide it is."""

    starts: tuple[Timestamp, ...]
    step: int
    """Buckets per column."""
    width: int
    """Cells per column."""

    @property
    def cells(self) -> int:
        return len(self.starts) * self.width

    def summed(self, values: Sequence[float]) -> list[float]:
        return [sum(values[at : at + self.step]) for at in range(0, len(values), self.step)]

    def bar(self, column: int) -> range:
        """Return the cells of the bar of a column; a wide bar leaves the last cell free."""
        start = column * self.width
        return range(start, start + self.width - (self.width > 2))

    def middle(self, column: int) -> int:
        """Return the cell in the middle of a column's bar."""
        bar = self.bar(column)
        return bar[(len(bar) - 1) // 2]


def plot_lines(trend: Trend, zone: tzinfo, width: int, *, colours: bool) -> Iterator[str]:
    """Yield the lines of a plot of at most `width` cells, and its legend.

    Raises:
        MissingExtraError: plotext is not installed.
    """
    shown = trend.series[: len(signs.SERIES)]
    most = max(
        (sum(map(_expected, series.counts, series.corrected)) for series in shown), default=0
    )
    room = width - 3 - len(number(_ticks(most)[-1]))
    step = -(-len(trend.labels) // room)
    starts = trend.edges[:-1:step]
    columns = _PlotColumns(starts, step, max(1, room // len(starts)))
    for marker, colour, series in zip(signs.SERIES, COLOURS, shown, strict=False):
        sign = f"{marker} " if len(shown) > 1 else ""
        line = sign + _("{name}: {text}", name=clean(series.name), text=number(series.total))
        yield click.style(line, fg=colour) if colours and sign else line
    for line in _render_plot(shown, columns, trend.by, zone).splitlines():
        yield _colour_markers(line.rstrip()) if colours and len(shown) > 1 else line.rstrip()
    if step > 1:
        yield _per_column(step, trend.by)
    if any(any(series.marked) for series in shown):
        words = _("feeds of this query had coverage gaps or were not polled for a time")
        yield f"{signs.GAP} {words}"
    if len(shown) == 1 and any(shown[0].marked):
        estimated = any(value is not None for value in shown[0].corrected)
        estimate = f", {signs.ESTIMATE} {_(_ESTIMATE)}" if estimated else ""
        yield f"{signs.UNSURE} {_('articles found, in a time with coverage gaps')}{estimate}"


_ESTIMATE = mark("estimate without coverage gaps")


def _per_column(count: int, by: BucketSize) -> str:
    match by:
        case BucketSize.HOUR:
            return ngettext("{count} hour per column", "{count} hours per column", count)
        case BucketSize.DAY:
            return ngettext("{count} day per column", "{count} days per column", count)
        case BucketSize.WEEK:
            return ngettext("{count} week per column", "{count} weeks per column", count)
        case BucketSize.MONTH:
            return ngettext("{count} month per column", "{count} months per column", count)


def _render_plot(
    shown: Sequence[Series], columns: _PlotColumns, by: BucketSize, zone: tzinfo
) -> str:
    with requires_extra("plots", _("the plot")):
        import plotext

    expected = [columns.summed(list(map(_expected, s.counts, s.corrected))) for s in shown]
    ticks = _ticks(max(map(max, expected)))
    plotext.terminal.limit(False, False)
    figure = plotext.figure
    figure.clear()
    figure.theme("colorless")
    figure.plot_size(columns.cells + 2 + len(number(ticks[-1])), PLOT_LINES)
    if len(shown) == 1:
        _draw_bars(figure, shown[0], expected[0], columns)
    else:
        _draw_points(figure, shown, columns)
    figure.ruler("x").lim(-0.5, columns.cells - 0.5).alignment(lim="edge")
    labelled = range(0, len(columns.starts), max(1, -(-TICK_DISTANCE // columns.width)))
    figure.ruler("x").ticks(
        [columns.middle(column) for column in labelled],
        [_moment(columns.starts[column], zone).strftime(_(_TICK[by])) for column in labelled],
    )
    figure.ruler("y").lim(0, ticks[-1]).alignment(lim="edge")
    figure.ruler("y").ticks(list(ticks), [number(tick) for tick in ticks])
    marks = _gap_line(_marked_columns(shown, columns), columns)
    over = f"{' ' * (len(number(ticks[-1])) + 1)}{marks}\n" if marks.strip() else ""
    return over + str(figure.build().string(colorless=True))


def _draw_bars(
    figure: Any, series: Series, expected: Sequence[float], columns: _PlotColumns
) -> None:
    """Draw bars: the estimate first, the articles found over it."""
    counts, marked = columns.summed(series.counts), set(_marked_columns([series], columns))
    for values, sign in ((expected, signs.ESTIMATE), (counts, "")):
        cells = [(c, cell) for c, value in enumerate(values) if value for cell in columns.bar(c)]
        if cells:
            bars = [
                sign or (signs.UNSURE if column in marked else signs.BARS[-1])
                for column, _cell in cells
            ]
            heights = [values[column] for column, _cell in cells]
            figure.draw(figure.signal([cell for _, cell in cells], heights, marker=bars).fillx())


def _draw_points(figure: Any, shown: Sequence[Series], columns: _PlotColumns) -> None:
    cells = [columns.middle(column) for column in range(len(columns.starts))]
    for series in shown:
        line = figure.signal(cells, columns.summed(series.counts), marker=signs.POINTS)
        figure.draw(line.lines(True))
    for marker, series in reversed(list(zip(signs.SERIES, shown, strict=False))):
        figure.draw(figure.signal(cells, columns.summed(series.counts), marker=marker))


def _marked_columns(shown: Sequence[Series], columns: _PlotColumns) -> list[int]:
    """Return the columns with a bucket that is marked in some series."""
    return [
        column
        for column in range(len(columns.starts))
        if any(
            any(series.marked[column * columns.step : (column + 1) * columns.step])
            for series in shown
        )
    ]


def _gap_line(marked: Sequence[int], columns: _PlotColumns) -> str:
    """Return a line with a mark over each bar with a coverage gap."""
    cells = {cell for column in marked for cell in columns.bar(column)}
    return "".join(signs.GAP if cell in cells else " " for cell in range(columns.cells))


def _expected(count: int, corrected: float | None) -> float:
    return count if corrected is None else corrected


def _ticks(top: float) -> range:
    """Return up to six round numbers from 0 on; the last is not below `top`."""
    size = 10 ** math.floor(math.log10(max(top, 1)))
    step = next(
        step for step in (max(1, size // 5), max(1, size // 2), size, 2 * size) if top <= 5 * step
    )
    return range(0, step * max(1, math.ceil(top / step)) + 1, step)


def _moment(start: Timestamp, zone: tzinfo) -> datetime:
    return datetime.fromtimestamp(start, zone)


def _colour_markers(line: str) -> str:
    for marker, colour in zip(signs.SERIES, COLOURS, strict=True):
        line = line.replace(marker, click.style(marker, fg=colour))
    return line


MAX_SERIES = 8
"""Most series in one picture."""
INCHES = (11.0, 4.5)
DOTS_PER_INCH = 150
FONTS = (
    "DejaVu Sans", "Noto Sans CJK SC", "Noto Sans CJK JP",  # not a message
    "Noto Sans CJK KR", "Source Han Sans", "WenQuanYi Zen Hei",  # not a message
    "WenQuanYi Micro Hei", "Droid Sans Fallback", "PingFang SC",  # not a message
    "Hiragino Sans", "Apple SD Gothic Neo", "Arial Unicode MS",  # not a message
)  # fmt: skip
"""Fonts to use if installed, in this order: the first has French, the others have CJK."""


def save_png(trend: Trend, zone: tzinfo, path: Path) -> None:
    """Draw a trend into a PNG file.

    Raises:
        MissingExtraError: matplotlib is not installed.
        OSError: The file cannot be written.
    """
    with requires_extra("plots", "tocsin trend --png"):  # not a message
        import matplotlib as mpl
        from matplotlib import font_manager
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure

    installed = {font.name for font in font_manager.fontManager.ttflist}
    fonts = [name for name in FONTS if name in installed] or ["sans-serif"]
    with mpl.rc_context({"font.family": fonts, "text.parse_math": False, "timezone": "UTC"}):
        figure = Figure(figsize=INCHES, layout="constrained")
        FigureCanvasAgg(figure)
        axes = figure.subplots()
        _draw_figure(axes, trend, zone)
        figure.savefig(path, format="png", dpi=DOTS_PER_INCH)


def _draw_figure(axes: Any, trend: Trend, zone: tzinfo) -> None:
    from matplotlib import dates
    from matplotlib.ticker import MaxNLocator

    untyped: Any = dates
    shown = trend.series[:MAX_SERIES]
    edges = [untyped.date2num(_utc(edge)) for edge in trend.edges]
    for series in shown:
        _draw_series(axes, edges, series, alone=len(shown) == 1)
    if any(value is not None for series in shown for value in series.corrected):
        axes.plot([], [], ":", color="0.3", label=_(_ESTIMATE))
    _hatch_gaps(axes, edges, shown)
    axes.set_ylim(bottom=0)
    axes.set_xlim(edges[0], edges[-1])
    axes.set_ylabel(_("articles by {period}", period=pgettext("period", _PERIODS[trend.by])))
    axes.yaxis.set_major_locator(MaxNLocator(integer=True))
    locator = untyped.AutoDateLocator(tz=zone)
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(untyped.ConciseDateFormatter(locator, tz=zone))
    axes.grid(axis="y", alpha=0.3)
    axes.spines[["top", "right"]].set_visible(False)
    place = "lower left"  # not a message
    axes.legend(frameon=False, loc=place, bbox_to_anchor=(0, 1), ncols=4)


def _draw_series(axes: Any, edges: Sequence[float], series: Series, *, alone: bool) -> None:
    name = f"{clean(series.name)} ({number(series.total)})"
    drawn = axes.stairs(
        series.counts, edges, label=name, fill=alone, linewidth=1.4, alpha=0.75 if alone else 1
    )
    if any(value is not None for value in series.corrected):
        pairs = zip(series.counts, series.corrected, strict=True)
        expected = [count if corrected is None else corrected for count, corrected in pairs]
        axes.stairs(
            expected,
            edges,
            color=drawn.get_facecolor() if alone else drawn.get_edgecolor(),
            linestyle=":",
            linewidth=1.2,
        )


def _hatch_gaps(axes: Any, edges: Sequence[float], shown: Sequence[Series]) -> None:
    """Hatch the buckets with coverage gaps."""
    label: str | None = _("coverage gaps")
    for at in range(len(edges) - 1):
        if any(series.marked[at] for series in shown):
            axes.axvspan(
                edges[at], edges[at + 1], facecolor="none", edgecolor="0.6", hatch="///",
                linewidth=0, alpha=0.5, zorder=0, label=label,
            )  # fmt: skip
            label = None


def _utc(moment: float) -> Any:
    return datetime.fromtimestamp(moment, UTC)


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
@with_filters
@with_format("plot", "table", "json", "jsonl", "csv")
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
    if split and len(queries) > 1:
        raise click.UsageError(_("--split needs exactly one query"))
    cli: CliContext = context.obj
    service = cli.service()
    update_index(cli)
    known = KnownNames(cli, service)
    result = service.statistics.trend(
        queries,
        known.validate(build_filter(**selected)),
        by=BucketSize(by) if by else None,
        split=GroupBy(split) if split else None,
    )
    known.warn(*queries)
    if png is not None:
        save_png(result, local_zone(), png)
        say(_("wrote {path}", path=png))
    if style in ("json", "jsonl", "csv"):
        output.print_rows(trend_rows(result), style, columns(CountRow))
    elif any(series.total for series in result.series):
        if style == "table":
            _print_table(result)
        elif png is None:
            _print_plot(result)
        for line in _note_lines(result):
            say(line)
    if not any(series.total for series in result.series):
        say(_("nothing found"))
        context.exit(1)


def _print_plot(trend: Trend) -> None:
    try:
        lines = list(plot_lines(trend, local_zone(), output.width(), colours=output.wants_colour()))
    except MissingExtraError as error:
        say(_("{reason}; the table instead:", reason=error))
        _print_table(trend)
        return
    for line in lines:
        click.echo(line)
    if (more := len(trend.series) - len(signs.SERIES)) > 0:
        say(
            ngettext(
                "{count} more series; --format table shows all",
                "{count} more series; --format table shows all",
                more,
            )
        )


def _print_table(trend: Trend) -> None:
    """Print a line for each bucket; counts with coverage gaps have a mark and an estimate."""
    names = [clean(series.name) for series in trend.series]
    columns = [
        (name, [_cell(series, at) for at in range(len(trend.labels))])
        for name, series in zip(names, trend.series, strict=True)
    ]
    widths = [max(*map(cell_len, (name, *cells))) for name, cells in columns]
    head = pgettext("period", _PERIODS[trend.by])
    first = max(map(len, (head, *trend.labels)))

    def row(head: str, cells: list[str]) -> str:
        padded = (" " * (w - cell_len(c)) + c for c, w in zip(cells, widths, strict=True))
        return "  ".join((set_cell_size(head, first), *padded))

    click.secho(row(head, names), dim=True)
    for at, label in enumerate(trend.labels):
        click.echo(row(label, [cells[at] for _name, cells in columns]))


def _cell(series: Series, at: int) -> str:
    corrected = series.corrected[at]
    if not series.marked[at]:
        return number(series.counts[at])
    return f"{number(series.counts[at])} {signs.GAP}" + (
        "" if corrected is None else f" ~{number(corrected)}"
    )


def _note_lines(trend: Trend) -> Iterator[str]:
    if trend.since > trend.edges[0]:
        yield _(_COUNTED_FROM[trend.by], moment=_format_moment(trend.since))
    if trend.until < trend.edges[-1]:
        yield _(_COUNTED_UNTIL[trend.by], moment=_format_moment(trend.until))
    if trend.note:
        yield trend.note


_COUNTED_FROM = {
    BucketSize.HOUR: mark("the first hour counts from {moment} on"),
    BucketSize.DAY: mark("the first day counts from {moment} on"),
    BucketSize.WEEK: mark("the first week counts from {moment} on"),
    BucketSize.MONTH: mark("the first month counts from {moment} on"),
}
_COUNTED_UNTIL = {
    BucketSize.HOUR: mark("the last hour counts until {moment}"),
    BucketSize.DAY: mark("the last day counts until {moment}"),
    BucketSize.WEEK: mark("the last week counts until {moment}"),
    BucketSize.MONTH: mark("the last month counts until {moment}"),
}


def _format_moment(moment: float) -> str:
    return date_and_time(datetime.fromtimestamp(moment, local_zone()))
