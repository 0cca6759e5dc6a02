"""`tocsin watch list`: the watchlists and what they brought."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from monitor.cli import Newsroom, output, say
from monitor.cli.watches.options import format_option

if TYPE_CHECKING:
    from collections.abc import Mapping

    from monitor.model import Coverage, WatchlistRecord

DAY = 86_400.0
COLUMNS = (
    "name", "severity", "total", "untriaged", "last_hit", "relevant", "noise", "precision",
    "precision_low", "precision_high", "feeds", "feeds_with_gaps",
)  # fmt: skip


@click.command("list")
@format_option
@click.pass_obj
def command(newsroom: Newsroom, style: str) -> None:
    """List the watchlists in force and what they brought.

    Precision is the share of relevant alerts among those with a verdict, with the 95 %
    interval that so few or so many verdicts leave. Gaps: of how many of its feeds articles of
    the last day may be missing; `tocsin feeds --blind` tells when.
    """
    service, now = newsroom.service(), newsroom.clock()
    found = service.records()
    covered = {one.watchlist: one for one in service.coverage(now - DAY)}
    if style != "table":
        rows = [_row(record, covered.get(record.name)) for record in found]
        output.print_rows(rows, style, COLUMNS)
    elif not found:
        say("no watchlists yet; `tocsin watch add TERM` adds one")
    else:
        _table(found, covered, now)


def _row(record: WatchlistRecord, covered: Coverage | None) -> dict[str, Any]:
    from monitor.watching.precision import precision

    found = precision(record)
    return {
        "name": record.name,
        "severity": str(record.severity),
        "total": record.total,
        "untriaged": record.untriaged,
        "last_hit": output.iso(record.last_hit),
        "relevant": record.relevant,
        "noise": record.noise,
        "precision": round(found.share, 4) if found else None,
        "precision_low": round(found.low, 4) if found else None,
        "precision_high": round(found.high, 4) if found else None,
        "feeds": covered.feeds if covered else 0,
        "feeds_with_gaps": covered.touched() if covered else 0,
    }


def _table(found: list[WatchlistRecord], covered: Mapping[str, Coverage], now: float) -> None:
    from rich.cells import cell_len, set_cell_size

    widest = min(max(cell_len(record.name) for record in found), 40)
    head = set_cell_size("watchlist", widest)
    click.secho(f"{head}  severity   total  untriaged    last hit  gaps      precision", dim=True)
    for record in found:
        last = output.ago(record.last_hit, now) if record.last_hit else "never"
        gaps = _gaps(covered.get(record.name))
        click.echo(
            f"{set_cell_size(record.name, widest)}  {record.severity:<8} {record.total:>7}"
            f"  {record.untriaged:>9}  {last:>10}  {gaps:<8}  {_share(record)}"
        )


def _gaps(covered: Coverage | None) -> str:
    return f"{covered.touched()} of {covered.feeds}" if covered and covered.gaps else "-"


def _share(record: WatchlistRecord) -> str:
    from monitor.watching.precision import precision

    found = precision(record)
    if found is None:
        return "-"
    return f"{found.share:.0%} ({found.low:.0%}–{found.high:.0%})"
