"""What each term of the watchlists brought: for `tocsin watch list --terms`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import click

from index.text import clean

if TYPE_CHECKING:
    from monitor.model import TermRecord

COLUMNS = (
    "watchlist", "term", "total", "relevant", "noise", "verdicts", "precision", "precision_low",
    "precision_high",
)  # fmt: skip
NOTHING = "-"


def row(record: TermRecord) -> dict[str, Any]:
    """Return a term for programs."""
    return {
        "watchlist": record.watchlist,
        "term": record.term,
        "total": record.total,
        "relevant": record.relevant,
        "noise": record.noise,
        **shares(record),
    }


def shares(record: Any) -> dict[str, Any]:
    """Return the precision of a record for programs; null without a verdict."""
    from monitor.watching.precision import precision

    found = precision(record)
    return {
        "verdicts": found.verdicts if found else 0,
        "precision": round(found.share, 4) if found else None,
        "precision_low": round(found.low, 4) if found else None,
        "precision_high": round(found.high, 4) if found else None,
    }


def share(record: Any) -> str:
    """Return the precision of a record for people."""
    from monitor.watching.precision import precision, words

    found = precision(record)
    return NOTHING if found is None else words(found)


def lines(records: Sequence[TermRecord], room: int) -> Iterator[str]:
    """Yield terms by watchlist, the terms in so many cells at most."""
    from rich.cells import cell_len, set_cell_size

    names = [clean(record.term) for record in records]
    widest = min(max(map(cell_len, ("term", *names))), room)
    last = None
    if names:
        yield click.style(f"  {'term'.ljust(widest)}  {'alerts':>7}  precision", dim=True)
    for name, record in zip(names, records, strict=True):
        if record.watchlist != last:
            yield click.style(clean(record.watchlist), bold=True)
            last = record.watchlist
        yield f"  {set_cell_size(name, widest)}  {record.total:>7}  {share(record)}"


def of(records: Iterable[TermRecord], name: str | None) -> list[TermRecord]:
    """Return the terms of one watchlist, in any case, or of all."""
    wanted = None if name is None else name.casefold()
    return [one for one in records if wanted is None or one.watchlist.casefold() == wanted]
