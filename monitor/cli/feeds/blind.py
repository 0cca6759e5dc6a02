"""`tocsin feeds --blind`: when feeds were not seen, and what that means for watchlists."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import click

from monitor.cli import Newsroom, output, say
from monitor.model import Coverage, Gap

COLUMNS = ("feed", "url", "kind", "start", "end", "seconds", "watchlists")
DAYS = 7.0
_MARKS = {"blind": "!", "down": "✗"}


def show(newsroom: Newsroom, since: float | None, style: str) -> None:
    """Print the gaps since then, a week when None, and what watchlists may have missed."""
    now = newsroom.clock()
    since = now - DAYS * 86_400 if since is None else since
    service = newsroom.service()
    gaps, covered = service.gaps(since), service.coverage(since)
    if style != "table":
        output.print_rows([_row(gap, covered, now) for gap in gaps], style, COLUMNS)
    elif gaps:
        _table(gaps, covered, now)
    else:
        say("nothing was missed: each read had something in common with the one before")


def _row(gap: Gap, covered: Sequence[Coverage], now: float) -> dict[str, Any]:
    return {
        "feed": gap.feed.name,
        "url": gap.feed.url,
        "kind": str(gap.kind),
        "start": output.iso(gap.start),
        "end": output.iso(gap.end),
        "seconds": round((gap.end or now) - gap.start),
        "watchlists": [one.watchlist for one in covered if gap in one.gaps],
    }


def _table(gaps: Sequence[Gap], covered: Sequence[Coverage], now: float) -> None:
    from rich.cells import cell_len, set_cell_size

    from monitor.blindness import interval, words
    from monitor.bootstrap import local_zone
    from monitor.durations import span

    zone = local_zone()
    widest = min(max(cell_len(gap.feed.name) for gap in gaps), 32)
    for gap in gaps:
        name = set_cell_size(gap.feed.name, widest)
        lasted = span((gap.end or now) - gap.start)
        when = interval(gap.start, gap.end, now, zone)
        click.echo(f"{_MARKS[gap.kind]} {name}  {gap.kind:<5}  {lasted:>7}  {when}")
    alike: dict[str, list[str]] = defaultdict(list)
    for one in covered:
        if one.gaps:
            alike[words(one, now, zone)].append(one.watchlist)
    for told, names in alike.items():
        click.echo(f"{', '.join(names)}: {told}")
