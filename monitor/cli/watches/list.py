"""`tocsin watch list`: the watchlists and what they brought."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from index.text import clean
from monitor.cli import Newsroom, output, say, telling
from monitor.cli.watches.options import format_option
from monitor.cli.watches.terms import NOTHING, share, shares
from monitor.model import Pace

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from monitor.model import Coverage, TermRecord, WatchlistRecord

DAY = 86_400.0
COLUMNS = (
    "name", "severity", "total", "untriaged", "last_hit", "relevant", "noise", "verdicts",
    "precision", "precision_low", "precision_high", "feeds", "feeds_with_gaps",
    "today", "usual", "weeks", "surprise", "suppressed", "muted_until",
)  # fmt: skip


@click.command("list")
@click.argument("name", required=False)
@click.option("--terms", is_flag=True, help="The terms of each watchlist, and how good each is.")
@format_option
@click.pass_obj
def command(newsroom: Newsroom, name: str | None, terms: bool, style: str) -> None:
    """List the watchlists in force and what they brought; with a NAME that one and its terms.

    Precision is the share of relevant alerts among those with a verdict, with the 95 %
    interval (Wilson's) that so few or so many verdicts leave, and their number; fewer than ten
    are too few to say much. Of terms, an alert counts for each that matched. Gaps: of how many
    of its feeds articles of the last day may be missing; `tocsin feeds --blind` tells when.
    Today: alerts since midnight, and how many are usual by this time of this weekday; ▲ if they
    are a surprise. Untold: alerts of the last day that were held back, by a cooldown, a mute or
    for want of a route; `tocsin alerts --suppressed` lists them.
    The table leaves out what there is nothing to say of.
    """
    service, now = newsroom.service(), newsroom.clock()
    found = service.records()
    if name is not None:
        found = [record for record in found if record.name.casefold() == name.casefold()]
        if not found:
            raise click.UsageError(f"no watchlist is called {name}; `tocsin watch list` has all")
    if terms:
        _list_terms(service.term_records(), name, style)
        return
    covered = {one.watchlist: one for one in service.coverage(now - DAY)}
    paces = service.paces()
    untold = _untold(service.suppressed(now - DAY))
    muted = {mute.watchlist: mute.until for mute in service.mutes()}
    if style != "table":
        rows = [
            {
                **_row(record, covered.get(record.name)),
                **_pace(paces.get(record.name, Pace())),
                "suppressed": untold.get(record.name, {}),
                "muted_until": output.iso(muted.get(record.name)),
            }
            for record in found
        ]
        output.print_rows(rows, style, COLUMNS)
    elif not found:
        say("no watchlists yet; `tocsin watch add TERM` adds one")
    else:
        for line in _table(found, covered, paces, _held(found, untold, muted, now), now):
            click.echo(line)
        if name is not None:
            _list_terms(service.term_records(), name, style)


def _list_terms(records: Sequence[TermRecord], name: str | None, style: str) -> None:
    from monitor.cli.watches import terms

    found = terms.of(records, name)
    if style != "table":
        output.print_rows(map(terms.row, found), style, terms.COLUMNS)
        return
    for line in terms.lines(found, max(12, output.width() - 50)):
        click.echo(line)


def _untold(counts: Mapping[tuple[str, str], int]) -> dict[str, dict[str, int]]:
    """Return how many alerts of each watchlist nobody is told of, by reason."""
    found: dict[str, dict[str, int]] = {}
    for (name, reason), count in sorted(counts.items()):
        found.setdefault(name, {})[reason] = count
    return found


def _held(
    found: Sequence[WatchlistRecord],
    untold: Mapping[str, Mapping[str, int]],
    muted: Mapping[str, float],
    now: float,
) -> list[str]:
    """Return what is held back of each watchlist, and until when it is muted.

    Copies, and what was there before, are nothing that anybody waits for.
    """

    def cell(name: str) -> str:
        reasons = {r: n for r, n in untold.get(name, {}).items() if r not in ("backfill", "copy")}
        words = [f"{sum(reasons.values())}"] if reasons else []
        if name in muted:
            words.append(f"muted until {telling.moment(muted[name], now)}")
        return " ".join(words) or NOTHING

    return [cell(one.name) for one in found]


def _row(record: WatchlistRecord, covered: Coverage | None) -> dict[str, Any]:
    return {
        "name": record.name,
        "severity": str(record.severity),
        "total": record.total,
        "untriaged": record.untriaged,
        "last_hit": output.iso(record.last_hit),
        "relevant": record.relevant,
        "noise": record.noise,
        **shares(record),
        "feeds": covered.feeds if covered else 0,
        "feeds_with_gaps": covered.touched() if covered else 0,
    }


def _pace(pace: Pace) -> dict[str, Any]:
    usual = None if pace.usual is None else round(pace.usual, 2)
    return {
        "today": pace.today, "usual": usual, "weeks": pace.weeks, "surprise": pace.surprise,
    }  # fmt: skip


def _table(
    found: Sequence[WatchlistRecord],
    covered: Mapping[str, Coverage],
    paces: Mapping[str, Pace],
    held: list[str],
    now: float,
) -> Iterator[str]:
    """Yield a line for each watchlist; columns of which there is nothing to say are left out."""
    from rich.cells import cell_len, set_cell_size

    columns = (
        ("severity", [str(record.severity) for record in found]),
        ("total", [f"{record.total:>7}" for record in found]),
        ("untriaged", [f"{record.untriaged:>9}" for record in found]),
        ("today", [_today(paces.get(record.name, Pace())) for record in found]),
        ("last hit", [f"{_last(record, now):>8}" for record in found]),
        ("gaps", [_gaps(covered.get(record.name)) for record in found]),
        ("untold", held),
        ("precision", [share(record) for record in found]),
    )
    shown = [(head, cells) for head, cells in columns if set(cells) != {NOTHING}]
    widths = [max(len(head), *map(len, cells)) for head, cells in shown]
    room = max(12, output.width() - sum(widths) - 2 * len(widths))
    names = [clean(record.name) for record in found]
    widest = min(max(map(cell_len, ("watchlist", *names))), room)

    def row(name: str, cells: Iterable[str]) -> str:
        padded = (cell.ljust(width) for cell, width in zip(cells, widths, strict=True))
        return "  ".join((set_cell_size(name, widest), *padded)).rstrip()

    heads = [head.rjust(len(cells[0])) if cells[0][:1] == " " else head for head, cells in shown]
    yield click.style(row("watchlist", heads), dim=True)
    for at, name in enumerate(names):
        yield row(name, (cells[at] for _, cells in shown))


def _last(record: WatchlistRecord, now: float) -> str:
    return output.ago(record.last_hit, now) if record.last_hit else "never"


def _today(pace: Pace) -> str:
    """Return today's alerts, a sign if they are a surprise, and how many are usual."""
    usual = "" if pace.usual is None else f" ({pace.usual:.{int(pace.usual < 10)}f})"
    return f"{pace.today:>5} {'▲' if pace.surprise else ' '}{usual}"


def _gaps(covered: Coverage | None) -> str:
    return f"{covered.touched()} of {covered.feeds}" if covered and covered.gaps else NOTHING
