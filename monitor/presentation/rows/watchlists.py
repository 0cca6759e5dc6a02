"""Watchlists: what they brought, what people thought of it, and their silences."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any, TypedDict

from monitor.base.article import Timestamp
from monitor.base.formatting import iso
from monitor.model.watchlist import Baseline, TermRecord, WatchlistRecord
from monitor.presentation.rows import Moment, means, row
from monitor.watchlists.exclusions import precision

if TYPE_CHECKING:
    from monitor.presentation.service.service import Service

DAY = 86_400.0


class TermRow(TypedDict):
    """A term of a watchlist, and what it brought."""

    watchlist: str
    term: str
    total: Annotated[int, means("Alerts in which it matched.")]
    relevant: int
    noise: int
    verdicts: Annotated[int, means("Alerts with a verdict.")]
    precision: Annotated[float | None, means("Share of relevant ones.")]
    precision_low: Annotated[float | None, means("Lower end of its 95 % interval.")]
    precision_high: Annotated[float | None, means("Upper end of its 95 % interval.")]


class NameRow(TypedDict):
    """A name of a concept, and what it brought."""

    concept: str
    name: str
    articles: Annotated[int, means("Articles of the last year that have it.")]
    total: Annotated[int, means("Alerts in which it matched.")]
    relevant: int
    noise: int
    remarks: Annotated[list[str], means("`only noise`, `nothing in a year`.")]


class WatchlistRow(TypedDict):
    """A watchlist, and what it brought."""

    name: str
    severity: Annotated[str, means("`high`, `medium` or `low`.")]
    total: Annotated[int, means("Its alerts.")]
    untriaged: Annotated[int, means("Stories in which it has a new alert.")]
    last_hit: Annotated[Moment, means("When it last raised an alert.")]
    relevant: Annotated[int, means("Alerts called relevant.")]
    noise: Annotated[int, means("Alerts called noise.")]
    verdicts: Annotated[int, means("Alerts with a verdict.")]
    precision: Annotated[float | None, means("Share of relevant ones.")]
    precision_low: Annotated[float | None, means("Lower end of its 95 % interval.")]
    precision_high: Annotated[float | None, means("Upper end of its 95 % interval.")]
    feeds: Annotated[int, means("Its feeds.")]
    feeds_with_gaps: Annotated[int, means("Those with a coverage gap in the last day.")]
    today: Annotated[int, means("Stories since midnight.")]
    usual: Annotated[float | None, means("The usual number by now.")]
    weeks: Annotated[int, means("From how many weeks it is known.")]
    surprise: Annotated[bool, means("Whether an alert says that it brings far more.")]
    quiet: Annotated[bool, means("Whether an alert says that it brings none.")]
    suppressed: Annotated[
        dict[str, int], means("Alerts listed, not sent in the last day, by reason.")
    ]
    silenced_until: Annotated[Moment, means("End of its silence.")]


def watchlist_rows(
    service: Service, records: Sequence[WatchlistRecord], now: Timestamp
) -> list[WatchlistRow]:
    """Return watchlists with what they brought, today and before."""
    covered = {item.watchlist: item for item in service.health.coverage(now - DAY)}
    baselines = service.statistics.baselines()
    suppressed: dict[str, dict[str, int]] = defaultdict(dict)
    for (name, reason), count in sorted(service.views.watchlists.suppressed(now - DAY).items()):
        suppressed[name][reason] = count
    silenced = {s.watchlist: s.until for s in service.views.watchlists.silences(now)}
    rows = []
    for record in records:
        coverage = covered.get(record.name)
        baseline = baselines.get(record.name, Baseline())
        rows.append(
            row(
                WatchlistRow,
                record,
                **_precision(record),
                feeds=coverage.feeds if coverage else 0,
                feeds_with_gaps=coverage.touched() if coverage else 0,
                today=baseline.today,
                usual=None if baseline.usual is None else round(baseline.usual, 2),
                weeks=baseline.weeks,
                surprise=baseline.surprise,
                quiet=baseline.quiet,
                suppressed=suppressed.get(record.name, {}),
                silenced_until=iso(silenced.get(record.name)),
            )
        )
    return rows


def term_row(record: TermRecord) -> TermRow:
    return row(TermRow, record, **_precision(record))


def _precision(record: WatchlistRecord | TermRecord) -> dict[str, Any]:
    share = precision(record)
    return {
        "verdicts": share.verdicts if share else 0,
        "precision": round(share.share, 4) if share else None,
        "precision_low": round(share.low, 4) if share else None,
        "precision_high": round(share.high, 4) if share else None,
    }
