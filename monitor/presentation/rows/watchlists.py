"""Watchlists: what they brought, what people thought of it, and their silences."""

from __future__ import annotations

from collections.abc import Mapping

from typing_extensions import TypedDict  # pydantic reads those of `typing` from Python 3.12 on

from monitor.base.article import Timestamp
from monitor.base.formatting import iso
from monitor.model.feed import Coverage
from monitor.model.watchlist import Baseline, Silence, TermRecord, WatchlistRecord
from monitor.watchlists.exclusions import precision


class PrecisionRow(TypedDict):
    """Share of relevant alerts among those with a verdict."""

    verdicts: int
    """How many alerts have a verdict."""
    precision: float | None
    """Share of relevant ones; null without a verdict."""
    precision_low: float | None
    """Lower end of its 95 % interval."""
    precision_high: float | None
    """Upper end of its 95 % interval."""


class TermRow(PrecisionRow):
    """A term of a watchlist, and what it brought."""

    watchlist: str
    term: str
    total: int
    """Alerts in which it matched."""
    relevant: int
    noise: int


class WatchlistRow(PrecisionRow):
    """A watchlist, and what it brought."""

    name: str
    severity: str
    """`high`, `medium` or `low`."""
    total: int
    """Its alerts."""
    untriaged: int
    """Stories in which it has a new alert."""
    last_hit: str | None
    """When it last raised an alert."""
    relevant: int
    """Alerts called relevant."""
    noise: int
    """Alerts called noise."""
    feeds: int
    """Its feeds."""
    feeds_with_gaps: int
    """Those of which articles of the last day may be missing."""
    today: int
    """Stories since midnight."""
    usual: float | None
    """The usual number by now; null while it is unknown."""
    weeks: int
    """From how many weeks it is known."""
    surprise: bool
    quiet: bool
    """Whether today is beyond chance."""
    suppressed: dict[str, int]
    """Alerts of the last day of which nobody was notified, by reason."""
    muted_until: str | None


class SilenceRow(TypedDict):
    """A watchlist whose alerts are not notified for a while."""

    watchlist: str
    by: str
    """Who asked for it."""
    since: str | None
    until: str | None
    held: int
    """Alerts that it suppressed so far."""


def watchlist_row(
    record: WatchlistRecord,
    coverage: Coverage | None,
    baseline: Baseline,
    suppressed: Mapping[str, int],
    muted_until: Timestamp | None,
) -> WatchlistRow:
    """Return a watchlist, and what it brought."""
    usual = None if baseline.usual is None else round(baseline.usual, 2)
    return {
        "name": record.name,
        "severity": str(record.severity),
        "total": record.total,
        "untriaged": record.untriaged,
        "last_hit": iso(record.last_hit),
        "relevant": record.relevant,
        "noise": record.noise,
        **_precision_row(record),
        "feeds": coverage.feeds if coverage else 0,
        "feeds_with_gaps": coverage.touched() if coverage else 0,
        "today": baseline.today,
        "usual": usual,
        "weeks": baseline.weeks,
        "surprise": baseline.surprise,
        "quiet": baseline.quiet,
        "suppressed": dict(suppressed),
        "muted_until": iso(muted_until),
    }


def term_row(record: TermRecord) -> TermRow:
    """Return a term of a watchlist, and what it brought."""
    return {
        "watchlist": record.watchlist,
        "term": record.term,
        "total": record.total,
        "relevant": record.relevant,
        "noise": record.noise,
        **_precision_row(record),
    }


def _precision_row(record: WatchlistRecord | TermRecord) -> PrecisionRow:
    share = precision(record)
    return {
        "verdicts": share.verdicts if share else 0,
        "precision": round(share.share, 4) if share else None,
        "precision_low": round(share.low, 4) if share else None,
        "precision_high": round(share.high, 4) if share else None,
    }


def silence_row(silence: Silence) -> SilenceRow:
    """Return a silence."""
    return {
        "watchlist": silence.watchlist,
        "by": silence.by,
        "since": iso(silence.since),
        "until": iso(silence.until),
        "held": silence.suppressed,
    }
